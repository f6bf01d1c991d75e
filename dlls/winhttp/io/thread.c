/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads of ours: each holds a reference to our module while it can be inside our code, and gives it up in the same
 * system call in which it ends (FreeLibraryAndExitThread), so that FreeLibrary by the application at any moment leaves
 * no thread without code under it.
 *
 * A thread is made in two steps here as well: suspended, and let go when it is known to live. Wine 8 makes the pipes of
 * a thread on the thread itself; where no descriptors are left for them CreateThread has succeeded, and the thread ends
 * before it has begun. Asking a suspended thread for its context tells: that waits until the thread is where its
 * context can be known, which is behind the pipes and before the loader's lock, and fails when it has ended. On Windows
 * there is nothing to wait for.
 *
 * Threads: any. Ownership: a thread_start belongs to who prepared it until it is launched. Limits: the system's.
 * Errors: NULL or false, for want of memory or of any other resource.
 */
#include "io/inner.h"

#include "base/mem.h"

struct thread_start {
    DWORD(WINAPI *fn)(void *);
    void *arg;
};

/* The linker's name for the first byte of the module, whose address is the module's handle. */
extern IMAGE_DOS_HEADER __ImageBase;

HMODULE module_self(void)
{
    return (HMODULE)&__ImageBase;
}

bool module_hold(void)
{
    HMODULE module;

    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const WCHAR *)(const void *)&__ImageBase,
                              &module) != 0;
}

static DWORD WINAPI thread__main(void *arg)
{
    struct thread_start t = *(struct thread_start *)arg;

    mem_free(arg);
    FreeLibraryAndExitThread(module_self(), t.fn(t.arg));
}

struct thread_start *thread_prepare(DWORD(WINAPI *fn)(void *), void *arg)
{
    struct thread_start *t = mem_alloc(sizeof(*t));

    if (!t)
        return NULL;
    t->fn = fn;
    t->arg = arg;
    if (!module_hold()) {
        mem_free(t);
        return NULL;
    }
    return t;
}

bool thread_launch(struct thread_start *t)
{
    HANDLE thread = CreateThread(NULL, 0, thread__main, t, CREATE_SUSPENDED, NULL);
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};
    bool lives;

    if (!thread)
        return false;
    lives = GetThreadContext(thread, &context);
    if (lives)
        ResumeThread(thread);
    CloseHandle(thread);
    return lives;
}

void thread_discard(struct thread_start *t)
{
    if (!t)
        return;
    mem_free(t);
    /* Never the last reference: the caller is in this module too. */
    FreeLibrary(module_self());
}

enum wh_err loop_thread(DWORD(WINAPI *fn)(void *), void *arg)
{
    struct thread_start *t = thread_prepare(fn, arg);

    if (!t)
        return WH_E_NOMEM;
    if (!thread_launch(t)) {
        thread_discard(t);
        return WH_E_NOMEM;
    }
    return WH_OK;
}
