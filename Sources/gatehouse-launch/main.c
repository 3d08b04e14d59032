// SPDX-License-Identifier: Apache-2.0
//
// gatehouse-launch --host PID [--memory-mib N] [--files N] [--cpu-seconds N] -- COMMAND [ARGUMENT...]
//
// Starts a plugin's process and stays as its parent. Whatever ends first, the plugin, the host or
// this program by SIGTERM: nothing that the plugin started is left behind. A death signal set by
// the host itself would not do, because it fires when the thread that made the child ends
// (prctl(2), PR_SET_PDEATHSIG); this program has one thread only, and watches the host by pidfd.
//
// It ends with the plugin's status (128 + N for signal N), 125 when it can not do its work, 126 and
// 127 when the command can not be run or found, 137 when the host died, 143 after SIGTERM.

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_WORK = 125, CANNOT_RUN = 126, NOT_FOUND = 127, HOST_DIED = 137, WAS_ENDED = 143 };

// How often everything is stopped before it is killed; a process that is stopped forks no more.
enum { MOST_STOPS = 50 };

struct order {
    long host;
    long memory_mib;
    long files;
    long cpu_seconds;
    char **command;
};

// A process and its parent, as /proc shows them.
struct process {
    pid_t id;
    pid_t parent;
    char state;
    int is_ours;
};

static void fail(const char *what) {
    fprintf(stderr, "gatehouse-launch: %s: %s\n", what, strerror(errno));
    _exit(CANNOT_WORK);
}

static void refuse(const char *what, const char *word) {
    fprintf(stderr,
            "gatehouse-launch: %s%s. It is started by the host: --host PID [--memory-mib N] [--files N] "
            "[--cpu-seconds N] -- COMMAND [ARGUMENT...]\n",
            what, word);
    _exit(CANNOT_WORK);
}

static long number(const char *text) {
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > 1L << 40)
        refuse("this is no number: ", text);
    return value;
}

static struct order read_order(int count, char **words) {
    struct order order = {0};
    int place = 1;
    for (; place < count && strcmp(words[place], "--") != 0; place += 2) {
        const char *name = words[place];
        if (place + 1 >= count) refuse("a value is missing after ", name);
        long value = number(words[place + 1]);
        if (strcmp(name, "--host") == 0) order.host = value;
        else if (strcmp(name, "--memory-mib") == 0) order.memory_mib = value;
        else if (strcmp(name, "--files") == 0) order.files = value;
        else if (strcmp(name, "--cpu-seconds") == 0) order.cpu_seconds = value;
        else refuse("there is no option ", name);
    }
    if (order.host <= 0) refuse("--host is missing", "");
    if (place + 1 >= count) refuse("the command is missing", "");
    order.command = words + place + 1;
    return order;
}

// MARK: The plugin's side of the fork

static void limit(int resource, const char *name, rlim_t soft, rlim_t hard) {
    struct rlimit current;
    if (getrlimit(resource, &current) != 0) fail(name);
    // Without privileges a limit can not be raised; the lower one then holds.
    struct rlimit wanted = {.rlim_cur = soft < current.rlim_max ? soft : current.rlim_max,
                            .rlim_max = hard < current.rlim_max ? hard : current.rlim_max};
    if (setrlimit(resource, &wanted) != 0) fail(name);
}

static void become(const struct order *order, pid_t launcher) {
    if (setpgid(0, 0) != 0) fail("setpgid");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("PR_SET_PDEATHSIG");
    // The launcher may have died before the line above.
    if (getppid() != launcher) _exit(CANNOT_WORK);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS");
    limit(RLIMIT_CORE, "RLIMIT_CORE", 0, 0);
    if (order->memory_mib > 0) {
        rlim_t bytes = (rlim_t)order->memory_mib << 20;
        limit(RLIMIT_DATA, "RLIMIT_DATA", bytes, bytes);
    }
    if (order->files > 0) limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", (rlim_t)order->files, (rlim_t)order->files);
    if (order->cpu_seconds > 0)
        limit(RLIMIT_CPU, "RLIMIT_CPU", (rlim_t)order->cpu_seconds, (rlim_t)order->cpu_seconds + 1);
    umask(077);
    // A signal that was ignored would stay ignored in the plugin.
    for (int signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) fail("sigprocmask");
    execvp(order->command[0], order->command);
    int reason = errno;
    fprintf(stderr, "gatehouse-launch: %s can not be run: %s\n", order->command[0], strerror(reason));
    _exit(reason == ENOENT ? NOT_FOUND : CANNOT_RUN);
}

// MARK: Ending everything

// Reads the processes of the system; the answer is how many, -1 without /proc.
static long read_processes(struct process **list, size_t *room) {
    DIR *proc = opendir("/proc");
    if (proc == NULL) return -1;
    long count = 0;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        char path[300];
        char text[512];
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        if (length <= 0) continue;
        text[length] = '\0';
        // The name in parentheses may hold anything, so what counts begins after the last one.
        char *rest = strrchr(text, ')');
        struct process found = {.id = (pid_t)atol(entry->d_name)};
        int parent = 0;
        if (rest == NULL || sscanf(rest + 1, " %c %d", &found.state, &parent) != 2) continue;
        found.parent = (pid_t)parent;
        if ((size_t)count == *room) {
            size_t more = *room == 0 ? 256 : *room * 2;
            struct process *larger = realloc(*list, more * sizeof **list);
            if (larger == NULL) break;
            *list = larger;
            *room = more;
        }
        (*list)[count++] = found;
    }
    closedir(proc);
    return count;
}

