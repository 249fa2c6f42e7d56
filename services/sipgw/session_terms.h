/*
 * session_terms.h - RFC 4028's arithmetic: who refreshes a session, how often,
 * and when it is over.
 *
 * Contract: pure; times in seconds where a header has them, in ms where a timer
 * is set. 'refresher' is as a message says it: UAC is who sent the request of
 * this transaction, whoever called. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SESSION_DEFAULT_S 600
#define SESSION_MIN_S 90 /* RFC 4028 4 */

enum refresher { REFRESHER_ANY, REFRESHER_UAC, REFRESHER_UAS };

/* What a message of theirs says about the session's timer. */
struct session_words {
	bool supported;     /* Supported or Require has timer */
	int64_t interval_s; /* Session-Expires; 0: none */
	int64_t min_s;      /* Min-SE; 0: none */
	enum refresher refresher;
};

/* What holds. */
struct session_terms {
	int64_t interval_s; /* 0: the session has no timer */
	int64_t min_s;      /* largest Min-SE that came */
	bool ours;          /* we refresh */
	bool told;          /* they know session timers */
};

/* A request is refused with 422 and our Min-SE. */
bool session_is_too_short(const struct session_words *asked, int64_t min_s);
/* Terms of our 2xx to their request; 'present' are those that hold. */
struct session_terms session_answer(const struct session_words *asked,
				    const struct session_terms *present);
/* Terms that their 2xx to our request makes. 'refresh': it was no INVITE that
 * begins a session. */
struct session_terms session_agree(const struct session_words *answered,
				   const struct session_terms *asked,
				   bool refresh);
/* After a 422: what to ask for next. False: it cannot be met. */
bool session_raise(const struct session_words *refused,
		   struct session_terms *asked);
/* From a refresh to the next one of ours; to the end of the session (RFC 4028
 * 10: a third of the interval before it, or 32 s). */
int64_t session_refresh_ms(int64_t interval_s);
int64_t session_end_ms(int64_t interval_s);
