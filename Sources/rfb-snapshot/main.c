// SPDX-License-Identifier: Apache-2.0
//
// rfb-snapshot: one picture of a VNC server, as PNG on stdout.
//
// It reads one JSON object from stdin, {"host":"127.0.0.1","port":5900} or {"unix":"/path"} or
// {"fd":3} (an inherited, connected socket), each with an optional "password". It gives up after 8
// seconds, and refuses screens over 4096x4096. On failure stdout is empty and stderr has one line.
//
// exit status: 0 done, 2 the target can not be read, 3 not reached in time, 4 no picture in time,
// 5 the screen is too large or memory is short, 6 the server asks for a password that is not there
//
// What a VNC server sends is hostile input, so this is a process of its own with tight limits.

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rfb/rfbclient.h>

#include "snapshot.h"

enum { deadline_seconds = 8, side_limit = 4096 };

static struct target target;
static bool password_was_asked;
static bool *covered;
static size_t uncovered;

_Noreturn void fail(int status, const char *message) {
    fprintf(stderr, "rfb-snapshot: %s\n", message);
    _exit(status);
}

static void give_up(int signal_number) {
    (void)signal_number;
    static const char text[] = "rfb-snapshot: no picture came in time\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(4);
    _exit(4);
}

static void limit(int resource, rlim_t amount) {
    const struct rlimit value = {amount, amount};
    if (setrlimit(resource, &value) != 0) fail(5, "a limit can not be set");
}

static void confine(void) {
    const pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || getppid() != parent)
        fail(5, "the process can not be confined");
    limit(RLIMIT_AS, (rlim_t)512 << 20);
    limit(RLIMIT_CPU, 10);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, (rlim_t)128 << 20);
    limit(RLIMIT_NOFILE, 16);
    // Whoever started the process may have blocked signals; the alarm has to come through.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, give_up);
    alarm(deadline_seconds);
}

static char *password(rfbClient *client) {
    (void)client;
    if (target.password[0] == '\0') {
        password_was_asked = true;
        return NULL;
    }
    return strdup(target.password);
}

static rfbCredential *credential(rfbClient *client, int kind) {
    (void)client;
    (void)kind;
    password_was_asked = true;
    return NULL;
}

static void quiet(const char *format, ...) { (void)format; }

// Called for the first size and for each later one; the picture starts anew then.
static rfbBool resize(rfbClient *client) {
    const int width = client->width, height = client->height;
    if (width < 1 || height < 1 || width > side_limit || height > side_limit)
        fail(5, "the screen is larger than 4096x4096 or has no size");
    const size_t pixels = (size_t)width * (size_t)height;
    free(client->frameBuffer);
    free(covered);
    client->frameBuffer = calloc(pixels, 4);
    covered = calloc(pixels, sizeof *covered);
    if (client->frameBuffer == NULL || covered == NULL) fail(5, "memory is short");
    uncovered = pixels;
    client->format.bitsPerPixel = 32;
    client->format.depth = 24;
    client->format.bigEndian = 0;
    client->format.trueColour = 1;
    client->format.redShift = 0;
    client->format.greenShift = 8;
    client->format.blueShift = 16;
    client->format.redMax = client->format.greenMax = client->format.blueMax = 255;
    return TRUE;
}

static void update(rfbClient *client, int left, int top, int width, int height) {
    for (int y = top < 0 ? 0 : top; y < top + height && y < client->height; y++) {
        for (int x = left < 0 ? 0 : left; x < left + width && x < client->width; x++) {
            bool *pixel = &covered[(size_t)y * (size_t)client->width + (size_t)x];
            if (!*pixel) uncovered--;
            *pixel = true;
        }
    }
}

static rfbClient *make_client(void) {
    rfbClient *client = rfbGetClient(8, 3, 4);
    if (client == NULL) fail(5, "memory is short");
    client->MallocFrameBuffer = resize;
    client->canHandleNewFBSize = TRUE;
    client->GotFrameBufferUpdate = update;
    client->GetPassword = password;
    client->GetCredential = credential;
    client->connectTimeout = deadline_seconds;
    client->readTimeout = deadline_seconds;
    client->appData.shareDesktop = TRUE;
    client->appData.useRemoteCursor = FALSE;
    client->appData.encodingsString = "zrle hextile raw";
    client->appData.compressLevel = 1;
    client->programName = "rfb-snapshot";
    return client;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Takes updates until the whole screen has come and nothing more comes for a while.
//
// The first picture is not enough: QEMU draws the screen only once a client is there, and sends what
// it had before, often black. A server may also leave out a part; after a quiet second that counts
// as all.
static void receive(rfbClient *client) {
    const size_t pixels = (size_t)client->width * (size_t)client->height;
    double complete = 0, last = now();
    while (complete == 0 || (now() - last < 0.25 && now() - complete < 1)) {
        const int ready = WaitForMessage(client, 50 * 1000);
        if (ready < 0 || (ready > 0 && !HandleRFBServerMessage(client))) fail(4, "the server went away");
        if (ready > 0) last = now();
        const bool is_quiet = uncovered < pixels && now() - last > 1;
        if (complete == 0 && (uncovered == 0 || is_quiet)) complete = now();
    }
}

static void run(rfbClient *client) {
    client->sock = open_target(&target);
    if (client->sock < 0) fail(3, "the target can not be reached");
    if (!InitialiseRFBConnection(client)) {
        if (password_was_asked) fail(6, "the server asks for a password that was not given");
        fail(3, "the server refused the connection or does not speak RFB");
    }
    client->width = client->si.framebufferWidth;
    client->height = client->si.framebufferHeight;
    if (!resize(client) || !SetFormatAndEncodings(client)) fail(3, "the server went away");
    client->updateRect.x = client->updateRect.y = 0;
    client->updateRect.w = client->width;
    client->updateRect.h = client->height;
    if (!SendFramebufferUpdateRequest(client, 0, 0, client->width, client->height, FALSE))
        fail(3, "the server went away");
    receive(client);
}

int main(void) {
    confine();
    if (!read_target(STDIN_FILENO, &target)) fail(2, "stdin has no target as JSON");
    rfbClientLog = rfbClientErr = quiet;
    rfbClient *client = make_client();
    run(client);
    if (!write_png(STDOUT_FILENO, client->frameBuffer, client->width, client->height))
        fail(5, "the picture can not be written");
    return 0;
}
