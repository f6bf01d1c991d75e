/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * timeouts: each timeout ends its own phase with 12002, in synchronous calls and as a completion, exactly once; 0 and
 * -1 never end anything (SEMANTICS TO2, TO4, TO8, TO9, TO11, TO12; API 50).
 *
 * No clock is looked at. In each check only one timeout is finite, so that what ends is ended by that one; that another
 * does not end is seen by what has ended meanwhile.
 */
#include "stuck.h"

#define SOON 300 /* ms; long enough that no phase before the stuck one takes it up */

static struct stuck the;

/* ---- one timeout, one phase ---- */

/* The resolve, connect, send and receive timeout that rules each phase; the others are infinite. */
static const DWORD rules[STUCK_PHASES] = {
    [STUCK_NAME] = WINHTTP_OPTION_RESOLVE_TIMEOUT,     [STUCK_CONNECT] = WINHTTP_OPTION_CONNECT_TIMEOUT,
    [STUCK_HANDSHAKE] = WINHTTP_OPTION_SEND_TIMEOUT,   [STUCK_VERDICT] = WINHTTP_OPTION_SEND_TIMEOUT,
    [STUCK_SEND] = WINHTTP_OPTION_SEND_TIMEOUT,        [STUCK_WRITE] = WINHTTP_OPTION_SEND_TIMEOUT,
    [STUCK_HEAD] = WINHTTP_OPTION_RECEIVE_TIMEOUT,     [STUCK_BODY] = WINHTTP_OPTION_RECEIVE_TIMEOUT,
    [STUCK_AVAILABLE] = WINHTTP_OPTION_RECEIVE_TIMEOUT};

static void set_timeout(struct stuck *s, DWORD option, DWORD ms)
{
    WinHttpSetOption(s->client.request, option, &ms, sizeof(ms));
}

static void check_synchronous(enum stuck_phase phase)
{
    const char *name = stuck_names[phase];

    if (!stuck_open(&the, phase, 0) || !stuck_prepare(&the))
        return;
    set_timeout(&the, rules[phase], SOON);
    stuck_call_elsewhere(&the);
    ANSWERS(stuck_answer(&the, WAIT_MS), ERROR_WINHTTP_TIMEOUT, "TO4, %s: ends by its timeout", name);
    FAILS(WinHttpReadData(the.client.request, &(BYTE){0}, 1, &(DWORD){0}), ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "S11, %s: after which nothing can be read", name);
    SAME(the.errors, 0, "N6, %s: and no completion is told", name);
    stuck_close(&the);
}

static void check_asynchronous(enum stuck_phase phase)
{
    const char *name = stuck_names[phase];
    LONG before;

    if (!stuck_open(&the, phase, WINHTTP_FLAG_ASYNC) || !stuck_prepare(&the))
        return;
    before = the.completions;
    set_timeout(&the, rules[phase], SOON);
    ANSWERS(stuck_call(&the), 0, "TO4, %s: accepted", name);
    tap_ok(WaitForSingleObject(the.completed, WAIT_MS) == WAIT_OBJECT_0, "TO4, %s: completes", name);
    ANSWERS(the.error, ERROR_WINHTTP_TIMEOUT, "TO4, %s: with its timeout", name);
    WinHttpCloseHandle(the.client.request);
    the.client.request = NULL;
    SAME(the.completions, before + 1, "TO4, %s: once", name);
    SAME(WaitForSingleObject(the.closed, WAIT_MS), WAIT_OBJECT_0, "D14, %s: HANDLE_CLOSING", name);
    SAME(the.behind, 0, "D14, %s: nothing behind it", name);
    stuck_close(&the);
}

/* ReceiveResponse is called while SendRequest is under way: the time-out of the one is told for both. */
static void check_both(void)
{
    if (!stuck_open(&the, STUCK_CONNECT, WINHTTP_FLAG_ASYNC))
        return;
    set_timeout(&the, WINHTTP_OPTION_CONNECT_TIMEOUT, 10 * SOON); /* both calls are made in that time */
    ANSWERS(stuck_call(&the), 0, "N19: SendRequest is accepted");
    SUCCEEDS(WinHttpReceiveResponse(the.client.request, NULL), "N19: and ReceiveResponse");
    while (the.errors < 2 && WaitForSingleObject(the.completed, WAIT_MS) == WAIT_OBJECT_0)
        ;
    SAME(the.errors, 2, "N19, TO4: both end");
    ANSWERS(the.error, ERROR_WINHTTP_TIMEOUT, "N19, TO4: by the connect timeout");
    stuck_close(&the);
}

/* ---- infinite ---- */

