/*
 * offer.c - the other side's re-INVITE and UPDATE; see offer.h.
 */
#include "services/sipgw/offer.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/early.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/prack.h"
#include "services/sipgw/report.h"
#include "services/sipgw/session.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"

#include <stdlib.h>
#include <string.h>

#include <sofia-sip/su_uniqueid.h>

#define INVITE_LIMIT_MS 30000
#define UPDATE_LIMIT_MS 10000 /* RFC 3311 5.2: to be answered at once */

METRIC_COUNTER(refreshes, "sip_reinvites_total", "result=\"refreshed\"",
	       "INVITEs and UPDATEs inside a dialog.")
METRIC_COUNTER(offers, "sip_reinvites_total", "result=\"told\"",
	       "INVITEs and UPDATEs inside a dialog.")
METRIC_COUNTER(answers, "sip_reinvites_total", "result=\"answered anew\"",
	       "INVITEs and UPDATEs inside a dialog.")
METRIC_COUNTER(refused, "sip_reinvites_total", "result=\"refused\"",
	       "INVITEs and UPDATEs inside a dialog.")

static void on_limit(struct loop_timer *timer);

void offer_init(struct leg *leg)
{
	leg->offer.limit = (struct loop_timer){.due = on_limit, .owner = leg};
}

bool offer_is_open(const struct leg *leg)
{
	return leg->offer.request != NULL;
}

/* --- refusing at once --- */

static int refuse(struct leg *leg, nta_incoming_t *irq, int status,
		  const char *header)
{
	metric_add(&refused, 1);
	log_info(leg->root, "leg %s: %s in the dialog refused with %d", leg->id,
		 nta_incoming_method_name(irq), status);
	extra_answer(leg, irq, status, NULL, header);
	return status;
}

/* RFC 3261 14.2: a number of seconds, as chance has it. */
static int refuse_for_now(struct leg *leg, nta_incoming_t *irq)
{
	char header[32];
	str_format(header, sizeof(header), "Retry-After: %d",
		   su_randint(0, 10));
	return refuse(leg, irq, 500, header);
}

static bool has_body(const sip_t *sip)
{
	return sip->sip_payload && sip->sip_payload->pl_len;
}

/* What the dialog's state has against it: a status, or 0. */
static int in_the_way(struct leg *leg, bool offer)
{
	if (leg->state == LEG_ANSWERED)
		outbound_say_answered(leg); /* first things first */
	switch (leg->state) {
	case LEG_UP: break;
	case LEG_ACCEPTED: return 491;
	case LEG_OFFERED:
	case LEG_ACCEPTING: return offer ? 500 : 0;
	case LEG_CALLING:
	case LEG_RINGING: return offer && !prack_has_answer(leg) ? 491 : 0;
	case LEG_NEW:
	case LEG_RESOLVING:
	case LEG_PREPARING:
	case LEG_CANCELLING:
	case LEG_LOST:
	case LEG_ANSWERED:
	case LEG_ENDING:
	case LEG_OVER:
	case LEG_STATES: return 481;
	}
	if (offer && session_is_offering(leg))
		return 491;
	if (offer && offer_is_open(leg))
		return leg->offer.answered ? 491 : 500;
	return 0;
}

/* True: it was refused, with this status. */
static bool is_unfit(struct leg *leg, nta_incoming_t *irq, const sip_t *sip,
		     int *status_out)
{
	char header[160];
	const sip_content_type_t *type = sip->sip_content_type;
	const char *missing = message_unsupported(sip);
	if (missing) {
		str_format(header, sizeof(header), "Unsupported: %s", missing);
		*status_out = refuse(leg, irq, 420, header);
		return true;
	}
	if (has_body(sip) &&
	    (!type || !str_same(type->c_type, "application/sdp"))) {
		*status_out = refuse(leg, irq, 415, "Accept: application/sdp");
		return true;
	}
	if (session_refusal(leg->gw, sip, header, sizeof(header))) {
		*status_out = refuse(leg, irq, 422, header);
		return true;
	}
	return false;
}

/* --- answering --- */

static void reply_ok(struct leg *leg, nta_incoming_t *irq, bool sdp)
{
	char session[SESSION_LINES_BYTES];
	char *lines = extra_reply(leg);
	session_reply_lines(leg, session);
	sdp = sdp && leg->sdp;
	nta_incoming_treply(
		irq, SIP_200_OK, SIPTAG_CONTACT_STR(agent_contact(leg)),
		SIPTAG_ALLOW_STR(SIPGW_ALLOW),
		SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED), SIPTAG_HEADER_STR(lines),
		TAG_IF(*session, SIPTAG_HEADER_STR(session)),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->sdp)), TAG_END());
	free(lines);
}

