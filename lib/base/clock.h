/*
 * clock.h - the only place that asks what time it is.
 *
 * Contract: 'mono' never jumps and is what timers use; 'wall' is UTC since 1970
 * and is what people and messages are told. Tests set both by hand. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
int64_t clock_wall_ms(void);

/* "2024-04-04T18:32:15.123Z"; 'to' has CLOCK_ISO_BYTES. */
#define CLOCK_ISO_BYTES 32
void clock_iso(int64_t wall_ms, char *to);
/* RFC 2822, as webhooks carry it: "Thu, 04 Apr 2024 18:32:15 +0000". */
#define CLOCK_RFC2822_BYTES 40
void clock_rfc2822(int64_t wall_ms, char *to);

/* Tests only: from now on the clocks stand at these values. */
void clock_fake(int64_t mono_ms, int64_t wall_ms);
