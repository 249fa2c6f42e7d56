/*
 * tls.h - SIP over TLS, in front of nta.
 *
 * Contract: each TLS connection is a link with a number. nta knows it by an
 * address that nothing real has (240.0.0.0/4 or 100::/64, the number inside)
 * and speaks with it through a local socket; so a request goes over the very
 * link that its hop names, and over no other. What nta writes leaves only after
 * the handshake and the check of the other side's certificate. A link that
 * could not be made is known by its number for TLS_REMEMBER_MS, with its
 * reason. docs/adr/0013-sip-over-tls.md. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define TLS_CALL_MS                                                            \
	3500                  /* connection and handshake, when we call: less  \
			       * than what one of several addresses gets */
#define TLS_SHAKE_MS 5000     /* handshake, when we are called */
#define TLS_SILENT_MS 10000   /* ... and after that to the first byte */
#define TLS_REMEMBER_MS 10000 /* why a link ended */
#define TLS_LINKS_MAX 8192    /* at once */
#define TLS_SHAKING_MAX 256   /* handshakes of strangers at once */
#define TLS_PER_SOURCE_MAX 64 /* links that one source made to us */
#define TLS_WHY_BYTES 255
#define TLS_ERROR_BYTES 512

struct sipgw;
struct tls;
struct msg_s;

/* Whom to call, and how careful. */
struct tls_target {
	struct sockaddr_storage address;
	const char *host; /* that the certificate must be for */
	bool unverified;  /* any certificate will do */
};

/* NULL: 'error_out' (TLS_ERROR_BYTES) says why. */
struct tls *tls_new(struct sipgw *gw, char *error_out);
/* Tells nta, and listens if there is a certificate. False, after saying why in
 * the log. */
bool tls_open(struct tls *tls);
/* After nta has gone. */
struct tls *tls_free(struct tls *tls);
/* There is a certificate: others may call. */
bool tls_listens(const struct tls *tls);

/* The link to the target: one that is there, or a new one that is made once nta
 * sends the first request. 0: no more links. */
uint32_t tls_link_to(struct tls *tls, const struct tls_target *target);
/* A link that can carry requests to the address, or, with 'any_port', to its
 * host. */
bool tls_leads_to(const struct tls *tls, uint32_t number,
		  const struct sockaddr_storage *address, bool any_port);
/* nta's address of a link. */
void tls_address(const struct tls *tls, uint32_t number,
		 struct sockaddr_storage *address);
/* Why a link ended: its error of errors.def; 'text' has TLS_WHY_BYTES. */
int tls_why(const struct tls *tls, uint32_t number, char *text);

/* What a message came over; 0: no link. */
uint32_t tls_link_of(const struct tls *tls, const struct msg_s *msg);
/* Replaces nta's address of a link by the other side's real one. */
void tls_unmask(const struct tls *tls, struct sockaddr *address);
