/*
 * digits.h - digits that travel as RTP events (RFC 4733): many packets are one
 * press.
 *
 * Contract: a press is told once, with its end's first packet; when all of
 * those are lost, with the next press or the voice that follows, or when its
 * owner has waited long enough. Events above 15 are no digits. Events beside
 * Opus may have a clock of their own, for their durations at least: timestamps
 * tell one press from another, whatever they count. Pure: no clock, no
 * allocation. One thread at a time.
 */
#pragma once

#include "services/mediad/rtp.h"

#include <stdbool.h>
#include <stdint.h>

#define DIGITS_EVENT_BYTES 4
#define DIGITS_AT_ONCE 2 /* the press before, whose end was lost, and this */

struct digits {
	uint32_t clock_hz; /* of timestamps; 0: CODEC_CLOCK_HZ */
	uint32_t event_hz; /* of durations; 0: the same */
	bool open;         /* a press goes on */
	bool known;        /* 'timestamp' is that of one, maybe over */
	uint8_t event;
	uint32_t timestamp; /* of its beginning, or of its present segment */
	uint32_t before;    /* samples of segments that are full */
	uint16_t duration;  /* of the present one */
};

struct digits_press {
	char digit; /* 0-9, *, #, A-D */
	uint32_t duration_ms;
};

/* A packet of an event. Returns how many presses are over with it. */
unsigned digits_take(struct digits *digits, const struct rtp_packet *packet,
		     struct digits_press press_out[DIGITS_AT_ONCE]);
/* Voice came. True: a press is over whose end never came. */
bool digits_lapse(struct digits *digits, const struct rtp_packet *packet,
		  struct digits_press *press_out);
/* Nothing came for long. True: a press is over whose end never came. */
bool digits_close(struct digits *digits, struct digits_press *press_out);
/* The packet is of an event before the present one: a straggler. */
bool digits_is_past(const struct digits *digits,
		    const struct rtp_packet *packet);
/* The packet's duration in another clock. */
void digits_rescale(struct rtp_packet *packet, uint32_t from_hz,
		    uint32_t to_hz);
/* Another stream begins, with timestamps of its own; the clocks stay. */
void digits_reset(struct digits *digits);
