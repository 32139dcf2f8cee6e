/* A POP3 responder for benches: one epoll loop that gives an NTLM challenge on every loopback address.
 *
 * A connection is a row of `rows`, found by its descriptor. Every reply goes through `reply`, which sends it at
 * once or, with -d, queues it: the delay is the same for all, so a ring in order of time is the whole timer.
 * On SIGTERM it prints what it did as JSON: the bench holds these counts against the client's own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
#else
typedef void SSL;
#endif

enum { ROWS = 65536, RING = 1 << 18, LINE = 1024, EVENTS = 512 };
enum stage { COMMAND, TYPE1, TYPE3 };
enum answer { GREETING, CAPABILITIES, BEFORE_TLS, GO_AHEAD, CHALLENGE, CANCELLED, UPGRADE, BYE, UNKNOWN, ANSWERS };

struct row {
    uint32_t generation; /* a queued reply must not reach the descriptor's next owner */
    uint16_t used;
    uint8_t open, stage, handshaking;
    SSL *ssl;
    char line[LINE];
};
struct queued { uint64_t due; int fd; uint32_t generation; enum answer answer; };

static struct row rows[ROWS];
static struct queued ring[RING];
static uint32_t ring_head, ring_tail;
static const char *texts[ANSWERS];
static size_t lengths[ANSWERS];
static unsigned long sent[ANSWERS], connections;
static int poller, delay_ms, implicit_tls, tls_ready;
static volatile sig_atomic_t stopping;
#ifdef WITH_TLS
static SSL_CTX *context;
#endif

static void die(const char *what) { perror(what); exit(2); }
static void on_term(int number) { (void)number; stopping = 1; }

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void write_texts(const char *challenge) {
    static char line[4096];
    snprintf(line, sizeof line, "+ %s\r\n", challenge);
    texts[GREETING] = "+OK The Microsoft Exchange POP3 service is ready.\r\n";
    texts[CAPABILITIES] = "+OK\r\nTOP\r\nUIDL\r\nSASL NTLM PLAIN\r\n.\r\n";
    texts[BEFORE_TLS] = "+OK\r\nTOP\r\nUIDL\r\nSASL NTLM PLAIN\r\nSTLS\r\n.\r\n";
    texts[GO_AHEAD] = "+ \r\n";
    texts[CHALLENGE] = line;
    texts[CANCELLED] = "-ERR The AUTH protocol exchange was canceled by the client.\r\n";
    texts[UPGRADE] = "+OK Begin TLS negotiation.\r\n";
    texts[BYE] = "+OK Microsoft Exchange Server POP3 server signing off.\r\n";
    texts[UNKNOWN] = "-ERR Protocol error. 14\r\n";
    for (int i = 0; i < ANSWERS; i++) lengths[i] = strlen(texts[i]);
}

static void hang_up(int fd) {
#ifdef WITH_TLS
    SSL_free(rows[fd].ssl);
#endif
    rows[fd].ssl = NULL;
    rows[fd].open = 0;
    rows[fd].generation++;
    close(fd);
}

static void start_tls(int fd) {
#ifdef WITH_TLS
    rows[fd].ssl = SSL_new(context);
    SSL_set_fd(rows[fd].ssl, fd);
    SSL_set_accept_state(rows[fd].ssl);
    rows[fd].handshaking = 1;
#else
    hang_up(fd);
#endif
}

static ssize_t put(int fd, const char *text, size_t length) {
#ifdef WITH_TLS
    if (rows[fd].ssl) return SSL_write(rows[fd].ssl, text, (int)length);
#endif
    return send(fd, text, length, MSG_NOSIGNAL);
}

static void deliver(int fd, enum answer answer) {
    if (put(fd, texts[answer], lengths[answer]) != (ssize_t)lengths[answer]) return hang_up(fd);
    sent[answer]++;
    if (answer == BYE) hang_up(fd);
    else if (answer == UPGRADE) start_tls(fd);
}

static void reply(int fd, enum answer answer) {
    if (!delay_ms) return deliver(fd, answer);
    if (ring_tail - ring_head == RING) die("more queued replies than the ring holds");
    ring[ring_tail++ % RING] = (struct queued){now_ms() + (uint64_t)delay_ms, fd, rows[fd].generation, answer};
}

static void deliver_due(void) {
    uint64_t now = now_ms();
    for (; ring_head != ring_tail && ring[ring_head % RING].due <= now; ring_head++) {
        struct queued *item = &ring[ring_head % RING];
        if (rows[item->fd].generation == item->generation) deliver(item->fd, item->answer);
    }
}

static int ms_to_next(void) {
    uint64_t now, due;
    if (ring_head == ring_tail) return -1;
    now = now_ms();
    due = ring[ring_head % RING].due;
    return due <= now ? 0 : (int)(due - now);
}

