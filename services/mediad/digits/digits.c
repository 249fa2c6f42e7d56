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

static uint32_t event_clock_of(const struct digits *digits)
{
	return digits->event_hz ? digits->event_hz : clock_of(digits);
}

static uint64_t scaled(uint64_t time, uint32_t from_hz, uint32_t to_hz)
{
	return from_hz == to_hz ? time : time * to_hz / from_hz;
}

static void close_press(struct digits *digits, struct digits_press *press_out)
{
	uint32_t samples = digits->before + digits->duration;

	press_out->digit = "0123456789*#ABCD"[digits->event];
	press_out->duration_ms = samples / (event_clock_of(digits) / 1000);
	digits->open = false;
}

static bool is_full(const struct digits *digits, uint64_t length)
{
	return length >= digits->duration && length <= SEGMENT_FULL &&
	       length >= SEGMENT_FULL - event_clock_of(digits) / SPARE_PART;
}

/* How long the segment was that this one follows; 0: it follows none. */
static uint32_t segment_before(const struct digits *digits, uint8_t event,
			       uint32_t timestamp)
{
	uint32_t length = timestamp - digits->timestamp;
	uint64_t as_event =
		scaled(length, clock_of(digits), event_clock_of(digits));

	if (!digits->open || digits->event != event)
		return 0;
	if (is_full(digits, as_event))
		return (uint32_t)as_event;
	return is_full(digits, length) ? length : 0;
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
	uint32_t segment = segment_before(digits, event, timestamp);
	unsigned count = 0;

	if (segment > 0) {
		digits->before += segment;
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
	uint64_t past = scaled(digits->duration, event_clock_of(digits),
			       clock_of(digits));

	if (!digits->open || ahead > INT32_MAX ||
	    ahead <= past + clock_of(digits) / LAPSE_PART)
		return false;
	close_press(digits, press_out);
	return true;
}

bool digits_close(struct digits *digits, struct digits_press *press_out)
{
	if (!digits->open)
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
	*digits = (struct digits){.clock_hz = digits->clock_hz,
				  .event_hz = digits->event_hz};
}

void digits_rescale(struct rtp_packet *packet, uint32_t from_hz, uint32_t to_hz)
{
	uint64_t duration =
		scaled(rtp_read16(packet->payload + 2), from_hz, to_hz);

	rtp_write16(packet->payload + 2,
		    duration < UINT16_MAX ? (uint16_t)duration : UINT16_MAX);
}
