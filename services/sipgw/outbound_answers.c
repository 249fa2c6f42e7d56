/*
 * outbound_answers.c - what comes back for our INVITE, and what follows of it:
 * ringing, the dialog, the next address or contact, the leg's failure.
 */
#include "services/sipgw/outbound_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "services/sipgw/attempts.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/message.h"
#include "services/sipgw/prack.h"
#include "services/sipgw/redirect.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"
#include "services/sipgw/tls.h"
#include "services/sipgw/tls_leg.h"

#include <stdlib.h>

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
void outbound_accept(struct leg *leg, const sip_t *sip, const char *branch)
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
		outbound_count_late();
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
	return outbound_try_next_contact(leg);
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
		outbound_call_again(leg);
		return true;
	}
	if (!internal && status == 422 && session_hear_refusal(leg, sip)) {
		outbound_call_again(leg);
		return true;
	}
	if (!attempts_left(leg) || (status != 503 && !internal))
		return follow(leg, sip, internal);
	char why[TLS_WHY_BYTES] = "";
	int error = internal ? why_silent(leg, status, why) : 0;
	attempts_end(leg, internal ? 0 : status,
		     internal ? "" : sip->sip_status->st_phrase, error, why);
	return outbound_try_next(leg);
}

void outbound_refuse(struct leg *leg, const sip_t *sip)
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
	outbound_fail(leg, &failed);
	for (uint32_t i = 0; i < failed.headers_count; i++)
		free(failed.headers[i].value);
	for (uint32_t i = 0; i < failed.contacts_count; i++)
		free(failed.contacts[i].uri);
}

int outbound_on_answered(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	(void)orq;
	int status = sip->sip_status->st_status;
	attempts_heard(leg);
	extra_hear(leg, sip);
	if (status < 200)
		ring(leg, sip);
	else if (status < 300)
		outbound_accept(leg, sip, NULL);
	else
		outbound_refuse(leg, sip);
	return 0;
}
