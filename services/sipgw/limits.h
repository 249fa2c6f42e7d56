/*
 * limits.h - what an account may do outbound: calls a second, calls at once,
 * their length, and where to (account_config).
 *
 * Contract: each gateway counts for itself. A limit that changes holds from the
 * next call on; calls that are up stay. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct leg;
struct limits;
struct loop_timer;

struct limits *limits_new(void);
struct limits *limits_free(struct limits *limits);
/* Before anything is sent: 0, or the error that refuses the call. */
int limits_enter(struct leg *leg);
/* A leg of before a restart is counted, whatever the limits are. */
void limits_resume(struct leg *leg);
void limits_leave(struct leg *leg);
/* The leg was answered at this time (wall clock): it may last only so long. */
void limits_answered(struct leg *leg, int64_t answered_ms);
/* The address may be reached by the leg's account, for the host that the leg's
 * URI names. */
bool limits_may_reach(const struct leg *leg, const struct sockaddr *address);

/* --- pure --- */

/* A token bucket one second deep, in thousandths. */
struct limits_bucket {
	int64_t tokens;
	int64_t seen_ms; /* steady; 0: never used */
};
bool limits_take(struct limits_bucket *bucket, int64_t per_second,
		 int64_t now_ms);
/* 'list' is a comma separated list of host names ("*.example.com" for all below
 * example.com), addresses and networks. 'host' is the URI's, 'address' what it
 * stands for. */
bool limits_list_has(const char *list, const char *host,
		     const struct sockaddr *address);
