/*
 * tls.c - SIP over TLS: all links, their numbers and addresses; see tls.h.
 *
 * A number is a slot's, with the generation above it: 13 and 15 bits, which is
 * what 240.0.0.0/4 has room for.
 */
#include "services/sipgw/tls.h"

#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/sofia.h"
#include "services/sipgw/tls_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOT_BITS 13
#define GENERATIONS (1U << 15)
#define FOUR_BASE 0xf0000000U /* 240.0.0.0/4 */
#define PORT 5061

_Static_assert(TLS_LINKS_MAX == 1 << SLOT_BITS, "a number holds its slot");

struct tls *tls_new(struct sipgw *gw, char *error_out)
{
	struct tls *tls = mem_new(1, sizeof(*tls));
	tls->gw = gw;
	tls->listener.fd = -1;
	tls->files = tls_files_new(&gw->service->settings, error_out);
	return tls->files ? tls : tls_free(tls);
}

bool tls_open(struct tls *tls)
{
	return tls_nta_open(tls) && (!tls_listens(tls) || tls_listen_open(tls));
}

bool tls_listens(const struct tls *tls)
{
	return *tls->gw->service->settings.tls_cert;
}

struct tls *tls_free(struct tls *tls)
{
	if (!tls)
		return NULL;
	tls_nta_close();
	tls_listen_close(tls);
	for (unsigned i = 0; i < TLS_LINKS_MAX; i++) {
		if (!tls->slots[i])
			continue;
		tls_link_end(tls->slots[i], 0, "the gateway stops");
		tls_link_free(tls->slots[i]);
	}
	tls_files_free(tls->files);
	free(tls);
	return NULL;
}

/* --- slots --- */

struct tls_link *tls_link_new(struct tls *tls, bool inbound)
{
	unsigned slot = tls->next;
	for (unsigned i = 0; i < TLS_LINKS_MAX && tls->slots[slot]; i++)
		slot = (slot + 1) % TLS_LINKS_MAX;
	if (tls->slots[slot])
		return NULL;
	struct tls_link *link = mem_new(1, sizeof(*link));
	tls->next = (slot + 1) % TLS_LINKS_MAX;
	tls->generation = tls->generation % (GENERATIONS - 1) + 1;
	link->tls = tls;
	link->number = tls->generation << SLOT_BITS | slot;
	link->inbound = inbound;
	link->net.fd = link->local.fd = -1;
	link->timer.owner = link;
	tls->slots[slot] = link;
	return link;
}

void tls_link_free(struct tls_link *link)
{
	struct tls *tls = link->tls;
	loop_timer_stop(tls->gw->service->loop, &link->timer);
	tls->slots[link->number % TLS_LINKS_MAX] = NULL;
	free(link);
}

static struct tls_link *find(const struct tls *tls, uint32_t number)
{
	struct tls_link *link = tls->slots[number % TLS_LINKS_MAX];
	return link && link->number == number ? link : NULL;
}

/* --- addresses --- */

void tls_address(const struct tls *tls, uint32_t number,
		 struct sockaddr_storage *address)
{
	memset(address, 0, sizeof(*address));
	if (tls->gw->family == AF_INET6) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(PORT);
		six->sin6_addr.s6_addr[0] = 1; /* 100::/64 */
		six->sin6_addr.s6_addr32[3] = htonl(number);
	} else {
		struct sockaddr_in *four = (struct sockaddr_in *)address;
		four->sin_family = AF_INET;
		four->sin_port = htons(PORT);
		four->sin_addr.s_addr = htonl(FOUR_BASE | number);
	}
}

struct tls_link *tls_link_at(const struct tls *tls,
			     const struct sockaddr *address)
{
	static const uint8_t six_base[12] = {1};
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	uint32_t number;
	if (address->sa_family == AF_INET &&
	    (ntohl(four->sin_addr.s_addr) & FOUR_BASE) == FOUR_BASE)
		number = ntohl(four->sin_addr.s_addr) & ~FOUR_BASE;
	else if (address->sa_family == AF_INET6 &&
		 memcmp(&six->sin6_addr, six_base, sizeof(six_base)) == 0)
		number = ntohl(six->sin6_addr.s6_addr32[3]);
	else
		return NULL;
	return find(tls, number);
}

uint32_t tls_link_of(const struct tls *tls, const struct msg_s *msg)
{
	tport_t *all = nta_agent_tports(tls->gw->agent);
	const tport_t *from = tport_delivered_by(all, msg);
	const su_addrinfo_t *peer = from && tport_is_secondary(from)
					    ? tport_get_address(from)
					    : NULL;
	const struct tls_link *link =
		peer ? tls_link_at(tls, peer->ai_addr) : NULL;
	return link ? link->number : 0;
}

void tls_unmask(const struct tls *tls, struct sockaddr *address)
{
	const struct tls_link *link = tls_link_at(tls, address);
	if (!link)
		return;
	size_t size = address->sa_family == AF_INET
			      ? sizeof(struct sockaddr_in)
			      : sizeof(struct sockaddr_in6);
	if (link->peer.ss_family == address->sa_family)
		memcpy(address, &link->peer, size);
}

/* --- links to others --- */

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b, bool any_port)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return (any_port || a4->sin_port == b4->sin_port) &&
		       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return (any_port || a6->sin6_port == b6->sin6_port) &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, 16) == 0;
}

/* Only a link whose certificate was checked for this very name carries what
 * must be checked. */
static bool serves(const struct tls_link *link, const struct tls_target *target,
		   bool checked)
{
	return !link->inbound && link->state != TLS_DEAD && !link->local_end &&
	       (link->checked || !checked) &&
	       str_same(link->host, target->host) &&
	       same_address(&link->peer, &target->address, false);
}

static void on_unused(struct loop_timer *timer)
{
	tls_link_end(timer->owner, 0, "nothing was sent");
}

uint32_t tls_link_to(struct tls *tls, const struct tls_target *target)
{
	const struct settings *settings = &tls->gw->service->settings;
	bool checked =
		!target->unverified && !str_equal(settings->tls_verify, "no");
	for (unsigned i = 0; i < TLS_LINKS_MAX; i++)
		if (tls->slots[i] && serves(tls->slots[i], target, checked))
			return tls->slots[i]->number;
	struct tls_link *link = tls_link_new(tls, false);
	if (!link) {
		log_warn(NULL, ERR_OVERLOAD, "no more TLS connections");
		return 0;
	}
	link->checked = checked;
	link->peer = target->address;
	/* Too long a name is none, and matches no certificate. */
	str_copy(link->host, sizeof(link->host), target->host);
	link->timer.due = on_unused;
	loop_timer_start(tls->gw->service->loop, &link->timer, TLS_REMEMBER_MS);
	return link->number;
}

bool tls_leads_to(const struct tls *tls, uint32_t number,
		  const struct sockaddr_storage *address, bool any_port)
{
	const struct tls_link *link = number ? find(tls, number) : NULL;
	return link && link->state != TLS_DEAD && !link->local_end &&
	       same_address(&link->peer, address, any_port);
}

int tls_why(const struct tls *tls, uint32_t number, char *text)
{
	const struct tls_link *link = number ? find(tls, number) : NULL;
	bool told = link && *link->why;
	str_copy(text, TLS_WHY_BYTES,
		 told ? link->why : "the TLS connection is gone");
	return told && link->error ? link->error : ERR_SIP_TLS;
}
