/*
 * outbound.c - outbound legs until they are answered or have failed; see
 * outbound.h.
 *
 * An address that refuses the connection, is silent or says 503 leads to the
 * next one of the target (attempts.c), with a new transaction. After a restart
 * the leg waits, LEG_LOST, for its dial (it goes on), its cancel (CANCEL goes
 * out with the old branch) or the callee's 200, which is taken as if nothing
 * had happened.
 */
#include "services/sipgw/outbound.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/attempts.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/early.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/invite.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/message.h"
#include "services/sipgw/prack.h"
#include "services/sipgw/redirect.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"
#include "services/sipgw/targets.h"
#include "services/sipgw/tls.h"
#include "services/sipgw/tls_leg.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(sent, "sip_invites_sent_total", "",
	       "INVITEs sent, tries and answered challenges counted.")
METRIC_COUNTER(resumed_total, "sip_invites_resumed_total", "",
	       "INVITEs of before a restart that went on.")
METRIC_COUNTER(late_total, "sip_late_answers_total", "",
	       "200s that came after the end: acknowledged and ended.")

void outbound_release(struct leg *leg)
{
	prack_release(leg);
	redirect_release(leg);
	proto_free(&dial_message, leg->dial);
	leg->dial = NULL;
	attempts_free(leg);
}

/* --- failure --- */

static void fail(struct leg *leg, struct failed *failed)
{
	str_copy(failed->leg, sizeof(failed->leg), leg->id);
	attempts_end(leg, (int)failed->status, failed->phrase,
		     (int)failed->error, failed->error_text);
	failed->attempts_count = attempts_tell(leg, failed->attempts);
	const char *why = attempts_why(leg, (int)failed->error);
	if (!why && !*failed->error_text)
		why = proto_error((int)failed->error)->advice;
	if (failed->error && why)
		str_copy(failed->error_text, sizeof(failed->error_text), why);
	if (failed->status && !*failed->phrase)
		str_copy(failed->phrase, sizeof(failed->phrase),
			 sip_status_phrase((int)failed->status));
	log_info(leg->root, "leg %s: failed, %d %s%s%s", leg->id,
		 (int)failed->status, failed->phrase, failed->error ? ": " : "",
		 failed->error_text);
	report_outcome(leg, REPORT_FAILED, &failed_message, failed);
	leg_over(leg);
}

void outbound_failed(struct leg *leg, int status, int error)
{
	struct failed failed = {.status = status, .error = error};
	fail(leg, &failed);
}

/* --- the INVITE --- */

static int on_answered(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip);
static bool try_next(struct leg *leg);

/* Nothing came from this address, and there is another one. Should it still
 * wake up, it is cancelled, or its 200 ended. */
static void on_silent(struct leg *leg)
{
	log_info(leg->root, "leg %s: no word in %d ms: the next address",
		 leg->id, ATTEMPT_SILENT_MS);
	attempts_end(leg, 0, "", ERR_SIP_TIMEOUT,
		     "Nothing came back; the next address was tried.");
	invite_cancel(leg, "");
	if (!try_next(leg))
		outbound_failed(leg, 0, ERR_SIP_TIMEOUT);
}

static void send_invite(struct leg *leg)
{
	if (!invite_send(leg, on_answered)) {
		outbound_failed(leg, 0, ERR_SIP_URI);
		return;
	}
	metric_add(&sent, 1);
	leg_enter(leg, LEG_CALLING);
	attempts_sent(leg, on_silent);
}

/* The next step to the callee: address and branch go on record first. */
static void call(struct leg *leg)
{
	char text[RESOLVE_TEXT_BYTES];
	resolve_text((struct sockaddr *)&leg->peer, text);
	log_info(leg->root, "leg %s: INVITE %s at %s over %s", leg->id,
		 leg->remote_uri, text,
		 proto_word(&sip_transport_set, (int)leg->transport));
	invite_branch(leg->gw, leg->call_id, leg->local_tag, leg->cseq,
		      leg->branch);
	leg_enter(leg, LEG_PREPARING);
	store_put(leg, send_invite);
}

static void call_again(struct leg *leg)
{
	nta_outgoing_destroy(leg->invite_out);
	leg->invite_out = NULL;
	leg->resumed = false;
	leg->cseq = nta_leg_get_seq(leg->dialog) + 1;
	call(leg);
}

/* The next address, as a new transaction (RFC 3263 4.3). False: there is none
 * that may be tried. */
