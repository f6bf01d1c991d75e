/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imports.c: see imports.h. */
#include "imports.h"

#include <string.h>

/* The slot of the import table that holds the function's address. */
static ULONG_PTR *imports_slot(HMODULE module, const char *from, const char *function)
{
    const BYTE *base = (const BYTE *)module;
    const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)(const void *)base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *dir = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    const IMAGE_IMPORT_DESCRIPTOR *d = (const void *)(base + dir->VirtualAddress);

    for (; d->Name; d++) {
        const IMAGE_THUNK_DATA *name = (const void *)(base + d->OriginalFirstThunk);
        ULONG_PTR *slot = (ULONG_PTR *)(void *)(base + d->FirstThunk);

        if (_stricmp((const char *)base + d->Name, from))
            continue;
        for (; name->u1.AddressOfData; name++, slot++)
            if (!IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal) &&
                !strcmp((const char *)base + name->u1.AddressOfData + sizeof(WORD), function))
                return slot;
    }
    return NULL;
}

static BOOL turn(HMODULE module, const char *from, const char *function, ULONG_PTR to)
{
    ULONG_PTR *slot = imports_slot(module, from, function);
    DWORD before;

    if (!slot || !VirtualProtect(slot, sizeof(*slot), PAGE_READWRITE, &before))
        return FALSE;
    *slot = to;
    return TRUE;
}

BOOL imports_turn(const char *from, const char *function, ULONG_PTR to)
{
    return turn(GetModuleHandleW(L"winhttp.dll"), from, function, to);
}

BOOL imports_turn_own(const char *from, const char *function, ULONG_PTR to)
{
    return turn(GetModuleHandleW(NULL), from, function, to);
}
