/*
 * module.h - a codec that is loaded at run time, because its licence is not
 * ours. What is here is all that both sides know of each other.
 *
 * Contract: the shared object exports one 'const struct codec_module' under the
 * name CODEC_MODULE_SYMBOL. Frames are 10 ms: 80 samples of 8000 Hz. States
 * belong to who asked for them; different ones may be used on different
 * threads. Nothing is allocated but by the _new functions.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CODEC_MODULE_VERSION 1
#define CODEC_MODULE_SYMBOL "voxbus_codec_module"
#define CODEC_MODULE_SAMPLES 80
#define CODEC_MODULE_SPEECH 10 /* bytes of a frame that is heard … */
#define CODEC_MODULE_NOISE 2   /* … and of one that describes silence */

struct codec_module {
	unsigned version; /* CODEC_MODULE_VERSION */
	const char *name; /* for the log: library and licence */
	void *(*encoder_new)(void);
	void (*encoder_free)(void *state);
	/* CODEC_MODULE_SPEECH bytes. */
	void (*encode)(void *state, const int16_t *pcm, uint8_t *out);
	/* The frame of CODEC_MODULE_NOISE bytes that describes noise of so many
	 * dB below overload. */
	void (*noise)(unsigned level_db, uint8_t *out);
	void *(*decoder_new)(void);
	void (*decoder_free)(void *state);
	/* 'size' is that of one of the two kinds of frame; 0: nothing came, and
	 * the decoder goes on with what it was doing. */
	void (*decode)(void *state, const uint8_t *frame, size_t size,
		       int16_t *pcm);
};