static bool try_next(struct leg *leg)
{
	int error = 0;
	if (!attempts_next(leg, &error))
		return false;
	auth_begin(leg->auth); /* another server, other challenges */
	call_again(leg);
	return true;
}

static void on_resolved(void *owner, const char *id,
			const struct targets *targets);

/* The next contact of a 3xx is looked for. False: there is none. */
static bool try_next_contact(struct leg *leg)
{
	struct target_wish wish = {.seed = leg->gw->draws++};
	for (;;) {
		const char *uri = redirect_next(leg);
		if (!uri)
			return false;
		if (invite_redirect(leg, uri, &wish) == 0)
			break;
	}
	log_info(leg->root, "leg %s: redirected to %s", leg->id, leg->target);
	nta_outgoing_destroy(leg->invite_out);
	leg->invite_out = NULL;
	leg->resumed = false;
	leg->cseq = nta_leg_get_seq(leg->dialog) + 1;
	auth_begin(leg->auth);
	leg_enter(leg, LEG_RESOLVING);
	targets_find(leg->gw->resolver, &wish, on_resolved, leg->gw, leg->id);
	return true;
}

/* None of its addresses, if it has any, may be tried. */
static void go_elsewhere(struct leg *leg, int error)
{
	log_info(leg->root, "leg %s: %s leads nowhere: %s", leg->id,
		 leg->target, proto_error(error)->name);
	if (!redirect_was_followed(leg) || !try_next_contact(leg))
		outbound_failed(leg, 0, error);
}

static void on_resolved(void *owner, const char *id,
			const struct targets *targets)
{
	struct sipgw *gw = owner;
	struct leg *leg = leg_find(gw, id);
	int error = ERR_SIP_UNRESOLVED;
	if (!leg || leg->state != LEG_RESOLVING)
		return;
	attempts_set(leg, targets);
	if (attempts_next(leg, &error))
		call(leg);
	else
		go_elsewhere(leg, error);
}

/* A dial for an INVITE of before the restart: the same transaction goes on. */
static void resume(struct leg *leg, const struct dial *dial)
{
	metric_add(&resumed_total, 1);
	leg->dial = proto_new(&dial_message);
	proto_copy(&dial_message, dial, leg->dial);
	free(leg->sdp);
	leg->sdp = mem_copy_text(dial->sdp);
	attempts_set(leg, &(struct targets){.count = 0});
	call(leg);
}

void outbound_dial(void *daemon, const struct envelope *envelope,
		   const void *message)
{
	struct sipgw *gw = daemon;
	const struct dial *dial = message;
	struct leg *leg = leg_find(gw, dial->leg);
	struct target_wish wish = {.seed = gw->draws++};
	if (early_hold(gw, outbound_dial, &dial_message, envelope, message,
		       NULL))
		return;
	if (leg && leg->state == LEG_LOST) {
		resume(leg, dial);
		return;
	}
	if (leg) {
		if (leg->state != LEG_ANSWERED) /* it will be said soon */
			report_again(leg);
		return;
	}
	if (talk_is_late(&dial_message, envelope)) {
		report_refused(gw, envelope, dial->leg, &failed_message,
			       ERR_LATE);
		return;
	}
	leg = leg_new(gw, dial->leg, envelope->call_sid, envelope->account_sid,
		      false);
	leg->dial = proto_new(&dial_message);
	proto_copy(&dial_message, dial, leg->dial);
	int error = invite_prepare(leg, &wish);
	if (!error)
		error = limits_enter(leg);
	if (error) {
		outbound_failed(leg, 0, error);
		return;
	}
	leg_enter(leg, LEG_RESOLVING);
	targets_find(gw->resolver, &wish, on_resolved, gw, leg->id);
}

/* --- answers --- */

/* Told once, and once more when the first SDP comes later. */
static void ring(struct leg *leg, const sip_t *sip)
{
	struct ringing ringing = {.status = sip->sip_status->st_status};
	if (ringing.status == 100 || !prack_hear(leg, sip))
		return;
	if (leg->state == LEG_CALLING)
		leg_enter(leg, LEG_RINGING);
	if (leg->state != LEG_RINGING)
		return;
	if (!leg->rung_sdp)
		message_body(sip, &ringing.sdp);
	if (!leg->rung || ringing.sdp) {
		str_copy(ringing.leg, sizeof(ringing.leg), leg->id);
		message_phrase(sip, ringing.phrase, sizeof(ringing.phrase));
		log_debug(leg->root, "leg %s: %d %s%s", leg->id,
			  (int)ringing.status, ringing.phrase,
			  ringing.sdp ? ", early media" : "");
		report_event(leg,
			     leg->rung ? REPORT_RINGING_SDP : REPORT_RINGING,
			     &ringing_message, &ringing);
		leg->rung = true;
		leg->rung_sdp = ringing.sdp != NULL;
	}
	free(ringing.sdp);
}

