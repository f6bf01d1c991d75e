/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* story.c: see story.h. */
#include "story.h"

#include <stdlib.h>

void story_add(struct story *story, char kind, int code, const void *payload, size_t size)
{
    struct story_item item = {kind, code, story->bytes.n, size};

    if (story->count == story->room) {
        story->room = story->room ? 2 * story->room : 16;
        story->list = realloc(story->list, story->room * sizeof(item));
        if (!story->list)
            abort();
    }
    story->list[story->count++] = item;
    ws_bytes_add(&story->bytes, payload, size);
}

void story_add_close(struct story *story, const BYTE *payload, size_t size)
{
    if (size < 2)
        story_add(story, 'X', size ? -1 : WINHTTP_WEB_SOCKET_EMPTY_CLOSE_STATUS, payload, size);
    else
        story_add(story, 'X', payload[0] << 8 | payload[1], payload + 2, size - 2);
}

void story_free(struct story *story)
{
    free(story->list);
    ws_bytes_free(&story->bytes);
    memset(story, 0, sizeof(*story));
}

static BOOL is_item(const struct story *story, size_t i, const struct ws_item *item, const char *whose)
{
    const struct story_item *got = i < story->count ? &story->list[i] : NULL;

    if (!got) {
        tap_diag("%s: item %u, %c%d of %u bytes, is missing", whose, (unsigned)i, item->kind, item->code,
                 (unsigned)item->payload.n);
        return FALSE;
    }
    if (got->kind == item->kind && got->code == item->code && got->size == item->payload.n &&
        (!got->size || !memcmp(story->bytes.p + got->at, item->payload.p, got->size)))
        return TRUE;
    tap_diag("%s: item %u is %c%d of %u bytes, not %c%d of %u bytes, or other bytes", whose, (unsigned)i, got->kind,
             got->code, (unsigned)got->size, item->kind, item->code, (unsigned)item->payload.n);
    return FALSE;
}

static BOOL compare(const struct story *story, const char *script, const char *whose, BOOL whole)
{
    struct ws_item item;
    size_t i = 0, k;
    BOOL same = TRUE;

    while (same && ws_item_next(&script, &item)) {
        for (k = 0; same && k < item.count && (whole || i < story->count); k++)
            same = is_item(story, i++, &item, whose);
        ws_bytes_free(&item.payload);
    }
    if (same && i < story->count) {
        tap_diag("%s: item %u, %c%d of %u bytes, ought not to be", whose, (unsigned)i, story->list[i].kind,
                 story->list[i].code, (unsigned)story->list[i].size);
        return FALSE;
    }
    return same;
}

BOOL story_is(const struct story *story, const char *script, const char *whose)
{
    return compare(story, script, whose, TRUE);
}

BOOL story_begins(const struct story *story, const char *script, const char *whose)
{
    return compare(story, script, whose, FALSE);
}
