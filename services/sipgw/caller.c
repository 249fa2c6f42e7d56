/*
 * caller.c - inbound legs; see caller.h.
 *
 * 100 Trying ends the repeats of the INVITE over UDP: a caller who has it and
 * is forgotten waits for ever. So it is sent once his leg is on record, which
 * is asked for only when no final answer came within TRYING_AFTER_MS: most
 * calls are answered sooner, and need neither 100 nor that record. RFC 3261
 * 17.2.1 wants 100 within 200 ms; the first repeat comes after 500 ms. Who has
 * no 100 when sipgw dies sends his INVITE again, which is the same call; over
 * TCP he sees his connection go.
 *
 * nta repeats the 200 until the ACK comes (timer H: 32 s) and answers CANCEL by
 * itself, with 487 to the INVITE, while there is no final answer.
 */
#include "services/sipgw/caller.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/admit.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/early.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"
#include "services/sipgw/tls.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

#define TRYING_AFTER_MS 150
#define COPIES_MS 40000    /* so long after the start may an INVITE be a copy */
#define EXPIRES_MAX_S 3600 /* longer than anybody is left waiting */
#define LOGIC 1            /* of the interpreter, for calls that begin now */

METRIC_COUNTER(cancelled, "sip_cancelled_total", "",
	       "Inbound INVITEs that the caller gave up.")

/* CallSid ("CA") or our tag ("LT") of the INVITE. */
static bool derive(struct sipgw *gw, const sip_t *sip, const char *prefix,
		   char *id_out)
{
	const char *tag = sip->sip_from->a_tag;
	const char *branch = sip->sip_via->v_branch;
	if (!tag || !branch)
		return false;
	id_keyed(prefix, gw->service->secret, sip->sip_call_id->i_id, tag,
		 branch, id_out);
	return true;
}

bool caller_is_known(struct sipgw *gw, const sip_t *sip)
{
	char id[ID_BYTES];
	return derive(gw, sip, "CA", id) && leg_find(gw, id);
}

/* He waits no longer. */
static void given_up(struct leg *leg)
{
	metric_add(&cancelled, 1);
	leg->end_by = LEG_END_REMOTE;
	leg->end_status = 487;
	report_ended(leg);
	leg_over(leg);
}

static int on_ack_or_cancel(struct leg *leg, nta_incoming_t *irq,
			    const sip_t *sip)
{
	(void)irq;
	if (!sip) { /* timer H */
		if (leg->state == LEG_ACCEPTED)
			caller_unconfirmed(leg);
		return 0;
	}
	if (sip->sip_request->rq_method == sip_method_ack) {
		caller_confirmed(leg, sip);
	} else if (leg->state == LEG_OFFERED || leg->state == LEG_ACCEPTING) {
		message_reason(sip, leg->end_reason, sizeof(leg->end_reason));
		given_up(leg); /* nta sends the 487 after this */
	}
	return 0;
}

/* The server transaction: takes the message over. */
static bool attach(struct leg *leg, msg_t *msg, sip_t *sip,
		   struct tport_s *transport)
{
	leg->invite_in = nta_incoming_create(
		leg->gw->agent, leg->dialog, msg, sip,
		TAG_IF(transport, NTATAG_TPORT(transport)), TAG_END());
	if (!leg->invite_in)
		return false;
	/* nta would send its 100 whether or not we have a record. */
	nta_incoming_set_params(leg->invite_in, NTATAG_EXTRA_100(0), TAG_END());
	nta_incoming_bind(leg->invite_in, on_ack_or_cancel, leg);
	return true;
}

static void send_trying(struct leg *leg)
{
	char *lines = extra_reply(leg);
	nta_incoming_treply(leg->invite_in, SIP_100_TRYING,
			    SIPTAG_HEADER_STR(lines), TAG_END());
	free(lines);
}

/* A leg that is on record has its transaction again. */
static bool attach_again(struct leg *leg, msg_t *msg, sip_t *sip,
			 struct tport_s *transport)
{
	if (!attach(leg, msg, sip, transport))
		return false;
	send_trying(leg);
	return true;
}

