/*
 * session.h - the media of one root call: its legs, and who hears whom.
 *
 * Contract: a session is named by its root call's CallSid and exists as long
 * as it has legs. One whose interpreter never closes it ends after
 * SESSION_LIFE_MS once nothing was heard for SESSION_SILENCE_MS. The loop's
 * thread.
 */
#pragma once

#include "lib/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct leg;
struct media;

#define SESSION_LEGS_MAX 64
#define SESSION_LIFE_MS (4 * 3600 * 1000LL)
#define SESSION_SILENCE_MS (3600 * 1000LL)

struct session {
	struct media *media;
	char call_sid[40];
	char account_sid[65]; /* for what is said of it */
	struct list legs;
	unsigned leg_count;
	int64_t since_ms;
	int64_t heard_ms; /* last RTP of any leg, by the second */
};

/* NULL: there is none of that name. */
struct session *session_find(const struct media *media, const char *call_sid);
struct session *session_new(struct media *media, const char *call_sid,
			    const char *account_sid);
/* Ends it, and the legs that it still has. NULL is fine. */
struct session *session_free(struct session *session);
struct leg *session_leg(const struct session *session, const char *name);
bool session_is_abandoned(const struct session *session, int64_t now_ms);
