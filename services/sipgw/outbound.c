/*
 * outbound.c - outbound legs until they are answered or have failed: dialling,
 * the next try, failure, giving up; see outbound.h.
 *
 * An address that refuses the connection, is silent or says 503 leads to the
 * next one of the target (attempts.c), with a new transaction. After a restart
 * the leg waits, LEG_LOST, for its dial (it goes on), its cancel (CANCEL goes
 * out with the old branch) or the callee's 200, which is taken as if nothing
 * had happened.
 */
#include "services/sipgw/outbound_private.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "services/sipgw/attempts.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/early.h"
#include "services/sipgw/invite.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/prack.h"
#include "services/sipgw/redirect.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"
#include "services/sipgw/targets.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(sent, "sip_invites_sent_total", "",
	       "INVITEs sent, tries and answered challenges counted.")
METRIC_COUNTER(resumed_total, "sip_invites_resumed_total", "",
	       "INVITEs of before a restart that went on.")
METRIC_COUNTER(late_total, "sip_late_answers_total", "",
	       "200s that came after the end: acknowledged and ended.")

void outbound_count_late(void)
{
	metric_add(&late_total, 1);
}

void outbound_release(struct leg *leg)
{
	prack_release(leg);
	redirect_release(leg);
	proto_free(&dial_message, leg->dial);
	leg->dial = NULL;
	attempts_free(leg);
}

/* --- failure --- */

void outbound_fail(struct leg *leg, struct failed *failed)
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
	outbound_fail(leg, &failed);
}

/* --- the INVITE --- */

/* Nothing came from this address, and there is another one. Should it still
 * wake up, it is cancelled, or its 200 ended. */
static void on_silent(struct leg *leg)
{
	log_info(leg->root, "leg %s: no word in %d ms: the next address",
		 leg->id, ATTEMPT_SILENT_MS);
	attempts_end(leg, 0, "", ERR_SIP_TIMEOUT,
		     "Nothing came back; the next address was tried.");
	invite_cancel(leg, "");
	if (!outbound_try_next(leg))
		outbound_failed(leg, 0, ERR_SIP_TIMEOUT);
}

static void send_invite(struct leg *leg)
{
	if (!invite_send(leg, outbound_on_answered)) {
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

void outbound_call_again(struct leg *leg)
{
	nta_outgoing_destroy(leg->invite_out);
	leg->invite_out = NULL;
	leg->resumed = false;
	leg->cseq = nta_leg_get_seq(leg->dialog) + 1;
	call(leg);
}

/* The next address, as a new transaction (RFC 3263 4.3). False: there is none
 * that may be tried. */
bool outbound_try_next(struct leg *leg)
{
	int error = 0;
	if (!attempts_next(leg, &error))
		return false;
	auth_begin(leg->auth); /* another server, other challenges */
	outbound_call_again(leg);
	return true;
}

static void on_resolved(void *owner, const char *id,
			const struct targets *targets);

/* The next contact of a 3xx is looked for. False: there is none. */
bool outbound_try_next_contact(struct leg *leg)
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
	if (!redirect_was_followed(leg) || !outbound_try_next_contact(leg))
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
		outbound_count_late();
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