static enum answer understand(struct row *row, const char *line) {
    enum stage stage = row->stage;
    row->stage = COMMAND;
    if (stage != COMMAND) {
        if (stage == TYPE3 || !strcmp(line, "*")) return CANCELLED;
        row->stage = TYPE3;
        return CHALLENGE;
    }
    if (!strcasecmp(line, "AUTH NTLM")) {
        row->stage = TYPE1;
        return GO_AHEAD;
    }
    if (!strcasecmp(line, "CAPA")) return tls_ready && !row->ssl ? BEFORE_TLS : CAPABILITIES;
    if (!strcasecmp(line, "QUIT")) return BYE;
    if (!strcasecmp(line, "STLS") && tls_ready && !row->ssl) return UPGRADE;
    return UNKNOWN;
}

static void answer_lines(int fd) {
    struct row *row = &rows[fd];
    char *start = row->line, *end;
    uint32_t generation = row->generation;
    while ((end = memchr(start, '\n', (size_t)(row->line + row->used - start)))) {
        *end = 0;
        if (end > start && end[-1] == '\r') end[-1] = 0;
        reply(fd, understand(row, start));
        if (row->generation != generation) return;
        start = end + 1;
    }
    row->used -= (uint16_t)(start - row->line);
    memmove(row->line, start, row->used);
}

/* Bytes read, 0 when there are none yet, -1 when the peer is gone. */
static int take(int fd) {
    struct row *row = &rows[fd];
    size_t room = LINE - row->used;
    ssize_t count;
#ifdef WITH_TLS
    if (row->ssl) {
        count = SSL_read(row->ssl, row->line + row->used, (int)room);
        if (count > 0) return (int)count;
        return SSL_get_error(row->ssl, (int)count) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
#endif
    count = recv(fd, row->line + row->used, room, 0);
    if (count > 0) return (int)count;
    return count < 0 && errno == EAGAIN ? 0 : -1;
}

/* 1 once the TLS handshake is done, 0 while it goes on or after it failed. */
static int shake_hands(int fd) {
#ifdef WITH_TLS
    int outcome = SSL_do_handshake(rows[fd].ssl);
    if (outcome != 1 && SSL_get_error(rows[fd].ssl, outcome) != SSL_ERROR_WANT_READ) hang_up(fd);
    if (outcome != 1) return 0;
#endif
    rows[fd].handshaking = 0;
    if (implicit_tls) reply(fd, GREETING);
    return 1;
}

static void on_readable(int fd) {
    struct row *row = &rows[fd];
    uint32_t generation = row->generation;
    if (!row->open) return;
    if (row->handshaking && shake_hands(fd) < 1) return;
    do {
        int count = take(fd);
        if (count < 0 || row->used + count >= LINE) hang_up(fd);
        if (row->generation != generation || !count) return;
        row->used += (uint16_t)count;
        answer_lines(fd);
    } while (row->generation == generation && row->ssl); /* TLS may hold bytes that epoll cannot see */
}

static void accept_all(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        struct row *row = &rows[fd];
        if (fd >= ROWS) die("more descriptors than rows");
        connections++;
        row->open = 1;
        row->used = row->stage = row->handshaking = 0;
        if (implicit_tls) start_tls(fd);
        else reply(fd, GREETING);
        if (row->open) epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
    if (errno != EAGAIN && errno != ECONNABORTED) die("accept");
}

/* A filter that keeps nothing makes the kernel drop the SYN unanswered: a silent host, without a firewall. */
static void drop_everything(int listener) {
    struct sock_filter keep_nothing = {BPF_RET | BPF_K, 0, 0, 0};
    struct sock_fprog program = {1, &keep_nothing};
    if (setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)) die("filter");
}

static int listen_everywhere(int port, int silent) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&any, sizeof any)) die("bind");
    if (silent) drop_everything(listener);
    if (listen(listener, 65535)) die("listen");
    return listener;
}

static void load_certificate(const char *path) {
#ifdef WITH_TLS
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_num_tickets(context, 0);
    if (SSL_CTX_use_certificate_chain_file(context, path) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) != 1) die("certificate");
    tls_ready = 1;
#else
    fprintf(stderr, "built without TLS: %s\n", path);
    exit(2);
#endif
}

static void serve(int listener) {
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    while (!stopping) {
        int count = epoll_wait(poller, events, EVENTS, ms_to_next());
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) accept_all(listener);
            else on_readable(events[i].data.fd);
        }
        if (delay_ms) deliver_due();
    }
}

int main(int argc, char **argv) {
    struct rlimit limit = {ROWS, ROWS};
    int port = 0, silent = 0, option;
    const char *challenge = "";
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGTERM, on_term);
    if (setrlimit(RLIMIT_NOFILE, &limit)) { /* only root may raise the hard limit */
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    while ((option = getopt(argc, argv, "p:c:d:t:is")) != -1) {
        if (option == 'p') port = atoi(optarg);
        else if (option == 'c') challenge = optarg;
        else if (option == 'd') delay_ms = atoi(optarg);
        else if (option == 't') load_certificate(optarg);
        else if (option == 'i') implicit_tls = 1;
        else if (option == 's') silent = 1;
        else return 2;
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    write_texts(challenge);
    option = listen_everywhere(port, silent);
    puts("ready");
    fflush(stdout);
    serve(option);
    printf("{\"connections\": %lu, \"challenges\": %lu, \"cancels\": %lu, \"quits\": %lu}\n", connections,
           sent[CHALLENGE], sent[CANCELLED], sent[BYE]);
    return 0;
}
