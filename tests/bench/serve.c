/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See serve.h: sockets, TLS and the loop. Usage: serve CERT.pem KEY.pem */
#define _GNU_SOURCE
#include "bench/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define EVENTS 64

static int poller;
static gnutls_certificate_credentials_t credentials;
static gnutls_datum_t ticket_key;

/* The two listeners are told from peers by their address. */
static struct {
    int fd;
    bool secure;
} listeners[2] = {{-1, false}, {-1, true}};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct peer *p, bool writes)
{
    struct epoll_event e = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = p};

    if (p->writes == writes)
        return;
    p->writes = writes;
    epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &e);
}

/* ---- bytes ---- */

/* Bytes moved; 0: later, or never (gone). */
static size_t put(struct peer *p, const uint8_t *bytes, size_t n)
{
    ssize_t done = p->tls ? gnutls_record_send(p->tls, bytes, n) : send(p->fd, bytes, n, MSG_NOSIGNAL);

    if (done >= 0)
        return (size_t)done;
    if (p->tls ? gnutls_error_is_fatal((int)done) : errno != EAGAIN)
        p->gone = true;
    return 0;
}

static size_t get(struct peer *p)
{
    size_t room = sizeof(p->in) - p->in_n;
    ssize_t n = p->tls ? gnutls_record_recv(p->tls, p->in + p->in_n, room) : recv(p->fd, p->in + p->in_n, room, 0);

    if (n > 0)
        return (size_t)n;
    p->ended = n == 0;
    if (n == 0 || (p->tls ? gnutls_error_is_fatal((int)n) : errno != EAGAIN))
        p->gone = true;
    return 0;
}

static bool put_text(struct peer *p)
{
    while (p->say_off < p->say_n) {
        size_t n = put(p, p->say + p->say_off, p->say_n - p->say_off);

        if (!n)
            return false;
        p->say_off += n;
    }
    p->say_n = p->say_off = 0;
    return true;
}

static bool put_block(struct peer *p)
{
    while (p->left) {
        size_t n = p->block.size - p->block_off;

        if (n > p->left)
            n = (size_t)p->left;
        if (n > WRITE_STEP)
            n = WRITE_STEP;
        n = put(p, p->block.bytes + p->block_off, n);
        if (!n)
            return false;
        p->left -= n;
        p->block_off = (p->block_off + n) % p->block.size;
    }
    return true;
}

void peer_push(struct peer *p)
{
    bool all = put_text(p) && put_block(p);

    watch(p, !all && !p->gone);
    if (!all || !p->last)
        return;
    if (p->tls)
        gnutls_bye(p->tls, GNUTLS_SHUT_WR);
    p->gone = true;
}

bool peer_say(struct peer *p, const void *bytes, size_t n)
{
    if (n > sizeof(p->say) - p->say_n)
        return false;
    memcpy(p->say + p->say_n, bytes, n);
    p->say_n += n;
    return true;
}

/* ---- peers ---- */

static void drop(struct peer *p)
{
    struct linger reset = {.l_onoff = 1};

    job_forget(p);
    if (p->tls)
        gnutls_deinit(p->tls);
    /* A peer that closes first would keep its port for a minute (TIME_WAIT), and who looks for a free one among 10,000
     * of them, the next measurement, waits for it. The reset ends that. */
    if (p->ended)
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(p->fd);
    free(p);
}

static bool secure(struct peer *p)
{
    if (gnutls_init(&p->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL))
        return false;
    gnutls_priority_set_direct(p->tls, "NORMAL", NULL);
    gnutls_credentials_set(p->tls, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_session_ticket_enable_server(p->tls, &ticket_key);
    gnutls_transport_set_int(p->tls, p->fd);
    return true;
}

static void welcome(int listener, bool tls)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        struct epoll_event e = {.events = EPOLLIN};
        struct peer *p;

        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        p = calloc(1, sizeof(*p));
        if (!p)
            fail("calloc");
        p->fd = fd;
        p->secured = !tls;
        if (tls && !secure(p))
            fail("gnutls_init");
        e.data.ptr = p;
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    }
}

static void shake(struct peer *p)
{
    int err = gnutls_handshake(p->tls);

    p->secured = err == GNUTLS_E_SUCCESS;
    p->gone = err && gnutls_error_is_fatal(err);
}

static void serve(struct peer *p, unsigned events)
{
    if (!p->secured)
        shake(p);
    if (p->secured && (events & EPOLLOUT))
        peer_push(p);
    while (p->secured && !p->gone) {
        size_t n = get(p);

        if (!n)
            break;
        p->in_n += n;
        if (!job_input(p))
            p->gone = true;
    }
    if (p->gone || (events & (EPOLLERR | EPOLLHUP)))
        drop(p);
}

/* ---- beginning ---- */

static unsigned listen_on(unsigned i)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &listeners[i]};

    listeners[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listeners[i].fd < 0 || bind(listeners[i].fd, (struct sockaddr *)&at, sizeof(at)) ||
        listen(listeners[i].fd, 4096) || getsockname(listeners[i].fd, (struct sockaddr *)&at, &len) ||
        epoll_ctl(poller, EPOLL_CTL_ADD, listeners[i].fd, &e))
        fail("listen");
    return ntohs(at.sin_port);
}

static void prepare(const char *certificate, const char *key)
{
    struct rlimit files;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    unsigned plain, tls;

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (gnutls_certificate_allocate_credentials(&credentials) ||
        gnutls_certificate_set_x509_key_file(credentials, certificate, key, GNUTLS_X509_FMT_PEM) ||
        gnutls_session_ticket_key_generate(&ticket_key)) {
        fprintf(stderr, "serve: %s and %s cannot be used\n", certificate, key);
        exit(1);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &e))
        fail("epoll");
    jobs_prepare();
    plain = listen_on(0);
    tls = listen_on(1);
    printf("PORTS %u %u\n", plain, tls);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: serve CERT.pem KEY.pem\n");
        return 2;
    }
    prepare(argv[1], argv[2]);
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(poller, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            void *what = events[i].data.ptr;

            if (!what)
                return 0; /* standard input: its end, there is nothing else to be read from it */
            if (what == &listeners[0] || what == &listeners[1])
                welcome(what == &listeners[0] ? listeners[0].fd : listeners[1].fd, what == &listeners[1]);
            else
                serve(what, events[i].events);
        }
    }
}
