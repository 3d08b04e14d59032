// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BINARY = 2, CLOSE = 8 };

static const uint8_t mask[4] = {0x5a, 0xc3, 0x17, 0x99};

_Noreturn static void broken(const char *what)
{
    errno = 0;
    fail(what);
}

// Reading and writing, with or without TLS

void line_send_raw(struct line *line, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t some = line->tls != NULL ? SSL_write(line->tls, bytes, (int)count)
                                               : send(line->socket, bytes, count, MSG_NOSIGNAL);
        if (some <= 0) {
            fail("the connection broke while sending");
        }
        bytes += some;
        count -= (size_t)some;
    }
}

// Adds to the input what has come; waits for at least one byte.
static void fill(struct line *line)
{
    if (line->start == line->end) {
        line->start = line->end = 0;
    } else if (line->end == INPUT) {
        memmove(line->input, line->input + line->start, line->end - line->start);
        line->end -= line->start;
        line->start = 0;
    }
    uint8_t *free_part = line->input + line->end;
    const size_t room = INPUT - line->end;
    const ssize_t some = line->tls != NULL ? SSL_read(line->tls, free_part, (int)room)
                                           : recv(line->socket, free_part, room, 0);
    if (some <= 0) {
        broken("the connection was closed");
    }
    line->end += (size_t)some;
}

static void need(struct line *line, size_t count)
{
    while (line->end - line->start < count) {
        fill(line);
    }
}

// Frames

size_t line_frame(const struct line *line, uint8_t *frame, const uint8_t *payload, size_t count)
{
    if (!line->framed) {
        memcpy(frame, payload, count);
        return count;
    }
    size_t at = 2;
    frame[0] = 0x80 | BINARY;
    if (count < 126) {
        frame[1] = (uint8_t)(0x80 | count);
    } else if (count < 65536) {
        frame[1] = 0x80 | 126;
        frame[at++] = (uint8_t)(count >> 8);
        frame[at++] = (uint8_t)count;
    } else {
        frame[1] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame[at++] = (uint8_t)(count >> shift);
        }
    }
    memcpy(frame + at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < count; i++) {
        frame[at + i] = payload[i] ^ mask[i & 3];
    }
    return at + count;
}

void line_send(struct line *line, const void *bytes, size_t count)
{
    static uint8_t frame[PIECE + FRAME_HEADER_MOST];
    line_send_raw(line, frame, line_frame(line, frame, bytes, count));
}

void line_command(struct line *line, enum command command, uint64_t length)
{
    uint8_t order[COMMAND_SIZE] = {(uint8_t)command};
    memcpy(order + 1, &length, sizeof length);
    line_send(line, order, sizeof order);
}

// Reads the header of the next frame that carries data; what a proxy says besides is passed over.
static void next_frame(struct line *line)
{
    for (;;) {
        need(line, 2);
        const uint8_t *header = line->input + line->start;
        const int kind = header[0] & 0x0f;
        uint64_t length = header[1] & 0x7f;
        const size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
        if ((header[1] & 0x80) != 0) {
            broken("the proxy sent a masked frame");
        }
        need(line, 2 + more);
        header = line->input + line->start + 2;
        if (more > 0) {
            length = 0;
            for (size_t i = 0; i < more; i++) {
                length = length << 8 | header[i];
            }
        }
        line->start += 2 + more;
        if (kind == CLOSE) {
            broken("the proxy closed the WebSocket");
        }
        if (kind < CLOSE && length > 0) {
            line->left = length;
            return;
        }
        need(line, length);
        line->start += length;
    }
}

// The payload at hand, at least one byte.
static size_t some_payload(struct line *line, size_t most)
{
    if (line->framed && line->left == 0) {
        next_frame(line);
    }
    need(line, 1);
    size_t count = line->end - line->start;
    if (count > most) {
        count = most;
    }
    if (line->framed && count > line->left) {
        count = (size_t)line->left;
    }
    return count;
}

static void consume(struct line *line, size_t count)
{
    line->start += count;
    if (line->framed) {
        line->left -= count;
    }
}

void line_receive(struct line *line, void *bytes, size_t count)
{
    while (count > 0) {
        const size_t some = some_payload(line, count);
        memcpy(bytes, line->input + line->start, some);
        consume(line, some);
        bytes = (uint8_t *)bytes + some;
        count -= some;
    }
}

size_t line_skip_some(struct line *line, size_t most)
{
    const size_t some = some_payload(line, most);
    consume(line, some);
    return some;
}

void line_skip(struct line *line, uint64_t count)
{
    while (count > 0) {
        count -= line_skip_some(line, count);
    }
}

// Opening and closing

static void connect_to(struct line *line, const struct target *target)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(target->port)};
    const int on = 1;
    line->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, target->host, &address.sin_addr) != 1
        || connect(line->socket, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail("can not connect");
    }
    setsockopt(line->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// The certificate is self-signed and this tool only talks to its own host, so nothing is verified.
static void start_tls(struct line *line)
{
    static SSL_CTX *context;
    if (context == NULL) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    }
    line->tls = SSL_new(context);
    SSL_set_fd(line->tls, line->socket);
    if (SSL_connect(line->tls) != 1) {
        broken("the TLS handshake failed");
    }
}

static void upgrade(struct line *line, const struct target *target)
{
    char *request = NULL;
    const int size = asprintf(
        &request,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        target->path, target->host, target->port, target->headers);
    if (size < 0) {
        fail("out of memory");
    }
    line_send_raw(line, (const uint8_t *)request, (size_t)size);
    free(request);
    uint8_t *end;
    while ((end = memmem(line->input, line->end, "\r\n\r\n", 4)) == NULL) {
        fill(line);
    }
    if (memcmp(line->input, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "%.*s\n", (int)line->end, line->input);
        broken("the proxy did not upgrade");
    }
    line->start = (size_t)(end + 4 - line->input);
}

// The client's side of RFB 3.8 without a password.
static void greet(struct line *line)
{
    uint8_t answer[24];
    line_receive(line, answer, 12);
    line_send(line, "RFB 003.008\n", 12);
    line_receive(line, answer, 1);
    line_skip(line, answer[0]);
    line_send(line, "\1", 1);
    line_receive(line, answer, 4);
    line_send(line, "\1", 1);
    line_receive(line, answer, 24);
    line_skip(line, (uint64_t)answer[20] << 24 | (uint64_t)answer[21] << 16 | (uint64_t)answer[22] << 8 | answer[23]);
}

struct line *line_open(const struct target *target, bool rfb)
{
    struct line *line = malloc(sizeof *line);
    if (line == NULL) {
        fail("out of memory");
    }
    line->tls = NULL;
    line->framed = target->scheme[0] == 'w';
    line->left = 0;
    line->start = line->end = 0;
    connect_to(line, target);
    if (strcmp(target->scheme, "wss") == 0) {
        start_tls(line);
    }
    if (line->framed) {
        upgrade(line, target);
    }
    if (rfb) {
        greet(line);
    }
    return line;
}

// Says goodbye and does not wait for an answer.
void line_close(struct line *line)
{
    if (line->framed) {
        uint8_t frame[] = {0x80 | CLOSE, 0x80 | 2, 0, 0, 0, 0, 1000 >> 8, 1000 & 0xff};
        line_send_raw(line, frame, sizeof frame);
    }
    if (line->tls != NULL) {
        SSL_shutdown(line->tls);
        SSL_free(line->tls);
    }
    close(line->socket);
    free(line);
}
