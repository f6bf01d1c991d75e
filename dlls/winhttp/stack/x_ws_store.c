/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The read-ahead; see x_ws_store.h. A mark is 32 bits: the length, shifted over the two bits that say what ends. */
#include "stack/x_ws_store.h"

#define MARK_SIZE  sizeof(uint32_t)
#define MARK_FIN   1u
#define MARK_TEXT  2u
#define MARK_SHIFT 2u
#define LIMIT_MAX  (UINT32_MAX >> MARK_SHIFT)

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The open frame is charged for the mark it will need, so that its end always fits. */
static size_t stored(const struct x_ws_store *s)
{
    size_t marks = buf_len(&s->marks) + (s->has_front ? MARK_SIZE : 0) + (s->open ? MARK_SIZE : 0);

    return buf_len(&s->data) + marks;
}

void x_ws_store_init(struct x_ws_store *s, size_t limit)
{
    memset(s, 0, sizeof(*s));
    s->limit = smaller(limit, LIMIT_MAX);
    buf_init(&s->data, s->limit);
    buf_init(&s->marks, s->limit);
}

void x_ws_store_clear(struct x_ws_store *s)
{
    buf_clear(&s->data);
    buf_clear(&s->marks);
    s->has_front = false;
    s->open = 0;
}

void x_ws_store_trim(struct x_ws_store *s)
{
    buf_trim(&s->data);
    buf_trim(&s->marks);
}

bool x_ws_store_empty(const struct x_ws_store *s)
{
    return !s->has_front && !buf_len(&s->marks) && !s->open;
}

size_t x_ws_store_room(const struct x_ws_store *s)
{
    size_t need = stored(s) + (s->open ? 0 : MARK_SIZE);

    return need < s->limit ? s->limit - need : 0;
}

enum wh_err x_ws_store_put(struct x_ws_store *s, struct span payload, bool text, bool end, bool fin)
{
    uint32_t mark;
    enum wh_err err = buf_append(&s->data, payload);

    if (err)
        return err;
    s->open += payload.n;
    s->open_text = text;
    if (!end)
        return WH_OK;
    mark = (uint32_t)s->open << MARK_SHIFT | (text ? MARK_TEXT : 0) | (fin ? MARK_FIN : 0);
    err = buf_append(&s->marks, span_make(&mark, MARK_SIZE));
    if (!err)
        s->open = 0;
    return err;
}

enum wh_err x_ws_store_take(struct x_ws_store *s, uint8_t *dst, size_t cap, size_t *n, struct x_ws_piece *piece)
{
    if (!s->has_front && buf_len(&s->marks)) {
        buf_read(&s->marks, &s->front, MARK_SIZE);
        s->has_front = true;
    }
    piece->kind = X_WS_DATA;
    piece->fin = false;
    if (!s->has_front) {
        *n = buf_read(&s->data, dst, smaller(cap, s->open));
        s->open -= *n;
        piece->text = s->open_text;
        return *n == cap ? WH_OK : WH_AGAIN;
    }
    *n = buf_read(&s->data, dst, smaller(cap, s->front >> MARK_SHIFT));
    s->front -= (uint32_t)*n << MARK_SHIFT;
    piece->text = (s->front & MARK_TEXT) != 0;
    if (s->front >> MARK_SHIFT == 0) {
        piece->fin = (s->front & MARK_FIN) != 0;
        s->has_front = false;
    }
    return WH_OK;
}