/* The document of the number, or the installation's if nobody configured it. */
static void tell_document(const struct settings *settings,
			  const struct number_config *number,
			  struct incoming *incoming)
{
	const char *url = number ? number->voice_url : settings->voice_url;
	const char *fallback =
		number ? number->fallback_url : settings->fallback_url;
	char api_url[SETTINGS_API_URL_BYTES];
	settings_api_url(settings, api_url);
	if (*api_url)
		proto_set_long(&incoming->api_url, api_url);
	incoming->strict = str_equal(settings->markup_strict, "yes");
	incoming->dialect = proto_value(&dialect_name_set, settings->dialect);
	if (number && number->dialect)
		incoming->dialect = number->dialect;
	if (!url || !*url)
		return;
	if (fallback && *fallback) {
		proto_set_long(&incoming->fallback_url, fallback);
		incoming->fallback_method =
			number ? number->fallback_method
			       : proto_value(&http_method_set,
					     settings->fallback_method);
	}
	proto_set_long(&incoming->voice_url, url);
	incoming->voice_method =
		number ? number->voice_method
		       : proto_value(&http_method_set, settings->voice_method);
}

static int64_t limit_of(int64_t account, int64_t house)
{
	return account ? account : house;
}

/* What documents may ask for: the account's word, or the installation's. */
static void tell_limits(const struct settings *settings,
			const struct account_config *account,
			struct incoming *incoming)
{
	static const struct account_config nothing;
	account = account ? account : &nothing;
	incoming->dial_max = limit_of(account->dial_max, settings->dial_max);
	incoming->sip_uri_max =
		limit_of(account->sip_uri_max, settings->sip_uri_max);
	incoming->sip_headers_max =
		limit_of(account->sip_headers_max, settings->sip_headers_max);
}

static void tell_incoming(struct leg *leg, const struct number_config *number,
			  struct incoming *incoming)
{
	const struct service *service = leg->gw->service;
	const struct settings *settings = &service->settings;
	const struct account_config *account = leg_account(leg);
	str_copy(incoming->leg, sizeof(incoming->leg), leg->id);
	str_copy(incoming->gateway, sizeof(incoming->gateway),
		 service->instance);
	cidr_text((const struct sockaddr *)&leg->peer, incoming->source_ip);
	incoming->transport = (int)leg->transport;
	incoming->logic = LOGIC;
	if (account)
		incoming->media_secure = account->media_secure;
	tell_limits(settings, account, incoming);
	tell_document(settings, number, incoming);
	log_info(leg->root, "INVITE from %s, %s to %s", incoming->source_ip,
		 incoming->from_uri, incoming->to_uri);
	report_incoming(leg, incoming,
			clock_mono_ms() < leg->gw->opened_ms + COPIES_MS);
}

/* RFC 3261 12.1.1: our Contact is one as well, then. */
static bool is_sips(const sip_t *sip)
{
	const sip_record_route_t *route = sip->sip_record_route;
	return sip->sip_request->rq_url->url_type == url_sips ||
	       sip->sip_contact->m_url->url_type == url_sips ||
	       (route && route->r_url->url_type == url_sips);
}

/* The leg of an INVITE that was read; NULL: its Contact cannot be used. */
static struct leg *make_leg(struct sipgw *gw, const char *id, msg_t *msg,
			    const sip_t *sip, const char *account_sid,
			    const struct incoming *incoming)
{
	char *target = message_address(sip->sip_contact->m_url, 2048);
	char *local = message_name(sip->sip_to->a_url, 1024);
	char *remote = message_name(sip->sip_from->a_url, 2048);
	struct leg *leg = NULL;
	if (target && local && remote) {
		leg = leg_new(gw, id, id, account_sid, true);
		extra_hear(leg, sip);
		leg->transport = agent_transport(gw, msg);
		agent_source(msg, &leg->peer);
		leg->tls_link = tls_link_of(gw->tls, msg);
		leg->sips = is_sips(sip);
		leg->call_id = mem_copy_text(sip->sip_call_id->i_id);
		leg->local_uri = local;
		leg->remote_uri = remote;
		derive(gw, sip, "LT", leg->local_tag);
		if (incoming->offer)
			message_digest(incoming->offer, leg->remote_sdp);
		session_hear_request(leg, sip);
		dialog_create(leg, sip->sip_from->a_tag, 1,
			      sip->sip_cseq->cs_seq);
		nta_leg_server_route(leg->dialog, sip->sip_record_route,
				     sip->sip_contact);
	} else {
		free(local);
		free(remote);
	}
	free(target);
	return leg;
}

/* A copy of an INVITE after a restart: its transaction is here no longer. */
static enum caller_taken take_copy(struct leg *leg, msg_t *msg, sip_t *sip)
{
	if (leg->state != LEG_OFFERED || leg->invite_in)
		return CALLER_COPY;
	log_info(leg->root, "the INVITE came again after the restart");
	attach_again(leg, msg, sip, NULL);
	return CALLER_TAKEN;
}

static void on_still_waiting(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	if (leg->state == LEG_OFFERED)
		store_put(leg, send_trying);
}

