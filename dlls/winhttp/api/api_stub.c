/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exports whose work this version does not do yet, each answering so that a program can tell (decision D15):
 *   - a NULL handle is ERROR_INVALID_HANDLE before anything else is looked at (GEN7), and what the documentation calls
 *     an invalid argument is refused as such;
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

#include "winhttp.h"

/* A stub has the parameters of the function it stands for, and looks at few of them. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static BOOL stub__fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

static DWORD stub__on_handle(HINTERNET handle)
{
    return handle ? ERROR_CALL_NOT_IMPLEMENTED : ERROR_INVALID_HANDLE;
}

/* One line per function: CODE answers with the error itself, FLAG with FALSE, and NOTHING with nothing. */
#define CODE_ON(handle, name, ...)                                                                                     \
    DWORD WINAPI name(__VA_ARGS__)                                                                                     \
    {                                                                                                                  \
        return stub__on_handle(handle);                                                                                \
    }
#define CODE(name, ...)                                                                                                \
    DWORD WINAPI name(__VA_ARGS__)                                                                                     \
    {                                                                                                                  \
        return ERROR_CALL_NOT_IMPLEMENTED;                                                                             \
    }
#define FLAG_ON(handle, name, ...)                                                                                     \
    BOOL WINAPI name(__VA_ARGS__)                                                                                      \
    {                                                                                                                  \
        return stub__fail(stub__on_handle(handle));                                                                    \
    }
#define NOTHING(name, ...)                                                                                             \
    VOID WINAPI name(__VA_ARGS__)                                                                                      \
    {                                                                                                                  \
    }

/* clang-format off */

/* ---- Requests and responses ---- */

CODE_ON(req, WinHttpAddRequestHeadersEx, HINTERNET req, DWORD modifiers, ULONGLONG flags, ULONGLONG extra, DWORD count,
        WINHTTP_EXTENDED_HEADER *headers)
CODE_ON(req, WinHttpQueryHeadersEx, HINTERNET req, DWORD level, ULONGLONG flags, UINT codepage, PDWORD index,
        PWINHTTP_HEADER_NAME name, PVOID buffer, PDWORD length, PWINHTTP_EXTENDED_HEADER *headers, PDWORD count)
CODE_ON(req, WinHttpReadDataEx, HINTERNET req, LPVOID buffer, DWORD length, LPDWORD read, ULONGLONG flags,
        DWORD property_size, PVOID property)
FLAG_ON(req, WinHttpSetCredentials, HINTERNET req, DWORD target, DWORD scheme, LPCWSTR user, LPCWSTR password,
        LPVOID params)
FLAG_ON(req, WinHttpQueryAuthSchemes, HINTERNET req, LPDWORD supported, LPDWORD first, LPDWORD target)
FLAG_ON(req, WinHttpQueryAuthParams, HINTERNET req, DWORD scheme, LPVOID *params)
CODE_ON(handle, WinHttpQueryConnectionGroup, HINTERNET handle, const GUID *guid, ULONGLONG flags,
        PWINHTTP_QUERY_CONNECTION_GROUP_RESULT *result)
NOTHING(WinHttpFreeQueryConnectionGroupResult, PWINHTTP_QUERY_CONNECTION_GROUP_RESULT result)

/* ---- Upgrades other than WebSocket ---- */

CODE_ON(protocol, WinHttpProtocolSend, HINTERNET protocol, ULONGLONG flags, PVOID buffer, DWORD length)
CODE_ON(protocol, WinHttpProtocolReceive, HINTERNET protocol, ULONGLONG flags, PVOID buffer, DWORD length, DWORD *read)

/* ---- Proxy resolvers and proxy settings ---- */

CODE_ON(session, WinHttpCreateProxyResolver, HINTERNET session, HINTERNET *resolver)
CODE_ON(resolver, WinHttpGetProxyResult, HINTERNET resolver, WINHTTP_PROXY_RESULT *result)
CODE_ON(resolver, WinHttpGetProxyResultEx, HINTERNET resolver, WINHTTP_PROXY_RESULT_EX *result)
NOTHING(WinHttpFreeProxyResult, WINHTTP_PROXY_RESULT *result)
NOTHING(WinHttpFreeProxyResultEx, WINHTTP_PROXY_RESULT_EX *result)
CODE_ON(session, WinHttpResetAutoProxy, HINTERNET session, DWORD flags)
CODE_ON(session, WinHttpGetProxySettingsVersion, HINTERNET session, DWORD *version)
CODE_ON(session, WinHttpReadProxySettings, HINTERNET session, PCWSTR connection, BOOL fall_back, BOOL autodiscover,
        DWORD *version, BOOL *defaults, WINHTTP_PROXY_SETTINGS *settings)
CODE_ON(session, WinHttpWriteProxySettings, HINTERNET session, BOOL force, WINHTTP_PROXY_SETTINGS *settings)
NOTHING(WinHttpFreeProxySettings, WINHTTP_PROXY_SETTINGS *settings)
CODE_ON(resolver, WinHttpGetProxySettingsEx, HINTERNET resolver, WINHTTP_PROXY_SETTINGS_TYPE type,
        PWINHTTP_PROXY_SETTINGS_PARAM param, DWORD_PTR context)
CODE_ON(resolver, WinHttpGetProxySettingsResultEx, HINTERNET resolver, PVOID settings)
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
    SetLastError(stub__on_handle(req));
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

/* PX6 to PX9: a NULL structure crashes Windows; being refused is the better half of "do not rely on it". */
BOOL WINAPI WinHttpSetDefaultProxyConfiguration(WINHTTP_PROXY_INFO *info)
{
    if (!info)
        return stub__fail(ERROR_INVALID_PARAMETER);
    if (info->dwAccessType != WINHTTP_ACCESS_TYPE_NO_PROXY && info->dwAccessType != WINHTTP_ACCESS_TYPE_NAMED_PROXY)
        return stub__fail(ERROR_INVALID_PARAMETER);
    if (info->dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY && !info->lpszProxy)
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

/* PX18 to PX26: the handle first, then what every kind of look-up needs. */
static DWORD stub__look_up(HINTERNET handle, LPCWSTR url, const WINHTTP_AUTOPROXY_OPTIONS *options)
{
    if (!handle)
        return ERROR_INVALID_HANDLE;
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

BOOL WINAPI WinHttpGetProxyForUrl(HINTERNET session, LPCWSTR url, WINHTTP_AUTOPROXY_OPTIONS *options,
                                  WINHTTP_PROXY_INFO *info)
{
    if (session && !info)
        return stub__fail(ERROR_INVALID_PARAMETER);
    return stub__fail(stub__look_up(session, url, options));
}

DWORD WINAPI WinHttpGetProxyForUrlEx(HINTERNET resolver, PCWSTR url, WINHTTP_AUTOPROXY_OPTIONS *options,
                                     DWORD_PTR context)
{
    return stub__look_up(resolver, url, options);
}

DWORD WINAPI WinHttpGetProxyForUrlEx2(HINTERNET resolver, PCWSTR url, WINHTTP_AUTOPROXY_OPTIONS *options,
                                      DWORD selection_size, BYTE *selection, DWORD_PTR context)
{
    return stub__look_up(resolver, url, options);
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
