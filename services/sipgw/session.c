/*
 * session.c - session timers and our refreshes; see session.h.
 *
 * A refresh that fails is tried again until the session's end; 408 and 481 (RFC
 * 4028 10, RFC 5057) end it at once. 491 waits as RFC 3261 14.1 says: he who
 * owns the Call-ID, which is ours in an outbound leg, for longer.
 */
#include "services/sipgw/session.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/offer.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"

#include <stdlib.h>

#include <sofia-sip/su_uniqueid.h>

#define INTERVAL_MAX_S 2147483647 /* of a record; 68 years */
#define TIMER_MAX_MS 2000000000   /* no timer is longer */
#define RAISED_MAX 3
#define AGAIN_LEAST_MS 100
#define AGAIN_MS 2000    /* after a refresh that failed */
#define GLARE_UNIT_MS 10 /* RFC 3261 14.1 */

METRIC_COUNTER(by_update, "sip_refreshes_sent_total", "method=\"UPDATE\"",
	       "Session refreshes that we sent.")
METRIC_COUNTER(by_invite, "sip_refreshes_sent_total", "method=\"INVITE\"",
	       "Session refreshes that we sent.")
METRIC_COUNTER(expired, "sip_sessions_expired_total", "",
	       "Calls that ended because nobody refreshed the session.")

static void on_refresh_due(struct loop_timer *timer);
static void on_end_due(struct loop_timer *timer);

void session_init(struct leg *leg)
{
	struct session *session = &leg->session;
	session->refresh =
		(struct loop_timer){.due = on_refresh_due, .owner = leg};
	session->end = (struct loop_timer){.due = on_end_due, .owner = leg};
}

/* --- what messages say --- */

static int64_t seconds(unsigned long delta)
{
	return delta > INTERVAL_MAX_S ? INTERVAL_MAX_S : (int64_t)delta;
}

static struct session_words words_of(const sip_t *sip)
{
	const sip_session_expires_t *expires = sip->sip_session_expires;
	struct session_words words = {
		.supported = sip_has_feature(sip->sip_supported, "timer") ||
			     sip_has_feature(sip->sip_require, "timer"),
		.interval_s = expires ? seconds(expires->x_delta) : 0,
		.min_s = sip->sip_min_se ? seconds(sip->sip_min_se->min_delta)
					 : 0,
	};
	if (expires && expires->x_refresher)
		words.refresher =
			str_same(expires->x_refresher, "uac")   ? REFRESHER_UAC
			: str_same(expires->x_refresher, "uas") ? REFRESHER_UAS
								: REFRESHER_ANY;
	return words;
}

static void learn_methods(struct leg *leg, const sip_t *sip)
{
	if (sip->sip_allow)
		leg->session.updates =
			sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);
}

static int64_t least_of(const struct sipgw *gw)
{
	return gw->service->settings.sip_min_se;
}

bool session_refusal(const struct sipgw *gw, const sip_t *sip, char *to,
		     size_t size)
{
	struct session_words words = words_of(sip);
	return session_is_too_short(&words, least_of(gw)) &&
	       str_format(to, size, "Min-SE: %d", (int)least_of(gw));
}

void session_hear_request(struct leg *leg, const sip_t *sip)
{
	struct session_words words = words_of(sip);
	leg->session.terms = session_answer(&words, &leg->session.terms);
	learn_methods(leg, sip);
}

static bool stands(const struct leg *leg)
{
	return leg->state == LEG_UP || leg->state == LEG_ACCEPTED ||
	       leg->state == LEG_ANSWERED;
}

void session_reply_lines(const struct leg *leg, char *to)
{
	const struct session_terms *terms = &leg->session.terms;
	*to = '\0';
	if (terms->interval_s && (stands(leg) || leg->state == LEG_ACCEPTING))
		str_format(to, SESSION_LINES_BYTES,
			   "Session-Expires: %lld;refresher=%s%s",
			   (long long)terms->interval_s,
			   terms->ours ? "uas" : "uac",
			   terms->told ? "\r\nRequire: timer" : "");
}

void session_ask(struct leg *leg, struct buf *lines)
{
	struct session_terms *terms = &leg->session.terms;
	if (!terms->min_s)
		terms->min_s = least_of(leg->gw);
	if (!terms->interval_s)
		terms->interval_s = leg->dial && leg->dial->session_s
					    ? leg->dial->session_s
					    : SESSION_DEFAULT_S;
	if (terms->interval_s < terms->min_s)
		terms->interval_s = terms->min_s;
	buf_addf(lines, "Session-Expires: %lld\r\nMin-SE: %lld\r\n",
		 (long long)terms->interval_s, (long long)terms->min_s);
}

