/*
 * setup.h - what the codecs are given at the program's start: a module that may
 * be there, and how much work Opus may be.
 *
 * Contract: codec_setup is called once, before any other thread runs; from then
 * on nothing here changes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct codec_module;

#define CODEC_OPUS_COMPLEXITY 5 /* unless said otherwise */

struct codec_setup {
	/* Path of G.729's module; NULL or empty: lib/voxbus/g729.so in the
	 * nearest folder above the program that has it; "none": no G.729. */
	const char *g729_module;
	unsigned opus_complexity; /* 0 to 10 */
};

/*
 * Makes all codecs be there, G.729 if its module is. False: 'g729_module' was
 * named and cannot be used; why is in the log.
 */
bool codec_setup(const struct codec_setup *setup);

/* NULL: none was loaded. */
const struct codec_module *setup_module(void);
int setup_opus_complexity(void);
