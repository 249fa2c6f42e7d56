/*
 * sdp_fuzz.c - any text as an offer; whatever is answered must be understood by
 * ourselves, and agree with the offer.
 */
#include "lib/base/buf.h"
#include "services/mediad/sdp_answer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp offer, answer;
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self self = {.id = 1};
	char error[SDP_ERROR_BYTES];
	struct sdp_terms terms;
	struct refusal why;

	if (!sdp_parse((const char *)data, size, &offer, error))
		return 0;
	if (!endpoint_parse("127.0.0.1", 20000, &self.at))
		abort();
	if (sdp_write_answer(&self, &offer, &text, &why)) {
		const char *said = buf_text(&text);

		if (!sdp_parse(said, strlen(said), &answer, error) ||
		    !sdp_agree(&answer, &offer, AF_INET, &terms, &why) ||
		    terms.codec == CODEC_NONE)
			abort();
	}
	buf_free(&text);
	return 0;
}
