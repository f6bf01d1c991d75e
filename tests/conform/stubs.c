/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stubs: every documented name is exported, and what is not offered yet answers as decision D15 says. A function that
 * comes to life leaves this program for one of its own.
 */
#include "harness.h"

#include <objbase.h>
#include <olectl.h>

/* A value that no handle has; programs do pass such (CLIENTS, libmatoya). */
#define NOT_A_HANDLE ((HINTERNET)(ULONG_PTR)POISON)

static const char *const exports[] = {
    "DllCanUnloadNow",
    "DllGetClassObject",
    "DllRegisterServer",
    "DllUnregisterServer",
    "WinHttpAddRequestHeaders",
    "WinHttpAddRequestHeadersEx",
    "WinHttpCheckPlatform",
    "WinHttpCloseHandle",
    "WinHttpConnect",
    "WinHttpCrackUrl",
    "WinHttpCreateProxyResolver",
    "WinHttpCreateUrl",
    "WinHttpDetectAutoProxyConfigUrl",
    "WinHttpFreeProxyResult",
    "WinHttpFreeProxyResultEx",
    "WinHttpFreeProxySettings",
    "WinHttpFreeProxySettingsEx",
    "WinHttpFreeQueryConnectionGroupResult",
    "WinHttpGetDefaultProxyConfiguration",
    "WinHttpGetIEProxyConfigForCurrentUser",
    "WinHttpGetProxyForUrl",
    "WinHttpGetProxyForUrlEx",
    "WinHttpGetProxyForUrlEx2",
    "WinHttpGetProxyResult",
    "WinHttpGetProxyResultEx",
    "WinHttpGetProxySettingsEx",
    "WinHttpGetProxySettingsResultEx",
    "WinHttpGetProxySettingsVersion",
    "WinHttpIsHostInProxyBypassList",
    "WinHttpOpen",
    "WinHttpOpenRequest",
    "WinHttpProtocolCompleteUpgrade",
    "WinHttpProtocolReceive",
    "WinHttpProtocolSend",
    "WinHttpQueryAuthParams",
    "WinHttpQueryAuthSchemes",
    "WinHttpQueryConnectionGroup",
    "WinHttpQueryDataAvailable",
    "WinHttpQueryHeaders",
    "WinHttpQueryHeadersEx",
    "WinHttpQueryOption",
    "WinHttpReadData",
    "WinHttpReadDataEx",
    "WinHttpReadProxySettings",
    "WinHttpReceiveResponse",
    "WinHttpRegisterProxyChangeNotification",
    "WinHttpResetAutoProxy",
    "WinHttpSendRequest",
    "WinHttpSetCredentials",
    "WinHttpSetDefaultProxyConfiguration",
    "WinHttpSetOption",
    "WinHttpSetProxySettingsPerUser",
    "WinHttpSetStatusCallback",
    "WinHttpSetTimeouts",
    "WinHttpTimeFromSystemTime",
    "WinHttpTimeToSystemTime",
    "WinHttpUnregisterProxyChangeNotification",
    "WinHttpWebSocketClose",
    "WinHttpWebSocketCompleteUpgrade",
    "WinHttpWebSocketQueryCloseStatus",
    "WinHttpWebSocketReceive",
    "WinHttpWebSocketSend",
    "WinHttpWebSocketShutdown",
    "WinHttpWriteData",
    "WinHttpWriteProxySettings",
};

static void check_exports(void)
{
    HMODULE module = GetModuleHandleW(L"winhttp.dll");

    for (size_t i = 0; i < COUNT(exports); i++)
        tap_ok(GetProcAddress(module, exports[i]) != NULL, "API 1.1: %s is exported", exports[i]);
}

