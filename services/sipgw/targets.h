/*
 * targets.h - a SIP URI's host to the addresses and transports to be tried, in
 * order (RFC 3263).
 *
 * Contract: NAPTR is asked only if the URI names neither transport nor port,
 * SRV only without a port, and neither for a name in /etc/hosts. A target that
 * is to be reached over TLS is never reached over anything else. At most
 * TARGETS_MAX addresses of TARGETS_HOSTS_MAX hosts. 'done' may run inside
 * targets_find(). 'id' is the owner's own word, as in resolve.h. Loop's thread.
 */
#pragma once

#include "proto/proto.h"
#include "services/sipgw/resolve.h"

#include <stdbool.h>
#include <stdint.h>

#define TARGETS_MAX 16
#define TARGETS_HOSTS_MAX 8

struct target {
	struct sockaddr_storage address;
	enum sip_transport transport;
};

struct targets {
	struct target at[TARGETS_MAX];
	unsigned count;
};

struct target_wish {
	char host[256];
	uint16_t port;                /* 0: the URI names none */
	enum sip_transport transport; /* the URI's, or what it has without */
	bool named;                   /* it is the URI's */
	bool secure;                  /* sips: TLS only */
	int family;                   /* AF_INET or AF_INET6 */
	uint64_t seed;                /* of the choice by weight */
};

typedef void targets_fn(void *owner, const char *id,
			const struct targets *targets);

void targets_find(struct resolver *resolver, const struct target_wish *wish,
		  targets_fn *done, void *owner, const char *id);
/* 5060, or 5061 over TLS. */
uint16_t targets_port(enum sip_transport transport);
/* Adds an address unless it is there already, or the list is full. */
void targets_add(struct targets *targets,
		 const struct sockaddr_storage *address,
		 enum sip_transport transport);
