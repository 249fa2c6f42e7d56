/*
 * resolve.h - what the DNS and /etc/hosts say, without a blocking call.
 *
 * Contract: the only user of c-ares. /etc/hosts comes before DNS. Every
 * question is answered once, an empty answer being one, and perhaps inside the
 * call that asks, as for a numeric address; at the resolver's end all that are
 * open are answered. 'id' is the owner's own word for what it asked for, so
 * that nothing dangles when it is gone by then. At most RESOLVE_PENDING_MAX
 * questions at once; one more fails at once. Loop's thread.
 */
#pragma once

#include "services/sipgw/srv.h"

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

typedef void resolve_servers_fn(void *owner, struct srv_list *servers);
typedef void resolve_pointers_fn(void *owner, struct naptr_list *pointers);

/* 'servers' are name servers "192.0.2.1:53,[::1]:53"; "" is the system's. NULL:
 * they are wrong, or there are no descriptors. */
struct resolver *resolver_new(struct loop *loop, const char *servers);
struct resolver *resolver_free(struct resolver *resolver);
/* 'family' AF_UNSPEC, AF_INET or AF_INET6; 'host' may stand in brackets. */
void resolve_host(struct resolver *resolver, const char *host, uint16_t port,
		  int family, resolve_fn *done, void *owner, const char *id);
/* SRV and NAPTR records of a domain; the lists are the owner's to sort. */
void resolve_servers(struct resolver *resolver, const char *name,
		     resolve_servers_fn *done, void *owner);
void resolve_pointers(struct resolver *resolver, const char *name,
		      resolve_pointers_fn *done, void *owner);
/* /etc/hosts has the name. */
bool resolve_is_listed(struct resolver *resolver, const char *host, int family);
/* A numeric address, with or without brackets. */
bool resolve_numeric(const char *host, uint16_t port,
		     struct sockaddr_storage *address);
/* What resolve_text wrote. */
bool resolve_read(const char *text, struct sockaddr_storage *address);
/* "[::1]:5060" or "127.0.0.1:5060"; 'to' has RESOLVE_TEXT_BYTES. */
#define RESOLVE_TEXT_BYTES 64
void resolve_text(const struct sockaddr *address, char *to);
