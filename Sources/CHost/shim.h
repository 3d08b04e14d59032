// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_CHOST_H
#define GATEHOUSE_CHOST_H

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

// struct ucred of unix(7), which the C library hides behind _GNU_SOURCE.
typedef struct {
    int pid;
    unsigned int uid;
    unsigned int gid;
} gatehouse_socket_peer;

static inline void gatehouse_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

#endif
