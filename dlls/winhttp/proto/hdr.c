/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header block; the contract is in hdr.h.
 *
 * A field is two pairs (offset, length) into the arena. Removing or replacing leaves a hole. When the arena must grow,
 * or the holes are what fills it, the live bytes are copied in field order into a new one, so holes never outlive a
 * growth and the arena never exceeds twice what max_raw allows. Offsets are 32 bits: hdr_init caps max_raw accordingly.
 */
#include "proto/hdr.h"

#include "base/mem.h"
#include "base/text.h"

#include <assert.h>

struct hdr_field {
    uint32_t name, name_n;
    uint32_t value, value_n;
};

/* ": " and CRLF. */
#define FIELD_EXTRA 4u

#define RAW_LIMIT    ((size_t)1 << 28)
#define ARENA_FIRST  512u
#define FIELDS_FIRST 16u

void hdr_init(struct hdr *h, size_t max_raw, size_t max_count)
{
    memset(h, 0, sizeof *h);
    h->max_raw = max_raw < RAW_LIMIT ? max_raw : RAW_LIMIT;
    h->max_count = max_count;
}

void hdr_clear(struct hdr *h)
{
    mem_free(h->arena);
    mem_free(h->fields);
    hdr_init(h, h->max_raw, h->max_count);
}

void hdr_move(struct hdr *dst, struct hdr *src)
{
    *dst = *src;
    hdr_init(src, src->max_raw, src->max_count);
}

/* The bytes of all fields, holes left out. */
static size_t live_bytes(const struct hdr *h)
{
    return h->raw - h->count * FIELD_EXTRA;
}

static uint32_t put(uint8_t *arena, size_t *used, const uint8_t *p, size_t n)
{
    size_t at = *used;

    if (n)
        memcpy(arena + at, p, n);
    *used = at + n;
    return (uint32_t)at;
}

/* Copies the live bytes of h in field order to arena and points fields (h's own or a copy) there; returns their number.
 */
static size_t pack(const struct hdr *h, uint8_t *arena, struct hdr_field *fields)
{
    size_t used = 0;

    for (size_t i = 0; i < h->count; i++) {
        struct hdr_field f = h->fields[i];

        f.name = put(arena, &used, h->arena + f.name, f.name_n);
        f.value = put(arena, &used, h->arena + f.value, f.value_n);
        fields[i] = f;
    }
    return used;
}

/* Room in the arena for n more bytes behind used. */
static enum wh_err arena_room(struct hdr *h, size_t n)
{
    size_t need = live_bytes(h) + n, cap;
    uint8_t *arena;

    if (h->cap - h->used >= n)
        return WH_OK;
    for (cap = ARENA_FIRST; cap < need; cap *= 2)
        ;
    /* Half full after packing at most, or the next change would pack again. */
    if (need > cap / 2)
        cap *= 2;
    arena = mem_alloc(cap);
    if (!arena)
        return WH_E_NOMEM;
    h->used = pack(h, arena, h->fields);
    mem_free(h->arena);
    h->arena = arena;
    h->cap = cap;
    return WH_OK;
}

static enum wh_err fields_room(struct hdr *h)
{
    size_t cap = h->fields_cap ? h->fields_cap * 2 : FIELDS_FIRST;
    struct hdr_field *fields;

    if (h->count < h->fields_cap)
        return WH_OK;
    fields = mem_realloc(h->fields, cap * sizeof *fields);
    if (!fields)
        return WH_E_NOMEM;
    h->fields = fields;
    h->fields_cap = cap;
    return WH_OK;
}

/* RFC 9110 section 5.5: these three are never allowed in a value. */
static bool value_allowed(struct span v)
{
    return v.n == 0 || (!memchr(v.p, '\r', v.n) && !memchr(v.p, '\n', v.n) && !memchr(v.p, 0, v.n));
}

enum wh_err hdr_copy(struct hdr *dst, const struct hdr *src)
{
    uint8_t *arena = NULL;
    struct hdr_field *fields = NULL;

    if (src->raw > dst->max_raw || src->count > dst->max_count)
        return WH_E_FULL;
    if (src->count) {
        arena = mem_alloc(live_bytes(src));
        fields = mem_alloc(src->count * sizeof *fields);
        if (!arena || !fields) {
            mem_free(arena);
            mem_free(fields);
            return WH_E_NOMEM;
        }
        pack(src, arena, fields);
    }
    hdr_clear(dst);
    dst->arena = arena;
    dst->used = dst->cap = live_bytes(src);
    dst->fields = fields;
    dst->count = dst->fields_cap = src->count;
    dst->raw = src->raw;
    return WH_OK;
}

size_t hdr_count(const struct hdr *h)
{
    return h->count;
}

void hdr_at(const struct hdr *h, size_t i, struct span *name, struct span *value)
{
    const struct hdr_field *f = h->fields + i;

    assert(i < h->count);
    if (name)
        *name = span_make(h->arena + f->name, f->name_n);
    if (value)
        *value = span_make(h->arena + f->value, f->value_n);
}