/* RFC 3261 13.3.1: like a CANCEL. */
static void on_impatient(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	log_info(leg->root, "leg %s: the INVITE has expired", leg->id);
	extra_answer(leg, leg->invite_in, 487, NULL, NULL);
	given_up(leg);
}

/* What happens to the caller while he waits for an answer. */
static void start_waiting(struct leg *leg, const sip_t *sip)
{
	struct loop *loop = leg->gw->service->loop;
	const sip_expires_t *expires = sip->sip_expires;
	leg->record.due = on_still_waiting;
	leg->record.owner = leg;
	loop_timer_start(loop, &leg->record, TRYING_AFTER_MS);
	leg->patience.due = on_impatient;
	leg->patience.owner = leg;
	if (expires && expires->ex_delta > 0 &&
	    expires->ex_delta < EXPIRES_MAX_S)
		loop_timer_start(loop, &leg->patience,
				 (int64_t)expires->ex_delta * 1000);
}

enum caller_taken caller_take(struct sipgw *gw, msg_t *msg, sip_t *sip,
			      const struct admission *admission,
			      const char **wrong_out)
{
	char id[ID_BYTES];
	struct incoming incoming = {.logic = LOGIC};
	if (!derive(gw, sip, "CA", id))
		return CALLER_MALFORMED;
	struct leg *leg = leg_find(gw, id);
	if (leg)
		return take_copy(leg, msg, sip);
	*wrong_out = message_read_invite(sip, &incoming);
	if (!*wrong_out) {
		leg = make_leg(gw, id, msg, sip, admission->account_sid,
			       &incoming);
		*wrong_out = "Bad Contact Header";
	}
	if (leg && leg->dialog && attach(leg, msg, sip, NULL)) {
		leg_enter(leg, LEG_OFFERED);
		tell_incoming(leg, admission->number, &incoming);
		start_waiting(leg, sip);
		early_appeared(gw, leg->id);
	} else if (leg) {
		log_warn(id, ERR_INTERNAL, "no transaction for an INVITE");
		leg_over(leg);
	}
	proto_clear(&incoming_message, &incoming);
	return leg ? CALLER_TAKEN : CALLER_MALFORMED;
}

bool caller_resume(struct leg *leg, const char *outline)
{
	struct sipgw *gw = leg->gw;
	msg_t *msg = msg_make(sip_default_mclass(), 0, outline,
			      (ssize_t)strlen(outline));
	sip_t *sip = msg ? sip_object(msg) : NULL;
	tport_t *transport = tport_by_protocol(
		nta_agent_tports(gw->agent),
		proto_word(&sip_transport_set, (int)leg->transport));
	if (!sip || !sip->sip_request || !sip->sip_via || !sip->sip_cseq ||
	    !sip->sip_from || !sip->sip_to || !sip->sip_call_id) {
		msg_destroy(msg);
		return false;
	}
	/* The connection is gone: the answer goes where his Via says. */
	if (leg->transport != SIP_UDP)
		msg_header_remove_param(sip->sip_via->v_common, "rport");
	if (leg->state == LEG_OFFERED)
		return attach_again(leg, msg, sip, transport);
	/* Our 200 may have been lost: it is sent again until the ACK. */
	leg->invite_in =
		nta_incoming_create(gw->agent, leg->dialog, msg, sip,
				    NTATAG_TPORT(transport), TAG_END());
	dialog_reply_sdp(leg, leg->invite_in);
	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	return true;
}

/* --- commands --- */

static void send_answer(struct leg *leg)
{
	dialog_reply_sdp(leg, leg->invite_in);
	log_debug(leg->root, "leg %s: 200 sent", leg->id);
	leg_enter(leg, LEG_ACCEPTED);
	session_begin(leg);
}

void caller_answer(void *daemon, const struct envelope *envelope,
		   const void *message)
{
	struct sipgw *gw = daemon;
	const struct answer *answer = message;
	struct leg *leg = leg_find(gw, answer->leg);
	if (early_hold(gw, caller_answer, &answer_message, envelope, message,
		       answer->leg))
		return;
	if (!leg) {
		report_refused(gw, envelope, answer->leg, &ended_message,
			       ERR_SIP_LOST);
	} else if (leg->state == LEG_UP && leg->inbound && !leg->said) {
		struct confirmed confirmed = {.sdp = NULL}; /* restored */
		str_copy(confirmed.leg, sizeof(confirmed.leg), leg->id);
		report_outcome(leg, REPORT_CONFIRMED, &confirmed_message,
			       &confirmed);
	} else if (leg->state != LEG_OFFERED) {
		report_again(leg);
	} else if (!leg->invite_in) { /* restored, and cannot be answered */
		leg->end_error = ERR_SIP_LOST;
		report_ended(leg);
		leg_over(leg);
	} else if (talk_is_late(&answer_message, envelope)) {
		leg->end_error = ERR_LATE;
		caller_refuse(leg, SIP_503_SERVICE_UNAVAILABLE, NULL);
	} else {
		free(leg->sdp);
		leg->sdp = mem_copy_text(answer->sdp);
		leg_enter(leg, LEG_ACCEPTING);
		store_put(leg, send_answer);
	}
}

