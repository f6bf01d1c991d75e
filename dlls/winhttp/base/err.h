/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closed list of internal results. Every fallible function of the house returns one of these; no Windows, Winsock
 * or GnuTLS number travels through the rooms. core/err.c is the one place that turns them into what an application
 * sees.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum wh_err {
    WH_OK = 0,
    WH_AGAIN,                /* not an error: come back with more input, more room, or when an answer has arrived */
    WH_E_NOMEM,              /* an allocation failed */
    WH_E_FULL,               /* a buffer, arena or queue reached the limit it was born with; nothing was changed */
    WH_E_ARG,                /* an argument breaks the documented rules */
    WH_E_STATE,              /* the call is out of order for the state the object is in */
    WH_E_NOT_FOUND,          /* the named thing (header, entry) does not exist */
    WH_E_EXISTS,             /* the thing to be added exists already */
    WH_E_URL,                /* a URL cannot be parsed */
    WH_E_SCHEME,             /* a URL has no scheme, or one other than http and https */
    WH_E_RESPONSE,           /* the peer broke HTTP, TLS record order or RFC 6455 in a way that ends the conversation */
    WH_E_HEADER_SIZE,        /* response head larger than its limit */
    WH_E_HEADER_COUNT,       /* response head with more lines than its limit */
    WH_E_CHUNK_SIZE,         /* chunk framing larger than its limit */
    WH_E_NAME,               /* the host name could not be resolved */
    WH_E_CONNECT,            /* no address of the host accepted a connection */
    WH_E_CLOSED,             /* the peer ended or reset the connection where more was needed */
    WH_E_TIMEOUT,            /* a time limit passed */
    WH_E_CANCELLED,          /* the handle was closed, or the operation was given up by the application */
    WH_E_CERT,               /* the server's certificate was refused */
    WH_E_CLIENT_CERT_NEEDED, /* the server asks for a client certificate and none is set */
    WH_E_TLS,                /* the TLS handshake or a record failed for a reason other than the certificate */
    WH_E_RESEND,             /* the application must send the request again: its body cannot be repeated */
    WH_E_REDIRECT,           /* too many redirects, or one that the policy forbids */
    WH_E_UNSUPPORTED,        /* known, but not offered */
    WH_E_INTERNAL,           /* an invariant was found broken */
};

#endif
