/*
 * targets.c - from a host to addresses; see targets.h.
 *
 * One search goes through NAPTR, SRV and addresses; each step's answer decides
 * on the next. The hosts of SRV records are looked up side by side, and their
 * addresses kept in the records' order.
 */
#include "services/sipgw/targets.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define SERVICES_MAX 4

struct search;

/* One host whose addresses are looked up. */
struct part {
	struct search *search;
	enum sip_transport transport;
	struct resolved resolved;
};

/* SRV records that may be asked for, in order. */
struct service_name {
	char name[SRV_NAME_BYTES + 16];
	enum sip_transport transport;
};

struct search {
	struct resolver *resolver;
	struct target_wish wish;
	targets_fn *done;
	void *owner;
	char id[RESOLVE_ID_BYTES];
	struct service_name services[SERVICES_MAX];
	unsigned service_count, service; /* the one that is asked for */
	struct part parts[TARGETS_HOSTS_MAX];
	unsigned part_count, parts_open;
};

uint16_t targets_port(enum sip_transport transport)
{
	return transport == SIP_TLS ? 5061 : 5060;
}

void targets_add(struct targets *targets,
		 const struct sockaddr_storage *address,
		 enum sip_transport transport)
{
	char text[RESOLVE_TEXT_BYTES], other[RESOLVE_TEXT_BYTES];
	resolve_text((const struct sockaddr *)address, text);
	for (unsigned i = 0; i < targets->count; i++) {
		resolve_text((struct sockaddr *)&targets->at[i].address, other);
		if (targets->at[i].transport == transport &&
		    str_equal(text, other))
			return;
	}
	if (targets->count < TARGETS_MAX)
		targets->at[targets->count++] =
			(struct target){*address, transport};
}

static void finish(struct search *search)
{
	struct targets targets = {.count = 0};
	for (unsigned i = 0; i < search->part_count; i++) {
		const struct part *part = &search->parts[i];
		for (unsigned k = 0; k < part->resolved.count; k++)
			targets_add(&targets, &part->resolved.address[k],
				    part->transport);
	}
	search->done(search->owner, search->id, &targets);
	free(search);
}

/* --- addresses --- */

static void on_addresses(void *owner, const char *id,
			 const struct resolved *resolved)
{
	struct part *part = owner;
	(void)id;
	part->resolved = *resolved;
	if (--part->search->parts_open == 0)
		finish(part->search);
}

static void ask_addresses(struct search *search, const struct srv_list *servers,
			  enum sip_transport transport)
{
	unsigned count = servers->count < TARGETS_HOSTS_MAX ? servers->count
							    : TARGETS_HOSTS_MAX;
	/* One more than there are: an answer may come at once. */
	search->part_count = count;
	search->parts_open = count + 1;
	for (unsigned i = 0; i < count; i++) {
		struct part *part = &search->parts[i];
		part->search = search;
		part->transport = transport;
		resolve_host(search->resolver, servers->at[i].host,
			     servers->at[i].port, search->wish.family,
			     on_addresses, part, "");
	}
	if (--search->parts_open == 0)
		finish(search);
}

static void ask_host(struct search *search)
{
	const struct target_wish *wish = &search->wish;
	struct srv_list itself = {.count = 1};
	str_copy(itself.at[0].host, sizeof(itself.at[0].host), wish->host);
	itself.at[0].port =
		wish->port ? wish->port : targets_port(wish->transport);
	ask_addresses(search, &itself, wish->transport);
}

/* --- SRV --- */

static void ask_service(struct search *search);

static void on_servers(void *owner, struct srv_list *servers)
{
	struct search *search = owner;
	const struct service_name *service = &search->services[search->service];
	if (servers->count) {
		srv_order(servers, search->wish.seed);
		ask_addresses(search, servers, service->transport);
		return;
	}
	search->service++;
	ask_service(search);
}

static void ask_service(struct search *search)
{
	if (search->service == search->service_count)
		ask_host(search);
	else
		resolve_servers(search->resolver,
				search->services[search->service].name,
				on_servers, search);
}

static void add_service(struct search *search, enum sip_transport transport)
{
	static const char *const prefixes[] = {
		[SIP_UDP] = "_sip._udp",
		[SIP_TCP] = "_sip._tcp",
		[SIP_TLS] = "_sips._tcp",
	};
	struct service_name *service = &search->services[search->service_count];
	for (unsigned i = 0; i < search->service_count; i++)
		if (search->services[i].transport == transport)
			return;
	service->transport = transport;
	if (str_format(service->name, sizeof(service->name), "%s.%s",
		       prefixes[transport], search->wish.host))
		search->service_count++;
}

/* Without pointers: the transport that is wished for, then, if the URI leaves
 * it open, the others. */
static void ask_services(struct search *search)
{
	const struct target_wish *wish = &search->wish;
	add_service(search, wish->transport);
	if (!wish->named && wish->transport != SIP_TLS) {
		add_service(search, SIP_UDP);
		add_service(search, SIP_TCP);
	}
	ask_service(search);
}

/* --- NAPTR --- */

static void on_pointers(void *owner, struct naptr_list *pointers)
{
	struct search *search = owner;
	bool tls = search->wish.transport == SIP_TLS;
	naptr_order(pointers,
		    tls ? 1U << SIP_TLS
			: 1U << SIP_UDP | 1U << SIP_TCP | 1U << SIP_TLS);
	for (unsigned i = 0; i < pointers->count && i < SERVICES_MAX; i++) {
		struct service_name *to =
			&search->services[search->service_count++];
		to->transport = naptr_transport(&pointers->at[i]);
		str_copy(to->name, sizeof(to->name),
			 pointers->at[i].replacement);
	}
	if (search->service_count)
		ask_service(search);
	else
		ask_services(search);
}

void targets_find(struct resolver *resolver, const struct target_wish *wish,
		  targets_fn *done, void *owner, const char *id)
{
	struct sockaddr_storage address;
	struct search *search = mem_new(1, sizeof(*search));
	search->resolver = resolver;
	search->wish = *wish;
	search->done = done;
	search->owner = owner;
	str_copy(search->id, sizeof(search->id), id);
	if (wish->secure)
		search->wish.transport = SIP_TLS;
	if (wish->port || resolve_numeric(wish->host, 1, &address) ||
	    resolve_is_listed(resolver, wish->host, wish->family))
		ask_host(search);
	else if (wish->named)
		ask_services(search);
	else
		resolve_pointers(resolver, wish->host, on_pointers, search);
}
