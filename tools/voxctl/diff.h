/*
 * diff.h - the first difference between two JSON texts, by its path.
 *
 * Contract: both were written by the same encoder: numbers and strings that
 * mean the same look the same. Any thread.
 */
#pragma once

#include "tools/voxctl/json.h"

#include <stdbool.h>

#define DIFF_PATH_BYTES 128
#define DIFF_VALUE_BYTES 320

struct diff {
	char path[DIFF_PATH_BYTES]; /* "params[3].value" */
	char recorded[DIFF_VALUE_BYTES], now[DIFF_VALUE_BYTES]; /* or
		"(absent)", long ones from a little before where they part */
};

/* Members of the outermost object whose names are in 'ignored' (NULL ends) are
 * not looked at. True: there is a difference. */
bool diff_find(struct json recorded, struct json now,
	       const char *const *ignored, struct diff *diff_out);
