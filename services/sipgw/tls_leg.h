/*
 * tls_leg.h - which TLS connection the requests of a leg take.
 *
 * Contract: those of a dialog stay on the link that carries it while it is up
 * and leads to the same host; otherwise a link is found or made to where they
 * go, whose certificate must be for the host of the URI that sends them there.
 * Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leg;
struct sockaddr_storage;

/* The link for a request to 'address'; 'host' is that of the URI which names
 * it. NULL both: to the peer. The leg keeps it. Gives nta's address. */
void tls_leg_route(struct leg *leg, const struct sockaddr_storage *address,
		   const char *host, struct sockaddr_storage *hop_out);
/* Why the last request did not get through: an error of errors.def. 'text' has
 * TLS_WHY_BYTES. */
int tls_leg_why(const struct leg *leg, char *text);
/* The target of the dialog is a sips: URI. */
bool tls_leg_is_sips(const struct leg *leg);
