/*
 * resolve.h - host names to addresses, without a blocking call.
 *
 * Contract: the only user of c-ares. /etc/hosts comes before DNS; A and AAAA
 * only (SRV and NAPTR are not asked). The answer may come inside
 * resolve_host(), which it does for a numeric address. 'id' is the owner's own
 * word for what it asked for, so that nothing dangles when it is gone by then.
 * At most RESOLVE_PENDING_MAX questions at once; one more fails at once. Loop's
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define RESOLVE_ADDRESSES_MAX 8
#define RESOLVE_PENDING_MAX 1024
#define RESOLVE_ID_BYTES 40

struct loop;
struct resolver;

struct resolved {
	struct sockaddr_storage address[RESOLVE_ADDRESSES_MAX]; /* with port */
	unsigned count; /* 0: the name has none */
};

typedef void resolve_fn(void *owner, const char *id,
			const struct resolved *resolved);

/* NULL: out of descriptors. */
struct resolver *resolver_new(struct loop *loop);
struct resolver *resolver_free(struct resolver *resolver);
/* 'family' AF_UNSPEC, AF_INET or AF_INET6; 'host' may stand in brackets. */
void resolve_host(struct resolver *resolver, const char *host, uint16_t port,
		  int family, resolve_fn *done, void *owner, const char *id);
/* A numeric address, with or without brackets. */
bool resolve_numeric(const char *host, uint16_t port,
		     struct sockaddr_storage *address);
/* What resolve_text wrote. */
bool resolve_read(const char *text, struct sockaddr_storage *address);
/* "[::1]:5060" or "127.0.0.1:5060"; 'to' has RESOLVE_TEXT_BYTES. */
#define RESOLVE_TEXT_BYTES 64
void resolve_text(const struct sockaddr *address, char *to);
