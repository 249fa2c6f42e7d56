/*
 * clock.c - the only place that asks what time it is; see clock.h.
 */
#include "lib/base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static bool faked;
static int64_t fake_mono_ms, fake_wall_ms;

void clock_fake(int64_t mono_ms, int64_t wall_ms)
{
	faked = true;
	fake_mono_ms = mono_ms;
	fake_wall_ms = wall_ms;
}

static int64_t read_ns(clockid_t which)
{
	struct timespec now;
	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_mono_ns(void)
{
	return faked ? fake_mono_ms * 1000000 : read_ns(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

int64_t clock_wall_ms(void)
{
	return faked ? fake_wall_ms : read_ns(CLOCK_REALTIME) / 1000000;
}

void clock_iso(int64_t wall_ms, char *to)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;
	char text[24];
	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(to, CLOCK_ISO_BYTES, "%s.%03dZ", text, (int)(wall_ms % 1000));
}

void clock_rfc2822(int64_t wall_ms, char *to)
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
					"Thu", "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
					   "May", "Jun", "Jul", "Aug",
					   "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;
	gmtime_r(&seconds, &utc);
	snprintf(to, CLOCK_RFC2822_BYTES,
		 "%s, %02d %s %04d %02d:%02d:%02d +0000", days[utc.tm_wday],
		 utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
		 utc.tm_hour, utc.tm_min, utc.tm_sec);
}
