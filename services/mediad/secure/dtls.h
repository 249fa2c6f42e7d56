/*
 * dtls.h - one handshake of DTLS-SRTP (RFC 5763, 5764), on OpenSSL.
 *
 * Contract: a house is a certificate of our own and what we speak; made once,
 * any thread. A handshake belongs to one thread. It never waits: datagrams go
 * in by dtls_take, out by a callback, and dtls_wait_ms says when dtls_due is to
 * be called. It is DTLS_DONE only if the other side's certificate has the
 * fingerprint that its SDP told; then its keys can be had.
 */
#pragma once

#include "services/mediad/secure/suite.h"

#define DTLS_FINGERPRINT_BYTES 32
#define DTLS_DATAGRAM_MAX 1200

struct dtls;
struct dtls_house;

enum dtls_state { DTLS_RUNNING, DTLS_DONE, DTLS_FAILED };

typedef void dtls_send_fn(void *owner, const uint8_t *data, size_t size);

/* ECDSA on P-256, for the suites that DTLS has a name for. NULL: there is none,
 * or OpenSSL cannot. */
struct dtls_house *dtls_house_new(const enum suite *suites, unsigned count);
struct dtls_house *dtls_house_free(struct dtls_house *house);
const uint8_t *dtls_house_fingerprint(const struct dtls_house *house);

struct dtls_wish {
	bool active;                /* we begin */
	const uint8_t *fingerprint; /* theirs */
	const char *peer;           /* their address: cookies are bound to it */
	dtls_send_fn *send;
	void *owner;
};
/* Active: the first datagram is sent at once. */
struct dtls *dtls_new(struct dtls_house *house, const struct dtls_wish *wish);
struct dtls *dtls_free(struct dtls *dtls); /* NULL is fine */
/* Also after it is done: they may not have heard our last words. */
enum dtls_state dtls_take(struct dtls *dtls, const uint8_t *data, size_t size);
/* Until dtls_due; -1: never. */
int dtls_wait_ms(const struct dtls *dtls);
enum dtls_state dtls_due(struct dtls *dtls);
/* Why it failed, in words. */
const char *dtls_why(const struct dtls *dtls);
/* Once it is done. To be wiped after use. */
bool dtls_keys(const struct dtls *dtls, struct suite_keys *keys_out);