void session_hear_answer(struct leg *leg, const sip_t *sip)
{
	struct session_words words = words_of(sip);
	leg->session.terms = session_agree(&words, &leg->session.terms, false);
	learn_methods(leg, sip);
	session_begin(leg);
}

bool session_hear_refusal(struct leg *leg, const sip_t *sip)
{
	struct session_words words = words_of(sip);
	return leg->session.raised++ < RAISED_MAX &&
	       session_raise(&words, &leg->session.terms);
}

/* --- time --- */

static void set_timer(struct leg *leg, struct loop_timer *timer, int64_t ms)
{
	struct loop *loop = leg->gw->service->loop;
	loop_timer_stop(loop, timer);
	loop_timer_start(loop, timer,
			 ms < 1              ? 1
			 : ms > TIMER_MAX_MS ? TIMER_MAX_MS
					     : ms);
}

void session_begin(struct leg *leg)
{
	const struct session_terms *terms = &leg->session.terms;
	session_stop(leg);
	leg->session.began_ms = clock_wall_ms();
	if (!terms->interval_s)
		return;
	set_timer(leg, &leg->session.end, session_end_ms(terms->interval_s));
	if (terms->ours)
		set_timer(leg, &leg->session.refresh,
			  session_refresh_ms(terms->interval_s));
}

/* While we were away their refresh may have found nobody: they get the time to
 * send it again. */
void session_resume(struct leg *leg)
{
	const struct session_terms *terms = &leg->session.terms;
	int64_t age_ms = clock_wall_ms() - leg->session.began_ms;
	if (!terms->interval_s)
		return;
	if (age_ms < 0)
		age_ms = 0;
	int64_t grace_ms =
		terms->interval_s * 1000 - session_end_ms(terms->interval_s);
	int64_t left_ms = session_end_ms(terms->interval_s) - age_ms;
	set_timer(leg, &leg->session.end,
		  left_ms > grace_ms ? left_ms : grace_ms);
	if (terms->ours)
		set_timer(leg, &leg->session.refresh,
			  session_refresh_ms(terms->interval_s) - age_ms);
}

void session_stop(struct leg *leg)
{
	struct loop *loop = leg->gw->service->loop;
	loop_timer_stop(loop, &leg->session.refresh);
	loop_timer_stop(loop, &leg->session.end);
}

void session_release(struct leg *leg)
{
	session_stop(leg);
	nta_outgoing_destroy(leg->session.request);
	leg->session.request = NULL;
}

bool session_is_offering(const struct leg *leg)
{
	return leg->session.request &&
	       nta_outgoing_method(leg->session.request) == sip_method_invite;
}

/* An inbound leg without its ACK yet is ended by that (RFC 3261 15). */
static void expire(struct leg *leg)
{
	session_stop(leg);
	if (leg->state != LEG_UP)
		return;
	metric_add(&expired, 1);
	log_warn(leg->root, ERR_SIP_SESSION, "leg %s: session expired",
		 leg->id);
	leg->end_by = LEG_END_LOCAL;
	leg->end_error = ERR_SIP_SESSION;
	str_copy(leg->end_reason, sizeof(leg->end_reason),
		 "SIP;cause=408;text=\"Session expired\"");
	dialog_end(leg);
}

static void on_end_due(struct loop_timer *timer)
{
	expire(timer->owner);
}

/* --- our refreshes --- */

static int on_refreshed(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip);

static void send_refresh(struct leg *leg)
{
	struct session *session = &leg->session;
	char hop[AGENT_HOP_BYTES], ask[SESSION_LINES_BYTES];
	bool update = session->updates;
	bool sdp = !update && leg->sdp;
	dialog_hop(leg, hop);
	str_format(ask, sizeof(ask),
		   "Session-Expires: %lld;refresher=uac\r\nMin-SE: %lld",
		   (long long)session->terms.interval_s,
		   (long long)(session->terms.min_s ? session->terms.min_s
						    : least_of(leg->gw)));
	char *lines = extra_request(leg, update ? "UPDATE" : "INVITE",
				    sdp ? leg->sdp : NULL, ask);
	metric_add(update ? &by_update : &by_invite, 1);
	session->request = nta_outgoing_tcreate(
		leg->dialog, on_refreshed, leg, URL_STRING_MAKE(hop),
		update ? sip_method_update : sip_method_invite,
		update ? "UPDATE" : "INVITE", NULL,
		SIPTAG_CONTACT_STR(agent_contact(leg)),
		SIPTAG_ALLOW_STR(SIPGW_ALLOW),
		SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED), SIPTAG_HEADER_STR(lines),
		TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->sdp)), TAG_END());
	free(lines);
	if (!session->request)
		log_warn(leg->root, ERR_INTERNAL, "leg %s: no refresh was made",
			 leg->id);
}

