/*
 * store.c - dialogs in the bucket 'dialogs', and back; see store.h.
 *
 * After a restart our CSeq goes on CSEQ_MARGIN above the stored one: the record
 * is not written for every request, and a number must not come twice.
 */
#include "services/sipgw/store.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/message.h"
#include "services/sipgw/report.h"
#include "services/sipgw/slots.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/sofia.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET "dialogs"
#define CSEQ_MARGIN 100
#define OUTLINE_MAX 8192
#define ANSWER_AGAIN_MS 32000 /* so long may a lost 200 be repeated */

METRIC_COUNTER(restored, "sip_legs_restored_total", "",
	       "Legs of before a restart that were taken up again.")
METRIC_COUNTER(unusable, "sip_records_unusable_total", "",
	       "Records of dialogs that could not be taken up.")

/* Who waits for an acknowledgement: by name, since he may be gone by then. */
struct wait {
	struct sipgw *gw;
	char id[35];
	enum leg_state state;
	void (*then)(struct leg *leg);
};

static void on_put(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct wait *wait = owner;
	struct leg *leg = leg_find(wait->gw, wait->id);
	(void)error, (void)sequence, (void)repeat;
	if (leg && leg->state == wait->state)
		wait->then(leg);
	free(wait);
}

/* --- writing --- */

static bool is_established(const struct leg *leg)
{
	return leg->state == LEG_ACCEPTING || leg->state == LEG_ACCEPTED ||
	       leg->state == LEG_ANSWERED || leg->state == LEG_UP;
}

static void write_routes(const struct leg *leg, struct dialog *record)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *target = NULL;
	const size_t max = sizeof(record->routes) / sizeof(record->routes[0]);
	nta_leg_get_route(leg->dialog, &route, &target);
	if (target)
		record->target = message_address(target->m_url, 2048);
	for (; route && record->routes_count < max; route = route->r_next) {
		struct header *to = &record->routes[record->routes_count];
		to->value = message_address(route->r_url, 1024);
		if (!to->value)
			continue;
		str_copy(to->name, sizeof(to->name), "Route");
		record->routes_count++;
	}
}

static void write_invite(const struct leg *leg, struct dialog *record)
{
	msg_t *msg = nta_incoming_getrequest(leg->invite_in);
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	if (sip) {
		record->invite = message_outline(sip, OUTLINE_MAX);
		str_copy(record->branch, sizeof(record->branch),
			 sip->sip_via->v_branch);
	}
	msg_destroy(msg);
	if (leg->state == LEG_ACCEPTING)
		record->answered = clock_wall_ms();
}

static void write_extras(const struct leg *leg, struct dialog *record)
{
	record->lines = mem_copy_text(leg->lines);
	str_copy(record->session_id, sizeof(record->session_id),
		 leg->session_id);
	str_copy(record->username, sizeof(record->username),
		 auth_username(leg->auth));
	str_copy(record->password, sizeof(record->password),
		 auth_password(leg->auth));
	if (leg->answered_ms)
		record->answered = leg->answered_ms;
}

static void write_record(const struct leg *leg, struct dialog *record)
{
	record->inbound = leg->inbound;
	record->established = is_established(leg);
	str_copy(record->leg, sizeof(record->leg), leg->id);
	str_copy(record->root, sizeof(record->root), leg->root);
	str_copy(record->account_sid, sizeof(record->account_sid),
		 leg->account_sid);
	str_copy(record->gateway, sizeof(record->gateway),
		 leg->gw->service->instance);
	str_copy(record->call_id, sizeof(record->call_id), leg->call_id);
	str_copy(record->local_tag, sizeof(record->local_tag), leg->local_tag);
	str_copy(record->remote_tag, sizeof(record->remote_tag),
		 nta_leg_get_rtag(leg->dialog));
	resolve_text((const struct sockaddr *)&leg->peer, record->source);
	record->local_uri = mem_copy_text(leg->local_uri);
	record->remote_uri = mem_copy_text(leg->remote_uri);
	record->remote_cseq = nta_leg_get_rseq(leg->dialog);
	record->local_cseq = nta_leg_get_seq(leg->dialog);
	record->transport = (int)leg->transport;
	str_copy(record->host, sizeof(record->host), leg->host);
	str_copy(record->remote_sdp, sizeof(record->remote_sdp),
		 leg->remote_sdp);
	session_write(leg, record);
	refer_write(leg, record);
	if (record->established)
		record->sdp = mem_copy_text(leg->sdp);
	if (record->established || leg->inbound) {
		write_routes(leg, record);
	} else {
		record->local_cseq = leg->cseq;
		record->target = mem_copy_text(leg->target);
		str_copy(record->branch, sizeof(record->branch), leg->branch);
	}
	if (leg->invite_in)
		write_invite(leg, record);
	write_extras(leg, record);
}