static void check_request(HINTERNET h, DWORD expected)
{
    DWORD value = POISON;

    FAILS(WinHttpSetCredentials(h, 0, WINHTTP_AUTH_SCHEME_BASIC, L"u", L"p", NULL), expected, "D15: SetCredentials");
    FAILS(WinHttpQueryAuthSchemes(h, &value, &value, &value), expected, "D15, A1: QueryAuthSchemes");
    FAILS(WinHttpQueryAuthParams(h, WINHTTP_AUTH_SCHEME_BASIC, NULL), expected, "D15: QueryAuthParams");
    FAILS(WinHttpProtocolCompleteUpgrade(h, 0) != NULL, expected, "D15: ProtocolCompleteUpgrade");
    ANSWERS(WinHttpAddRequestHeadersEx(h, 0, 0, 0, 0, NULL), expected, "D15: AddRequestHeadersEx");
    ANSWERS(WinHttpQueryHeadersEx(h, 0, 0, 0, NULL, NULL, NULL, &value, NULL, NULL), expected, "D15: QueryHeadersEx");
    ANSWERS(WinHttpReadDataEx(h, &value, 1, &value, 0, 0, NULL), expected, "D15: ReadDataEx");
    ANSWERS(WinHttpQueryConnectionGroup(h, NULL, 0, NULL), expected, "D15: QueryConnectionGroup");
    SAME(value, POISON, "GEN8: outputs are untouched");
}

static void check_session(HINTERNET h, DWORD expected)
{
    DWORD value = POISON;
    HINTERNET resolver = NOT_A_HANDLE;

    ANSWERS(WinHttpCreateProxyResolver(h, &resolver), expected, "D15: CreateProxyResolver");
    ANSWERS(WinHttpResetAutoProxy(h, WINHTTP_RESET_ALL), expected, "D15: ResetAutoProxy");
    ANSWERS(WinHttpGetProxySettingsVersion(h, &value), expected, "D15: GetProxySettingsVersion");
    ANSWERS(WinHttpReadProxySettings(h, NULL, FALSE, FALSE, &value, NULL, NULL), expected, "D15: ReadProxySettings");
    ANSWERS(WinHttpWriteProxySettings(h, FALSE, NULL), expected, "D15: WriteProxySettings");
    SAME(value, POISON, "GEN8: outputs are untouched");
    tap_ok(resolver == NOT_A_HANDLE, "GEN8: no resolver is handed out");
}

/* Functions on handles of kinds that cannot be made yet. */
static void check_unmade(HINTERNET h, DWORD expected)
{
    DWORD value = POISON;

    ANSWERS(WinHttpProtocolSend(h, 0, &value, 1), expected, "D15: ProtocolSend");
    ANSWERS(WinHttpProtocolReceive(h, 0, &value, 1, &value), expected, "D15: ProtocolReceive");
    ANSWERS(WinHttpGetProxyForUrlEx(h, NULL, NULL, 0), expected, "D15: GetProxyForUrlEx");
    ANSWERS(WinHttpGetProxyForUrlEx2(h, NULL, NULL, 0, NULL, 0), expected, "D15: GetProxyForUrlEx2");
    ANSWERS(WinHttpGetProxyResult(h, NULL), expected, "D15: GetProxyResult");
    ANSWERS(WinHttpGetProxyResultEx(h, NULL), expected, "D15: GetProxyResultEx");
    ANSWERS(WinHttpGetProxySettingsEx(h, WinHttpProxySettingsTypeWsl, NULL, 0), expected, "D15: GetProxySettingsEx");
    ANSWERS(WinHttpGetProxySettingsResultEx(h, &value), expected, "D15: GetProxySettingsResultEx");
    SAME(value, POISON, "GEN8: outputs are untouched");
}

/* The handle is looked at before anything else (GEN7): is it live, is it of the right kind. */
static void check_handles(HINTERNET session, HINTERNET request)
{
    check_request(NULL, ERROR_INVALID_HANDLE);
    check_request(NOT_A_HANDLE, ERROR_INVALID_HANDLE);
    check_request(session, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE);
    check_request(request, ERROR_CALL_NOT_IMPLEMENTED);
    check_session(NULL, ERROR_INVALID_HANDLE);
    check_session(NOT_A_HANDLE, ERROR_INVALID_HANDLE);
    check_session(request, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE);
    check_session(session, ERROR_CALL_NOT_IMPLEMENTED);
    check_unmade(NULL, ERROR_INVALID_HANDLE);
    check_unmade(NOT_A_HANDLE, ERROR_INVALID_HANDLE);
    check_unmade(session, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE);
}

