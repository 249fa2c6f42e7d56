/*
 * date.h - dates as clients of the API write them in filters.
 *
 * Contract: ISO 8601 with Z ("2026-11-22T01:02:03Z", fractions ignored), a day
 * ("2026-11-22") and RFC 2822 ("Sun, 22 Nov 2026 01:02:03 +0000"). UTC. Any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DATE_DAY_MS 86400000
#define DATE_SECOND_MS 1000

/* The first millisecond it names, and how many it spans: a second or a day. */
bool date_parse(const char *text, int64_t *ms_out, int64_t *span_ms_out);
