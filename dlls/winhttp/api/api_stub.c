/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exports whose work this version does not do yet, each answering so that a program can tell (decision D15):
 *   - no live handle is ERROR_INVALID_HANDLE before anything else is looked at (GEN7), one of another kind than the
 *     function needs is ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, and what the documentation calls an invalid argument is
 *     refused as such;
 *   - then ERROR_CALL_NOT_IMPLEMENTED, by the function's own convention: the error code itself, or FALSE or NULL and
 *     the last error;
 *   - looking up a proxy automatically finds none: ERROR_WINHTTP_AUTODETECTION_FAILED;
 *   - functions that free do nothing, since nothing to be freed was ever handed out;
 *   - COM finds no class here, and there is nothing to register.
 * Output parameters stay untouched (GEN8), except the one of PX16. A function that comes to life leaves this file.
 *
 * Threads: any; no state. Ownership: nothing is kept. Limits: none. Errors: above.
 * Source: SEMANTICS D15, GEN7, GEN8, PX7 to PX26, UC1 to UC3; API.md 1.1.
 */
#include <windows.h>
#include <objbase.h>
#include <olectl.h>

#include "core/handle.h"
#include "winhttp.h"

/* A stub has the parameters of the function it stands for, and looks at few of them. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static BOOL stub__fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* The kinds of handle a function takes. No resolver and no upgraded protocol can be made yet: nothing is one. */
enum { SESSION = 1 << OBJECT_SESSION, CONNECT = 1 << OBJECT_CONNECT, REQUEST = 1 << OBJECT_REQUEST, NO_KIND = 0 };

static DWORD stub__check(HINTERNET handle, int kinds)
{
    struct object *object = handle_find(handle);

    if (!object)
        return ERROR_INVALID_HANDLE;
    bool fits = kinds & 1 << object->type;
    object_unref(object);
    return fits ? ERROR_SUCCESS : ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
}

static DWORD stub__on(HINTERNET handle, int kinds)
{
    DWORD error = stub__check(handle, kinds);
    return error ? error : ERROR_CALL_NOT_IMPLEMENTED;
}

/*
 * One entry per function. CODE answers with the error itself, FLAG with FALSE, NOTHING with nothing; ..._ON looks at
 * the parameter h first, which must be of one of the kinds.
 */
#define CODE_ON(kinds, name, ...)                                                                                      \
    DWORD WINAPI name(__VA_ARGS__)                                                                                     \
    {                                                                                                                  \
        return stub__on(h, kinds);                                                                                     \
    }
#define CODE(name, ...)                                                                                                \
    DWORD WINAPI name(__VA_ARGS__)                                                                                     \
    {                                                                                                                  \
        return ERROR_CALL_NOT_IMPLEMENTED;                                                                             \
    }
#define FLAG_ON(kinds, name, ...)                                                                                      \
    BOOL WINAPI name(__VA_ARGS__)                                                                                      \
    {                                                                                                                  \
        return stub__fail(stub__on(h, kinds));                                                                         \
    }
#define NOTHING(name, ...)                                                                                             \
    VOID WINAPI name(__VA_ARGS__)                                                                                      \
    {                                                                                                                  \
    }

/* clang-format off */

/* ---- Requests and responses ---- */

CODE_ON(REQUEST, WinHttpAddRequestHeadersEx, HINTERNET h, DWORD modifiers, ULONGLONG flags, ULONGLONG extra, DWORD count,
        WINHTTP_EXTENDED_HEADER *headers)
CODE_ON(REQUEST, WinHttpQueryHeadersEx, HINTERNET h, DWORD level, ULONGLONG flags, UINT codepage, PDWORD index,
        PWINHTTP_HEADER_NAME name, PVOID buffer, PDWORD length, PWINHTTP_EXTENDED_HEADER *headers, PDWORD count)
CODE_ON(REQUEST, WinHttpReadDataEx, HINTERNET h, LPVOID buffer, DWORD length, LPDWORD read, ULONGLONG flags,
        DWORD property_size, PVOID property)
FLAG_ON(REQUEST, WinHttpSetCredentials, HINTERNET h, DWORD target, DWORD scheme, LPCWSTR user, LPCWSTR password,
        LPVOID params)
