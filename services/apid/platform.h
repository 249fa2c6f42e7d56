/*
 * platform.h - is the platform as a whole ready: does one of each kind of
 * daemon live, and not drain?
 *
 * A daemon lives as long as its claim on its name is renewed; that is seen from
 * outside, without asking it.
 *
 * Contract: pure, told the time in monotonic ms. At most PLATFORM_DAEMONS_MAX
 * are kept; more are counted only. Loop's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;

#define PLATFORM_DAEMONS_MAX 256
#define PLATFORM_SILENT_MS 3500 /* no renewal for so long: not alive */

struct platform_daemon {
	char service[17], name[33], boot[35];
	int64_t beat, hello;
	int64_t seen_ms; /* when the record last changed */
	bool draining;
};

struct platform {
	struct platform_daemon daemons[PLATFORM_DAEMONS_MAX];
	unsigned count, left_out;
};

/* An instance's record changed; 'record' NULL: it is gone. */
void platform_hear(struct platform *platform, const char *service,
		   const char *name, const struct instance *record,
		   int64_t now_ms);
/* Adds the JSON of /readyz. */
bool platform_ready(const struct platform *platform, bool bus_is_up,
		    int64_t now_ms, struct buf *to);
/* One that works, not always the same; 'salt' picks. NULL: there is none. */
const char *platform_pick(const struct platform *platform, const char *service,
			  const char *salt, int64_t now_ms);
