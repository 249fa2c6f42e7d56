/*
 * decode.h - sound files into samples: the only user of libsndfile.
 *
 * Why a program of its own: mediad starts itself as 'mediad --decode', and that
 * process can do nothing but read the file it was given and write samples: no
 * other file, no socket, no program (seccomp). What a stranger's file does to
 * libsndfile costs a prompt, and nothing else.
 *
 * Contract: mono, 16 bits, native order, at 'rate_hz', behind DECODE_HEAD_BYTES
 * of "VXS1" and the rate. Channels are mixed evenly. A file that breaks off is
 * played as far as it goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECODE_ARGUMENT "--decode"
#define DECODE_HEAD_BYTES 8
#define DECODE_HEAD "VXS1"

enum decode_hint {
	DECODE_PLAIN, /* the file says what it is */
	DECODE_ULAW,  /* without a head, unless it has one: 8 kHz */
	DECODE_ALAW,
	DECODE_GSM
};

struct decode {
	int file; /* seekable */
	uint32_t rate_hz;
	int64_t seconds_max;
	enum decode_hint hint;
	/* False: no more is wanted. */
	bool (*output)(void *owner, const int16_t *pcm, size_t samples);
	void *owner;
};

/* NULL: it went well; otherwise what was wrong. Any thread. */
const char *decode_run(const struct decode *decode);
/* mediad --decode <rate> <seconds> <hint>: its exit status. */
int decode_main(int argc, char **argv);