/* Nothing changes but the session's time, and perhaps where they are. */
static void answer_refresh(struct leg *leg, nta_incoming_t *irq,
			   const sip_t *sip)
{
	metric_add(&refreshes, 1);
	if (leg->state == LEG_UP) {
		session_hear_request(leg, sip);
		dialog_retarget(leg, sip->sip_contact, false);
		session_begin(leg);
		store_put(leg, NULL);
	}
	reply_ok(leg, irq, has_body(sip));
	nta_incoming_destroy(irq); /* an ACK stays with nta */
}

/* --- telling --- */

static void say_over(struct leg *leg)
{
	struct offer *offer = &leg->offer;
	struct reconfirmed reconfirmed = {.status = offer->status,
					  .sdp = offer->sdp};
	char id[ID_BYTES];
	str_copy(reconfirmed.leg, sizeof(reconfirmed.leg), leg->id);
	str_copy(reconfirmed.offer, sizeof(reconfirmed.offer), offer->id);
	id_keyed("SO", offer->id, "over", "", "", id);
	offer->over = true;
	report_as(leg, id, &reconfirmed_message, &reconfirmed);
}

/* The transaction is over; 'status' 0: as 'reanswer' wanted it. */
static void end_offer(struct leg *leg, int status)
{
	struct offer *offer = &leg->offer;
	loop_timer_stop(leg->gw->service->loop, &offer->limit);
	nta_incoming_destroy(offer->request);
	offer->request = NULL;
	offer->status = status;
	say_over(leg);
}

static int on_ack_or_cancel(struct leg *leg, nta_incoming_t *irq,
			    const sip_t *sip)
{
	struct offer *offer = &leg->offer;
	if (irq != offer->request)
		return 0;
	if (!sip) { /* timer H: no ACK (RFC 3261 14.2) */
		end_offer(leg, 0);
		if (leg->state == LEG_UP) {
			leg->end_error = ERR_SIP_NO_ACK;
			dialog_end(leg);
		}
	} else if (sip->sip_request->rq_method == sip_method_ack) {
		if (offer->wanted)
			message_body(sip, &offer->sdp);
		if (offer->sdp)
			message_digest(offer->sdp, leg->remote_sdp);
		end_offer(leg, 0);
		if (leg->state == LEG_UP)
			store_put(leg, NULL);
	} else if (!offer->answered) { /* CANCEL */
		extra_answer(leg, irq, 487, NULL, NULL);
		end_offer(leg, 487);
	}
	return 0;
}

static void on_limit(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	if (!leg->offer.request || leg->offer.answered)
		return;
	log_warn(leg->root, ERR_LATE, "leg %s: nobody answered a new offer",
		 leg->id);
	extra_answer(leg, leg->offer.request, 504, NULL, NULL);
	end_offer(leg, 504);
}

/* One id for each process: after a restart it is told anew. */
static void say_offer(struct leg *leg, char *sdp)
{
	struct service *service = leg->gw->service;
	struct reoffered reoffered = {.sdp = sdp};
	char id[ID_BYTES];
	str_copy(reoffered.leg, sizeof(reoffered.leg), leg->id);
	str_copy(reoffered.offer, sizeof(reoffered.offer), leg->offer.id);
	id_keyed("SO", leg->offer.id, service->boot, "", "", id);
	report_as(leg, id, &reoffered_message, &reoffered);
}

static int tell(struct leg *leg, nta_incoming_t *irq, const sip_t *sip,
		char *sdp)
{
	struct offer *offer = &leg->offer;
	char number[16];
	offer_release(leg);
	offer->request = irq;
	offer->invite = sip->sip_request->rq_method == sip_method_invite;
	offer->wanted = !sdp;
	offer->answered = offer->over = false;
	offer->status = 0;
	*offer->digest = '\0';
	if (sdp)
		message_digest(sdp, offer->digest);
	str_format(number, sizeof(number), "%u", sip->sip_cseq->cs_seq);
	id_keyed("OF", leg->id, number, "", "", offer->id);
	nta_incoming_bind(irq, on_ack_or_cancel, leg);
	if (offer->invite)
		extra_answer(leg, irq, 100, NULL, NULL);
	loop_timer_start(leg->gw->service->loop, &offer->limit,
			 offer->invite ? INVITE_LIMIT_MS : UPDATE_LIMIT_MS);
	metric_add(&offers, 1);
	log_info(leg->root, "leg %s: %s %s", leg->id,
		 sip->sip_request->rq_method_name,
		 sdp ? "with a new offer" : "wants an offer");
	say_offer(leg, sdp);
	return 0;
}

/* --- requests --- */

static int hear(struct leg *leg, nta_incoming_t *irq, const sip_t *sip,
		bool offer)
{
	char *sdp = NULL, digest[65] = "";
	int status = in_the_way(leg, offer);
	if (status == 500)
		return refuse_for_now(leg, irq);
	if (status)
		return refuse(leg, irq, status, NULL);
	if (is_unfit(leg, irq, sip, &status))
		return status;
	if (!message_body(sip, &sdp))
		return refuse(leg, irq, 400, NULL);
	if (sdp)
		message_digest(sdp, digest);
	bool same = leg->sdp && *digest && str_equal(digest, leg->remote_sdp);
	if (offer && !same)
		status = tell(leg, irq, sip, sdp);
	else
		answer_refresh(leg, irq, sip);
	free(sdp);
	return status;
}