/* Functions without a handle. */
static void check_others(void)
{
    ANSWERS(WinHttpFreeProxySettingsEx(WinHttpProxySettingsTypeWsl, NULL), ERROR_CALL_NOT_IMPLEMENTED,
            "D15: FreeProxySettingsEx");
    ANSWERS(WinHttpSetProxySettingsPerUser(FALSE), ERROR_CALL_NOT_IMPLEMENTED, "D15: SetProxySettingsPerUser");
    ANSWERS(WinHttpIsHostInProxyBypassList(NULL, NULL, 0, 0, NULL), ERROR_CALL_NOT_IMPLEMENTED,
            "D15: IsHostInProxyBypassList");
    ANSWERS(WinHttpRegisterProxyChangeNotification(0, NULL, NULL, NULL), ERROR_CALL_NOT_IMPLEMENTED,
            "D15: RegisterProxyChangeNotification");
    ANSWERS(WinHttpUnregisterProxyChangeNotification(NULL), ERROR_CALL_NOT_IMPLEMENTED,
            "D15: UnregisterProxyChangeNotification");
}

static void check_frees(void)
{
    WINHTTP_PROXY_RESULT result = {0};

    WinHttpFreeProxyResult(NULL);
    WinHttpFreeProxyResult(&result);
    WinHttpFreeProxyResultEx(NULL);
    WinHttpFreeProxySettings(NULL);
    WinHttpFreeQueryConnectionGroupResult(NULL);
    tap_ok(TRUE, "D15: functions that free do nothing");
}

static void check_configuration(void)
{
    WINHTTP_PROXY_INFO info = {.dwAccessType = POISON};
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG config;
    WCHAR foreign[] = L"\x4e2d\x6587";
    URL_COMPONENTS url = {0};
    DWORD length = 0;

    poison(&config, sizeof(config));
    FAILS(WinHttpGetIEProxyConfigForCurrentUser(NULL), ERROR_INVALID_PARAMETER, "PX12: NULL configuration");
    FAILS(WinHttpGetIEProxyConfigForCurrentUser(&config), ERROR_CALL_NOT_IMPLEMENTED, "D15: IE configuration");
    tap_ok(is_poison(&config, sizeof(config)), "GEN8: the configuration is untouched");
    FAILS(WinHttpGetDefaultProxyConfiguration(&info), ERROR_CALL_NOT_IMPLEMENTED, "D15: default configuration");
    SAME(info.dwAccessType, POISON, "GEN8: the proxy info is untouched");
    FAILS(WinHttpSetDefaultProxyConfiguration(&info), ERROR_INVALID_PARAMETER, "PX7: unknown access type");
    info.dwAccessType = WINHTTP_ACCESS_TYPE_NAMED_PROXY;
    FAILS(WinHttpSetDefaultProxyConfiguration(&info), ERROR_INVALID_PARAMETER, "PX8: a named proxy without name");
    info.lpszProxy = foreign;
    FAILS(WinHttpSetDefaultProxyConfiguration(&info), ERROR_INVALID_PARAMETER, "PX9: a name that is not ASCII");
    info.dwAccessType = WINHTTP_ACCESS_TYPE_NO_PROXY;
    FAILS(WinHttpSetDefaultProxyConfiguration(&info), ERROR_CALL_NOT_IMPLEMENTED, "D15: setting the default");
    FAILS(WinHttpCreateUrl(NULL, 0, NULL, &length), ERROR_INVALID_PARAMETER, "UC1: NULL components");
    FAILS(WinHttpCreateUrl(&url, 0, NULL, &length), ERROR_INVALID_PARAMETER, "UC2: zeroed components");
    url.dwStructSize = sizeof(url);
    FAILS(WinHttpCreateUrl(&url, 0, NULL, NULL), ERROR_INVALID_PARAMETER, "UC3: NULL length");
    FAILS(WinHttpCreateUrl(&url, 0, NULL, &length), ERROR_CALL_NOT_IMPLEMENTED, "D15: CreateUrl");
}

static void check_detect(void)
{
    WCHAR text[] = L"poison", *url = text;

    FAILS(WinHttpDetectAutoProxyConfigUrl(0, &url), ERROR_INVALID_PARAMETER, "PX14: no flags");
    tap_ok(url == text, "GEN8: the pointer is untouched");
    FAILS(WinHttpDetectAutoProxyConfigUrl(WINHTTP_AUTO_DETECT_TYPE_DNS_A, NULL), ERROR_INVALID_PARAMETER,
          "PX15: NULL pointer");
    FAILS(WinHttpDetectAutoProxyConfigUrl(WINHTTP_AUTO_DETECT_TYPE_DNS_A, &url), ERROR_WINHTTP_AUTODETECTION_FAILED,
          "PX16, D15: nothing is found");
    tap_ok(url == NULL, "PX16: and the pointer is set to NULL");
}

