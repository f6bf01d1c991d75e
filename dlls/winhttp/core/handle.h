/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of HINTERNETs. A handle is a slot number and a generation, so that a closed handle, a freed slot's handle,
 * and an address passed by mistake are all told from a live one (CLIENTS, libmatoya). Slots are reused in the order
 * they were freed.
 *
 * Threads: any; the lock is a leaf. Errors: WH_E_NOMEM; WH_E_NOT_FOUND where no live handle has that value.
 */
#ifndef CORE_HANDLE_H
#define CORE_HANDLE_H

#include "core/object.h"

enum wh_err handle_publish(struct object *o); /* gives o->handle; takes a reference for the table */
void handle_forget(struct object *o);         /* takes back a handle that no one has been given yet */
struct object *handle_find(HINTERNET h);      /* find and reference in one step; NULL if none */
enum wh_err handle_close(HINTERNET h);        /* remove, closing, cancellations, HANDLE_CLOSING (D14) */

#endif
