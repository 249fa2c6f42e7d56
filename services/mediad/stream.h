/*
 * stream.h - the two directions of a leg's RTP: what comes in, what goes out.
 *
 * Contract: stream_in follows one peer's sequence numbers (RFC 3550, appendix
 * A.1, A.3, A.8); a new SSRC is believed after STREAM_PROBATION packets in
 * order, the first one at once. stream_out makes one unbroken stream of our own
 * SSRC from whatever feeds it: sequence numbers go on by one and timestamps by
 * the time that passed when the feed changes; losses and disorder of a feed
 * stay visible. Timestamps count 'clock_hz', which is whoever owns the stream's
 * to set; 0 is CODEC_CLOCK_HZ. No allocation, no clock: 'now'
 * is given. One thread at a time.
 */
#pragma once

#include "services/mediad/rtp.h"

#include <stdbool.h>
#include <stdint.h>

#define STREAM_PROBATION 5
#define STREAM_DROPOUT_MAX 3000
#define STREAM_DISORDER_MAX 100

struct stream_in {
	bool started;
	uint32_t clock_hz;
	uint32_t ssrc;
	uint16_t newest;      /* highest sequence number */
	uint32_t cycles;      /* times 65536 that it wrapped */
	uint32_t base;        /* first sequence number */
	uint32_t bad;         /* what a restarted sender would send next */
	uint32_t received;    /* since 'base' */
	uint32_t lost_before; /* by streams that ended */
	uint32_t expected_prior, received_prior;
	uint32_t transit;   /* of the packet before, for the jitter … */
	uint32_t timestamp; /* … and its timestamp */
	uint32_t jitter;    /* times 16 */
	uint32_t other;     /* another SSRC, on probation … */
	uint16_t other_next;
	uint8_t other_count;
	uint64_t packets;
};

enum stream_arrival {
	STREAM_NEXT,    /* belongs to the stream */
	STREAM_RESTART, /* begins a new one: nothing before it counts */
	STREAM_FOREIGN  /* another SSRC, not believed (yet) */
};

enum stream_arrival stream_in_take(struct stream_in *in,
				   const struct rtp_packet *packet,
				   int64_t now_ns);
/* Another peer may follow: the next SSRC is believed at once. */
void stream_in_reset(struct stream_in *in);
/* Packets that should have come and did not, never below 0. */
uint64_t stream_in_lost(const struct stream_in *in);

struct stream_out {
	uint32_t ssrc;
	uint32_t clock_hz;
	bool started, mapped;
	uint16_t newest;      /* highest sequence number sent */
	uint32_t timestamp;   /* of that packet */
	int64_t sent_ns;      /* when the first one with it left */
	uint16_t sequence_by; /* added to the feed's */
	uint32_t timestamp_by;
	uint16_t first; /* first sequence number of the present feed */
	uint16_t since; /* packets since then, up to UINT16_MAX */
	uint32_t packets, octets; /* for sender reports */
};

/* A random SSRC, sequence number and timestamp to begin with. */
void stream_out_init(struct stream_out *out);
/* Another SSRC, and all that goes with it; what was sent stays counted. */
void stream_out_renew(struct stream_out *out);
/* The next packet comes from another feed, or from one that began anew. */
void stream_out_switch(struct stream_out *out);
/*
 * Gives the packet its place in our stream: SSRC, sequence, timestamp, marker.
 * False: too old for it (from before the feed was switched).
 */
bool stream_out_place(struct stream_out *out, struct rtp_packet *packet,
		      int64_t now_ns);
/*
 * The same for a packet of our own that belongs to no feed: the next number,
 * and the timestamp that it has (stream_out_clock says what is now). What is
 * fed afterwards is mapped anew.
 */
void stream_out_append(struct stream_out *out, struct rtp_packet *packet,
		       int64_t now_ns);
/* A packet of the feed is left out on purpose: no hole is to be seen. */
void stream_out_skip(struct stream_out *out, const struct rtp_packet *packet);
/* The timestamp that belongs to 'now'. */
uint32_t stream_out_clock(const struct stream_out *out, int64_t now_ns);