bool hdr_find(const struct hdr *h, struct span name, size_t nth, size_t *index)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct hdr_field *f = h->fields + i;

        /* The length alone turns most fields away. */
        if (f->name_n != name.n || !span_equal_nocase(span_make(h->arena + f->name, f->name_n), name))
            continue;
        if (nth-- == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool hdr_get(const struct hdr *h, const char *name, struct span *value)
{
    size_t i;

    if (!hdr_find(h, span_str(name), 0, &i))
        return false;
    hdr_at(h, i, NULL, value);
    return true;
}

bool hdr_has(const struct hdr *h, const char *name)
{
    size_t i;

    return hdr_find(h, span_str(name), 0, &i);
}

enum wh_err hdr_add(struct hdr *h, struct span name, struct span value)
{
    struct hdr_field f;
    enum wh_err err;

    if (!text_is_token(name) || !value_allowed(value))
        return WH_E_ARG;
    if (h->count >= h->max_count || value.n > h->max_raw || name.n + value.n + FIELD_EXTRA > h->max_raw - h->raw)
        return WH_E_FULL;
    err = fields_room(h);
    if (err == WH_OK)
        err = arena_room(h, name.n + value.n);
    if (err != WH_OK)
        return err;
    f.name_n = (uint32_t)name.n;
    f.value_n = (uint32_t)value.n;
    f.name = put(h->arena, &h->used, name.p, name.n);
    f.value = put(h->arena, &h->used, value.p, value.n);
    h->fields[h->count++] = f;
    h->raw += name.n + value.n + FIELD_EXTRA;
    return WH_OK;
}

enum wh_err hdr_add_str(struct hdr *h, const char *name, const char *value)
{
    return hdr_add(h, span_str(name), span_str(value));
}

/* Gives field i the value old[0..keep) sep value. */
static enum wh_err set_value(struct hdr *h, size_t i, size_t keep, struct span sep, struct span value)
{
    struct hdr_field *f = h->fields + i;
    enum wh_err err;
    size_t n, at;

    assert(i < h->count);
    if (!value_allowed(value) || !value_allowed(sep))
        return WH_E_ARG;
    if (value.n > h->max_raw || sep.n > h->max_raw)
        return WH_E_FULL;
    n = keep + sep.n + value.n;
    if (n > f->value_n && n - f->value_n > h->max_raw - h->raw)
        return WH_E_FULL;

    if (keep && f->value + (size_t)f->value_n == h->used && h->cap - h->used >= sep.n + value.n) {
        /* The value is the arena's last: it grows where it is. Folded lines and lists built piece by piece end here. */
        put(h->arena, &h->used, sep.p, sep.n);
        put(h->arena, &h->used, value.p, value.n);
    } else {
        err = arena_room(h, n);
        if (err != WH_OK)
            return err;
        at = put(h->arena, &h->used, h->arena + f->value, keep);
        put(h->arena, &h->used, sep.p, sep.n);
        put(h->arena, &h->used, value.p, value.n);
        f->value = (uint32_t)at;
    }
    h->raw += n;
    h->raw -= f->value_n;
    f->value_n = (uint32_t)n;
    return WH_OK;
}

enum wh_err hdr_replace_at(struct hdr *h, size_t i, struct span value)
{
    return set_value(h, i, 0, span_make(NULL, 0), value);
}

enum wh_err hdr_append_value(struct hdr *h, size_t i, const char *sep, struct span value)
{
    return set_value(h, i, h->fields[i].value_n, span_str(sep), value);
}

void hdr_remove_at(struct hdr *h, size_t i)
{
    struct hdr_field *f = h->fields + i;

    assert(i < h->count);
    h->raw -= (size_t)f->name_n + f->value_n + FIELD_EXTRA;
    h->count--;
    memmove(f, f + 1, (h->count - i) * sizeof *f);
}

void hdr_remove_all(struct hdr *h, const char *name)
{
    struct span want = span_str(name);
    size_t kept = 0;

    for (size_t i = 0; i < h->count; i++) {
        struct hdr_field f = h->fields[i];

        if (span_equal_nocase(span_make(h->arena + f.name, f.name_n), want))
            h->raw -= (size_t)f.name_n + f.value_n + FIELD_EXTRA;
        else
            h->fields[kept++] = f;
    }
    h->count = kept;
}

enum wh_err hdr_follow(struct hdr *h, const struct hdr *src, struct span name)
{
    enum wh_err err = WH_OK;
    size_t nth = 0, from, to;

    for (; err == WH_OK && hdr_find(src, name, nth, &from); nth++) {
        struct span value;

        hdr_at(src, from, NULL, &value);
        err = hdr_find(h, name, nth, &to) ? hdr_replace_at(h, to, value) : hdr_add(h, name, value);
    }
    while (err == WH_OK && hdr_find(h, name, nth, &to))
        hdr_remove_at(h, to);
    return err;
}

size_t hdr_raw_size(const struct hdr *h)
{
    return h->raw;
}

void hdr_render_raw(const struct hdr *h, uint8_t *dst)
{
    size_t used = 0;

    for (size_t i = 0; i < h->count; i++) {
        const struct hdr_field *f = h->fields + i;

        put(dst, &used, h->arena + f->name, f->name_n);
        put(dst, &used, (const uint8_t *)": ", 2);
        put(dst, &used, h->arena + f->value, f->value_n);
        put(dst, &used, (const uint8_t *)"\r\n", 2);
    }
    assert(used == h->raw);
}
