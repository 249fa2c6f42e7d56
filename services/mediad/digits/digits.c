/*
 * digits.c - an event's packets share their timestamp; each says how long the
 * key has been down, and the last ones (usually three) bear the E bit. A press
 * of more than 65535 samples goes on in another segment (RFC 4733, 2.5.1.3).
 */
#include "services/mediad/digits/digits.h"

#include "services/mediad/codec/codec.h"

#define END_BIT 0x80
#define SEGMENT_FULL 0xffff
/* Voice within so much of a second after an event may have crossed its end. */
#define LAPSE_PART 5
/* A segment may end before it is full: where its last packet does. */
#define SPARE_PART 10

static uint32_t clock_of(const struct digits *digits)
{
	return digits->clock_hz ? digits->clock_hz : CODEC_CLOCK_HZ;
}

static void close_press(struct digits *digits, struct digits_press *press_out)
{
	uint32_t samples = digits->before + digits->duration;

	press_out->digit = "0123456789*#ABCD"[digits->event];
	press_out->duration_ms = samples / (clock_of(digits) / 1000);
	digits->open = false;
}

static bool goes_on(const struct digits *digits, uint8_t event,
		    uint32_t timestamp)
{
	uint32_t length = timestamp - digits->timestamp;

	return digits->open && digits->event == event &&
	       length >= digits->duration && length <= SEGMENT_FULL &&
	       length >= SEGMENT_FULL - clock_of(digits) / SPARE_PART;
}

/* One that was told already, or was before it: a straggler. */
static bool is_old(const struct digits *digits, uint32_t timestamp)
{
	return digits->known && (int32_t)(timestamp - digits->timestamp) <= 0;
}

/* The press that this packet belongs to begins; one before it was not ended. */
static unsigned begin(struct digits *digits, uint8_t event, uint32_t timestamp,
		      struct digits_press *press_out)
{
	unsigned count = 0;

	if (goes_on(digits, event, timestamp)) {
		digits->before += timestamp - digits->timestamp;
	} else {
		if (digits->open) {
			close_press(digits, press_out);
			count = 1;
		}
		digits->before = 0;
	}
	digits->open = digits->known = true;
	digits->event = event;
	digits->timestamp = timestamp;
	digits->duration = 0;
	return count;
}

unsigned digits_take(struct digits *digits, const struct rtp_packet *packet,
		     struct digits_press press_out[DIGITS_AT_ONCE])
{
	const uint8_t *event = packet->payload;
	unsigned count = 0;
	uint16_t duration;

	if (packet->size < DIGITS_EVENT_BYTES || event[0] > 15)
		return 0;
	if (!digits->open || packet->timestamp != digits->timestamp) {
		if (is_old(digits, packet->timestamp))
			return 0;
		count = begin(digits, event[0], packet->timestamp, press_out);
	}
	duration = rtp_read16(event + 2);
	if (duration > digits->duration)
		digits->duration = duration;
	if (event[1] & END_BIT)
		close_press(digits, &press_out[count++]);
	return count;
}

bool digits_lapse(struct digits *digits, const struct rtp_packet *packet,
		  struct digits_press *press_out)
{
	uint32_t ahead = packet->timestamp - digits->timestamp;

	if (!digits->open || ahead > INT32_MAX ||
	    ahead <= (uint32_t)digits->duration + clock_of(digits) / LAPSE_PART)
		return false;
	close_press(digits, press_out);
	return true;
}

bool digits_is_past(const struct digits *digits,
		    const struct rtp_packet *packet)
{
	return digits->known &&
	       (int32_t)(packet->timestamp - digits->timestamp) < 0;
}

void digits_reset(struct digits *digits)
{
	*digits = (struct digits){.clock_hz = digits->clock_hz};
}
