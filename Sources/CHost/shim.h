// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_CHOST_H
#define GATEHOUSE_CHOST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
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

// A socket for datagrams to other processes, on which sending waits for a second at most.
static inline int gatehouse_datagram_socket(void) {
    int made = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 1};
    if (made >= 0) setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return made;
}

// Sends a datagram to the socket of that name; one that begins with '@' is in the abstract namespace (unix(7)).
static inline ssize_t gatehouse_send_datagram(int from, const char *name, const void *bytes, size_t count) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to.sun_path, name, length);
    if (name[0] == '@') to.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '@' ? 0 : 1));
    ssize_t sent;
    do {
        sent = sendto(from, bytes, count, MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

// An IPv4 address of an interface of this host, in the host's order of bytes.
typedef struct {
    char name[16];
    unsigned int address;
    unsigned int netmask;
    unsigned int broadcast;
} gatehouse_interface_address;

// The IPv4 addresses of this host, at most that many; -1 where the system does not tell.
static inline int gatehouse_interface_addresses(gatehouse_interface_address *found, int most) {
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0) return -1;
    int count = 0;
    for (struct ifaddrs *one = all; one != NULL && count < most; one = one->ifa_next) {
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET) continue;
        gatehouse_interface_address *next = &found[count++];
        memset(next, 0, sizeof *next);
        strncpy(next->name, one->ifa_name, sizeof next->name - 1);
        next->address = ntohl(((struct sockaddr_in *)one->ifa_addr)->sin_addr.s_addr);
        if (one->ifa_netmask != NULL) next->netmask = ntohl(((struct sockaddr_in *)one->ifa_netmask)->sin_addr.s_addr);
        struct sockaddr *broadcast = one->ifa_broadaddr;
        if (broadcast != NULL && broadcast->sa_family == AF_INET)
            next->broadcast = ntohl(((struct sockaddr_in *)broadcast)->sin_addr.s_addr);
    }
    freeifaddrs(all);
    return count;
}

static inline int gatehouse_duplicate(int file) { return fcntl(file, F_DUPFD_CLOEXEC, 3); }

static inline int gatehouse_close_at_exec(int file) { return fcntl(file, F_SETFD, FD_CLOEXEC); }

// What a socket that listens for TCP connections can be reached by: 1 for this host alone, 0 for others too;
// -1 for anything else.
static inline int gatehouse_listens_locally(int file) {
    int listens = 0, type = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || listens == 0) return -1;
    size = sizeof type;
    if (getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM) return -1;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
        struct sockaddr_storage whole;
    } own;
    size = sizeof own;
    if (getsockname(file, &own.any, &size) < 0) return -1;
    if (own.any.sa_family == AF_INET) return (ntohl(own.four.sin_addr.s_addr) >> 24) == 127;
    if (own.any.sa_family != AF_INET6) return -1;
    const struct in6_addr *six = &own.six.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

// Gives pages of the heap back that hold nothing.
static inline void gatehouse_trim_heap(void) { malloc_trim(0); }

// Lets go of pages that are the same in their file, which they come from again when they are wanted.
static inline int gatehouse_let_go(size_t start, size_t length) { return madvise((void *)start, length, MADV_DONTNEED); }

#endif
