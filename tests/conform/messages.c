/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * messages: what winhttp.dll carries besides code. FormatMessage finds a sentence in it for every WinHTTP error that
 * has a name (API.md section 5), and version.dll finds a version in it (CLIENTS finding 9).
 */
#include "harness.h"

static const DWORD named[] = {
    12001, 12002, 12004, 12005, 12006, 12007, 12009, 12011, 12012, 12015, 12017, 12018, 12019, 12029,
    12030, 12032, 12037, 12038, 12044, 12045, 12057, 12100, 12101, 12102, 12103, 12150, 12152, 12153,
    12154, 12155, 12156, 12157, 12166, 12167, 12169, 12170, 12172, 12175, 12176, 12177, 12178, 12179,
    12180, 12181, 12182, 12183, 12184, 12185, 12186, 12187, 12188, 12189, 12190, 12191, 12192, 12193,
};

static DWORD message(DWORD error, WCHAR *text, DWORD size)
{
    return FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, GetModuleHandleW(L"winhttp.dll"),
                          error, 0, text, size, NULL);
}

static void check_messages(void)
{
    WCHAR text[256];

    for (size_t i = 0; i < COUNT(named); i++) {
        DWORD length = message(named[i], text, COUNT(text));
        tap_ok(length > 10 && !wcscmp(text + length - 3, L".\r\n"), "CLIENTS 9: error %lu has a sentence", named[i]);
    }
    tap_ok(message(12003, text, COUNT(text)) == 0, "API 5: error 12003, which has no name, has no sentence");
}

static void check_version(void)
{
    WCHAR path[MAX_PATH];
    BYTE block[4096];
    VS_FIXEDFILEINFO *fixed = NULL;
    UINT length = 0;
    DWORD unused;

    GetModuleFileNameW(GetModuleHandleW(L"winhttp.dll"), path, COUNT(path));
    DWORD size = GetFileVersionInfoSizeW(path, &unused);
    if (!tap_ok(size > 0 && size <= sizeof(block), "CLIENTS 9: the file has a version resource"))
        return;
    tap_ok(GetFileVersionInfoW(path, 0, sizeof(block), block), "CLIENTS 9: the version resource can be read");
    BOOL found = VerQueryValueW(block, L"\\", (void **)&fixed, &length);
    tap_ok(found && fixed->dwSignature == VS_FFI_SIGNATURE && fixed->dwFileType == VFT_DLL,
           "CLIENTS 9: it describes a DLL");
}

int main(void)
{
    /* A call, so that the import library brings the DLL in. */
    tap_ok(WinHttpCheckPlatform(), "API 1.1: the platform is fit");
    check_messages();
    check_version();
    return tap_done();
}
