/*
 * handshake.c - see handshake.h.
 */
#include "services/mediad/handshake.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/relay.h"
#include "services/mediad/secure/dtls.h"
#include "services/mediad/secure/policy.h"
#include "services/mediad/secure/ticket.h"
#include "services/mediad/session.h"
#include "services/mediad/tell.h"

#include <stdlib.h>

#define AGAIN_MS 1000 /* one that failed may be begun anew after this long */

METRIC_COUNTER(done, "dtls_handshakes_total", "result=\"done\"",
	       "Handshakes of DTLS-SRTP that gave keys, and that failed.")
METRIC_COUNTER(failed, "dtls_handshakes_total", "result=\"failed\"",
	       "Handshakes of DTLS-SRTP that gave keys, and that failed.")

static void send_out(void *owner, const uint8_t *data, size_t size)
{
	struct leg *leg = owner;

	(void)socket_send(leg->sockets.rtp, data, size,
			  &leg->handshake.partner.with);
}

static void take_keys(struct leg *leg)
{
	struct suite_keys keys;

	if (leg->guard.seal || !dtls_keys(leg->handshake.dtls, &keys))
		return;
	if (guard_raise(&leg->guard, SDP_CIPHER_DTLS, &keys, false))
		stream_out_renew(&leg->out);
	partner_settle(&leg->handshake.partner);
	tell_keyed(leg, &keys);
	suite_wipe(&keys, sizeof(keys));
	metric_add(&done, 1);
}

static void note(struct leg *leg, enum dtls_state state)
{
	struct handshake *handshake = &leg->handshake;
	int wait = dtls_wait_ms(handshake->dtls);

	loop_timer_stop(leg->media->loop, &handshake->timer);
	if (state == DTLS_DONE)
		take_keys(leg);
	if (state == DTLS_RUNNING && wait >= 0)
		loop_timer_start(leg->media->loop, &handshake->timer, wait);
	if (state != DTLS_FAILED)
		return;
	handshake->failed = true;
	metric_add(&failed, 1);
	if (!handshake->told)
		log_warn(leg->session->call_sid, ERR_MEDIA_SECURE,
			 "leg %s: DTLS: %s", leg->name,
			 dtls_why(handshake->dtls));
	handshake->told = true;
}

static void on_due(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;

	note(leg, dtls_due(leg->handshake.dtls));
}

static void begin(struct leg *leg)
{
	struct handshake *handshake = &leg->handshake;
	char peer[ENDPOINT_TEXT_BYTES];
	struct dtls_wish wish = {.active = handshake->active,
				 .fingerprint = leg->terms.fingerprint,
				 .peer = peer,
				 .send = send_out,
				 .owner = leg};

	endpoint_text(&handshake->partner.with, peer);
	handshake->failed = false;
	handshake->began_ms = clock_mono_ms();
	dtls_free(handshake->dtls);
	handshake->dtls = dtls_new(policy_house(leg->media->policy), &wish);
	note(leg, DTLS_RUNNING);
}

static void forget_kept(struct handshake *handshake)
{
	if (handshake->kept)
		suite_wipe(handshake->kept, sizeof(*handshake->kept));
	free(handshake->kept);
	handshake->kept = NULL;
}

bool handshake_keep(struct leg *leg, const char *ticket)
{
	struct handshake *handshake = &leg->handshake;
	const struct service *service = leg->media->service;

	forget_kept(handshake);
	handshake->kept = mem_new(1, sizeof(*handshake->kept));
	if (service &&
	    ticket_open(service->secret, leg->name, ticket, handshake->kept))
		return true;
	forget_kept(handshake);
	return false;
}

/* Their stream goes on where it is, ours has another SSRC. */
static bool take_kept(struct leg *leg)
{
	struct handshake *handshake = &leg->handshake;

	handshake->held = handshake->kept != NULL;
	if (handshake->held)
		partner_settle(&handshake->partner);
	if (handshake->held &&
	    guard_raise(&leg->guard, SDP_CIPHER_DTLS, handshake->kept, true))
		stream_out_renew(&leg->out);
	forget_kept(handshake);
	return handshake->held;
}

/* Where their media comes from, if that is known already. */
static void find_partner(struct leg *leg)
{
	int64_t now_ms = clock_mono_ms();
	const struct endpoint *target = latch_target(&leg->latch, now_ms);

	partner_begin(&leg->handshake.partner,
		      target ? target : &leg->terms.rtp, now_ms);
}

/* Another address by itself is no reason: the association is the same. */
void handshake_start(struct leg *leg)
{
	struct handshake *handshake = &leg->handshake;
	const struct sdp_terms *terms = &leg->terms;
	bool moved = !endpoint_equal(&handshake->stated, &terms->rtp);

	handshake->stated = terms->rtp;
	if ((handshake->dtls || handshake->held) &&
	    handshake->key == terms->dtls_key) {
		if (moved)
			find_partner(leg);
		if (leg->guard.seal)
			partner_settle(&handshake->partner);
		return;
	}
	guard_lower(&leg->guard);
	(void)guard_raise(&leg->guard, SDP_CIPHER_DTLS, NULL, false);
	find_partner(leg);
	handshake->key = terms->dtls_key;
	if (take_kept(leg) || !policy_house(leg->media->policy))
		return;
	handshake->timer.due = on_due;
	handshake->timer.owner = leg;
	handshake->active = terms->active;
	handshake->told = false;
	begin(leg);
}

/* Cookies are bound to an address; and who begins anew begins. */
static void follow(struct leg *leg, enum partner_verdict verdict)
{
	if (verdict == PARTNER_NEW && !leg->handshake.active)
		begin(leg);
}

static void take(struct leg *leg, const uint8_t *data, size_t size)
{
	struct handshake *handshake = &leg->handshake;

	if (handshake->failed) {
		/* They may try again; not as often as they like. */
		if (handshake->active ||
		    clock_mono_ms() - handshake->began_ms < AGAIN_MS)
			return;
		begin(leg);
	}
	note(leg, dtls_take(handshake->dtls, data, size));
}

void handshake_take(struct leg *leg, const uint8_t *data, size_t size,
		    const struct endpoint *from)
{
	struct handshake *handshake = &leg->handshake;
	enum partner_verdict verdict = PARTNER_STRANGER;

	if (handshake->dtls || handshake->held)
		verdict = partner_hear(&handshake->partner, &leg->latch, from,
				       clock_mono_ns());
	if (verdict == PARTNER_STRANGER) {
		relay_refuse(leg, REFUSED_STRANGER, from);
	} else if (verdict == PARTNER_TOO_FAST) {
		relay_refuse(leg, REFUSED_RATE, from);
	} else if (handshake->dtls) { /* else nobody here can answer */
		follow(leg, verdict);
		take(leg, data, size);
	}
}

void handshake_stop(struct leg *leg)
{
	struct handshake *handshake = &leg->handshake;

	forget_kept(handshake);
	handshake->held = false;
	handshake->key = 0;
	if (!handshake->dtls)
		return;
	loop_timer_stop(leg->media->loop, &handshake->timer);
	handshake->dtls = dtls_free(handshake->dtls);
}
