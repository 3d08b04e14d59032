// SPDX-License-Identifier: Apache-2.0
//
// The target of a picture: read from JSON, and connected to.

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "snapshot.h"

enum { text_limit = 4096 };

struct reader {
    const char *at;
    const char *end;
};

static void skip_space(struct reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

static bool take(struct reader *r, char byte) {
    skip_space(r);
    if (r->at >= r->end || *r->at != byte) return false;
    r->at++;
    return true;
}

static int hex(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

// One \u escape below U+0800, which is enough for any host, path or VNC password; NUL is refused.
static int take_unicode(struct reader *r, char *out) {
    if (r->end - r->at < 4) return -1;
    int code = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex(*r->at++);
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    if (code == 0 || code >= 0x800) return -1;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    out[0] = (char)(0xC0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3F));
    return 2;
}

static int take_escape(struct reader *r, char *out) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (r->at >= r->end) return -1;
    const char name = *r->at++;
    if (name == 'u') return take_unicode(r, out);
    const char *found = name == '\0' ? NULL : strchr(names, name);
    if (found == NULL) return -1;
    *out = values[found - names];
    return 1;
}

static bool take_string(struct reader *r, char *out, size_t room) {
    size_t length = 0;
    if (!take(r, '"')) return false;
    while (r->at < r->end && *r->at != '"') {
        char bytes[2] = {*r->at++, 0};
        int count = 1;
        if (bytes[0] == '\\') count = take_escape(r, bytes);
        else if ((unsigned char)bytes[0] < 32) return false;
        if (count < 0 || length + (size_t)count >= room) return false;
        memcpy(out + length, bytes, (size_t)count);
        length += (size_t)count;
    }
    out[length] = '\0';
    return take(r, '"');
}

static bool take_number(struct reader *r, int limit, int *out) {
    skip_space(r);
    const char *start = r->at;
    int value = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < 6) value = value * 10 + (*r->at++ - '0');
    *out = value;
    return r->at > start && value <= limit;
}

static bool take_member(struct reader *r, struct target *t) {
    char key[16];
    if (!take_string(r, key, sizeof key) || !take(r, ':')) return false;
    if (strcmp(key, "host") == 0) return take_string(r, t->host, sizeof t->host);
    if (strcmp(key, "unix") == 0) return take_string(r, t->unix_path, sizeof t->unix_path);
    if (strcmp(key, "password") == 0) return take_string(r, t->password, sizeof t->password);
    if (strcmp(key, "port") == 0) return take_number(r, 65535, &t->port);
    if (strcmp(key, "fd") == 0) return take_number(r, 1023, &t->descriptor);
    return false;
}

static bool parse(const char *text, size_t length, struct target *t) {
    struct reader r = {text, text + length};
    if (!take(&r, '{')) return false;
    do {
        if (!take_member(&r, t)) return false;
    } while (take(&r, ','));
    if (!take(&r, '}')) return false;
    skip_space(&r);
    const int ways = (t->host[0] != '\0') + (t->unix_path[0] != '\0') + (t->descriptor >= 0);
    return r.at == r.end && ways == 1 && (t->host[0] == '\0' || t->port > 0);
}

bool read_target(int descriptor, struct target *t) {
    char text[text_limit];
    size_t length = 0;
    memset(t, 0, sizeof *t);
    t->port = t->descriptor = -1;
    while (length < sizeof text) {
        const ssize_t count = read(descriptor, text + length, sizeof text - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        if (count == 0) break;
        length += (size_t)count;
    }
    const bool is_read = length < sizeof text && parse(text, length, t);
    explicit_bzero(text, sizeof text);
    return is_read;
}

static int open_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static int open_tcp(const char *host, int port) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[8];
    int fd = -1;
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next) {
        fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) continue;
        if (connect(fd, one->ai_addr, one->ai_addrlen) == 0) break;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

int open_target(const struct target *t) {
    if (t->descriptor >= 0) return t->descriptor;
    return t->unix_path[0] != '\0' ? open_unix(t->unix_path) : open_tcp(t->host, t->port);
}
