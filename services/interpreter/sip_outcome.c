/*
 * sip_outcome.c - the table of sip_outcomes.def, asked.
 */
#include "services/interpreter/call.h"

static const struct {
	int lo, hi;
	enum call_status outcome; /* CALL_STATUS_NONE: the dialect's */
} rows[] = {
#define SIP_OUTCOME(lo, hi, outcome, doc) {lo, hi, outcome},
#include "services/interpreter/sip_outcomes.def"
#undef SIP_OUTCOME
};

enum call_status sip_outcome(int status, const struct dialect *dialect)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (status >= rows[i].lo && status <= rows[i].hi)
			return rows[i].outcome ? rows[i].outcome
					       : dialect->declined;
	}
	return CALL_FAILED; /* nothing came back, or nothing was sent */
}
