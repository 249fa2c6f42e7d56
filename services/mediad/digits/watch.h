/*
 * watch.h - the keys that a leg's other side presses by RTP events: each is
 * told, and pressed for a peer that knows none.
 *
 * Contract: watch_packet sees each packet of use that the leg hears. A press is
 * told once: with its end; when that was lost, with what follows it, and after
 * WATCH_LAPSE_MS without a packet of it even if nothing does: who pressed 1 and
 * waits has pressed 1. The worker's thread.
 */
#pragma once

#include "services/mediad/codec/codec.h"

#include <stdint.h>

/* Packets of a press come every 20 to 100 ms; a gap of jitter and loss may be
 * as long as the largest jitter buffer, 200 ms, and some. */
#define WATCH_LAPSE_MS 500

struct leg;
struct rtp_packet;

void watch_packet(struct leg *leg, enum codec codec,
		  const struct rtp_packet *packet, int64_t now_ns);
/* Another stream begins, with timestamps of its own; the press that was open is
 * told. */
void watch_reset(struct leg *leg, int64_t now_ns);
/* The leg goes. */
void watch_end(struct leg *leg);
