/*
 * sip_outcome_test.c - every final status has one outcome, in each dialect.
 */
#include "services/interpreter/call.h"

#include "lib/test/test.h"

/* features.md 2.6, written down once more: all others are 'failed'. */
static const struct {
	int status;
	enum call_status outcome[DIALECT_TWILIO + 1];
} wanted[] = {
#define SAME(status, outcome)                                                  \
	{                                                                      \
		status,                                                        \
		{                                                              \
			[DIALECT_SIGNALWIRE] = outcome,                        \
			[DIALECT_RESTCOMM] = outcome,                          \
			[DIALECT_TWILIO] = outcome                             \
		}                                                              \
	}
	SAME(408, CALL_NO_ANSWER), SAME(480, CALL_NO_ANSWER),
	SAME(486, CALL_BUSY),      SAME(487, CALL_CANCELED),
	SAME(600, CALL_BUSY),      SAME(603, CALL_BUSY),
#undef SAME
};

static enum call_status wanted_of(int status, enum dialect_name name)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (wanted[i].status == status)
			return wanted[i].outcome[name];
	}
	return CALL_FAILED;
}

TEST(every_final_status_has_its_outcome_in_every_dialect)
{
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		const struct dialect *dialect = dialect_row(name);
		for (int status = 300; status <= 699; status++)
			CHECK_INT(sip_outcome(status, dialect),
				  wanted_of(status, name));
	}
}

TEST(no_status_at_all_is_a_failure)
{
	CHECK_INT(sip_outcome(0, dialect_row(DIALECT_SIGNALWIRE)), CALL_FAILED);
}

/* A row that none of the statuses reaches says something that is not so. */
TEST(every_row_counts_for_some_status)
{
	static const struct {
		int lo, hi;
		unsigned of;
	} rows[] = {
#define SIP_OUTCOME(lo, hi, of, outcome, doc) {lo, hi, of},
#include "services/interpreter/sip_outcomes.def"
#undef SIP_OUTCOME
	};
	bool used[sizeof(rows) / sizeof(rows[0])] = {false};
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		for (int status = 300; status <= 699; status++) {
			size_t i = 0;
			while (status < rows[i].lo || status > rows[i].hi ||
			       !(rows[i].of & dialect_row(name)->params))
				i++;
			used[i] = true;
		}
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(used[i]);
}

TEST_MAIN()
