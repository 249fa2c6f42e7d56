/*
 * sip_outcome.c - the table of sip_outcomes.def, asked.
 */
#include "services/interpreter/call.h"

static const struct {
	int lo, hi;
	unsigned of;
	enum call_status outcome;
} rows[] = {
#define SIP_OUTCOME(lo, hi, of, outcome, doc) {lo, hi, of, outcome},
#include "services/interpreter/sip_outcomes.def"
#undef SIP_OUTCOME
};

enum call_status sip_outcome(int status, const struct dialect *dialect)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (status >= rows[i].lo && status <= rows[i].hi &&
		    (rows[i].of & dialect->params))
			return rows[i].outcome;
	}
	return CALL_FAILED; /* nothing came back, or nothing was sent */
}
