/*
 * wheel.c - slots of a second; a leg is put into the one that comes in 4 to 6 s
 * (RFC 3550, 6.3.1: reports are spread at random around 5 s).
 */
#include "services/mediad/wheel.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/runtime/metrics.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/receive/report.h"
#include "services/mediad/session.h"
#include "services/mediad/tell.h"

#define TURN_MS 1000
#define LEAST_TURNS 4
#define SPREAD_TURNS 3

METRIC_COUNTER(abandoned, "media_sessions_abandoned_total", "",
	       "Sessions that nobody closed: over 4 hours old, silent for one.")

/* Silence is told within a second of its time, and once. */
static void look_for_silence(struct leg *leg, int64_t now_ms)
{
	int64_t limit_ms = leg->media->silence_ms;
	int64_t silent_ms = limit_ms ? leg_silence_ms(leg, now_ms) : 0;

	if (silent_ms < limit_ms)
		leg->silence_told = false;
	if (!limit_ms || silent_ms < limit_ms || leg->silence_told)
		return;
	leg->silence_told = true;
	tell_silent(leg, silent_ms);
}

/* False: its session is to end. */
static bool look_at(struct leg *leg, int64_t now_ms)
{
	bool sent = leg->out.packets != leg->sent_before;
	bool heard = leg->in.packets != leg->heard_before;

	if (heard)
		leg->session->heard_ms = now_ms;
	look_for_silence(leg, now_ms);
	if (sent || heard)
		report_send(leg, sent);
	leg->sent_before = leg->out.packets;
	leg->heard_before = leg->in.packets;
	return !session_is_abandoned(leg->session, now_ms);
}

/* How many turns until its silence may have become too long. */
static unsigned silence_turns(const struct leg *leg, int64_t now_ms)
{
	int64_t limit_ms = leg->media->silence_ms;
	int64_t silent_ms = limit_ms ? leg_silence_ms(leg, now_ms) : 0;

	if (!limit_ms || leg->silence_told ||
	    limit_ms - silent_ms > LEAST_TURNS * TURN_MS)
		return MEDIA_WHEEL_SLOTS - 1;
	return silent_ms < limit_ms
		       ? (unsigned)((limit_ms - silent_ms) / TURN_MS) + 1
		       : 1;
}

static void put(struct leg *leg, int64_t now_ms)
{
	struct media *media = leg->media;
	unsigned turns =
		LEAST_TURNS + (leg->out.ssrc ^ media->wheel_at) % SPREAD_TURNS;
	unsigned sooner = silence_turns(leg, now_ms);

	if (turns > sooner)
		turns = sooner;
	list_add_tail(
		&media->wheel[(media->wheel_at + turns) % MEDIA_WHEEL_SLOTS],
		&leg->wheel_link);
}

static void end_abandoned(struct session *session)
{
	metric_add(&abandoned, 1);
	log_warn(session->call_sid, 0,
		 "media session ended: nobody closed it in 4 hours, and "
		 "nothing was heard for one");
	session_free(session);
}

void wheel_turn(struct media *media)
{
	int64_t now_ms = clock_mono_ms();
	struct list *slot;

	media->wheel_at = (media->wheel_at + 1) % MEDIA_WHEEL_SLOTS;
	slot = &media->wheel[media->wheel_at];
	/* Always the first: ending a session may take others out of here. */
	while (!list_empty(slot)) {
		struct leg *leg = list_of(slot->next, struct leg, wheel_link);

		list_remove(&leg->wheel_link);
		put(leg, now_ms);
		if (!look_at(leg, now_ms)) {
			end_abandoned(leg->session);
			media_gauges(media);
		}
	}
	tally_flush(&media->tally);
}

static void on_turn(struct loop_timer *timer)
{
	struct media *media = timer->owner;

	wheel_turn(media);
	if (media->legs > 0)
		loop_timer_start(media->loop, timer, TURN_MS);
}

void wheel_init(struct media *media)
{
	for (int i = 0; i < MEDIA_WHEEL_SLOTS; i++)
		list_init(&media->wheel[i]);
	media->wheel_timer.due = on_turn;
	media->wheel_timer.owner = media;
}

void wheel_add(struct leg *leg)
{
	struct media *media = leg->media;

	put(leg, clock_mono_ms());
	if (media->wheel_timer.position == 0)
		loop_timer_start(media->loop, &media->wheel_timer, TURN_MS);
}