void outbound_say_answered(struct leg *leg)
{
	report_again(leg);
	leg_enter(leg, LEG_UP);
}

static void keep_answered(struct leg *leg, const sip_t *sip)
{
	struct answered answered = {.status = sip->sip_status->st_status};
	str_copy(answered.leg, sizeof(answered.leg), leg->id);
	attempts_end(leg, (int)answered.status, sip->sip_status->st_phrase, 0,
		     "");
	answered.attempts_count = attempts_tell(leg, answered.attempts);
	if (answered.attempts_count == 1)
		answered.attempts_count = 0;
	resolve_text((const struct sockaddr *)&leg->peer, answered.peer);
	message_phrase(sip, answered.phrase, sizeof(answered.phrase));
	message_body(sip, &answered.sdp);
	if (!answered.sdp) /* it came before, reliably */
		proto_set_long(&answered.sdp,
			       prack_sdp(leg, sip->sip_to->a_tag));
	answered.headers_count = message_headers(
		sip, answered.headers,
		sizeof(answered.headers) / sizeof(answered.headers[0]));
	if (answered.sdp)
		message_digest(answered.sdp, leg->remote_sdp);
	report_keep(leg, &answered_message, &answered);
	proto_clear(&answered_message, &answered);
}

/* The 200: 'branch' is that of the INVITE if nta does not have it. */
static void accept_call(struct leg *leg, const sip_t *sip, const char *branch)
{
	prack_skip(leg);
	nta_leg_rtag(leg->dialog, sip->sip_to->a_tag);
	nta_leg_client_reroute(leg->dialog, sip->sip_record_route,
			       sip->sip_contact, 1);
	dialog_ack(leg, sip->sip_cseq->cs_seq, branch);
	nta_outgoing_destroy(leg->invite_out);
	leg->invite_out = NULL;
	if (leg->state == LEG_CANCELLING) {
		log_info(leg->root, "leg %s: 200 crossed the CANCEL", leg->id);
		metric_add(&late_total, 1);
		leg->cancelled = true;
		leg->end_status = sip->sip_status->st_status;
		dialog_end(leg);
		return;
	}
	log_info(leg->root, "leg %s: %d answered", leg->id,
		 sip->sip_status->st_status);
	keep_answered(leg, sip);
	session_hear_answer(leg, sip);
	outbound_release(leg);
	leg_enter(leg, LEG_ANSWERED);
	limits_answered(leg, clock_wall_ms());
	store_put(leg, outbound_say_answered);
}

/* nta's own answer: an error number, and more about it, if there is
 * (TLS_WHY_BYTES). */
static int why_silent(const struct leg *leg, int status, char *text)
{
	int error = status == 408 ? ERR_SIP_TIMEOUT : ERR_SIP_UNREACHABLE;
	if (status == 503 && leg->transport == SIP_TLS)
		return tls_leg_why(leg, text);
	return error;
}

/* Another target, by a 3xx of now or of before. */
static bool follow(struct leg *leg, const sip_t *sip, bool internal)
{
	int status = sip->sip_status->st_status;
	if (!internal && status / 100 == 3 && leg->dial->follow_redirects)
		redirect_hear(leg, sip);
	/* RFC 3261 16.7: 6xx is everybody's answer. */
	if (status >= 600 || !redirect_was_followed(leg))
		return false;
	attempts_end(leg, internal ? 0 : status,
		     internal ? "" : sip->sip_status->st_phrase, 0, "");
	return try_next_contact(leg);
}

/* Another try: with credentials, or at the next address if this one is away or
 * cannot serve us (RFC 3263 4.3). */
