/*
 * dtmf_fuzz.c - bodies of INFO.
 */
#include "services/sipgw/dtmf.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum dtmf found, char digit)
{
	assert(found != DTMF_DIGIT ||
	       (digit && strchr("0123456789*#ABCD", digit)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char digit = 0;
	int ms = 0;
	char *body = malloc(size ? size : 1);
	if (!body)
		return 0;
	if (size)
		memcpy(body, data, size);
	enum dtmf found = dtmf_relay(body, size, &digit, &ms);
	check(found, digit);
	assert(ms >= 0 && ms <= DTMF_DURATION_MAX_MS);
	digit = 0;
	check(dtmf_plain(body, size, &digit), digit);
	free(body);
	return 0;
}
