// SPDX-License-Identifier: Apache-2.0
//
// The load tool of the bench: a console source and clients of it, straight or through a proxy.

#ifndef LOAD_H
#define LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a client may ask of the source: one letter and eight bytes of length, the lowest first.
enum command {
    SEND = 'D',    // send so many bytes
    SWALLOW = 'U', // take so many bytes, then answer with one
    ECHO = 'E',    // send back the next so many bytes
};

enum {
    PIECE = 64 * 1024,        // bytes in one write of bulk data, and in one frame
    INPUT = 256 * 1024,       // bytes of a line's input buffer
    COMMAND_SIZE = 9,
    FRAME_HEADER_MOST = 14,   // bytes of a client's frame header, mask included
};

// Where a line leads: a URL, and the header lines that go with the upgrade.
struct target {
    char scheme[8]; // tcp, ws or wss
    char host[64];  // a numeric IPv4 address
    uint16_t port;
    char *path;
    char *headers;  // each ends with CR LF
};

// A connection to a source, with or without a proxy in between.
struct line {
    int socket;
    SSL *tls;          // NULL without TLS
    bool framed;       // WebSocket frames, and not plain bytes
    uint64_t left;     // payload bytes of the frame under way still to come
    size_t start, end; // the unread part of the input
    uint8_t input[INPUT];
};

// source.c
_Noreturn void serve(uint16_t port, bool rfb);

// target.c
size_t read_targets(const char *file, struct target **targets);

// line.c: every function ends the program with a message when something goes wrong.
struct line *line_open(const struct target *target, bool rfb);
void line_close(struct line *line);
void line_send(struct line *line, const void *bytes, size_t count);
void line_command(struct line *line, enum command command, uint64_t length);
void line_receive(struct line *line, void *bytes, size_t count);
void line_skip(struct line *line, uint64_t count);
// Skips what has come, at least one byte and at most so many; how many that were.
size_t line_skip_some(struct line *line, size_t most);
// Makes a whole masked frame, or without framing a copy; to be sent with line_send_raw. How many bytes it has.
size_t line_frame(const struct line *line, uint8_t *frame, const uint8_t *payload, size_t count);
void line_send_raw(struct line *line, const uint8_t *bytes, size_t count);

// measure.c: each prints numbers, one line for a value or a group.
void measure_download(const struct target *target, uint64_t bytes);
void measure_upload(const struct target *target, uint64_t bytes);
void measure_echo(const struct target *target, size_t rounds, size_t size);
void measure_open(const struct target *targets, size_t count, bool rfb);
void hold(const struct target *targets, size_t count);
void trickle(const struct target *target, size_t bytes_per_second, uint64_t bytes);

// main.c
_Noreturn void fail(const char *what);

#endif
