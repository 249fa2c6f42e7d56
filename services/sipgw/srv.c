/*
 * srv.c - the order of a SIP domain's servers; see srv.h.
 */
#include "services/sipgw/srv.h"

#include "lib/base/str.h"

#include <string.h>

void srv_add(struct srv_list *list, const struct srv *record)
{
	if (list->count == SRV_MAX || !*record->host ||
	    str_equal(record->host, ".") || !record->port)
		return;
	list->at[list->count++] = *record;
}

/* splitmix64: small, and good enough to spread calls. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

static void swap(struct srv_list *list, unsigned a, unsigned b)
{
	struct srv kept = list->at[a];
	list->at[a] = list->at[b];
	list->at[b] = kept;
}

/* By priority, and those of weight 0 first: RFC 2782 gives them a small chance
 * only while others stand behind them. */
static void sort(struct srv_list *list)
{
	for (unsigned i = 1; i < list->count; i++)
		for (unsigned at = i; at > 0; at--) {
			const struct srv *a = &list->at[at - 1];
			const struct srv *b = &list->at[at];
			if (a->priority < b->priority ||
			    (a->priority == b->priority &&
			     (!a->weight || b->weight)))
				break;
			swap(list, at - 1, at);
		}
}

/* Which of [from, to) comes next. */
static unsigned pick(const struct srv_list *list, unsigned from, unsigned to,
		     uint64_t *state)
{
	uint64_t sum = 0, run = 0;
	for (unsigned i = from; i < to; i++)
		sum += list->at[i].weight;
	uint64_t chosen = draw(state) % (sum + 1);
	for (unsigned i = from; i < to; i++) {
		run += list->at[i].weight;
		if (run >= chosen)
			return i;
	}
	return from;
}

void srv_order(struct srv_list *list, uint64_t seed)
{
	sort(list);
	for (unsigned from = 0; from < list->count; from++) {
		unsigned to = from + 1;
		while (to < list->count &&
		       list->at[to].priority == list->at[from].priority)
			to++;
		unsigned chosen = pick(list, from, to, &seed);
		/* The rest keeps its order. */
		for (; chosen > from; chosen--)
			swap(list, chosen, chosen - 1);
	}
}

void naptr_add(struct naptr_list *list, const struct naptr *record)
{
	if (list->count < SRV_MAX && *record->replacement &&
	    !str_equal(record->replacement, "."))
		list->at[list->count++] = *record;
}

enum sip_transport naptr_transport(const struct naptr *record)
{
	static const struct {
		const char *service;
		enum sip_transport transport;
	} services[] = {
		{"SIP+D2U", SIP_UDP},
		{"SIP+D2T", SIP_TCP},
		{"SIPS+D2T", SIP_TLS},
	};
	if (!str_same(record->flags, "s"))
		return SIP_TRANSPORT_NONE;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (str_same(record->service, services[i].service))
			return services[i].transport;
	return SIP_TRANSPORT_NONE;
}

static bool is_before(const struct naptr *a, const struct naptr *b)
{
	return a->order < b->order ||
	       (a->order == b->order && a->preference < b->preference);
}

void naptr_order(struct naptr_list *list, unsigned transports)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < list->count; i++) {
		struct naptr record = list->at[i];
		enum sip_transport transport = naptr_transport(&record);
		if (!transport || !(transports & 1U << transport))
			continue;
		unsigned at = kept++;
		for (; at > 0 && is_before(&record, &list->at[at - 1]); at--)
			list->at[at] = list->at[at - 1];
		list->at[at] = record;
	}
	list->count = kept;
}
