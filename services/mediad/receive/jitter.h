/*
 * jitter.h - packets in as the network brings them, out as they were spoken.
 *
 * Contract: holds at most JITTER_PACKETS_MAX packets and JITTER_MS_MAX of
 * sound; what is more is dropped from its old end and counted. How long a
 * packet waits follows delay.h; the wait changes where it is not heard: at the
 * beginning of what is said (after a gap of DTX or a stall, at a marker), at
 * quiet packets; grows where something is missing anyway; and shrinks after two
 * seconds of too much of it, whatever is said.
 * Sequence numbers are those of one SSRC: jitter_restart when it changes. A
 * jump of more than JITTER_JUMP_MAX, or of its timestamps against the clock,
 * begins anew and is counted. Memory for payloads grows with what waits
 * (shelf.h), and is given back by jitter_free. No clock: 'now' is given. One
 * thread at a time.
 */
#pragma once

#include "services/mediad/receive/delay.h"
#include "services/mediad/receive/shelf.h"
#include "services/mediad/rtp.h"

#include <stdbool.h>
#include <stdint.h>

#define JITTER_PACKETS_MAX 64
#define JITTER_MS_MAX 200
#define JITTER_JUMP_MAX 3000

struct jitter_slot {
	int64_t sequence, time; /* unwrapped */
	uint16_t size;
	uint8_t pt, place;
	bool used, marker;
};

struct jitter_counts {
	uint64_t taken, played;
	uint64_t late;                 /* came after their turn */
	uint64_t duplicates;           /* of what had come */
	uint64_t lost;                 /* were not there at their turn */
	uint64_t flushed;              /* dropped, for the buffer was full */
	uint64_t shortened, stretched; /* times that the wait was changed */
	uint64_t resyncs;
	uint32_t most_ms; /* of sound that was held */
};

struct jitter {
	uint32_t clock_hz;
	uint32_t step; /* of timestamps from packet to packet */
	bool started;  /* newest, newest_time are known */
	bool played;   /* next, next_time are known: what is due */
	bool playing;  /* packet follows packet */
	bool pause;    /* it does not, and nobody misses it */
	int64_t newest, newest_time;
	uint64_t heard; /* bit n: newest - n has come */
	int64_t next, next_time;
	int64_t last_us, last_lag_us; /* of the packet that was played last */
	int64_t heavy_us; /* since when too much waits; 0: it does not */
	unsigned count;
	struct jitter_slot slots[JITTER_PACKETS_MAX];
	struct delay delay;
	struct jitter_counts counts;
	struct shelf shelf;
};

struct jitter_packet {
	uint8_t pt;
	bool marker;
	bool spare; /* more waits than need be: decode it, and leave it out */
	uint16_t size;
	uint8_t payload[SHELF_PAYLOAD_MAX];
};

enum jitter_turn {
	JITTER_PACKET,
	JITTER_LOST, /* it should be here: make up jitter_step() of sound */
	JITTER_WAIT, /* it may yet come: make up what is needed now */
	JITTER_PAUSE /* nothing is being said */
};

/* 'clock_hz' of the timestamps. */
void jitter_init(struct jitter *jitter, uint32_t clock_hz);
/* Afterwards jitter_init again. */
void jitter_free(struct jitter *jitter);
/* Another stream; counts and what is known of the network stay. */
void jitter_restart(struct jitter *jitter, uint32_t clock_hz);
/*
 * A packet has come. False: it is of no use. Where 'sound' is false (an RTP
 * event), only its number is taken: it is no loss.
 */
bool jitter_put(struct jitter *jitter, const struct rtp_packet *packet,
		bool sound, int64_t now_ns);
/* jitter_get will be called soon: what waits is asked for, see cache.h. */
void jitter_fetch(const struct jitter *jitter);
/*
 * What is to be played 'now', which is when it will be heard. 'quiet': what was
 * played last would not be missed.
 */
enum jitter_turn jitter_get(struct jitter *jitter, bool quiet, int64_t now_ns,
			    struct jitter_packet *packet_out);
/* How much sound the packet held that was got: timestamps, not samples. */
void jitter_played(struct jitter *jitter, uint32_t step);
/* Of one packet, in timestamps. */
uint32_t jitter_step(const struct jitter *jitter);
/* The packet after one that is lost, for codecs that repeat themselves (Opus);
 * false: it is not here. */
bool jitter_look(const struct jitter *jitter, struct jitter_packet *packet_out);