void store_put(struct leg *leg, void (*then)(struct leg *leg))
{
	struct dialog record = {.inbound = leg->inbound};
	struct wait *wait = NULL;
	char error[PROTO_ERROR_BYTES];
	write_record(leg, &record);
	char *json = proto_encode(&dialog_message, NULL, &record, error);
	proto_clear(&dialog_message, &record);
	if (!json) {
		log_error(leg->root, ERR_INTERNAL, "leg %s: no record: %s",
			  leg->id, error);
		return;
	}
	if (then) {
		wait = mem_new(1, sizeof(*wait));
		*wait = (struct wait){leg->gw, "", leg->state, then};
		str_copy(wait->id, sizeof(wait->id), leg->id);
	}
	if (!*leg->key)
		slots_take(leg->gw->slots, leg->key);
	bus_kv_put(leg->gw->service->bus, BUCKET, leg->key, json, strlen(json),
		   BUS_KV_ANY, then ? on_put : NULL, wait);
	free(json);
}

void store_delete(struct leg *leg)
{
	if (*leg->key)
		slots_give(leg->gw->slots, leg->key);
	leg->key[0] = '\0';
}

static void on_unused(void *owner, const char *key)
{
	const struct sipgw *gw = owner;
	bus_kv_forget(gw->service->bus, BUCKET, key);
}

void store_open(struct sipgw *gw)
{
	char prefix[SLOT_BYTES], process[ID_BYTES];
	id_random("KY", process);
	process[10] = '\0'; /* enough to differ from the one before */
	str_format(prefix, sizeof(prefix), "%s.%s", gw->service->instance,
		   process);
	gw->slots = slots_new(gw->service->loop, prefix, on_unused, gw);
}

void store_end(struct sipgw *gw)
{
	slots_end(gw->slots);
}

void store_close(struct sipgw *gw)
{
	gw->slots = slots_free(gw->slots);
}

/* --- reading --- */

static bool read_routes(struct leg *leg, const struct dialog *record)
{
	su_home_t *home = su_home_new(sizeof(*home));
	struct buf text = BUF_INIT(32768);
	sip_record_route_t *routes = NULL;
	sip_contact_t *target = NULL;
	for (uint32_t i = 0; i < record->routes_count; i++)
		buf_addf(&text, "%s%s", i ? ", " : "", record->routes[i].value);
	if (record->routes_count)
		routes = sip_record_route_make(home, buf_text(&text));
	if (record->target && (record->established || record->inbound))
		target = sip_contact_make(home, record->target);
	buf_free(&text);
	/* As stored, the set is in the order of use: nothing is reversed. */
	nta_leg_server_route(leg->dialog, routes, target);
	su_home_unref(home);
	return !record->routes_count || routes;
}

static enum leg_state state_of(const struct dialog *record)
{
	if (record->established)
		return LEG_UP;
	return record->inbound ? LEG_OFFERED : LEG_LOST;
}

static void read_leg(struct leg *leg, const struct dialog *record)
{
	int64_t age_ms = clock_wall_ms() - record->answered;
	session_read(leg, record);
	refer_read(leg, record);
	leg->transport = (enum sip_transport)record->transport;
	str_copy(leg->host, sizeof(leg->host), record->host);
	leg->call_id = mem_copy_text(record->call_id);
	leg->local_uri = mem_copy_text(record->local_uri);
	leg->remote_uri = mem_copy_text(record->remote_uri);
	leg->sdp = mem_copy_text(record->sdp);
	str_copy(leg->local_tag, sizeof(leg->local_tag), record->local_tag);
	str_copy(leg->remote_sdp, sizeof(leg->remote_sdp), record->remote_sdp);
	if (!record->inbound && !record->established) {
		leg->target = mem_copy_text(record->target);
		leg->cseq = (uint32_t)record->local_cseq;
		leg->resumed = true;
		str_copy(leg->branch, sizeof(leg->branch), record->branch);
	}
	leg->lines = mem_copy_text(record->lines);
	leg->auth = auth_new(record->username, record->password);
	str_copy(leg->session_id, sizeof(leg->session_id), record->session_id);
	if (record->invite &&
	    (!record->established || (age_ms >= 0 && age_ms < ANSWER_AGAIN_MS)))
		leg->outline = mem_copy_text(record->invite);
}

struct leg *store_restore(struct sipgw *gw, const char *key,
			  const struct dialog *record)
{
	struct leg *leg = leg_new(gw, record->leg, record->root,
				  record->account_sid, record->inbound);
	enum leg_state state = state_of(record);
	str_copy(leg->key, sizeof(leg->key), key);
	read_leg(leg, record);
	/* An INVITE that is resumed must have the very number it had. */
	uint32_t cseq = state == LEG_LOST
				? leg->cseq - 1
				: (uint32_t)record->local_cseq + CSEQ_MARGIN;
	if (resolve_read(record->source, &leg->peer) &&
	    (state != LEG_LOST || leg->target) &&
	    dialog_create(leg, *record->remote_tag ? record->remote_tag : NULL,
			  cseq, (uint32_t)record->remote_cseq) &&
	    read_routes(leg, record)) {
		metric_add(&restored, 1);
		leg_enter(leg, state);
		if (!leg->inbound)
			limits_resume(leg);
		if (state == LEG_UP && record->answered)
			limits_answered(leg, record->answered);
		if (state == LEG_UP)
			session_resume(leg);
		return leg;
	}
	metric_add(&unusable, 1);
	log_error(record->root, ERR_SIP_LOST,
		  "leg %s: its record cannot be used", record->leg);
	leg->end_error = ERR_SIP_LOST;
	report_ended(leg); /* the call must not wait for it */
	leg_over(leg);
	return NULL;
}