/* One request has no limits, the next one has; when that has ended, the first still waits. */
static void check_infinite(DWORD infinite, const char *name)
{
    static struct stuck limited;

    if (!stuck_open(&the, STUCK_HEAD, 0) || !stuck_prepare(&the))
        return;
    set_timeout(&the, WINHTTP_OPTION_RECEIVE_TIMEOUT, infinite);
    stuck_call_elsewhere(&the);
    if (stuck_open(&limited, STUCK_HEAD, 0) && stuck_prepare(&limited)) {
        set_timeout(&limited, WINHTTP_OPTION_RECEIVE_TIMEOUT, SOON);
        stuck_call_elsewhere(&limited);
        ANSWERS(stuck_answer(&limited, WAIT_MS), ERROR_WINHTTP_TIMEOUT, "TO9: a limited request ends");
        stuck_close(&limited);
    }
    SAME(stuck_answer(&the, 0), WAIT_TIMEOUT, "TO2: one without a limit (%s) does not", name);
    if (stuck_accept(&the))
        stuck_say(&the, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    ANSWERS(stuck_answer(&the, WAIT_MS), 0, "TO2: until it is answered");
    stuck_close(&the);
}

/* ---- what comes drop by drop ---- */

static DWORD WINAPI drip_thread(void *arg)
{
    struct stuck *s = arg;

    stuck_say(s, "HTTP/1.1 200 OK\r\nX-Long: ");
    do
        stuck_say(s, "x");
    while (stuck_answer(s, SOON / 10) == WAIT_TIMEOUT);
    return 0;
}

/* The receive timeout begins anew with each byte, the receive-response timeout does not. */
static void check_drip(void)
{
    HANDLE drip;

    if (!stuck_open(&the, STUCK_HEAD, 0) || !stuck_prepare(&the) || !stuck_accept(&the))
        return;
    set_timeout(&the, WINHTTP_OPTION_RECEIVE_TIMEOUT, 2 * SOON);
    set_timeout(&the, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, 2 * SOON);
    stuck_call_elsewhere(&the);
    drip = CreateThread(NULL, 0, drip_thread, &the, 0, NULL);
    ANSWERS(stuck_answer(&the, WAIT_MS), ERROR_WINHTTP_TIMEOUT,
            "TO11, TO12: a head that comes byte by byte ends by the receive-response timeout");
    WaitForSingleObject(drip, WAIT_MS);
    CloseHandle(drip);
    stuck_close(&the);
}

/* ---- what is taken sip by sip ---- */

#define SIP (4 * 1048576) /* much more than a socket takes before it says that there is room again */

static volatile LONG thirsty;

static DWORD WINAPI sip_thread(void *arg)
{
    static char bytes[65536];
    struct stuck *s = arg;
    int got = 1;

    do
        for (int n = 0; n < SIP && got > 0; n += got)
            got = recv(s->peer, bytes, sizeof(bytes), 0);
    while (got > 0 && stuck_answer(s, thirsty ? 0 : SOON) == WAIT_TIMEOUT);
    return 0;
}

/* Two calls write with the same limit. When that of the second has passed, and so that of the first, the first goes on:
 * its limit begins anew with what the peer takes. */
static void check_sip(void)
{
    static struct stuck limited;
    HANDLE sip;

    if (!stuck_open(&the, STUCK_WRITE, 0) || !stuck_prepare(&the) || !stuck_accept(&the))
        return;
    set_timeout(&the, WINHTTP_OPTION_SEND_TIMEOUT, 10 * SOON);
    stuck_call_elsewhere(&the);
    thirsty = FALSE;
    sip = CreateThread(NULL, 0, sip_thread, &the, 0, NULL);
    if (stuck_open(&limited, STUCK_WRITE, 0) && stuck_prepare(&limited)) {
        set_timeout(&limited, WINHTTP_OPTION_SEND_TIMEOUT, 10 * SOON);
        stuck_call_elsewhere(&limited);
        ANSWERS(stuck_answer(&limited, WAIT_MS), ERROR_WINHTTP_TIMEOUT, "TO4: a call whose bytes nobody takes ends");
        stuck_close(&limited);
    }
    SAME(stuck_answer(&the, SOON), WAIT_TIMEOUT, "TO4: one whose bytes are taken now and then does not");
    thirsty = TRUE;
    ANSWERS(stuck_answer(&the, WAIT_MS), 0, "TO4: until all are");
    WaitForSingleObject(sip, WAIT_MS);
    CloseHandle(sip);
    stuck_close(&the);
}

int main(void)
{
    need_port("HTTPS_PORT");
    for (int phase = 0; phase < STUCK_PHASES; phase++) {
        check_synchronous(phase);
        check_asynchronous(phase);
    }
    check_both();
    check_infinite(0, "0");
    check_infinite(0xffffffff, "-1");
    check_drip();
    check_sip();
    return tap_done();
}