// Marks those that descend from this process.
static void mark_ours(struct process *list, long count) {
    pid_t self = getpid();
    for (int is_changed = 1; is_changed;) {
        is_changed = 0;
        for (long child = 0; child < count; child++) {
            if (list[child].is_ours) continue;
            int has_our_parent = list[child].parent == self;
            for (long other = 0; !has_our_parent && other < count; other++)
                has_our_parent = list[other].is_ours && list[other].id == list[child].parent;
            if (has_our_parent) list[child].is_ours = is_changed = 1;
        }
    }
}

// Sends a signal to every descendant; the answer is how many of them still ran.
static long signal_descendants(int signal_number) {
    static struct process *list = NULL;
    static size_t room = 0;
    long count = read_processes(&list, &room);
    long running = 0;
    mark_ours(list, count);
    for (long place = 0; place < count; place++) {
        if (!list[place].is_ours || list[place].state == 'Z') continue;
        if (signal_number == SIGSTOP && list[place].state == 'T') continue;
        // A descendant that is gone was reaped by its parent, not by us; its number may be somebody
        // else's only if that parent reaped it within these microseconds.
        if (kill(list[place].id, signal_number) == 0) running++;
    }
    return running;
}

// Kills the group and every descendant, and waits until each of them is gone.
//
// Descendants whose parents die become children of this process, because it is a subreaper.
// The answer is what the plugin's process itself, which leads the group, ended with; `otherwise` where it was killed.
static int end_everything(pid_t group, int otherwise) {
    for (int round = 0; round < MOST_STOPS && signal_descendants(SIGSTOP) > 0; round++) {}
    sigset_t child_ended;
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    kill(-group, SIGKILL);
    for (;;) {
        signal_descendants(SIGKILL);
        pid_t reaped;
        int status;
        while ((reaped = waitpid(-1, &status, WNOHANG)) > 0)
            if (reaped == group && WIFEXITED(status)) otherwise = WEXITSTATUS(status);
        if (reaped < 0 && errno == ECHILD) return otherwise;
        struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
        sigtimedwait(&child_ended, NULL, &moment);
    }
}

// MARK: Watching

// Reaps what has ended; the answer is whether the plugin itself has, which is left unreaped so that
// the number of its group stays its own.
static int has_ended(pid_t child, int *status) {
    for (;;) {
        siginfo_t end = {0};
        if (waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid == 0) break;
        if (end.si_pid != child) {
            waitpid(end.si_pid, NULL, 0);
            continue;
        }
        *status = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
        return 1;
    }
    return 0;
}

static int watch(int host, int signals, pid_t child) {
    struct pollfd sources[] = {{.fd = host, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    int status = 0;
    for (;;) {
        if (has_ended(child, &status)) return status;
        if (poll(sources, 2, -1) < 0 && errno != EINTR) return CANNOT_WORK;
        if (sources[0].revents != 0) return HOST_DIED;
        struct signalfd_siginfo arrived;
        while (read(signals, &arrived, sizeof arrived) == (ssize_t)sizeof arrived)
            if (arrived.ssi_signo != SIGCHLD) return WAS_ENDED;
    }
}

// Lets go of the plugin's pipes, so that their other ends see it when the plugin ends.
static void let_go_of_pipes(void) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) fail("/dev/null");
    if (dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0) fail("dup2");
    close(nothing);
}

int main(int count, char **words) {
    struct order order = read_order(count, words);
    close_range(3, ~0U, 0);
    // A group of its own, so that a terminal's Ctrl-C reaches the host alone.
    setsid();
    int host = pidfd_open((pid_t)order.host, 0);
    if (host < 0) fail("the host can not be watched");
    // From here on the host's end is seen; if it came before, this process has another parent now.
    if (getppid() != (pid_t)order.host) {
        fprintf(stderr, "gatehouse-launch: process %ld is not, or no longer, its parent\n", order.host);
        return CANNOT_WORK;
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail("PR_SET_CHILD_SUBREAPER");

    sigset_t every;
    sigfillset(&every);
    if (sigprocmask(SIG_SETMASK, &every, NULL) != 0) fail("sigprocmask");
    // An ignored SIGCHLD would let the kernel reap children behind our back.
    signal(SIGCHLD, SIG_DFL);
    sigset_t watched;
    sigemptyset(&watched);
    const int ends[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t place = 0; place < sizeof ends / sizeof *ends; place++) sigaddset(&watched, ends[place]);
    int signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0) fail("signalfd");

    pid_t launcher = getpid();
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) become(&order, launcher);
    setpgid(child, child);
    let_go_of_pipes();
    return end_everything(child, watch(host, signals, child));
}
