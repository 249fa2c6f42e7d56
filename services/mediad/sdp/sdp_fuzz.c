/*
 * sdp_fuzz.c - any text as an offer; whatever is answered must be understood by
 * ourselves, and agree with the offer, also when it comes inside of a dialog:
 * then the stream in use is taken, and what we would offer ourselves agrees
 * with what we answered.
 */
#include "lib/base/buf.h"
#include "services/mediad/sdp/sdp_video.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 'answer' is ours and in force: our next offer names the same streams. */
static void offer_again(const struct sdp_self *self, const struct sdp *answer)
{
	static struct sdp again;
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	char error[SDP_ERROR_BYTES];
	struct sdp_terms terms;
	struct refusal why;
	const char *said;

	sdp_write_reoffer(self, answer, &text);
	said = buf_text(&text);
	if (!sdp_parse(said, strlen(said), &again, error) ||
	    again.media_count != answer->media_count ||
	    again.version != self->version ||
	    sdp_active(&again) - again.media !=
		    sdp_active(answer) - answer->media ||
	    !sdp_agree(&again, answer, AF_INET, &terms, &why))
		abort();
	buf_free(&text);
}

/* Pictures that we accept are agreed on; those that we do not are not. */
static void agree_on_pictures(const struct sdp_self *self,
			      const struct sdp *answer, const struct sdp *offer)
{
	struct sdp_video_terms terms;

	sdp_video_agree(answer, offer, AF_INET, &terms);
	if (terms.on != (sdp_video_wanted(self, offer) != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp offer, answer;
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self self = {.id = 1, .version = 7};
	struct sdp_safety safety = {
		.plain = size & 8,
		.sdes = size & 16,
		.dtls = size & 32,
		.suites = {SUITE_CM_128_80, SUITE_GCM_256, SUITE_CM_256_80},
		.suite_count = 3,
		.tls_id = "0123456789abcdef0123456789"};
	struct suite_keys keys;
	char error[SDP_ERROR_BYTES];
	struct sdp_terms terms;
	struct refusal why;

	if (!sdp_parse((const char *)data, size, &offer, error))
		return 0;
	if (!endpoint_parse("127.0.0.1", 20000, &self.at))
		abort();
	self.place = size % SDP_MEDIA_MAX;
	self.safety = &safety;
	self.video_port = size & 64 ? 20002 : 0;
	if (sdp_write_answer(&self, &offer, &text, &why)) {
		const char *said = buf_text(&text);

		if (!sdp_parse(said, strlen(said), &answer, error) ||
		    !sdp_agree(&answer, &offer, AF_INET, &terms, &why) ||
		    terms.codec == CODEC_NONE ||
		    (terms.cipher == SDP_CIPHER_NONE && !safety.plain) ||
		    (terms.cipher == SDP_CIPHER_SDES && !safety.sdes) ||
		    (terms.cipher == SDP_CIPHER_DTLS && !safety.dtls) ||
		    sdp_keys(&answer, &offer, &keys) !=
			    (terms.cipher == SDP_CIPHER_SDES))
			abort();
		agree_on_pictures(&self, &answer, &offer);
		offer_again(&self, &answer);
	}
	buf_free(&text);
	return 0;
}
