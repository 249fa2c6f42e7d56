/*
 * sdp_video.c - see sdp_video.h.
 */
#include "services/mediad/sdp/sdp_video.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "services/mediad/sdp/sdp_parser.h"
#include "services/mediad/sdp/sdp_stream.h"

#include <ctype.h>
#include <string.h>

#define CLOCK "/90000" /* of every format of pictures */
#define MODE "packetization-mode="

/* --- formats --- */

static bool is_picture(const struct sdp_format *format)
{
	struct sdp_slice rtpmap = format->rtpmap;
	size_t clock = strlen(CLOCK);

	return rtpmap.length > clock &&
	       memcmp(rtpmap.at + rtpmap.length - clock, CLOCK, clock) == 0;
}

static bool has_picture(const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->format_count; i++)
		if (is_picture(&media->formats[i]))
			return true;
	return false;
}

/* H.264 in its two ways of cutting pictures up is two formats (RFC 6184, 8.1);
 * anything else is its name. */
static char mode_of(struct sdp_slice fmtp)
{
	size_t length = strlen(MODE);

	for (size_t i = 0; i + length < fmtp.length; i++)
		if (memcmp(fmtp.at + i, MODE, length) == 0)
			return fmtp.at[i + length];
	return '0';
}

static uint64_t key_of(const struct sdp_format *format)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char name[64] = "";
	char mode = mode_of(format->fmtp);
	uint64_t key;

	for (size_t i = 0; i < format->rtpmap.length && i < sizeof(name); i++)
		name[i] = (char)tolower((unsigned char)format->rtpmap.at[i]);
	digest_hmac_sha256(&mode, 1, name, sizeof(name), digest);
	memcpy(&key, digest, sizeof(key));
	return key;
}

/* --- writing --- */

/* What is passed on between the two sides; all else is between each and us. */
static bool is_passed_on(struct sdp_slice words)
{
	static const char *const known[] = {"nack", "nack pli", "ccm fir"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (sdp_slice_is(words, known[i]))
			return true;
	return false;
}

static void write_line(struct buf *to, const char *name, unsigned pt,
		       struct sdp_slice words)
{
	if (words.length > 0)
		buf_addf(to, "a=%s:%u %.*s\r\n", name, pt, (int)words.length,
			 words.at);
}

static void write_feedback(struct buf *to, const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->feedback_count; i++) {
		const struct sdp_feedback *feedback = &media->feedback[i];

		if (!is_passed_on(feedback->words))
			continue;
		if (feedback->any)
			buf_addf(to, "a=rtcp-fb:* %.*s\r\n",
				 (int)feedback->words.length,
				 feedback->words.at);
		else
			write_line(to, "rtcp-fb", feedback->pt,
				   feedback->words);
	}
}

static void write_formats(struct buf *to, const struct sdp_self *self,
			  const char *proto, size_t proto_length,
			  const struct sdp_media *like)
{
	unsigned count = 0;

	buf_addf(to, "m=video %u %.*s", self->video_port, (int)proto_length,
		 proto);
	for (unsigned i = 0; i < like->format_count; i++)
		if (is_picture(&like->formats[i]) &&
		    count++ < SDP_VIDEO_FORMATS)
			buf_addf(to, " %u", like->formats[i].pt);
	buf_add_text(to, "\r\n");
	count = 0;
	for (unsigned i = 0; i < like->format_count; i++) {
		const struct sdp_format *format = &like->formats[i];

		if (!is_picture(format) || count++ >= SDP_VIDEO_FORMATS)
			continue;
		write_line(to, "rtpmap", format->pt, format->rtpmap);
		write_line(to, "fmtp", format->pt, format->fmtp);
	}
	write_feedback(to, like);
}

/* DTLS would be a second handshake: pictures have keys of the SDP, or none. */
static struct sdp_safety without_dtls(const struct sdp_self *self)
{
	struct sdp_safety safety = {.plain = true};

	if (self->safety)
		safety = *self->safety;
	safety.dtls = false;
	return safety;
}

static bool is_wanted(const struct sdp_self *self,
		      const struct sdp_media *media)
{
	struct sdp_safety safety = without_dtls(self);
	struct sdp_choice choice;
	struct refusal why;

	return media->video && media->port && has_picture(media) &&
	       sdp_stream_address(media, endpoint_family(&self->at), &why) &&
	       sdp_choose_cipher(&safety, media, &choice, &why);
}

bool sdp_video_is_offered(const struct sdp *offer)
{
	return sdp_video_active(offer) != NULL;
}

const struct sdp_media *sdp_video_wanted(const struct sdp_self *self,
					 const struct sdp *offer)
{
	for (unsigned i = 0; self->video_port && i < offer->media_count; i++)
		if (is_wanted(self, &offer->media[i]))
			return &offer->media[i];
	return NULL;
}

