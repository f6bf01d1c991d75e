/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server sends on a WebSocket, as events: frames joined to messages, control frames between them, closing (RFC
 * 6455 sections 5.4 to 5.6 and 7). It sends nothing and keeps no payload but that of one control frame: data is yielded
 * in place.
 *
 * States, named after what is awaited:
 *   HEAD     a frame head, of which held[0..held_n) have come
 *   DATA     left payload bytes of the data frame in frame
 *   CONTROL  left payload bytes of a control frame; held[0..held_n) have come
 *   CLOSED   nothing: the close frame was yielded, what follows it is ignored
 *   FAILED   nothing: a violation; fail_code is what our close frame must say (section 7.1.7)
 *
 * Violations (SEMANTICS D5, all 1002): those of ws_frame.h; a continuation without a start; a new data frame inside a
 * message; a close payload of one byte; a close code that ws_msg_code_allowed refuses. Text, and the reason of a close
 * frame, that is not UTF-8 is 1007 (D4, section 8.1): at the first impossible byte, or at the end of a message inside a
 * character.
 *
 * Threads: the owner's lock. Ownership: the input is the caller's; spans live until the next call, or until the input
 * goes. Limits: 125 bytes of control payload; nothing is allocated. Errors: WH_AGAIN, WH_E_FULL, WH_E_RESPONSE
 * (sticky).
 */
#ifndef PROTO_WS_MSG_H
#define PROTO_WS_MSG_H

#include "base/text.h"
#include "proto/ws_frame.h"

/* Close codes of section 7.4.1 that this code speaks of. */
#define WS_CODE_NORMAL      1000u
#define WS_CODE_PROTOCOL    1002u
#define WS_CODE_NO_STATUS   1005u /* stands for an empty close payload; never on the wire */
#define WS_CODE_BAD_PAYLOAD 1007u
#define WS_CLOSE_REASON_MAX (WS_CONTROL_MAX - 2)

enum ws_event_kind {
    WS_EVENT_DATA,
    WS_EVENT_PING,  /* asks for a pong with the same payload */
    WS_EVENT_CLOSE, /* asks for a close frame, if none was sent */
};

struct ws_event {
    enum ws_event_kind kind;
    struct span data; /* DATA: payload, in the input; PING: its payload; CLOSE: the reason */
    bool text;        /* DATA: the message is UTF-8, else binary */
    bool end;         /* DATA: the last of its frame */
    bool fin;         /* DATA: the last of its message; end is set too */
    uint16_t code;    /* CLOSE: 1005 when the frame has none */
};

enum ws_msg_state { WS_MSG_HEAD, WS_MSG_DATA, WS_MSG_CONTROL, WS_MSG_CLOSED, WS_MSG_FAILED };

struct ws_msg {
    enum ws_msg_state state;
    bool in_message; /* a message has begun and its final frame has not ended */
    bool text;       /* of that message */
    struct utf8 utf8;
    struct ws_frame frame;
    uint64_t left;
    uint16_t fail_code; /* FAILED: 1002 or 1007 */
    uint8_t held_n;
    uint8_t held[WS_CONTROL_MAX];
};

void ws_msg_init(struct ws_msg *m);

/*
 * The next event of in. *used counts the bytes done with, on every return; data points into them, so they may go only
 * after it. WH_OK          *ev is an event. DATA holds at most max bytes; it is empty only when it ends a message.
 * Empty frames that end none, and pongs, make no event. WH_AGAIN       in is used up (or CLOSED: all of in is ignored)
 *   WH_E_FULL      max is 0 and the next event would be DATA
 *   WH_E_RESPONSE  a violation, now or before
 */
enum wh_err ws_msg_next(struct ws_msg *m, struct span in, size_t max, size_t *used, struct ws_event *ev);

/* Payload bytes that come next and belong to one data frame; 0: something else does. Of those, some may be received
 * elsewhere than the rest: ws_msg_next takes them from wherever they lie. */
uint64_t ws_msg_due(const struct ws_msg *m);

/*
 * Whether a close frame may carry this code (section 7.4): 1000-1003, 1007-1011, those registered with IANA since
 * (1012-1014), and 3000-4999. Not 1004 (reserved), 1005, 1006 and 1015 (never on the wire), nor any other.
 */
bool ws_msg_code_allowed(unsigned code);

#endif
