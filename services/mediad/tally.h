/*
 * tally.h - what the packet path counts, and its way into the metrics.
 *
 * Contract: plain numbers that one loop's thread raises; tally_flush adds them
 * to the daemon's metrics (any thread) and starts again from 0. So a packet
 * costs no atomic operation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum tally_refused {
	REFUSED_MALFORMED,
	REFUSED_EARLY,
	REFUSED_STRANGER,
	REFUSED_RATE,
	REFUSED_SSRC,
	REFUSED_PAYLOAD,
	REFUSED_DIRECTION,
	REFUSED_UNBRIDGED,
	REFUSED_LATE,
	REFUSED_SEND,
	REFUSED_FORGED,
	REFUSED_REPLAYED,
	REFUSED_UNSEALED,
	REFUSED_STUN,
	REFUSED_COUNT
};

enum tally_log {
	TALLY_QUIET,
	TALLY_INFO, /* logged once a leg: worth knowing … */
	TALLY_WARN  /* … and this may be an attack or a fault */
};

struct tally_row {
	const char *words; /* for the log */
	bool peers_fault;  /* counts as refused in the leg's own figures */
	enum tally_log log;
};

extern const struct tally_row tally_rows[REFUSED_COUNT];

struct tally {
	uint64_t rtp_in, rtp_out;
	uint64_t rtcp_in, rtcp_out, rtcp_refused;
	uint64_t refused[REFUSED_COUNT];
};

void tally_flush(struct tally *tally);
