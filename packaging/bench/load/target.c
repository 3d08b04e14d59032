// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The rest of a line, tabs turned into ends of header lines.
static char *header_lines(char *rest)
{
    char *headers = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&headers, &size);
    if (out == NULL) {
        fail("out of memory");
    }
    for (char *word = strtok(rest, "\t"); word != NULL; word = strtok(NULL, "\t")) {
        fprintf(out, "%s\r\n", word);
    }
    fclose(out);
    return headers;
}

static struct target parse(char *text)
{
    struct target target = {.port = 0};
    text[strcspn(text, "\n")] = '\0';
    char *rest = text + strcspn(text, "\t");
    if (*rest == '\t') {
        *rest++ = '\0';
    }
    int path = 0;
    if (sscanf(text, "%7[a-z]://%63[0-9.]:%hu%n", target.scheme, target.host, &target.port, &path) != 3 || path == 0) {
        errno = 0;
        fail("a target begins with SCHEME://IPV4:PORT");
    }
    target.path = strdup(text[path] == '\0' ? "/" : text + path);
    target.headers = header_lines(rest);
    return target;
}

size_t read_targets(const char *file, struct target **targets)
{
    FILE *in = fopen(file, "re");
    if (in == NULL) {
        fail(file);
    }
    char *text = NULL;
    size_t size = 0, count = 0;
    while (getline(&text, &size, in) > 0) {
        *targets = reallocarray(*targets, count + 1, sizeof **targets);
        if (*targets == NULL) {
            fail("out of memory");
        }
        (*targets)[count++] = parse(text);
    }
    free(text);
    fclose(in);
    if (count == 0) {
        errno = 0;
        fail("there is no target in the file");
    }
    return count;
}
