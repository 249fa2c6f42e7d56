/*
 * terms.h - what both sides agreed on about one audio codec: how the other side
 * wants to be sent to, and how much of it.
 *
 * Contract: a side's fmtp line says what it likes to *receive* (RFC 7587, 7;
 * RFC 4856, 2.1.8), so an encoder obeys the other side's line and a decoder
 * needs none. Reading is bounded and never fails: a parameter that is unknown
 * or cannot be read is left out, as RFC 7587 and 8866 ask. Any thread.
 */
#pragma once

#include "services/mediad/codec/codec.h"

struct buf;

struct codec_fmtp {
	/* Opus */
	bool stereo;          /* stereo=1: it likes two channels */
	bool fec;             /* useinbandfec=1 */
	bool dtx;             /* usedtx=1 */
	bool cbr;             /* cbr=1 */
	uint32_t bitrate_max; /* maxaveragebitrate; 0: not said */
	uint32_t playback_hz; /* maxplaybackrate; 0: not said */
	/* G729: absent means yes. */
	bool annexb_no;
};

struct codec_terms {
	enum codec codec;  /* CODEC_NONE: none yet */
	unsigned ptime_ms; /* of the packets that we send; 0: CODEC_PTIME_MS */
	bool noise;        /* both sides take CODEC_CN, so we may send it */
	struct codec_fmtp fmtp; /* the other side's, of the format we send */
};

/* What stands behind "a=fmtp:<type> ". */
void codec_fmtp_read(enum codec codec, const char *text, size_t length,
		     struct codec_fmtp *fmtp_out);
/*
 * Ours, without "a=fmtp:<type> ": nothing is added where there is nothing to be
 * said. 'theirs' is what the offer that we answer said, NULL for an offer of
 * our own. Returns whether something was added.
 */
bool codec_fmtp_write(enum codec codec, const struct codec_fmtp *theirs,
		      struct buf *to);
/*
 * The packet length that we send with: what the other side asked for (0:
 * nothing), within its maxptime (0: none) and what the codec can do; 10 to
 * CODEC_PTIME_MAX_MS, by tens.
 */
unsigned codec_ptime(enum codec codec, unsigned ptime_ms, unsigned max_ms);
