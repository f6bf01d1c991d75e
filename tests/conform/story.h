/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * story.h: what one side of a WebSocket has said, or has been told, in the order in which it came; and whether that is
 * what a script in the case table's language says (tests/unit/ws_case.h).
 *
 * Items are the language's: a kind, the code of a close frame, a payload. Threads: one at a time, the owner sees to it.
 * Ownership: payloads are copied; story_free gives everything back. Out of memory ends the program.
 */
#ifndef CONFORM_STORY_H
#define CONFORM_STORY_H

#include "harness.h"
#include "../unit/ws_case.h"

struct story_item {
    char kind;
    int code;
    size_t at, size; /* the payload, in the story's bytes */
};

struct story {
    struct story_item *list;
    size_t count, room;
    struct ws_bytes bytes;
};

void story_add(struct story *story, char kind, int code, const void *payload, size_t size);
/* A close frame's whole payload: code and reason; without a code it is 1005. */
void story_add_close(struct story *story, const BYTE *payload, size_t size);
void story_free(struct story *story);

/* Compares; where they part is said in a remark that begins with `whose`. */
BOOL story_is(const struct story *story, const char *script, const char *whose);
/* The same, but the script may go on. */
BOOL story_begins(const struct story *story, const char *script, const char *whose);

#endif
