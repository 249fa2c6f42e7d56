/*
 * codec.h - the codecs that mediad speaks, once.
 *
 * Contract: a table; the number of a codec is its place in it. Rows that are
 * not 'audio' travel beside an audio codec and are never one by themselves:
 * comfort noise (RFC 3389), and the digits of RFC 4733, whose clock should be
 * that of the audio codec that is in use. A codec is spoken when it is there:
 * codec_enable is for the program's start (and for tests), before any other
 * thread runs. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec {
	CODEC_PCMU,
	CODEC_PCMA,
	CODEC_G722,
	CODEC_OPUS,
	CODEC_G729,
	CODEC_CN,
	CODEC_EVENT,    /* telephone-event/8000 */
	CODEC_EVENT_48, /* telephone-event/48000 */
	CODEC_COUNT,
	CODEC_NONE
};

#define CODEC_CLOCK_HZ 8000 /* of most rows */
#define CODEC_PT_NONE 0xff
#define CODEC_AUDIO_MAX 5 /* audio codecs in one list */
#define CODEC_PTIME_MS 20 /* when nobody says another */
#define CODEC_PTIME_MAX_MS 60

struct codec_row {
	const char *name;   /* of the 'codecs' attribute, and in reports */
	const char *rtpmap; /* "name/clock" or "name/clock/channels" */
	uint8_t pt;         /* RFC 3551's, or what we offer */
	bool pt_is_static;  /* an rtpmap may be missing */
	bool audio;
	uint32_t clock_hz; /* of RTP timestamps */
	uint8_t channels;  /* of the rtpmap */
	uint32_t rate_hz;  /* of its sound at its best; 0: it is no sound */
};

extern const struct codec_row codec_rows[CODEC_COUNT];

bool codec_is_there(enum codec codec);
void codec_enable(enum codec codec, bool there);

/* By rtpmap's words; case does not matter. CODEC_NONE: not one of ours, or not
 * there. */
enum codec codec_find(const char *name, size_t length, uint32_t clock_hz,
		      uint32_t channels);
/* What a payload type means that has no rtpmap. */
enum codec codec_static(uint8_t pt);
/* The digits whose clock is that of an audio codec: the best beside it. */
enum codec codec_event_of(enum codec audio);
bool codec_is_event(enum codec codec);
/* Comfort noise of RFC 3389 may stand beside this audio codec: its clock is the
 * same, and it has none of its own. */
bool codec_takes_noise(enum codec audio);
/*
 * "PCMA,PCMU" in order, into 'codecs_out' (CODEC_AUDIO_MAX); NULL or empty:
 * PCMU,PCMA. What is known but not there is left out. Returns how many, 0 when
 * a name is unknown or stands twice, or nothing is left.
 */
unsigned codec_list(const char *text, enum codec *codecs_out);
