/* The floor for a POP3 sweep: the least that a C client on epoll can spend on tightlip's own dialogue.
 *
 * Every slot holds one conversation. It says the lines of `script` one after another, each once the reply to the
 * one before is whole (CAPA's ends with a dot, all others with a line end), and looks at nothing else but the
 * reply's first byte. A socket is registered once and never modified; closing it unregisters it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, BUFFER = 4096, SLOTS = 65536 };
enum kind { DONE, CONNECT, REFUSED, TIMED_OUT, CLOSED, ODD_REPLY, KINDS };

struct step { const char *say; const char *ends; char first; };
/* The reply in `ends` and `first` is the one that comes before the line is said. */
static const struct step script[] = {
    {"CAPA\r\n", "\r\n", '+'},
    {"AUTH NTLM\r\n", "\r\n.\r\n", '+'},
    {"TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==\r\n", "\r\n", '+'},
    {"*\r\n", "\r\n", '+'},
    {"QUIT\r\n", "\r\n", '-'},
    {NULL, "\r\n", '+'},
};
struct slot { int fd; uint16_t used; uint8_t step; time_t heard; char buffer[BUFFER]; };

static struct slot *slots;
static unsigned long counts[KINDS];
static uint32_t next_host, last_host;
static struct sockaddr_in source = {.sin_family = AF_INET}, target = {.sin_family = AF_INET};
static int poller, running, timeout_s = 10;
static time_t now_s;

static int dial(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0) return -1;
    /* The kernel picks the port at connect, when it knows the peer: 65,536 hosts do not exhaust the ports. */
    setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    target.sin_addr.s_addr = htonl(next_host++);
    if (!bind(fd, (struct sockaddr *)&source, sizeof source) &&
        (!connect(fd, (struct sockaddr *)&target, sizeof target) || errno == EINPROGRESS)) return fd;
    close(fd);
    return -1;
}

/* Puts the next host into the slot, and leaves it empty when there is none left. */
static void start(uint32_t index) {
    struct slot *slot = &slots[index];
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    slot->fd = -1;
    while (next_host <= last_host) {
        slot->fd = dial();
        if (slot->fd >= 0) break;
        counts[CONNECT]++;
    }
    if (slot->fd < 0) return;
    slot->used = 0;
    slot->step = 0;
    slot->heard = now_s;
    running++;
    epoll_ctl(poller, EPOLL_CTL_ADD, slot->fd, &event);
}

static void finish(uint32_t index, enum kind kind) {
    counts[kind]++;
    running--;
    close(slots[index].fd);
    start(index);
}

static int is_whole(const struct slot *slot, const char *ends) {
    size_t length = strlen(ends);
    return slot->used >= length && !memcmp(slot->buffer + slot->used - length, ends, length);
}

static void on_readable(uint32_t index) {
    struct slot *slot = &slots[index];
    const struct step *step = &script[slot->step];
    ssize_t count = recv(slot->fd, slot->buffer + slot->used, (size_t)(BUFFER - slot->used), 0);
    if (count <= 0) {
        if (count < 0 && errno == EAGAIN) return;
        finish(index, count < 0 && slot->step == 0 ? REFUSED : CLOSED);
        return;
    }
    slot->used += (uint16_t)count;
    slot->heard = now_s;
    if (!is_whole(slot, step->ends)) return;
    if (slot->buffer[0] != step->first) finish(index, ODD_REPLY);
    else if (!step->say) finish(index, DONE);
    else {
        slot->used = 0;
        slot->step++;
        if (send(slot->fd, step->say, strlen(step->say), MSG_NOSIGNAL) < 0) finish(index, CLOSED);
    }
}

static void drop_overdue(uint32_t concurrency) {
    static time_t last;
    if (now_s == last) return;
    last = now_s;
    for (uint32_t i = 0; i < concurrency; i++)
        if (slots[i].fd >= 0 && now_s - slots[i].heard > timeout_s) finish(i, TIMED_OUT);
}

static time_t seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

static void sweep(uint32_t concurrency) {
    struct epoll_event events[EVENTS];
    now_s = seconds();
    for (uint32_t i = 0; i < concurrency; i++) start(i);
    while (running) {
        int count = epoll_wait(poller, events, EVENTS, 1000);
        now_s = seconds();
        for (int i = 0; i < count; i++) on_readable(events[i].data.u32);
        drop_overdue(concurrency);
    }
}

int main(int argc, char **argv) {
    struct rlimit limit;
    uint32_t concurrency = 1000, prefix = 16;
    int option;
    source.sin_addr.s_addr = inet_addr("127.0.0.2");
    while ((option = getopt(argc, argv, "b:l:p:n:s:t:")) != -1) {
        if (option == 'b') next_host = ntohl(inet_addr(optarg));
        else if (option == 'l') prefix = (uint32_t)atoi(optarg);
        else if (option == 'p') target.sin_port = htons((uint16_t)atoi(optarg));
        else if (option == 'n') concurrency = (uint32_t)atoi(optarg);
        else if (option == 's') source.sin_addr.s_addr = inet_addr(optarg);
        else if (option == 't') timeout_s = atoi(optarg);
        else return 2;
    }
    if (concurrency < 1 || concurrency > SLOTS || prefix < 8 || prefix > 32) return 2;
    last_host = next_host + (uint32_t)((1ull << (32 - prefix)) - 1);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    slots = calloc(concurrency, sizeof *slots);
    poller = epoll_create1(EPOLL_CLOEXEC);
    sweep(concurrency);
    printf("{\"done\": %lu, \"connect\": %lu, \"refused\": %lu, \"timed_out\": %lu, \"closed\": %lu, \"odd_reply\": %lu}\n",
           counts[DONE], counts[CONNECT], counts[REFUSED], counts[TIMED_OUT], counts[CLOSED], counts[ODD_REPLY]);
    return counts[DONE] == last_host - (last_host & ~((1ull << (32 - prefix)) - 1)) + 1 ? 0 : 1;
}