void sdp_video_accept(const struct sdp_self *self,
		      const struct sdp_media *offered, unsigned place,
		      struct buf *to)
{
	struct sdp_safety safety = without_dtls(self);
	struct sdp_choice choice;
	struct refusal why;

	write_formats(to, self, offered->proto.at, offered->proto.length,
		      offered);
	if (sdp_choose_cipher(&safety, offered, &choice, &why))
		sdp_write_choice(&safety, &choice, offered, place, to);
	if (offered->rtcp_mux)
		buf_add_text(to, "a=rtcp-mux\r\n");
	buf_addf(to, "a=%s\r\n",
		 sdp_direction_word(sdp_mirrored_direction(offered)));
}

void sdp_video_offer(const struct sdp_self *self, const struct sdp_media *like,
		     unsigned place, struct buf *to)
{
	struct sdp_safety safety = without_dtls(self);
	const char *proto = safety.plain ? "RTP/AVP" : "RTP/SAVP";
	bool feedback = like->feedback_count > 0;

	/* Nothing is allowed that can be offered: the call is its sound. */
	if (!safety.plain && !safety.sdes)
		return;
	if (feedback)
		proto = safety.plain ? "RTP/AVPF" : "RTP/SAVPF";
	write_formats(to, self, proto, strlen(proto), like);
	sdp_write_ciphers(&safety, place, to);
	buf_add_text(to, "a=sendrecv\r\n");
}

void sdp_video_again(const struct sdp_self *self, const struct sdp_media *ours,
		     struct buf *to)
{
	write_formats(to, self, ours->proto.at, ours->proto.length, ours);
	sdp_write_same_ciphers(ours, to);
	if (ours->rtcp_mux)
		buf_add_text(to, "a=rtcp-mux\r\n");
	buf_add_text(to, "a=sendrecv\r\n");
}

/* --- agreeing --- */

const struct sdp_media *sdp_video_active(const struct sdp *ours)
{
	for (unsigned i = 0; i < ours->media_count; i++)
		if (ours->media[i].video && ours->media[i].port)
			return &ours->media[i];
	return NULL;
}

static void map_formats(const struct sdp_media *ours,
			const struct sdp_media *theirs,
			struct sdp_video_terms *terms)
{
	for (unsigned i = 0; i < theirs->format_count; i++) {
		const struct sdp_format *format = &theirs->formats[i];
		uint64_t key = key_of(format);

		for (unsigned j = 0;
		     j < ours->format_count && is_picture(format) &&
		     terms->count < SDP_VIDEO_FORMATS;
		     j++)
			if (is_picture(&ours->formats[j]) &&
			    key_of(&ours->formats[j]) == key) {
				terms->formats[terms->count++] =
					(struct sdp_video_format){
						.ours = ours->formats[j].pt,
						.theirs = format->pt,
						.key = key};
				break;
			}
	}
}

static void map_addresses(const struct sdp_media *ours,
			  const struct sdp_media *theirs,
			  struct sdp_video_terms *terms)
{
	terms->rtp = theirs->host.at;
	endpoint_set_port(&terms->rtp, theirs->port);
	terms->mux = ours->rtcp_mux && theirs->rtcp_mux;
	terms->rtcp = terms->rtp;
	if (!terms->mux)
		endpoint_set_port(&terms->rtcp, theirs->rtcp_port);
	terms->hears = ours->direction & SDP_RECVONLY &&
		       theirs->direction & SDP_SENDONLY;
	terms->sends = ours->direction & SDP_SENDONLY &&
		       theirs->direction & SDP_RECVONLY &&
		       !endpoint_is_wild(&terms->rtp);
}

void sdp_video_agree(const struct sdp *local, const struct sdp *remote,
		     int family, struct sdp_video_terms *terms_out)
{
	const struct sdp_media *ours = sdp_video_active(local), *theirs;
	size_t place = ours ? (size_t)(ours - local->media) : 0;
	enum sdp_cipher cipher;
	struct refusal why;

	memset(terms_out, 0, sizeof(*terms_out));
	if (!ours || place >= remote->media_count)
		return;
	theirs = &remote->media[place];
	if (!theirs->video || !theirs->port ||
	    !sdp_stream_address(theirs, family, &why) ||
	    !sdp_agree_cipher(ours, theirs, &cipher, &why) ||
	    cipher == SDP_CIPHER_DTLS)
		return;
	map_formats(ours, theirs, terms_out);
	if (terms_out->count == 0)
		return;
	terms_out->sealed = cipher == SDP_CIPHER_SDES;
	if (terms_out->sealed &&
	    !sdp_agree_keys(ours, theirs, &terms_out->keys))
		return;
	map_addresses(ours, theirs, terms_out);
	terms_out->on = true;
}
