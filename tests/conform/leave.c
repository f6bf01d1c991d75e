/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * leave [WAY PHASE]: the process ends with a request stuck in some of its phases, by each way out: main returns,
 * ExitProcess, ExitProcess inside a callback, main returns beside a callback that never does, and TerminateProcess. No
 * crash, no hang, and the exit code that was meant (HOUSE, "DLL life": at process exit nothing is done).
 *
 * Without arguments the program runs itself as a child for each case, and waits for the children.
 */
#include "stuck.h"

#include <stdio.h>
#include <stdlib.h>

#define LEFT 77 /* the children's exit code */

enum way { RETURN, EXIT, EXIT_INSIDE, RETURN_BESIDE, TERMINATE, WAYS };

static const char *const way_names[WAYS] = {"main returns", "ExitProcess", "ExitProcess inside a callback",
                                            "main returns beside a callback", "TerminateProcess"};

/* ---- the child ---- */

static HANDLE entered;

static void leave_inside(struct stuck *s, DWORD status)
{
    (void)s, (void)status;
    ExitProcess(LEFT);
}

static void stay_inside(struct stuck *s, DWORD status)
{
    (void)s, (void)status;
    SetEvent(entered);
    WaitForSingleObject(GetCurrentThread(), INFINITE);
}

/* What the child does; when it returns, main does. */
static void run_child(enum way way, enum stuck_phase phase)
{
    static struct stuck the; /* callbacks may come for as long as the process lives */
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);

    entered = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!stuck_open(&the, phase, WINHTTP_FLAG_ASYNC) || !stuck_prepare(&the))
        exit(1);
    if (way == EXIT_INSIDE)
        the.hook = leave_inside;
    if (way == RETURN_BESIDE)
        the.hook = stay_inside;
    stuck_call_elsewhere(&the);
    if (way == RETURN_BESIDE) {
        WaitForSingleObject(entered, WAIT_MS);
        WinHttpCloseHandle(the.client.connect);
        WinHttpCloseHandle(the.client.session);
        WinHttpCloseHandle(the.client.request);
    }
    if (way == EXIT_INSIDE || way == TERMINATE)
        WaitForSingleObject(never, WAIT_MS);
    if (way == EXIT)
        ExitProcess(LEFT);
}

/* ---- the parent ---- */

static void check_way(enum way way, enum stuck_phase phase)
{
    WCHAR path[MAX_PATH], line[MAX_PATH + 20];
    STARTUPINFOW how = {.cb = sizeof(how)};
    PROCESS_INFORMATION child;
    DWORD code = POISON;
    BOOL ended;

    GetModuleFileNameW(NULL, path, COUNT(path));
    swprintf(line, COUNT(line), L"\"%ls\" %d %d", path, (int)way, (int)phase);
    if (!tap_ok(CreateProcessW(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &child), "a child, %s, %s",
                way_names[way], stuck_names[phase]))
        return;
    if (way == TERMINATE) {
        WaitForSingleObject(child.hProcess, 500); /* wherever it is by then */
        TerminateProcess(child.hProcess, LEFT);
    }
    ended = WaitForSingleObject(child.hProcess, 2 * WAIT_MS) == WAIT_OBJECT_0;
    if (!ended)
        TerminateProcess(child.hProcess, 1);
    tap_ok(ended, "HOUSE, %s, %s: the process ends", way_names[way], stuck_names[phase]);
    GetExitCodeProcess(child.hProcess, &code);
    SAME(code, LEFT, "HOUSE, %s, %s: with its own exit code", way_names[way], stuck_names[phase]);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
}

int main(int argc, char **argv)
{
    static const enum stuck_phase phases[] = {STUCK_NAME, STUCK_VERDICT, STUCK_HEAD};

    if (argc == 3) {
        run_child((enum way)strtoul(argv[1], NULL, 10), (enum stuck_phase)strtoul(argv[2], NULL, 10));
        return LEFT;
    }
    need_port("HTTPS_PORT");
    for (int way = 0; way < WAYS; way++)
        for (size_t i = 0; i < COUNT(phases); i++)
            if (way < TERMINATE || i == COUNT(phases) - 1)
                check_way(way, phases[i]);
    return tap_done();
}
