/*
 * guard.h - who may call in, how fast, and where we may send to.
 *
 * Contract: stands in front of all that costs memory. Its own memory is fixed:
 * a table of GUARD_SOURCES sources; a full set forgets the one that was silent
 * for longest. IPv6 sources count by their /64. Times are monotonic ms. Loop's
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define GUARD_SOURCES 4096

struct guard;

/* 'allow' and 'out_allow' are lists of networks (cidr.h). NULL: 'error_out'
 * (160 bytes) says which is wrong. */
struct guard *guard_new(const char *allow, const char *out_allow,
			int64_t invites_per_second, char *error_out);
struct guard *guard_free(struct guard *guard);
/* A source whose requests are taken at all. */
bool guard_knows(const struct guard *guard, const struct sockaddr *source);
/* Takes one token of the source; false: it is too fast. */
bool guard_takes(struct guard *guard, const struct sockaddr *source,
		 int64_t now_ms);
/* Wrong passwords: GUARD_WRONG_MAX at once, and one more every
 * GUARD_WRONG_EACH_MS; a source that has used them up is not heard. */
#define GUARD_WRONG_MAX 10
#define GUARD_WRONG_EACH_MS 6000
void guard_wrong(struct guard *guard, const struct sockaddr *source,
		 int64_t now_ms);
bool guard_is_barred(struct guard *guard, const struct sockaddr *source,
		     int64_t now_ms);
/* A destination that requests may go to: public, or named as allowed. */
bool guard_may_reach(const struct guard *guard,
		     const struct sockaddr *destination);