static bool try_again(struct leg *leg, const sip_t *sip, bool internal)
{
	int status = sip->sip_status->st_status;
	if (leg->state == LEG_CANCELLING || !leg->dial)
		return false;
	if (!internal && (status == 401 || status == 407)) {
		if (!auth_challenged(leg->auth, sip))
			return false;
		call_again(leg);
		return true;
	}
	if (!internal && status == 422 && session_hear_refusal(leg, sip)) {
		call_again(leg);
		return true;
	}
	if (!attempts_left(leg) || (status != 503 && !internal))
		return follow(leg, sip, internal);
	char why[TLS_WHY_BYTES] = "";
	int error = internal ? why_silent(leg, status, why) : 0;
	attempts_end(leg, internal ? 0 : status,
		     internal ? "" : sip->sip_status->st_phrase, error, why);
	return try_next(leg);
}

static void refuse_call(struct leg *leg, const sip_t *sip)
{
	bool internal = nta_sip_is_internal(sip);
	struct failed failed = {.status = sip->sip_status->st_status};
	if (try_again(leg, sip, internal))
		return;
	if (leg->state == LEG_CANCELLING && internal) {
		failed.status = 487;
	} else if (internal) {
		failed.error =
			why_silent(leg, (int)failed.status, failed.error_text);
	} else {
		if (leg->auth && (failed.status == 401 || failed.status == 407))
			failed.error = ERR_SIP_CREDENTIALS;
		if (failed.status / 100 == 3) {
			failed.contacts_count = redirect_contacts(
				sip, failed.contacts,
				sizeof(failed.contacts) /
					sizeof(failed.contacts[0]));
			if (redirect_was_followed(leg))
				failed.error = ERR_SIP_REDIRECTS;
		}
		message_phrase(sip, failed.phrase, sizeof(failed.phrase));
		failed.headers_count = message_headers(
			sip, failed.headers,
			sizeof(failed.headers) / sizeof(failed.headers[0]));
	}
	if (leg->end_error)
		failed.error = leg->end_error;
	fail(leg, &failed);
	for (uint32_t i = 0; i < failed.headers_count; i++)
		free(failed.headers[i].value);
	for (uint32_t i = 0; i < failed.contacts_count; i++)
		free(failed.contacts[i].uri);
}

static int on_answered(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	(void)orq;
	int status = sip->sip_status->st_status;
	attempts_heard(leg);
	extra_hear(leg, sip);
	if (status < 200)
		ring(leg, sip);
	else if (status < 300)
		accept_call(leg, sip, NULL);
	else
		refuse_call(leg, sip);
	return 0;
}

/* --- answers without a transaction --- */

/* A 200 to an INVITE of ours (the branch proves it) whose leg is over: no ghost
 * may stay. */
static void end_ghost(struct sipgw *gw, msg_t *msg, const sip_t *sip)
{
	char branch[INVITE_BRANCH_BYTES];
	struct leg ghost = {.gw = gw, .state = LEG_OVER};
	invite_branch(gw, sip->sip_call_id->i_id, sip->sip_from->a_tag,
		      sip->sip_cseq->cs_seq, branch);
	if (!str_equal(branch, sip->sip_via->v_branch) ||
	    sip->sip_via->v_next || !agent_source(msg, &ghost.peer))
		return;
	metric_add(&late_total, 1);
	log_info(NULL, "late 200 for Call-ID %s: ended",
		 sip->sip_call_id->i_id);
	ghost.transport = agent_transport(gw, msg);
	ghost.tls_link = tls_link_of(gw->tls, msg);
	ghost.dialog = nta_leg_tcreate(
		gw->agent, NULL, NULL, SIPTAG_CALL_ID(sip->sip_call_id),
		SIPTAG_FROM(sip->sip_from), SIPTAG_TO(sip->sip_to),
		SIPTAG_CSEQ(sip->sip_cseq), TAG_END());
	if (!ghost.dialog)
		return;
	nta_leg_client_reroute(ghost.dialog, sip->sip_record_route,
			       sip->sip_contact, 1);
	dialog_ack(&ghost, sip->sip_cseq->cs_seq, branch);
	dialog_bye_ghost(&ghost);
	nta_leg_destroy(ghost.dialog);
}

static void stray_of_leg(struct leg *leg, const sip_t *sip)
{
	int status = sip->sip_status->st_status;
	bool open = leg->state == LEG_LOST || leg->state == LEG_RESOLVING ||
		    leg->state == LEG_PREPARING || leg->state == LEG_CANCELLING;
	if (session_hear_again(leg, sip))
		return;
	if (leg->inbound || sip->sip_cseq->cs_seq != leg->cseq)
		return;
	if (status >= 300 && open) {
		invite_ack_lost(leg, sip);
		if (leg->state == LEG_LOST || leg->state == LEG_CANCELLING)
			refuse_call(leg, sip);
	} else if (status >= 200 && status < 300 && open) {
		accept_call(leg, sip, sip->sip_via->v_branch);
	} else if (status >= 200 && status < 300 &&
		   (leg->state == LEG_UP || leg->state == LEG_ANSWERED)) {
		dialog_ack(leg, leg->cseq, sip->sip_via->v_branch);
	}
}