FLAG_ON(REQUEST, WinHttpQueryAuthSchemes, HINTERNET h, LPDWORD supported, LPDWORD first, LPDWORD target)
FLAG_ON(REQUEST, WinHttpQueryAuthParams, HINTERNET h, DWORD scheme, LPVOID *params)
CODE_ON(CONNECT | REQUEST, WinHttpQueryConnectionGroup, HINTERNET h, const GUID *guid, ULONGLONG flags,
        PWINHTTP_QUERY_CONNECTION_GROUP_RESULT *result)
NOTHING(WinHttpFreeQueryConnectionGroupResult, PWINHTTP_QUERY_CONNECTION_GROUP_RESULT result)

/* ---- Upgrades other than WebSocket ---- */

CODE_ON(NO_KIND, WinHttpProtocolSend, HINTERNET h, ULONGLONG flags, PVOID buffer, DWORD length)
CODE_ON(NO_KIND, WinHttpProtocolReceive, HINTERNET h, ULONGLONG flags, PVOID buffer, DWORD length, DWORD *read)

/* ---- Proxy resolvers and proxy settings ---- */

CODE_ON(SESSION, WinHttpCreateProxyResolver, HINTERNET h, HINTERNET *resolver)
CODE_ON(NO_KIND, WinHttpGetProxyResult, HINTERNET h, WINHTTP_PROXY_RESULT *result)
CODE_ON(NO_KIND, WinHttpGetProxyResultEx, HINTERNET h, WINHTTP_PROXY_RESULT_EX *result)
NOTHING(WinHttpFreeProxyResult, WINHTTP_PROXY_RESULT *result)
NOTHING(WinHttpFreeProxyResultEx, WINHTTP_PROXY_RESULT_EX *result)
CODE_ON(SESSION, WinHttpResetAutoProxy, HINTERNET h, DWORD flags)
CODE_ON(SESSION, WinHttpGetProxySettingsVersion, HINTERNET h, DWORD *version)
CODE_ON(SESSION, WinHttpReadProxySettings, HINTERNET h, PCWSTR connection, BOOL fall_back, BOOL autodiscover,
        DWORD *version, BOOL *defaults, WINHTTP_PROXY_SETTINGS *settings)
CODE_ON(SESSION, WinHttpWriteProxySettings, HINTERNET h, BOOL force, WINHTTP_PROXY_SETTINGS *settings)
NOTHING(WinHttpFreeProxySettings, WINHTTP_PROXY_SETTINGS *settings)
CODE_ON(NO_KIND, WinHttpGetProxySettingsEx, HINTERNET h, WINHTTP_PROXY_SETTINGS_TYPE type,
        PWINHTTP_PROXY_SETTINGS_PARAM param, DWORD_PTR context)
CODE_ON(NO_KIND, WinHttpGetProxySettingsResultEx, HINTERNET h, PVOID settings)
CODE(WinHttpFreeProxySettingsEx, WINHTTP_PROXY_SETTINGS_TYPE type, PVOID settings)
CODE(WinHttpSetProxySettingsPerUser, BOOL per_user)
CODE(WinHttpIsHostInProxyBypassList, const WINHTTP_PROXY_INFO *proxy, PCWSTR host, INTERNET_SCHEME scheme,
     INTERNET_PORT port, BOOL *in_list)
CODE(WinHttpRegisterProxyChangeNotification, ULONGLONG flags, WINHTTP_PROXY_CHANGE_CALLBACK callback, PVOID context,
     WINHTTP_PROXY_CHANGE_REGISTRATION_HANDLE *registration)
CODE(WinHttpUnregisterProxyChangeNotification, WINHTTP_PROXY_CHANGE_REGISTRATION_HANDLE registration)

/* clang-format on */

HINTERNET WINAPI WinHttpProtocolCompleteUpgrade(HINTERNET req, DWORD_PTR context)
{
    SetLastError(stub__on(req, REQUEST));
    return NULL;
}

/* UC1 to UC3. */
BOOL WINAPI WinHttpCreateUrl(LPURL_COMPONENTS components, DWORD flags, LPWSTR url, LPDWORD length)
{
    if (!components || components->dwStructSize != sizeof(*components) || !length)
        return stub__fail(ERROR_INVALID_PARAMETER);
    return stub__fail(ERROR_CALL_NOT_IMPLEMENTED);
}

/* ---- Looking up a proxy ---- */

BOOL WINAPI WinHttpGetDefaultProxyConfiguration(WINHTTP_PROXY_INFO *info)
{
    return stub__fail(info ? ERROR_CALL_NOT_IMPLEMENTED : ERROR_INVALID_PARAMETER);
}

