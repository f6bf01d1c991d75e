/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The chain engine that verdicts are made with: one that knows what the stores hold now.
 *
 * Windows' own engine (NULL) follows changes of the stores. Wine's reads them when a process first builds a chain and
 * never again, so that an authority added or removed later is not noticed. An engine of ours with the same
 * configuration is made anew when the last write times of the stores' registry keys have changed. Measured, Wine 8.0,
 * 149 authorities: NULL engine after adding one in the same process: still unknown; a fresh engine knows it. First
 * engine of a process 180 ms (Wine takes over the host's authorities), a later one 15 to 80 ms, looking at the write
 * times 0.1 ms, a verdict 0.2 to 0.5 ms.
 *
 * Threads: any; while one makes a new engine the others wait. Ownership: an acquired engine is released by its user;
 * the newest stays until trust_engine_forget, which the end of the loop calls. Errors: none: an engine that cannot be
 * made is NULL, the default.
 */
#ifndef SYS_TRUST_ENGINE_H
#define SYS_TRUST_ENGINE_H

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

struct trust_engine;

struct trust_engine *trust_engine_acquire(void);
HCERTCHAINENGINE trust_engine_handle(const struct trust_engine *e);
void trust_engine_release(struct trust_engine *e);
void trust_engine_forget(void); /* the newest goes with its last user; any lock-free context but the loader's */

#endif
