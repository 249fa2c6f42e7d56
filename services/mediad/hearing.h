/*
 * hearing.h - what a leg's other side says, as samples: jitter buffer, decoder,
 * concealment; and who is given them.
 *
 * Contract: exists while somebody needs samples (leg_review). Packets come in
 * as they arrive; every tick 20 ms of sound come out, to the leg's ears and,
 * where the peer cannot take the packets themselves, to the peer's encoder.
 * Memory is taken by the first packet and with the number of those that wait,
 * never per packet. The worker's thread.
 */
#pragma once

#include "services/mediad/codec/codec.h"

#include <stdbool.h>
#include <stdint.h>

/* Of the worker's room for one leg's tick: the longest packet, and a frame. */
#define HEARING_ROOM_MS 140
#define HEARING_ROOM (48 * HEARING_ROOM_MS)

struct leg;
struct rtp_packet;

/* What it is to decode, and the rate that its hearers would like; the same as
 * before: nothing happens. False: this codec cannot be decoded here. */
bool hearing_begin(struct leg *leg, enum codec codec, uint32_t rate_hz);
void hearing_end(struct leg *leg);
/* A packet of a codec, of comfort noise or of an event. */
void hearing_take(struct leg *leg, const struct rtp_packet *packet,
		  enum codec codec, int64_t now_ns);
/* Another stream begins: its numbers have nothing to do with those before. */
void hearing_restart(struct leg *leg);
/* It will be ticked soon; see leg_fetch. */
void hearing_fetch(const struct leg *leg, unsigned step);
void hearing_tick(struct leg *leg, int64_t now_ns);
/* No packet has come for so long (or ever) that there is nothing to tick for:
 * the next one makes leg_review tick again. */
bool hearing_rests(const struct leg *leg);
/* What it had to do goes into the leg's quality; counts begin anew. */
void hearing_count(struct leg *leg);
/* How long a packet waits at present. */
int64_t hearing_wait_ms(const struct leg *leg);