/* RFC 3262 3: no answer above 100 may reach him but a reliable one, of which we
 * have none. */
static bool is_told_100_alone(const struct leg *leg)
{
	msg_t *msg = nta_incoming_getrequest(leg->invite_in);
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	bool alone = sip && sip_has_feature(sip->sip_require, "100rel");
	msg_destroy(msg);
	return alone;
}

/* Like 100, it is a promise: it follows the record. */
static void send_alert(struct leg *leg)
{
	const char *sdp = leg->alert == 183 ? leg->sdp : NULL;
	if (leg->state != LEG_OFFERED || !leg->invite_in ||
	    is_told_100_alone(leg))
		return;
	char *lines = extra_reply(leg);
	nta_incoming_treply(
		leg->invite_in, leg->alert, sip_status_phrase(leg->alert),
		SIPTAG_CONTACT_STR(agent_contact(leg)),
		SIPTAG_HEADER_STR(lines),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
	free(lines);
	log_debug(leg->root, "leg %s: %d sent", leg->id, leg->alert);
}

void caller_alert(void *daemon, const struct envelope *envelope,
		  const void *message)
{
	struct sipgw *gw = daemon;
	const struct alerting *alerting = message;
	struct leg *leg = leg_find(gw, alerting->leg);
	(void)envelope;
	if (!leg || leg->state != LEG_OFFERED || !leg->invite_in)
		return;
	leg->alert = (int)alerting->status;
	if (alerting->sdp) {
		free(leg->sdp);
		leg->sdp = mem_copy_text(alerting->sdp);
	}
	store_put(leg, send_alert);
}

void caller_reject(void *daemon, const struct envelope *envelope,
		   const void *message)
{
	struct sipgw *gw = daemon;
	const struct reject *reject = message;
	struct leg *leg = leg_find(gw, reject->leg);
	char phrase[129] = "", header[32];
	if (early_hold(gw, caller_reject, &reject_message, envelope, message,
		       reject->leg))
		return;
	if (!leg) {
		report_refused(gw, envelope, reject->leg, &ended_message,
			       ERR_SIP_LOST);
		return;
	}
	if (leg->state != LEG_OFFERED) {
		report_again(leg);
		return;
	}
	if (talk_is_late(&reject_message, envelope))
		leg->end_error = ERR_LATE;
	words_value(reject->phrase, strlen(reject->phrase), phrase,
		    sizeof(phrase));
	str_format(header, sizeof(header), "Retry-After: %d",
		   (int)reject->retry_after);
	caller_refuse(leg, (int)reject->status, *phrase ? phrase : NULL,
		      reject->retry_after ? header : NULL);
}

void caller_refuse(struct leg *leg, int status, const char *phrase,
		   const char *header)
{
	if (leg->invite_in)
		extra_answer(leg, leg->invite_in, status, phrase, header);
	leg->end_by = LEG_END_LOCAL;
	leg->end_status = status;
	report_ended(leg);
	leg_over(leg);
}

void caller_confirmed(struct leg *leg, const sip_t *sip)
{
	struct confirmed confirmed = {.sdp = NULL};
	if (leg->state != LEG_ACCEPTED)
		return;
	str_copy(confirmed.leg, sizeof(confirmed.leg), leg->id);
	if (sip)
		message_body(sip, &confirmed.sdp);
	if (confirmed.sdp)
		message_digest(confirmed.sdp, leg->remote_sdp);
	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	leg_enter(leg, LEG_UP);
	log_debug(leg->root, "leg %s: confirmed", leg->id);
	report_outcome(leg, REPORT_CONFIRMED, &confirmed_message, &confirmed);
	proto_clear(&confirmed_message, &confirmed);
	if (leg->ends_confirmed)
		dialog_end(leg);
}

/* --- limits --- */

void caller_expired(struct leg *leg)
{
	leg->end_error = ERR_LATE;
	caller_refuse(leg, SIP_480_TEMPORARILY_UNAVAILABLE, NULL);
}

void caller_unconfirmed(struct leg *leg)
{
	leg->end_error = ERR_SIP_NO_ACK;
	dialog_end(leg);
}
