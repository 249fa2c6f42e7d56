/*
 * codec.h - the codecs that mediad speaks, once.
 *
 * Contract: a table; the number of a codec is its place in it. CODEC_EVENT
 * (RFC 4733 digits) travels beside an audio codec and is never one by itself.
 * Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec { CODEC_PCMU, CODEC_PCMA, CODEC_EVENT, CODEC_COUNT, CODEC_NONE };

#define CODEC_CLOCK_HZ 8000
#define CODEC_PT_NONE 0xff
#define CODEC_AUDIO_MAX 2 /* audio codecs in one list */

struct codec_row {
	const char *name;  /* of rtpmap and of the 'codecs' attribute */
	uint8_t pt;        /* RFC 3551's, or what we offer */
	bool pt_is_static; /* an rtpmap may be missing */
	bool audio;
};

extern const struct codec_row codec_rows[CODEC_COUNT];

/* By rtpmap's words; case does not matter. CODEC_NONE: not one of ours. */
enum codec codec_find(const char *name, size_t length, uint32_t clock_hz,
		      uint32_t channels);
/* What a payload type means that has no rtpmap. */
enum codec codec_static(uint8_t pt);
/*
 * "PCMA,PCMU" in order, into 'codecs_out' (CODEC_AUDIO_MAX); NULL or empty:
 * PCMU,PCMA. Returns how many, 0 when a name is unknown or stands twice.
 */
unsigned codec_list(const char *text, enum codec *codecs_out);
