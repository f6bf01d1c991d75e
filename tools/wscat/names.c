/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.c: the tables behind names.h. */
#include <stdio.h>

#include "winhttp.h"
#include "names.h"

struct name {
    DWORD number;
    const char *text;
};

#define STATUS(x)                                                                                                      \
    {                                                                                                                  \
        WINHTTP_CALLBACK_STATUS_##x, #x                                                                                \
    }
#define WINHTTP(x)                                                                                                     \
    {                                                                                                                  \
        ERROR_WINHTTP_##x, "ERROR_WINHTTP_" #x                                                                         \
    }
#define SYSTEM(x)                                                                                                      \
    {                                                                                                                  \
        ERROR_##x, "ERROR_" #x                                                                                         \
    }
#define TYPE(x)                                                                                                        \
    {                                                                                                                  \
        WINHTTP_WEB_SOCKET_##x##_BUFFER_TYPE, #x                                                                       \
    }
#define VERB(x)                                                                                                        \
    {                                                                                                                  \
        WINHTTP_WEB_SOCKET_##x##_OPERATION, #x                                                                         \
    }
#define CLOSED(x)                                                                                                      \
    {                                                                                                                  \
        WINHTTP_WEB_SOCKET_##x##_CLOSE_STATUS, #x                                                                      \
    }
#define API(x)                                                                                                         \
    {                                                                                                                  \
        API_##x, "API_" #x                                                                                             \
    }

static const struct name statuses[] = {
    STATUS(RESOLVING_NAME),          STATUS(NAME_RESOLVED),
    STATUS(CONNECTING_TO_SERVER),    STATUS(CONNECTED_TO_SERVER),
    STATUS(SENDING_REQUEST),         STATUS(REQUEST_SENT),
    STATUS(RECEIVING_RESPONSE),      STATUS(RESPONSE_RECEIVED),
    STATUS(CLOSING_CONNECTION),      STATUS(CONNECTION_CLOSED),
    STATUS(HANDLE_CREATED),          STATUS(HANDLE_CLOSING),
    STATUS(DETECTING_PROXY),         STATUS(REDIRECT),
    STATUS(INTERMEDIATE_RESPONSE),   STATUS(SECURE_FAILURE),
    STATUS(HEADERS_AVAILABLE),       STATUS(DATA_AVAILABLE),
    STATUS(READ_COMPLETE),           STATUS(WRITE_COMPLETE),
    STATUS(REQUEST_ERROR),           STATUS(SENDREQUEST_COMPLETE),
    STATUS(GETPROXYFORURL_COMPLETE), STATUS(CLOSE_COMPLETE),
    STATUS(SHUTDOWN_COMPLETE),       STATUS(GETPROXYSETTINGS_COMPLETE),
    STATUS(SETTINGS_WRITE_COMPLETE), STATUS(SETTINGS_READ_COMPLETE),
};

