/*
 * tap.c - an ear that listens for keys.
 */
#include "services/mediad/digits/tap.h"

#include "lib/base/mem.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/digits/tones.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/tell.h"

#include <stdlib.h>

struct tap {
	struct leg_ear ear;
	struct leg *leg;
	struct leg *told; /* the peer that a key is down for; NULL: none */
	struct tones *tones;
	uint32_t rate_hz;
};

/* Who hears the leg and understands events. */
static struct leg *event_hearer(const struct leg *leg)
{
	struct leg *peer = leg->peer;

	if (!peer || peer->source != LEG_BRIDGED || !press_by_event(peer))
		return NULL;
	return peer;
}

bool tap_carries(const struct leg *leg)
{
	return leg->tap && event_hearer(leg);
}

static void let_go(struct tap *tap)
{
	/* It may be another leg's peer by now; then it is over there too. */
	if (tap->told && tap->told == tap->leg->peer)
		press_up(tap->told);
	tap->told = NULL;
}

static void on_heard(struct leg_ear *ear, const int16_t *pcm, size_t samples,
		     uint32_t rate_hz, int64_t now_ns)
{
	struct tap *tap = (struct tap *)ear;
	struct leg *leg = tap->leg;
	struct tones_news news;

	if (!tap->tones || tap->rate_hz != rate_hz) {
		tones_free(tap->tones);
		tap->tones = tones_new(rate_hz);
		tap->rate_hz = rate_hz;
	}
	if (!tones_find(tap->tones, pcm, samples, &news))
		return;
	if (news.up) {
		struct digits_press press = {.digit = news.up_key,
					     .duration_ms = news.duration_ms};

		let_go(tap);
		tell_digit(leg, &press, now_ns);
	}
	if (news.down && event_hearer(leg) &&
	    press_key(event_hearer(leg), news.key, 0))
		tap->told = leg->peer;
}

static void tap_free(struct tap *tap)
{
	let_go(tap);
	tap->leg->tap = NULL;
	tones_free(tap->tones);
	free(tap);
}

static void on_gone(struct leg_ear *ear)
{
	tap_free((struct tap *)ear);
}

void tap_review(struct leg *leg)
{
	bool wanted = leg->media->finds_tones &&
		      leg->terms.codec < CODEC_COUNT && leg->terms.hears &&
		      !press_by_event(leg);
	struct tap *tap = leg->tap;

	if (wanted == (tap != NULL))
		return;
	if (tap) {
		leg_listen_end(leg, &tap->ear);
		tap_free(tap);
		return;
	}
	leg->tap = tap = mem_new(1, sizeof(*tap));
	tap->leg = leg;
	tap->ear.heard = on_heard;
	tap->ear.gone = on_gone;
	leg_listen(leg, &tap->ear);
}
