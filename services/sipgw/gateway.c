/*
 * gateway.c - the daemon's start and end; see gateway.h.
 */
#include "services/sipgw/gateway.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/caller.h"
#include "services/sipgw/digest_in.h"
#include "services/sipgw/early.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/links.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"
#include "services/sipgw/tls.h"

#include <stdlib.h>
#include <sys/random.h>

static void on_record(void *owner, const struct bus_entry *entry)
{
	struct sipgw *gw = owner;
	struct dialog record;
	char error[PROTO_ERROR_BYTES];
	if (!entry->data)
		return;
	if (!proto_decode(&dialog_message, entry->data, entry->size, NULL,
			  &record, error)) {
		log_error(NULL, ERR_INTERNAL, "record %s of bucket dialogs: %s",
			  entry->key, error);
		return;
	}
	if (str_equal(record.gateway, gw->service->instance) &&
	    !leg_find(gw, record.leg))
		store_restore(gw, entry->key, &record);
	proto_clear(&dialog_message, &record);
}

/* What was taken up is told, since its call may be over. Server transactions
 * need their transports: they come after the sockets. */
static void resume_legs(struct sipgw *gw)
{
	size_t cursor = 0;
	const char *id;
	void *value;
	while (map_next(gw->legs, &cursor, &id, &value)) {
		struct leg *leg = value;
		if (leg_is_over(leg))
			continue;
		report_restored(leg);
		if (!leg->outline)
			continue;
		if (!caller_resume(leg, leg->outline))
			log_warn(leg->root, ERR_SIP_LOST,
				 "leg %s: its INVITE cannot be answered",
				 leg->id);
		free(leg->outline);
		leg->outline = NULL;
	}
}

static void on_all_read(void *owner)
{
	struct sipgw *gw = owner;
	/* From here on the bucket says nothing that we have not written. */
	gw->stored = bus_unfollow(gw->stored);
	if (!agent_open(gw)) {
		service_fail(gw->service, "SIP cannot listen");
		return;
	}
	gw->open = true;
	gw->opened_ms = clock_mono_ms();
	links_open(gw);
	resume_legs(gw);
	log_info(NULL, "SIP on %s port %d, UDP and TCP; %zu legs taken up",
		 gw->service->settings.sip_host,
		 (int)gw->service->settings.sip_port, map_count(gw->legs));
	if (tls_listens(gw->tls))
		log_info(NULL, "SIP on %s port %d, TLS",
			 gw->service->settings.sip_host,
			 (int)gw->service->settings.sips_port);
	early_release(gw);
}

/* Whose calls are whose, and what they may do, comes first. */
static void on_config_read(void *owner)
{
	struct sipgw *gw = owner;
	gw->stored = bus_kv_watch(gw->service->bus, "dialogs", ">", on_record,
				  on_all_read, gw);
}

static void free_parts(struct sipgw *gw)
{
	tls_free(gw->tls);
	resolver_free(gw->resolver);
	accounts_free(gw->accounts);
	limits_free(gw->limits);
	digest_in_free(gw->digest_in);
	guard_free(gw->guard);
	map_free(gw->legs);
	store_close(gw);
	free(gw);
}

void *gateway_start(struct service *service)
{
	const struct settings *settings = &service->settings;
	struct sipgw *gw = mem_new(1, sizeof(*gw));
	char error[TLS_ERROR_BYTES] = "";
	gw->service = service;
	gw->legs = map_new();
	list_init(&gw->held);
	store_open(gw);
	gw->guard = guard_new(settings->sip_allow, settings->sip_out_allow,
			      settings->sip_source_rate, error);
	gw->limits = limits_new();
	if (getrandom(&gw->draws, sizeof(gw->draws), 0) < 0)
		abort();
	gw->digest_in = digest_in_new();
	gw->resolver = resolver_new(service->loop, settings->dns_servers);
	gw->tls = gw->guard ? tls_new(gw, error) : NULL;
	if (gw->guard && gw->tls && gw->resolver && agent_start(gw)) {
		gw->accounts = accounts_new(service, on_config_read, gw);
		return gw;
	}
	if (gw->guard && !gw->resolver)
		str_copy(error, sizeof(error),
			 "VOXBUS_DNS_SERVERS is no list of addresses, or there "
			 "are no descriptors");
	log_error(NULL, 0, "no start: %s",
		  *error ? error : "out of descriptors");
	free_parts(gw);
	return NULL;
}

void gateway_drain(void *daemon)
{
	struct sipgw *gw = daemon;
	store_end(gw);
	log_info(NULL, "no new calls; %u legs are left", gw->live);
}

bool gateway_drained(void *daemon)
{
	const struct sipgw *gw = daemon;
	return gw->live == 0;
}

/* Legs that are left stay in the bucket: the next start takes them up. */
void gateway_stop(void *daemon)
{
	struct sipgw *gw = daemon;
	gw->stored = bus_unfollow(gw->stored);
	links_close(gw);
	agent_stop(gw);
	leg_drop_all(gw);
	early_drop(gw);
	free_parts(gw);
}

bool gateway_ready(void *daemon, char *reason, size_t size)
{
	const struct sipgw *gw = daemon;
	if (gw->open)
		return true;
	str_copy(reason, size, "dialogs of before the start are being read");
	return false;
}
