// SPDX-License-Identifier: Apache-2.0
//
// Just enough of PNG (https://www.w3.org/TR/png-3/): eight bits of red, green and blue, one IDAT.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "snapshot.h"

static bool write_all(int descriptor, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        const ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

static void put32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static bool write_chunk(int descriptor, const char *type, const uint8_t *bytes, size_t count) {
    uint8_t head[8], tail[4];
    put32(head, (uint32_t)count);
    memcpy(head + 4, type, 4);
    uLong sum = crc32(0, head + 4, 4);
    if (count > 0) sum = crc32(sum, bytes, (uInt)count);
    put32(tail, (uint32_t)sum);
    return write_all(descriptor, head, sizeof head) && write_all(descriptor, bytes, count)
        && write_all(descriptor, tail, sizeof tail);
}

// Each line begins with its filter; "up" (2) makes plain areas of a screen small.
static uint8_t *filtered(const uint8_t *pixels, size_t width, size_t height, size_t *count) {
    const size_t line = 1 + width * 3;
    uint8_t *lines = malloc(line * height);
    if (lines == NULL) return NULL;
    for (size_t y = 0; y < height; y++) {
        uint8_t *out = lines + y * line;
        const uint8_t *in = pixels + y * width * 4;
        *out++ = y == 0 ? 0 : 2;
        for (size_t x = 0; x < width; x++) {
            for (size_t part = 0; part < 3; part++) {
                const uint8_t above = y == 0 ? 0 : *(in + x * 4 + part - width * 4);
                *out++ = (uint8_t)(in[x * 4 + part] - above);
            }
        }
    }
    *count = line * height;
    return lines;
}

bool write_png(int descriptor, const uint8_t *pixels, int width, int height) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    uint8_t header[13] = {[8] = 8, [9] = 2};
    put32(header, (uint32_t)width);
    put32(header + 4, (uint32_t)height);
    size_t count = 0;
    uint8_t *lines = filtered(pixels, (size_t)width, (size_t)height, &count);
    if (lines == NULL) return false;
    uLongf size = compressBound(count);
    uint8_t *packed = malloc(size);
    bool is_written = packed != NULL && compress2(packed, &size, lines, count, 6) == Z_OK
        && write_all(descriptor, signature, sizeof signature)
        && write_chunk(descriptor, "IHDR", header, sizeof header)
        && write_chunk(descriptor, "IDAT", packed, size) && write_chunk(descriptor, "IEND", NULL, 0);
    free(packed);
    free(lines);
    return is_written;
}
