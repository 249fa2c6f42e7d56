/*
 * session_terms.c - RFC 4028's arithmetic; see session_terms.h.
 *
 * Where the request leaves the choice to us, we refresh: who sends the refresh
 * is the first to know that the other side is gone.
 */
#include "services/sipgw/session_terms.h"

#define GUARD_MS 32000

bool session_is_too_short(const struct session_words *asked, int64_t min_s)
{
	/* Without timer he could not do anything about it (RFC 4028 9). */
	return asked->supported && asked->interval_s &&
	       asked->interval_s < min_s;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct session_terms session_answer(const struct session_words *asked,
				    const struct session_terms *present)
{
	struct session_terms terms = {
		.interval_s = asked->interval_s,
		.min_s = larger(asked->min_s, present->min_s),
		.ours = asked->refresher != REFRESHER_UAC || !asked->supported,
		.told = asked->supported,
	};
	/* A request that says nothing leaves a timer standing that they know
	 * of: the dialog would be an orphan otherwise. */
	if (!terms.interval_s && (asked->supported || present->told)) {
		terms.interval_s = present->interval_s ? present->interval_s
						       : SESSION_DEFAULT_S;
		terms.told = true;
		terms.ours = true;
	}
	if (!asked->interval_s)
		terms.interval_s =
			terms.interval_s ? larger(terms.interval_s, terms.min_s)
					 : 0;
	return terms;
}

struct session_terms session_agree(const struct session_words *answered,
				   const struct session_terms *asked,
				   bool refresh)
{
	struct session_terms terms = {
		.interval_s = answered->interval_s,
		.min_s = larger(answered->min_s, asked->min_s),
		.ours = answered->refresher != REFRESHER_UAS,
		.told = answered->supported || answered->interval_s,
	};
	if (!terms.interval_s && refresh) { /* it went through: as it was */
		terms.interval_s = asked->interval_s;
		terms.told = asked->told;
		terms.ours = true;
	}
	return terms;
}

bool session_raise(const struct session_words *refused,
		   struct session_terms *asked)
{
	if (refused->min_s <= asked->interval_s &&
	    refused->min_s <= asked->min_s)
		return false;
	asked->min_s = larger(refused->min_s, asked->min_s);
	asked->interval_s = larger(asked->min_s, asked->interval_s);
	return true;
}

int64_t session_refresh_ms(int64_t interval_s)
{
	return interval_s * 500;
}

int64_t session_end_ms(int64_t interval_s)
{
	int64_t third_ms = interval_s * 1000 / 3;
	return interval_s * 1000 - (third_ms < GUARD_MS ? third_ms : GUARD_MS);
}
