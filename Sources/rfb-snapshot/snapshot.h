// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_SNAPSHOT_H
#define GATEHOUSE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

/// Where the VNC server is, out of the JSON on stdin; empty text and -1 for what was not given.
struct target {
    char host[256];
    char unix_path[108];
    char password[256];
    int port;
    int descriptor;
};

/// Prints one line on stderr and ends the process.
_Noreturn void fail(int status, const char *message);

/// Reads one JSON object of at most 4 KiB; false where it is not one, or names no single target.
bool read_target(int descriptor, struct target *target);

/// A connected socket to the target; -1 where there is none.
int open_target(const struct target *target);

/// Writes pixels of four bytes (red, green, blue, nothing) as a PNG image.
bool write_png(int descriptor, const uint8_t *pixels, int width, int height);

#endif
