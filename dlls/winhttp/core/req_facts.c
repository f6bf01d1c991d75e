/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See req_facts.h. */
#include "core/req_facts.h"

void req_facts_clear(struct req_facts *f)
{
    if (f->leaf)
        CertFreeCertificateContext(f->leaf);
    if (f->chain)
        CertFreeCertificateChain(f->chain);
    *f = (struct req_facts){0};
}

static void req_facts_certificates(struct req_facts *f, PCCERT_CONTEXT leaf, PCCERT_CHAIN_CONTEXT chain)
{
    f->leaf = leaf ? CertDuplicateCertificateContext(leaf) : NULL;
    f->chain = chain ? CertDuplicateCertificateChain(chain) : NULL;
}

void req_facts_copy(struct req_facts *dst, const struct req_facts *src)
{
    *dst = *src;
    req_facts_certificates(dst, src->leaf, src->chain);
}

void req_facts_take(struct req_facts *f, const struct conn *c)
{
    req_facts_clear(f);
    f->known = true;
    f->local = c->local;
    f->remote = c->remote;
    f->secure = c->chain.top && filter_is_tls(c->chain.top);
    if (!f->secure)
        return;
    f_tls_info(c->chain.top, &f->tls);
    req_facts_certificates(f, c->verdict.leaf, c->verdict.chain);
}
