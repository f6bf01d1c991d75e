/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/trust_engine.h"

#include <stddef.h>

#include "base/mem.h"

/* The last write times of the stores that decide about trust: zero for one that does not exist. */
struct stamp {
    ULONGLONG written[4];
};

struct trust_engine {
    LONG refs; /* engine_lock */
    HCERTCHAINENGINE handle;
    struct stamp stamp;
};

static SRWLOCK engine_lock = SRWLOCK_INIT;
static struct trust_engine *engine_now; /* engine_lock; holds one reference */

static ULONGLONG engine__written(HKEY root, const WCHAR *path)
{
    FILETIME time = {0, 0};
    HKEY key;

    if (RegOpenKeyExW(root, path, 0, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return 0;
    if (RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &time) != ERROR_SUCCESS)
        time.dwLowDateTime = time.dwHighDateTime = 0;
    RegCloseKey(key);
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static struct stamp engine__stamp(void)
{
    static const WCHAR roots[] = L"Software\\Microsoft\\SystemCertificates\\Root\\Certificates";
    static const WCHAR disallowed[] = L"Software\\Microsoft\\SystemCertificates\\Disallowed\\Certificates";
    struct stamp s;

    s.written[0] = engine__written(HKEY_CURRENT_USER, roots);
    s.written[1] = engine__written(HKEY_LOCAL_MACHINE, roots);
    s.written[2] = engine__written(HKEY_CURRENT_USER, disallowed);
    s.written[3] = engine__written(HKEY_LOCAL_MACHINE, disallowed);
    return s;
}

/* Opening the stores writes to them once (Wine takes over the host's authorities), so that is done before they are
 * looked at. */
static void engine__settle_stores(void)
{
    HCERTSTORE store = CertOpenSystemStoreW(0, L"Root");

    if (store)
        CertCloseStore(store, 0);
}

/* Wine refuses the two sizes of the structure that came with Windows 7 and 8; we use none of their members. */
static struct trust_engine *engine__make(void)
{
    CERT_CHAIN_ENGINE_CONFIG config = {.cbSize = offsetof(CERT_CHAIN_ENGINE_CONFIG, hExclusiveRoot)};
    struct trust_engine *e = mem_zalloc(sizeof(*e));

    if (!e)
        return NULL;
    e->refs = 1;
    e->stamp = engine__stamp();
    if (!CertCreateCertificateChainEngine(&config, &e->handle))
        e->handle = NULL;
    return e;
}

static void engine__drop(struct trust_engine *e)
{
    if (!e || --e->refs)
        return;
    if (e->handle)
        CertFreeCertificateChainEngine(e->handle);
    mem_free(e);
}

struct trust_engine *trust_engine_acquire(void)
{
    struct trust_engine *e;
    struct stamp stamp;

    AcquireSRWLockExclusive(&engine_lock);
    if (!engine_now)
        engine__settle_stores();
    stamp = engine__stamp();
    if (!engine_now || memcmp(&stamp, &engine_now->stamp, sizeof(stamp))) {
        e = engine__make();
        if (e) {
            engine__drop(engine_now);
            engine_now = e;
        }
    }
    e = engine_now;
    if (e)
        e->refs++;
    ReleaseSRWLockExclusive(&engine_lock);
    return e;
}

HCERTCHAINENGINE trust_engine_handle(const struct trust_engine *e)
{
    return e ? e->handle : NULL;
}

void trust_engine_release(struct trust_engine *e)
{
    AcquireSRWLockExclusive(&engine_lock);
    engine__drop(e);
    ReleaseSRWLockExclusive(&engine_lock);
}

void trust_engine_forget(void)
{
    AcquireSRWLockExclusive(&engine_lock);
    engine__drop(engine_now);
    engine_now = NULL;
    ReleaseSRWLockExclusive(&engine_lock);
}
