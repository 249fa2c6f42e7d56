/*
 * freshness.h - what Cache-Control says of a stored answer (RFC 9111).
 *
 * Contract: only what a private cache of sound files needs. An answer without
 * max-age is never fresh by itself: it is asked for again, conditionally. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FRESHNESS_MAX_S (365 * 86400)

struct freshness {
	int64_t fresh_ms; /* from its arrival; 0: ask each time */
	bool keep;        /* may be stored at all */
	bool strict;      /* must not be used when it cannot be asked for */
};

struct freshness freshness_of(const char *cache_control);
