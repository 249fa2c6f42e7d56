/*
 * dtls_fuzz.c - datagrams of whoever is at the address that an SDP names: each
 * after a byte that says how long it is. Without its key nobody gets through.
 */
#include "services/mediad/secure/dtls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void swallow(void *owner, const uint8_t *data, size_t size)
{
	(void)owner;
	(void)data;
	if (size > DTLS_DATAGRAM_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum suite suites[] = {SUITE_CM_128_80};
	static const uint8_t fingerprint[DTLS_FINGERPRINT_BYTES];
	static struct dtls_house *house;
	struct dtls_wish wish = {.active = size % 2,
				 .fingerprint = fingerprint,
				 .peer = "192.0.2.1:4000",
				 .send = swallow};
	struct dtls *dtls;

	if (!house && !(house = dtls_house_new(suites, 1)))
		abort();
	dtls = dtls_new(house, &wish);
	while (size > 1) {
		size_t length = data[0] < size ? data[0] : size - 1;

		if (dtls_take(dtls, data + 1, length) == DTLS_DONE)
			abort();
		data += length + 1;
		size -= length + 1;
	}
	dtls_free(dtls);
	return 0;
}