void outbound_stray(struct sipgw *gw, msg_t *msg, const sip_t *sip)
{
	const char *to_tag = sip->sip_to ? sip->sip_to->a_tag : NULL;
	const char *from_tag = sip->sip_from ? sip->sip_from->a_tag : NULL;
	if (sip->sip_cseq && sip->sip_cseq->cs_method == sip_method_invite &&
	    sip->sip_call_id && sip->sip_via && to_tag && from_tag) {
		nta_leg_t *dialog =
			nta_leg_by_dialog(gw->agent, NULL, sip->sip_call_id,
					  to_tag, NULL, from_tag, NULL);
		struct leg *leg =
			dialog ? nta_leg_magic(dialog, dialog_request) : NULL;
		bool other = leg && !leg->inbound && !leg_is_over(leg) &&
			     sip->sip_cseq->cs_seq < leg->cseq;
		if (leg && !other)
			stray_of_leg(leg, sip);
		else if (sip->sip_status->st_status / 100 == 2)
			end_ghost(gw, msg, sip); /* or given up for the next */
	}
	msg_destroy(msg);
}

/* --- giving up --- */

void outbound_give_up(struct leg *leg, const char *reason)
{
	/* For the BYE too, should a 200 have crossed this. */
	leg->end_by = LEG_END_LOCAL;
	if (!leg->end_reason[0])
		words_value(reason, strlen(reason), leg->end_reason,
			    sizeof(leg->end_reason));
	switch (leg->state) {
	case LEG_RESOLVING: outbound_failed(leg, 487, 0); return;
	case LEG_PREPARING:
		if (!leg->resumed) {
			outbound_failed(leg, 487, 0);
			return;
		}
		__attribute__((fallthrough));
	case LEG_LOST:
		leg_enter(leg, LEG_CANCELLING);
		invite_cancel_lost(leg, reason);
		return;
	case LEG_CALLING:
	case LEG_RINGING:
		leg_enter(leg, LEG_CANCELLING);
		invite_cancel(leg, reason);
		return;
	case LEG_ANSWERED:
	case LEG_UP: /* the 200 crossed the command */
		metric_add(&late_total, 1);
		leg->cancelled = true;
		leg->end_status = 200;
		leg->end_by = LEG_END_LOCAL;
		dialog_end(leg);
		return;
	case LEG_ENDING:
		leg->cancelled = true;
		if (!leg->end_status)
			leg->end_status = 200;
		return;
	case LEG_OVER: report_again(leg); return;
	case LEG_NEW:
	case LEG_OFFERED:
	case LEG_ACCEPTING:
	case LEG_ACCEPTED:
	case LEG_CANCELLING:
	case LEG_STATES: return; /* its outcome is on its way */
	}
}

void outbound_cancel(void *daemon, const struct envelope *envelope,
		     const void *message)
{
	struct sipgw *gw = daemon;
	const struct cancel *cancel = message;
	struct leg *leg = leg_find(gw, cancel->leg);
	if (early_hold(gw, outbound_cancel, &cancel_message, envelope, message,
		       NULL))
		return;
	if (!leg)
		report_refused(gw, envelope, cancel->leg, &failed_message,
			       ERR_SIP_LOST);
	else if (leg->inbound)
		log_warn(leg->root, 0, "leg %s: cancel of an inbound leg",
			 leg->id);
	else
		outbound_give_up(leg, cancel->reason);
}

/* --- limits --- */

void outbound_unresolved(struct leg *leg)
{
	outbound_failed(leg, 0, ERR_SIP_UNRESOLVED);
}

void outbound_unsent(struct leg *leg)
{
	if (leg->resumed) {
		outbound_unclaimed(leg);
		return;
	}
	outbound_failed(leg, 0, ERR_LATE);
}

void outbound_uncancelled(struct leg *leg)
{
	outbound_failed(leg, 487, leg->end_error);
}

void outbound_unclaimed(struct leg *leg)
{
	leg->end_error = ERR_SIP_LOST;
	leg_enter(leg, LEG_CANCELLING);
	invite_cancel_lost(leg, "");
}
