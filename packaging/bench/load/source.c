// SPDX-License-Identifier: Apache-2.0
//
// A console source: does what its client asks for. One small thread for each connection.

#define _GNU_SOURCE

#include "load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool speaks_rfb;

static bool receive(int socket, void *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t some = recv(socket, bytes, count, 0);
        if (some <= 0) {
            return false;
        }
        bytes = (uint8_t *)bytes + some;
        count -= (size_t)some;
    }
    return true;
}

static bool send_all(int socket, const void *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t some = send(socket, bytes, count, MSG_NOSIGNAL);
        if (some <= 0) {
            return false;
        }
        bytes = (const uint8_t *)bytes + some;
        count -= (size_t)some;
    }
    return true;
}

// The server's side of RFB 3.8 without a password, for a screen of 640 by 480.
static bool greet(int socket)
{
    static const uint8_t screen[24] = {2, 128, 1, 224, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, [23] = 5};
    uint8_t answer[12];
    return send_all(socket, "RFB 003.008\n", 12) && receive(socket, answer, 12)
        && send_all(socket, "\1\1", 2) && receive(socket, answer, 1)
        && send_all(socket, "\0\0\0\0", 4) && receive(socket, answer, 1)
        && send_all(socket, screen, sizeof screen) && send_all(socket, "bench", 5);
}

static bool obey(int socket, enum command command, uint64_t length, uint8_t *piece)
{
    while (length > 0) {
        size_t count = length < PIECE ? length : PIECE;
        if (command != SEND) {
            const ssize_t some = recv(socket, piece, count, 0);
            if (some <= 0) {
                return false;
            }
            count = (size_t)some;
        }
        if (command != SWALLOW && !send_all(socket, piece, count)) {
            return false;
        }
        length -= count;
    }
    return command != SWALLOW || send_all(socket, "k", 1);
}

static void *serve_one(void *argument)
{
    const int socket = (int)(intptr_t)argument;
    uint8_t *piece = calloc(1, PIECE);
    uint8_t order[COMMAND_SIZE];
    if (piece != NULL && (!speaks_rfb || greet(socket))) {
        while (receive(socket, order, sizeof order)) {
            uint64_t length;
            memcpy(&length, order + 1, sizeof length);
            if (!obey(socket, order[0], length, piece)) {
                break;
            }
        }
    }
    free(piece);
    close(socket);
    return NULL;
}

void serve(uint16_t port, bool rfb)
{
    speaks_rfb = rfb;
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) {
        fail("can not listen");
    }
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (;;) {
        const int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (socket < 0) {
            continue;
        }
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pthread_t thread;
        if (pthread_create(&thread, &small, serve_one, (void *)(intptr_t)socket) != 0) {
            close(socket);
        }
    }
}
