/*
 * overrides_fuzz.c - fragments as strangers write them: whatever they say,
 * limits stay within their ranges.
 */
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/overrides.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(int64_t number, int64_t lo, int64_t hi)
{
	return number >= lo && number <= hi;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[OVERRIDES_ERROR_BYTES];
	char *url = mem_copy_bytes((const char *)data, size);
	struct overrides is = {5000, 10000, 15000, 1, RETRY_CT};
	bool fine = overrides_read(url, &is, error);
	if (!within(is.connect_ms, 100, 10000) ||
	    !within(is.read_ms, 100, 15000) ||
	    !within(is.total_ms, 100, 15000) || is.retries > 5 || !is.policy ||
	    is.policy > RETRY_ALL || fine != !error[0] ||
	    str_has_control(error))
		abort();
	free(url);
	return 0;
}
