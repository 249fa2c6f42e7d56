/*
 * speaking.h - samples that are said to a leg, made into its packets.
 *
 * Contract: exists from the first samples on until what was agreed changes; one
 * source at a time speaks (leg_feed). Samples of any rate; a pause in them is a
 * pause in the stream. Memory is taken when the rate changes, not per packet.
 * The worker's thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct leg;
struct rtp_packet;

#define SPEAKING_MS 20
#define SPEAKING_HZ_MAX 48000
#define SPEAKING_SAMPLES_MAX (SPEAKING_HZ_MAX / 1000 * SPEAKING_MS)

/* At most SPEAKING_SAMPLES_MAX. A leg that cannot be spoken to (yet, or while
 * on hold) hears nothing of it. */
void speaking_say(struct leg *leg, const int16_t *pcm, size_t samples,
		  uint32_t rate_hz, int64_t now_ns);
/* So much of a pause, in which there is 'pcm' of noise. */
void speaking_pause(struct leg *leg, const int16_t *pcm, size_t samples,
		    uint32_t rate_hz, int64_t now_ns);
/* A packet of RTP events, in the peer's clock, takes its place among them;
 * 'clock_hz' is that of its duration. */
void speaking_event(struct leg *leg, struct rtp_packet *packet,
		    uint32_t clock_hz, int64_t now_ns);
/* So many of a hundred packets do not arrive there: Opus repeats itself. */
void speaking_expect_loss(struct leg *leg, unsigned percent);
/* The rate that samples are best made at. */
uint32_t speaking_rate(const struct leg *leg);
/* It will speak soon; see leg_fetch. */
void speaking_fetch(const struct leg *leg, unsigned step);
/* What was agreed has changed, or the leg ends. */
void speaking_end(struct leg *leg);
