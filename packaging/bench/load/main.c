// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char usage[] =
    "usage: load serve PORT [--rfb]       be a console source on 127.0.0.1\n"
    "       load down FILE BYTES          seconds of a download on the first target\n"
    "       load up FILE BYTES            seconds of an upload\n"
    "       load echo FILE COUNT SIZE     microseconds of a round trip: half are faster, 99 of 100 are faster\n"
    "       load open FILE [--rfb]        milliseconds until each target has answered one byte\n"
    "       load hold FILE                opens all; then 'download BYTES' on standard input does that on each\n"
    "       load trickle FILE RATE BYTES  asks for BYTES, reads RATE a second until standard input ends\n"
    "\n"
    "A line of FILE: a URL (tcp, ws or wss), then header lines of the upgrade, with tabs in between.\n";

void fail(const char *what)
{
    if (errno != 0) {
        fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    } else {
        fprintf(stderr, "load: %s\n", what);
    }
    exit(1);
}

static uint64_t number(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0) {
        fprintf(stderr, "load: '%s' is no number\n", text);
        exit(2);
    }
    return value;
}

static void raise_limit_of_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int count, char **words)
{
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    raise_limit_of_files();
    const bool rfb = count > 3 && strcmp(words[count - 1], "--rfb") == 0;
    if (rfb) {
        count -= 1;
    }
    const char *mode = count > 2 ? words[1] : "";
    if (count == 3 && strcmp(mode, "serve") == 0) {
        serve((uint16_t)number(words[2]), rfb);
    }

    struct target *targets = NULL;
    const size_t lines = count > 2 ? read_targets(words[2], &targets) : 0;
    if (count == 4 && strcmp(mode, "down") == 0) {
        measure_download(targets, number(words[3]));
    } else if (count == 4 && strcmp(mode, "up") == 0) {
        measure_upload(targets, number(words[3]));
    } else if (count == 5 && strcmp(mode, "echo") == 0) {
        measure_echo(targets, number(words[3]), number(words[4]));
    } else if (count == 3 && strcmp(mode, "open") == 0) {
        measure_open(targets, lines, rfb);
    } else if (count == 3 && strcmp(mode, "hold") == 0) {
        hold(targets, lines);
    } else if (count == 5 && strcmp(mode, "trickle") == 0) {
        trickle(targets, number(words[3]), number(words[4]));
    } else {
        fputs(usage, stderr);
        return 2;
    }
    return 0;
}
