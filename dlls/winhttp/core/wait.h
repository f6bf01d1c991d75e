/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wait of a synchronous call: the operation is the same as an asynchronous one, but the calling thread drives the
 * connection itself, makes the informational callbacks, and reads the outcome from the slot. Nothing of the thread
 * stays pending when it leaves.
 *
 * CompleteUpgrade waits on asynchronous handles too (W5), and may do so inside a callback, however deep: receives end
 * on the port, for the thread may leave, and workers drive; but what the lane holds that this thread has claimed, only
 * this thread can deliver.
 */
#ifndef CORE_WAIT_H
#define CORE_WAIT_H

#include "core/conn.h"

/* The ways a waiting call meets its connection. */
enum wait_role {
    WAIT_DRIVES,   /* it owns receives and connects while it waits, and delivers LANE_MAIN */
    WAIT_SENDS,    /* another call may own receives; workers finish the send */
    WAIT_DELIVERS, /* asynchronous handle: workers drive; it delivers LANE_MAIN, unless another thread does */
};

/* How long WAIT_DELIVERS waits for another thread's callback to return before it leaves the lane to that thread, ms. */
#define WAIT_CLAIM_MS 500u

/* op has been begun and has an event (op_prepare_wait). No lock held. Returns the outcome. */
enum wh_err wait_for(struct op *op, struct conn_user *u, enum wait_role role);

/* Waits on event, or on other, if it is not NULL, from now (clock_ms) until due (TIMER_NEVER: for ever). */
void wait_until(HANDLE event, HANDLE other, uint64_t now, uint64_t due);

#endif
