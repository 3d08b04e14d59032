// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// One byte to the source and back: after that the whole way has been used.
static void try_out(struct line *line)
{
    uint8_t byte = 1;
    line_command(line, ECHO, 1);
    line_send(line, &byte, 1);
    line_receive(line, &byte, 1);
}

void measure_download(const struct target *target, uint64_t bytes)
{
    struct line *line = line_open(target, false);
    try_out(line);
    const double start = seconds();
    line_command(line, SEND, bytes);
    line_skip(line, bytes);
    printf("%.6f\n", seconds() - start);
    line_close(line);
}

// The frame is made once and sent again and again, so that the client costs as little as it can.
void measure_upload(const struct target *target, uint64_t bytes)
{
    static const uint8_t zeros[PIECE];
    static uint8_t frame[PIECE + FRAME_HEADER_MOST];
    struct line *line = line_open(target, false);
    const uint64_t pieces = (bytes + PIECE - 1) / PIECE;
    const size_t size = line_frame(line, frame, zeros, PIECE);
    uint8_t answer;
    try_out(line);
    const double start = seconds();
    line_command(line, SWALLOW, pieces * PIECE);
    for (uint64_t i = 0; i < pieces; i++) {
        line_send_raw(line, frame, size);
    }
    line_receive(line, &answer, 1);
    printf("%.6f\n", seconds() - start);
    line_close(line);
}

static int by_value(const void *one, const void *other)
{
    const double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

void measure_echo(const struct target *target, size_t rounds, size_t size)
{
    const size_t warm_up = rounds / 10;
    uint8_t *message = calloc(1, size);
    double *times = calloc(rounds, sizeof *times);
    if (message == NULL || times == NULL || rounds == 0 || size > PIECE) {
        errno = EINVAL;
        fail("echo");
    }
    struct line *line = line_open(target, false);
    line_command(line, ECHO, (warm_up + rounds) * size);
    for (size_t i = 0; i < warm_up + rounds; i++) {
        const double start = seconds();
        line_send(line, message, size);
        line_receive(line, message, size);
        if (i >= warm_up) {
            times[i - warm_up] = (seconds() - start) * 1e6;
        }
    }
    line_close(line);
    qsort(times, rounds, sizeof *times, by_value);
    printf("%.2f %.2f\n", times[rounds / 2], times[rounds * 99 / 100]);
    free(times);
    free(message);
}

// None is closed before all are open, for a proxy's work after a close belongs to no other.
void measure_open(const struct target *targets, size_t count, bool rfb)
{
    struct line **lines = calloc(count, sizeof *lines);
    if (lines == NULL) {
        fail("out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        const double start = seconds();
        lines[i] = line_open(&targets[i], rfb);
        try_out(lines[i]);
        printf("%.4f\n", (seconds() - start) * 1e3);
    }
    for (size_t i = 0; i < count; i++) {
        line_close(lines[i]);
    }
    free(lines);
}

void hold(const struct target *targets, size_t count)
{
    struct line **lines = calloc(count, sizeof *lines);
    if (lines == NULL) {
        fail("out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        lines[i] = line_open(&targets[i], false);
        try_out(lines[i]);
    }
    puts("done");
    char order[64];
    while (fgets(order, sizeof order, stdin) != NULL) {
        uint64_t bytes;
        if (sscanf(order, "download %" SCNu64, &bytes) != 1) {
            errno = EINVAL;
            fail("an order is 'download BYTES'");
        }
        for (size_t i = 0; i < count; i++) {
            line_command(lines[i], SEND, bytes);
            line_skip(lines[i], bytes);
        }
        puts("done");
    }
    for (size_t i = 0; i < count; i++) {
        line_close(lines[i]);
    }
    free(lines);
}

// A tenth of the rate every tenth of a second. The socket's buffer is small, so that the proxy has to wait.
void trickle(const struct target *target, size_t bytes_per_second, uint64_t bytes)
{
    struct line *line = line_open(target, false);
    const int room = 16 * 1024;
    setsockopt(line->socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    try_out(line);
    line_command(line, SEND, bytes);
    puts("done");
    uint64_t total = 0;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&input, 1, 100) == 0) {
        for (size_t left = bytes_per_second / 10; left > 0 && total < bytes;) {
            const size_t some = line_skip_some(line, left);
            left -= some;
            total += some;
        }
    }
    printf("%" PRIu64 "\n", total);
    line_close(line);
}
