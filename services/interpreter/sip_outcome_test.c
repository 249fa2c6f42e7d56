/*
 * sip_outcome_test.c - every final status has one outcome.
 */
#include "services/interpreter/call.h"

#include "lib/test/test.h"

TEST(every_final_status_has_an_outcome)
{
	const struct dialect *dialect = dialect_row(DIALECT_SIGNALWIRE);
	for (int status = 300; status <= 699; status++) {
		enum call_status wanted = CALL_FAILED;
		if (status == 486 || status == 600 || status == 603)
			wanted = CALL_BUSY;
		if (status == 408 || status == 480)
			wanted = CALL_NO_ANSWER;
		if (status == 487)
			wanted = CALL_CANCELED;
		CHECK_INT(sip_outcome(status, dialect), wanted);
	}
	CHECK_INT(sip_outcome(0, dialect), CALL_FAILED);
}

TEST_MAIN()