static const struct name errors[] = {
    SYSTEM(SUCCESS),
    SYSTEM(FILE_NOT_FOUND),
    SYSTEM(ACCESS_DENIED),
    SYSTEM(INVALID_HANDLE),
    SYSTEM(NOT_ENOUGH_MEMORY),
    SYSTEM(NOT_SUPPORTED),
    SYSTEM(INVALID_PARAMETER),
    SYSTEM(CALL_NOT_IMPLEMENTED),
    SYSTEM(INSUFFICIENT_BUFFER),
    SYSTEM(IO_PENDING),
    SYSTEM(INVALID_OPERATION),
    WINHTTP(OUT_OF_HANDLES),
    WINHTTP(TIMEOUT),
    WINHTTP(INTERNAL_ERROR),
    WINHTTP(INVALID_URL),
    WINHTTP(UNRECOGNIZED_SCHEME),
    WINHTTP(NAME_NOT_RESOLVED),
    WINHTTP(INVALID_OPTION),
    WINHTTP(OPTION_NOT_SETTABLE),
    WINHTTP(SHUTDOWN),
    WINHTTP(LOGIN_FAILURE),
    WINHTTP(OPERATION_CANCELLED),
    WINHTTP(INCORRECT_HANDLE_TYPE),
    WINHTTP(INCORRECT_HANDLE_STATE),
    WINHTTP(CANNOT_CONNECT),
    WINHTTP(CONNECTION_ERROR),
    WINHTTP(RESEND_REQUEST),
    WINHTTP(SECURE_CERT_DATE_INVALID),
    WINHTTP(SECURE_CERT_CN_INVALID),
    WINHTTP(CLIENT_AUTH_CERT_NEEDED),
    WINHTTP(SECURE_INVALID_CA),
    WINHTTP(SECURE_CERT_REV_FAILED),
    WINHTTP(CANNOT_CALL_BEFORE_OPEN),
    WINHTTP(CANNOT_CALL_BEFORE_SEND),
    WINHTTP(CANNOT_CALL_AFTER_SEND),
    WINHTTP(CANNOT_CALL_AFTER_OPEN),
    WINHTTP(HEADER_NOT_FOUND),
    WINHTTP(INVALID_SERVER_RESPONSE),
    WINHTTP(INVALID_HEADER),
    WINHTTP(INVALID_QUERY_REQUEST),
    WINHTTP(HEADER_ALREADY_EXISTS),
    WINHTTP(REDIRECT_FAILED),
    WINHTTP(SECURE_CHANNEL_ERROR),
    WINHTTP(BAD_AUTO_PROXY_SCRIPT),
    WINHTTP(UNABLE_TO_DOWNLOAD_SCRIPT),
    WINHTTP(SECURE_INVALID_CERT),
    WINHTTP(SECURE_CERT_REVOKED),
    WINHTTP(NOT_INITIALIZED),
    WINHTTP(SECURE_FAILURE),
    WINHTTP(UNHANDLED_SCRIPT_TYPE),
    WINHTTP(SCRIPT_EXECUTION_ERROR),
    WINHTTP(AUTO_PROXY_SERVICE_ERROR),
    WINHTTP(SECURE_CERT_WRONG_USAGE),
    WINHTTP(AUTODETECTION_FAILED),
    WINHTTP(HEADER_COUNT_EXCEEDED),
    WINHTTP(HEADER_SIZE_OVERFLOW),
    WINHTTP(CHUNKED_ENCODING_HEADER_SIZE_OVERFLOW),
    WINHTTP(RESPONSE_DRAIN_OVERFLOW),
    WINHTTP(CLIENT_CERT_NO_PRIVATE_KEY),
    WINHTTP(CLIENT_CERT_NO_ACCESS_PRIVATE_KEY),
    WINHTTP(CLIENT_AUTH_CERT_NEEDED_PROXY),
    WINHTTP(SECURE_FAILURE_PROXY),
    WINHTTP(RESERVED_189),
    WINHTTP(HTTP_PROTOCOL_MISMATCH),
    WINHTTP(GLOBAL_CALLBACK_FAILED),
    WINHTTP(FEATURE_DISABLED),
    WINHTTP(FAST_FORWARDING_NOT_SUPPORTED),
};

static const struct name types[] = {
    TYPE(BINARY_MESSAGE), TYPE(BINARY_FRAGMENT), TYPE(UTF8_MESSAGE), TYPE(UTF8_FRAGMENT), TYPE(CLOSE),
};

static const struct name operations[] = {
    VERB(SEND),
    VERB(RECEIVE),
    VERB(CLOSE),
    VERB(SHUTDOWN),
};

static const struct name close_statuses[] = {
    CLOSED(SUCCESS),         CLOSED(ENDPOINT_TERMINATED),
    CLOSED(PROTOCOL_ERROR),  CLOSED(INVALID_DATA_TYPE),
    CLOSED(EMPTY),           CLOSED(ABORTED),
    CLOSED(INVALID_PAYLOAD), CLOSED(POLICY_VIOLATION),
    CLOSED(MESSAGE_TOO_BIG), CLOSED(UNSUPPORTED_EXTENSIONS),
    CLOSED(SERVER_ERROR),    CLOSED(SECURE_HANDSHAKE_ERROR),
};

static const struct name apis[] = {
    API(RECEIVE_RESPONSE), API(QUERY_DATA_AVAILABLE), API(READ_DATA), API(WRITE_DATA), API(SEND_REQUEST),
};

static const char *name_of(const struct name *table, size_t count, DWORD number)
{
    static _Thread_local char digits[16];
    size_t i;

    for (i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].text;
    snprintf(digits, sizeof(digits), number < 0x10000 ? "%lu" : "0x%lx", number);
    return digits;
}

#define NAME_OF(table, number) name_of(table, sizeof(table) / sizeof((table)[0]), number)

const char *status_name(DWORD status)
{
    return NAME_OF(statuses, status);
}

const char *error_name(DWORD error)
{
    return NAME_OF(errors, error);
}

const char *buffer_type_name(DWORD type)
{
    return NAME_OF(types, type);
}

const char *operation_name(DWORD operation)
{
    return NAME_OF(operations, operation);
}

const char *close_status_name(DWORD status)
{
    return status >= 3000 ? "APPLICATION" : NAME_OF(close_statuses, status);
}

const char *api_name(DWORD_PTR result)
{
    return NAME_OF(apis, (DWORD)result);
}