static bool stub__ascii(const WCHAR *text)
{
    while (*text && *text < 0x80)
        text++;
    return !*text;
}

/* PX6 to PX9. A NULL structure crashes Windows; "do not rely on an error" leaves us the choice to refuse it. */
BOOL WINAPI WinHttpSetDefaultProxyConfiguration(WINHTTP_PROXY_INFO *info)
{
    if (!info)
        return stub__fail(ERROR_INVALID_PARAMETER);
    if (info->dwAccessType != WINHTTP_ACCESS_TYPE_NO_PROXY && info->dwAccessType != WINHTTP_ACCESS_TYPE_NAMED_PROXY)
        return stub__fail(ERROR_INVALID_PARAMETER);
    if (info->dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY && (!info->lpszProxy || !stub__ascii(info->lpszProxy)))
        return stub__fail(ERROR_INVALID_PARAMETER);
    return stub__fail(ERROR_CALL_NOT_IMPLEMENTED);
}

/* PX12. */
BOOL WINAPI WinHttpGetIEProxyConfigForCurrentUser(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *config)
{
    return stub__fail(config ? ERROR_CALL_NOT_IMPLEMENTED : ERROR_INVALID_PARAMETER);
}

/* PX14 to PX16. */
BOOL WINAPI WinHttpDetectAutoProxyConfigUrl(DWORD detect_flags, LPWSTR *url)
{
    if (!detect_flags || !url)
        return stub__fail(ERROR_INVALID_PARAMETER);
    *url = NULL;
    return stub__fail(ERROR_WINHTTP_AUTODETECTION_FAILED);
}

/* PX19 to PX26: what every kind of look-up needs. */
static DWORD stub__look_up(LPCWSTR url, const WINHTTP_AUTOPROXY_OPTIONS *options)
{
    if (!url || !url[0] || !options)
        return ERROR_INVALID_PARAMETER;
    if (!(options->dwFlags & (WINHTTP_AUTOPROXY_AUTO_DETECT | WINHTTP_AUTOPROXY_CONFIG_URL)))
        return ERROR_INVALID_PARAMETER;
    if (options->dwFlags & WINHTTP_AUTOPROXY_AUTO_DETECT && !options->dwAutoDetectFlags)
        return ERROR_INVALID_PARAMETER;
    if (options->dwFlags & WINHTTP_AUTOPROXY_CONFIG_URL && !options->lpszAutoConfigUrl)
        return ERROR_INVALID_PARAMETER;
    return ERROR_WINHTTP_AUTODETECTION_FAILED;
}

/* PX18, PX23. */
BOOL WINAPI WinHttpGetProxyForUrl(HINTERNET session, LPCWSTR url, WINHTTP_AUTOPROXY_OPTIONS *options,
                                  WINHTTP_PROXY_INFO *info)
{
    DWORD error = stub__check(session, SESSION);
    if (error)
        return stub__fail(error);
    return stub__fail(info ? stub__look_up(url, options) : ERROR_INVALID_PARAMETER);
}

DWORD WINAPI WinHttpGetProxyForUrlEx(HINTERNET resolver, PCWSTR url, WINHTTP_AUTOPROXY_OPTIONS *options,
                                     DWORD_PTR context)
{
    DWORD error = stub__check(resolver, NO_KIND);
    return error ? error : stub__look_up(url, options);
}

DWORD WINAPI WinHttpGetProxyForUrlEx2(HINTERNET resolver, PCWSTR url, WINHTTP_AUTOPROXY_OPTIONS *options,
                                      DWORD selection_size, BYTE *selection, DWORD_PTR context)
{
    DWORD error = stub__check(resolver, NO_KIND);
    return error ? error : stub__look_up(url, options);
}

/* ---- COM ---- */

HRESULT WINAPI DllGetClassObject(REFCLSID clsid, REFIID iid, LPVOID *object)
{
    if (!object)
        return E_POINTER;
    *object = NULL;
    return CLASS_E_CLASSNOTAVAILABLE;
}

/* Never on COM's word alone: threads of ours hold this DLL by references of their own. Windows answers the same. */
HRESULT WINAPI DllCanUnloadNow(void)
{
    return S_FALSE;
}

/*
 * The set-up of a prefix calls this for each system DLL. There being no class to register, none fails to be; what
 * another winhttp.dll registered under the same name is left alone.
 */
HRESULT WINAPI DllRegisterServer(void)
{
    return S_OK;
}

HRESULT WINAPI DllUnregisterServer(void)
{
    return S_OK;
}