int offer_invite(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	return hear(leg, irq, sip, true);
}

int offer_update(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	return hear(leg, irq, sip, has_body(sip));
}

/* --- our refresh --- */

void offer_refreshed(struct leg *leg, const sip_t *sip)
{
	struct reoffered reoffered = {.refreshed = true};
	char number[16], id[ID_BYTES], digest[65];
	if (!leg->sdp || !message_body(sip, &reoffered.sdp) || !reoffered.sdp)
		return;
	message_digest(reoffered.sdp, digest);
	if (!str_equal(digest, leg->remote_sdp)) {
		str_copy(leg->remote_sdp, sizeof(leg->remote_sdp), digest);
		str_copy(reoffered.leg, sizeof(reoffered.leg), leg->id);
		str_format(number, sizeof(number), "%u", sip->sip_cseq->cs_seq);
		id_keyed("OF", leg->id, "refresh", number, "", reoffered.offer);
		id_keyed("SO", reoffered.offer, "refreshed", "", "", id);
		metric_add(&answers, 1);
		log_info(leg->root, "leg %s: another SDP for our refresh",
			 leg->id);
		report_as(leg, id, &reoffered_message, &reoffered);
	}
	free(reoffered.sdp);
}

/* --- the answer --- */

static void accept_offer(struct leg *leg)
{
	struct offer *offer = &leg->offer;
	if (!offer->request || offer->answered)
		return; /* taken back meanwhile */
	msg_t *msg = nta_incoming_getrequest(offer->request);
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	if (sip && leg->state == LEG_UP) {
		session_hear_request(leg, sip);
		dialog_retarget(leg, sip->sip_contact, false);
	}
	msg_destroy(msg);
	if (*offer->digest)
		str_copy(leg->remote_sdp, sizeof(leg->remote_sdp),
			 offer->digest);
	offer->answered = true;
	loop_timer_stop(leg->gw->service->loop, &offer->limit);
	reply_ok(leg, offer->request, true);
	if (leg->state == LEG_UP)
		session_begin(leg);
	log_info(leg->root, "leg %s: new offer accepted", leg->id);
	if (!offer->invite)
		end_offer(leg, 0);
	store_put(leg, NULL);
}

/* A reanswer for an offer that nobody made, or that is over. */
static void say_again(struct leg *leg, const struct reanswer *reanswer)
{
	struct offer *offer = &leg->offer;
	if (str_equal(offer->id, reanswer->offer)) {
		if (offer->over)
			say_over(leg);
		return; /* it will be said soon */
	}
	struct reconfirmed gone = {.status = 481};
	char id[ID_BYTES];
	str_copy(gone.leg, sizeof(gone.leg), leg->id);
	str_copy(gone.offer, sizeof(gone.offer), reanswer->offer);
	id_keyed("SO", reanswer->offer, "over", "", "", id);
	report_as(leg, id, &reconfirmed_message, &gone);
}

static void answer(struct leg *leg, const struct reanswer *reanswer, bool late)
{
	struct offer *offer = &leg->offer;
	int status = late ? 504 : (int)reanswer->status;
	if (status < 300) {
		if (reanswer->sdp) {
			free(leg->sdp);
			leg->sdp = mem_copy_text(reanswer->sdp);
		}
		accept_offer(leg);
		return;
	}
	refuse(leg, offer->request, status, NULL);
	end_offer(leg, late ? 504 : 0);
}

void offer_reanswer(void *daemon, const struct envelope *envelope,
		    const void *message)
{
	struct sipgw *gw = daemon;
	const struct reanswer *reanswer = message;
	struct leg *leg = leg_find(gw, reanswer->leg);
	if (early_hold(gw, offer_reanswer, &reanswer_message, envelope, message,
		       reanswer->leg))
		return;
	if (!leg)
		report_refused(gw, envelope, reanswer->leg, &ended_message,
			       ERR_SIP_LOST);
	else if (leg_is_over(leg))
		report_again(leg);
	else if (!leg->offer.request || leg->offer.answered ||
		 !str_equal(leg->offer.id, reanswer->offer))
		say_again(leg, reanswer);
	else
		answer(leg, reanswer,
		       talk_is_late(&reanswer_message, envelope));
}

/* --- the end --- */

void offer_release(struct leg *leg)
{
	struct offer *offer = &leg->offer;
	loop_timer_stop(leg->gw->service->loop, &offer->limit);
	if (offer->request && nta_incoming_status(offer->request) < 200)
		extra_answer(leg, offer->request, 487, NULL, NULL);
	nta_incoming_destroy(offer->request);
	offer->request = NULL;
	free(offer->sdp);
	offer->sdp = NULL;
}
