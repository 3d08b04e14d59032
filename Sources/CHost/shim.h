// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_CHOST_H
#define GATEHOUSE_CHOST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// struct ucred of unix(7), which the C library hides behind _GNU_SOURCE.
typedef struct {
    int pid;
    unsigned int uid;
    unsigned int gid;
} gatehouse_socket_peer;

static inline void gatehouse_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

// What Swift can not call because the number of arguments varies, or the C library hides behind _GNU_SOURCE.

static inline int gatehouse_openat(int folder, const char *name, int flags, mode_t mode) {
    int file;
    do {
        file = openat(folder, name, flags | O_CLOEXEC, mode);
    } while (file < 0 && errno == EINTR);
    return file;
}

// O_PATH of open(2).
static const int gatehouse_open_path = 010000000;

static inline int gatehouse_pipe(int ends[2]) {
    extern int pipe2(int[2], int);
    return pipe2(ends, O_CLOEXEC);
}

static inline int gatehouse_set_nonblocking(int file) { return fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK); }

static inline int gatehouse_open_process(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

static inline int gatehouse_signal_process(int descriptor, int number) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, number, NULL, 0);
}

static inline int gatehouse_name_thread(const char *name) {
    extern int pthread_setname_np(pthread_t, const char *);
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = '\0';
    return pthread_setname_np(pthread_self(), cut);
}

static inline const char *gatehouse_error_text(int number) {
    extern const char *strerrordesc_np(int);
    const char *text = strerrordesc_np(number);
    return text == NULL ? "unknown error" : text;
}

static inline int gatehouse_last_error(void) { return errno; }

#endif