static void try_again(struct leg *leg, int64_t after_ms)
{
	set_timer(leg, &leg->session.refresh, after_ms);
}

/* While there is time. */
static void try_again_soon(struct leg *leg)
{
	int64_t left_ms = leg->session.end.at_ms - clock_mono_ms();
	try_again(leg, left_ms / 2 < AGAIN_MS ? left_ms / 2 + AGAIN_LEAST_MS
					      : AGAIN_MS);
}

static void on_refresh_due(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	if (!stands(leg) || leg->session.request)
		return;
	/* Theirs is a refresh too, once it is answered. */
	if (leg->state != LEG_UP || offer_is_open(leg)) {
		try_again_soon(leg);
		return;
	}
	auth_begin(leg->auth);
	send_refresh(leg);
	if (!leg->session.request)
		try_again_soon(leg);
}

static void refreshed(struct leg *leg, const sip_t *sip, bool update)
{
	struct session_words words = words_of(sip);
	leg->session.terms = session_agree(&words, &leg->session.terms, true);
	learn_methods(leg, sip);
	dialog_retarget(leg, sip->sip_contact, true);
	if (!update)
		offer_refreshed(leg, sip);
	log_debug(leg->root, "leg %s: session refreshed", leg->id);
	session_begin(leg);
	store_put(leg, NULL);
}

/* RFC 3261 14.1: 2.1 to 4 s for who owns the Call-ID, up to 2 s otherwise. */
static int64_t glare_ms(const struct leg *leg)
{
	return leg->inbound ? GLARE_UNIT_MS * su_randint(0, 200)
			    : GLARE_UNIT_MS * su_randint(210, 400);
}

static void failed(struct leg *leg, const sip_t *sip, bool update)
{
	int status = sip->sip_status->st_status;
	bool internal = nta_sip_is_internal(sip);
	struct session_words words = words_of(sip);
	log_info(leg->root, "leg %s: refresh got %d", leg->id, status);
	if (status == 481 || status == 408)
		expire(leg);
	else if ((status == 401 || status == 407) &&
		 auth_challenged(leg->auth, sip))
		send_refresh(leg);
	else if (status == 491)
		try_again(leg, glare_ms(leg));
	else if (update && !internal && (status == 405 || status == 501)) {
		leg->session.updates = false;
		try_again(leg, 0);
	} else if (status == 422 && leg->session.raised++ < RAISED_MAX &&
		   session_raise(&words, &leg->session.terms))
		try_again(leg, 0);
	else
		try_again_soon(leg);
}

static int on_refreshed(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	int status = sip->sip_status->st_status;
	bool update = nta_outgoing_method(orq) == sip_method_update;
	if (status < 200)
		return 0;
	if (status < 300 && !update)
		dialog_ack(leg, nta_outgoing_cseq(orq), NULL);
	bool here = orq == leg->session.request;
	if (here)
		leg->session.request = NULL;
	if (here && leg->state == LEG_UP) {
		if (status < 300)
			refreshed(leg, sip, update);
		else
			failed(leg, sip, update);
	}
	if (here)
		nta_outgoing_destroy(orq);
	return 0;
}

bool session_hear_again(struct leg *leg, const sip_t *sip)
{
	uint32_t cseq = sip->sip_cseq->cs_seq;
	if (!stands(leg) || sip->sip_status->st_status / 100 != 2 ||
	    cseq <= leg->cseq || cseq > nta_leg_get_seq(leg->dialog))
		return false;
	dialog_ack(leg, cseq, sip->sip_via->v_branch);
	return true;
}

/* --- the record --- */

void session_write(const struct leg *leg, struct dialog *record)
{
	const struct session *session = &leg->session;
	record->session_s = session->terms.interval_s;
	record->session_min_s = session->terms.min_s;
	record->session_ours = session->terms.ours;
	record->session_told = session->terms.told;
	record->session_began =
		session->began_ms ? session->began_ms : clock_wall_ms();
	record->updates = session->updates;
}

void session_read(struct leg *leg, const struct dialog *record)
{
	struct session *session = &leg->session;
	session->terms.interval_s = record->session_s;
	session->terms.min_s = record->session_min_s;
	session->terms.ours = record->session_ours;
	session->terms.told = record->session_told;
	session->began_ms = record->session_began;
	session->updates = record->updates;
}