#define DETECT WINHTTP_AUTOPROXY_AUTO_DETECT
#define CONFIG WINHTTP_AUTOPROXY_CONFIG_URL

static void check_look_up(HINTERNET session)
{
    static const struct {
        const char *text;
        const WCHAR *url;
        WINHTTP_AUTOPROXY_OPTIONS options;
        DWORD expected;
    } rows[] = {
        {"PX19: NULL URL",
         NULL,
         {DETECT, WINHTTP_AUTO_DETECT_TYPE_DNS_A, NULL, NULL, 0, FALSE},
         ERROR_INVALID_PARAMETER},
        {"PX22: flags 0", L"http://a/", {0, 0, NULL, NULL, 0, FALSE}, ERROR_INVALID_PARAMETER},
        {"PX24: detection by no means", L"http://a/", {DETECT, 0, NULL, NULL, 0, FALSE}, ERROR_INVALID_PARAMETER},
        {"PX25: configuration without URL",
         L"http://a/",
         {DETECT | CONFIG, WINHTTP_AUTO_DETECT_TYPE_DNS_A, NULL, NULL, 0, FALSE},
         ERROR_INVALID_PARAMETER},
        {"PX26, D15: a valid look-up finds nothing",
         L"http://a/",
         {DETECT | CONFIG, WINHTTP_AUTO_DETECT_TYPE_DNS_A, L"http://b/wpad.dat", NULL, 0, FALSE},
         ERROR_WINHTTP_AUTODETECTION_FAILED},
    };
    WINHTTP_PROXY_INFO info;

    poison(&info, sizeof(info));
    FAILS(WinHttpGetProxyForUrl(NULL, NULL, NULL, NULL), ERROR_INVALID_HANDLE, "PX18: NULL session");
    FAILS(WinHttpGetProxyForUrl(session, L"http://a/", NULL, &info), ERROR_INVALID_PARAMETER, "PX21: NULL options");
    for (size_t i = 0; i < COUNT(rows); i++) {
        WINHTTP_AUTOPROXY_OPTIONS options = rows[i].options;
        FAILS(WinHttpGetProxyForUrl(session, rows[i].url, &options, &info), rows[i].expected, "%s", rows[i].text);
        FAILS(WinHttpGetProxyForUrl(session, rows[i].url, &options, NULL), ERROR_INVALID_PARAMETER,
              "PX23: NULL proxy info");
    }
    tap_ok(is_poison(&info, sizeof(info)), "GEN8: the proxy info is untouched");
}

/* What COM calls; the addresses are looked up as COM does, since they are in no import library. */
static void check_com(void)
{
    HMODULE module = GetModuleHandleW(L"winhttp.dll");
    HRESULT(WINAPI * get_class)(REFCLSID, REFIID, void **);
    HRESULT(WINAPI * call)(void);
    GUID none = {0};
    void *object = &none;
    FARPROC address;

    address = GetProcAddress(module, "DllGetClassObject");
    memcpy(&get_class, &address, sizeof(get_class));
    SAME((DWORD)get_class(&none, &none, &object), (DWORD)CLASS_E_CLASSNOTAVAILABLE, "D15: no class");
    tap_ok(object == NULL, "D15: and no object");
    address = GetProcAddress(module, "DllRegisterServer");
    memcpy(&call, &address, sizeof(call));
    SAME((DWORD)call(), S_OK, "API 1.1: there is nothing to register");
    address = GetProcAddress(module, "DllCanUnloadNow");
    memcpy(&call, &address, sizeof(call));
    SAME((DWORD)call(), S_FALSE, "API 1.1: COM does not unload the DLL");
}

int main(void)
{
    HINTERNET session = WinHttpOpen(NULL, WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    HINTERNET connect = WinHttpConnect(session, L"localhost", 80, 0);
    HINTERNET request = WinHttpOpenRequest(connect, NULL, NULL, NULL, NULL, NULL, 0);

    check_exports();
    check_handles(session, request);
    check_others();
    check_frees();
    check_configuration();
    check_detect();
    check_look_up(session);
    check_com();
    WinHttpCloseHandle(request);
    WinHttpCloseHandle(connect);
    WinHttpCloseHandle(session);
    return tap_done();
}
