/*
 * retry_fuzz.c - schedules as people write them into a setting or an account:
 * what is taken lasts six days at most, and each delay has its class.
 */
#include "lib/base/mem.h"
#include "lib/runtime/retry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct retry_schedule *schedule)
{
	int64_t all_ms = 0;
	for (unsigned i = 0; i < schedule->count; i++) {
		int64_t delay_ms = -1;
		struct retry_facts facts = {.hook = "HK1", .step = i};
		all_ms += schedule->delays_ms[i];
		if (!retry_next(schedule, &facts, &delay_ms) ||
		    delay_ms < 800 || retry_class(delay_ms) >= RETRY_CLASSES)
			abort();
	}
	if (all_ms > 6 * 24 * 3600000LL || schedule->count > RETRY_DELAYS_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[RETRY_ERROR_BYTES] = "";
	char *text = mem_copy_bytes((const char *)data, size);
	struct retry_schedule schedule;
	if (retry_schedule_read(text, &schedule, error))
		check(&schedule);
	free(text);
	return 0;
}
