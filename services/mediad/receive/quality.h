/*
 * quality.h - how good one leg's sound is, in figures: what the packets say,
 * what the other side's reports say, what the jitter buffer had to do, and the
 * estimate of it all that people know as MOS.
 *
 * Contract: figures count from the leg's beginning. Jitter is RFC 3550's; the
 * round trip is counted on our own monotonic clock from reports of ours that
 * are named in theirs, so that no clock but ours is believed. MOS is the
 * E-model's (ITU-T G.107) with G.113's impairments, for listeners of narrow
 * band. No allocation, no clock. One thread at a time.
 */
#pragma once

#include "services/mediad/codec/codec.h"
#include "services/mediad/receive/jitter.h"
#include "services/mediad/receive/rtcp.h"
#include "services/mediad/stream.h"

#include <stdbool.h>
#include <stdint.h>

#define QUALITY_REPORTS 4 /* of ours, that theirs may name */

struct quality {
	/* packets */
	uint32_t jitter_min, jitter_max; /* timestamps, times 16 */
	bool jitter_known;
	uint32_t settled;          /* packets since the stream began */
	uint16_t sequence;         /* of the packet before … */
	uint32_t timestamp;        /* … */
	uint64_t steps, steps_sum; /* from packet to packet */
	uint64_t events;           /* packets of digits */
	/* the jitter buffer */
	struct jitter_counts heard; /* of all its lives */
	uint64_t concealed_us;
	/* reports */
	struct {
		uint32_t middle;
		int64_t sent_ns;
	} reports[QUALITY_REPORTS];
	unsigned report_at;
	bool round_trip_known;
	int64_t round_trip_us;
	uint32_t their_lost;
	uint32_t asked_middle; /* their RRTR: goes back as DLRR */
	int64_t asked_ns;
	unsigned their_mos; /* of our stream, tenths; 0: not told */
};

/* What is known of a leg, for the record, the metrics and RTCP XR. */
struct quality_figures {
	uint64_t packets, lost, late, concealed_ms;
	int64_t jitter_us, jitter_min_us, jitter_max_us;
	unsigned buffer_max_ms, ptime_ms;
	int64_t round_trip_us; /* -1: not known */
	uint64_t their_lost, digits_in;
	unsigned r_factor, mos_hundredths; /* 0: nothing came */
	unsigned loss_percent;
};

/* A packet that was accepted; 'restarts': it begins another stream. */
void quality_packet(struct quality *quality, const struct stream_in *in,
		    const struct rtp_packet *packet, bool event, bool restarts);
/* What a jitter buffer had to do; its counts begin anew. */
void quality_heard(struct quality *quality, struct jitter_counts *counts);
void quality_concealed(struct quality *quality, uint64_t us);
/* A report of ours left that bore this time. */
void quality_sent(struct quality *quality, uint32_t middle, int64_t now_ns);
void quality_news(struct quality *quality, const struct rtcp_news *news,
		  int64_t now_ns);
void quality_figures(const struct quality *quality, const struct stream_in *in,
		     enum codec codec, struct quality_figures *figures_out);
/* E-model: what is lost for the listener, in hundredths of a percent, and the
 * way from mouth to ear. */
unsigned quality_r_factor(enum codec codec, unsigned lost_of_10000,
			  int64_t delay_us);
unsigned quality_mos(unsigned r_factor);
