/*
 * watch.c - digits.c on a leg, and the timer for what never ended.
 *
 * The timer is started when a press begins and looks when it is due how long
 * ago the last packet came: packets themselves start none.
 */
#include "services/mediad/digits/watch.h"

#include "lib/base/clock.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/tell.h"

#define NS_PER_MS 1000000

/* A peer without events hears the key as a tone. */
static void carry_over(struct leg *leg, const struct digits_press *press)
{
	struct leg *peer = leg->peer;

	if (peer && peer->source == LEG_BRIDGED && !press_by_event(peer))
		(void)press_key(peer, press->digit, press->duration_ms);
}

static void tell(struct leg *leg, const struct digits_press *press,
		 int64_t now_ns)
{
	tell_digit(leg, press, now_ns);
	carry_over(leg, press);
}

/* What is open has ended, as far as anybody will ever know. */
static void close_press(struct leg *leg, int64_t now_ns)
{
	struct digits_press press;

	if (digits_close(&leg->digits, &press))
		tell(leg, &press, now_ns);
}

static void on_due(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	int64_t now_ns = clock_mono_ns();
	int64_t left_ms =
		WATCH_LAPSE_MS - (now_ns - leg->event_heard_ns) / NS_PER_MS;

	if (leg->digits.open && left_ms > 0)
		loop_timer_start(leg->media->loop, timer, left_ms);
	else
		close_press(leg, now_ns);
}

/* An event's packet; the timer runs while its press is open. */
static unsigned take(struct leg *leg, enum codec codec,
		     const struct rtp_packet *packet, int64_t now_ns,
		     struct digits_press *press_out)
{
	unsigned count;

	leg->digits.event_hz = codec_rows[codec].clock_hz;
	leg->event_heard_ns = now_ns;
	count = digits_take(&leg->digits, packet, press_out);
	if (leg->digits.open && leg->event_timer.position == 0) {
		leg->event_timer.due = on_due;
		leg->event_timer.owner = leg;
		loop_timer_start(leg->media->loop, &leg->event_timer,
				 WATCH_LAPSE_MS);
	}
	return count;
}

void watch_packet(struct leg *leg, enum codec codec,
		  const struct rtp_packet *packet, int64_t now_ns)
{
	struct digits_press press[DIGITS_AT_ONCE];
	unsigned count = 0;

	if (codec_is_event(codec))
		count = take(leg, codec, packet, now_ns, press);
	else if (leg->digits.open)
		count = digits_lapse(&leg->digits, packet, press);
	for (unsigned i = 0; i < count; i++)
		tell(leg, &press[i], now_ns);
}

void watch_reset(struct leg *leg, int64_t now_ns)
{
	close_press(leg, now_ns);
	digits_reset(&leg->digits);
}

void watch_end(struct leg *leg)
{
	loop_timer_stop(leg->media->loop, &leg->event_timer);
}
