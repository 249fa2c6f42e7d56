/*
 * recent.h - answers of late, so that a repeated 'get' needs no second request.
 *
 * Contract: holds at most so many answers and bytes of bodies; the oldest go
 * first. Copies what it is given; what it hands out is borrowed until the next
 * put. Loop's thread.
 */
#pragma once

#include <stddef.h>

struct fetched;
struct recent;

struct recent *recent_new(size_t answers_max, size_t bytes_max);
struct recent *recent_free(struct recent *recent);
void recent_put(struct recent *recent, const struct fetched *answer);
/* NULL: not known, or not any more. */
const struct fetched *recent_get(const struct recent *recent,
				 const char *fetch);
