/*
 * tls_names.h - whom a certificate is for.
 *
 * Contract: RFC 5922 7.1 and 7.2: the hosts of sip: URIs among the subject's
 * alternative names, or, if there is none, the DNS names; the subject's common
 * name only if there are no alternative names at all. Whole names, in any case
 * of letters, and no wildcards. A numeric host is looked for among the IP
 * addresses. Pure.
 */
#pragma once

#include <openssl/x509.h>

#include <stdbool.h>
#include <stddef.h>

/* 'host' may stand in brackets. */
bool tls_names_match(const X509 *certificate, const char *host);
/* The names of the certificate, for people: as many as fit. */
void tls_names_print(const X509 *certificate, char *to, size_t size);
