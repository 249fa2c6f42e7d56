/*
 * sdp_agree.c - what two descriptions mean together.
 */
#include "services/mediad/sdp/sdp_answer.h"

#include "lib/base/digest.h"
#include "proto/proto.h"
#include "services/mediad/sdp/sdp_stream.h"

#include <string.h>

#define NOT_ACCEPTABLE 488

const struct sdp_media *sdp_active(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++)
		if (sdp->media[i].audio && sdp->media[i].port)
			return &sdp->media[i];
	return NULL;
}

/* We send with their numbers, and hear both theirs and ours. */
static void map_codecs(const struct sdp_media *local,
		       const struct sdp_media *remote, struct sdp_terms *terms)
{
	for (unsigned i = 0; i < remote->format_count; i++) {
		const struct sdp_format *format = &remote->formats[i];

		if (format->codec >= CODEC_COUNT ||
		    !sdp_stream_format(local, format->codec))
			continue;
		terms->codec_of[format->pt] = (uint8_t)format->codec;
		if (terms->send_pt[format->codec] == CODEC_PT_NONE)
			terms->send_pt[format->codec] = format->pt;
		if (codec_rows[format->codec].audio &&
		    terms->codec == CODEC_NONE)
			terms->codec = format->codec;
	}
	for (unsigned i = 0; i < local->format_count; i++) {
		const struct sdp_format *format = &local->formats[i];

		if (format->codec < CODEC_COUNT &&
		    terms->send_pt[format->codec] != CODEC_PT_NONE)
			terms->codec_of[format->pt] = (uint8_t)format->codec;
	}
}

/* Digits of the sound's clock, or of any that was agreed: RFC 4733 recommends
 * the former, and phones with Opus have telephone-event/8000 all the same. */
static void map_events(struct sdp_terms *terms)
{
	enum codec first = codec_event_of(terms->codec);
	enum codec other = first == CODEC_EVENT ? CODEC_EVENT_48 : CODEC_EVENT;

	terms->event = terms->send_pt[first] != CODEC_PT_NONE   ? first
		       : terms->send_pt[other] != CODEC_PT_NONE ? other
								: CODEC_NONE;
}

/* Their wishes about what we send. */
static void map_sound(const struct sdp_media *remote, struct sdp_terms *terms)
{
	const struct sdp_format *format =
		sdp_stream_format(remote, terms->codec);

	terms->sound.codec = terms->codec;
	terms->sound.ptime_ms = codec_ptime(terms->codec, remote->ptime_ms,
					    remote->maxptime_ms);
	terms->sound.noise = codec_takes_noise(terms->codec) &&
			     terms->send_pt[CODEC_CN] != CODEC_PT_NONE;
	codec_fmtp_read(terms->codec, format->fmtp.at, format->fmtp.length,
			&terms->sound.fmtp);
}

static void map_rtcp(const struct sdp_media *local,
		     const struct sdp_media *remote, struct sdp_terms *terms)
{
	const struct sdp_host *host = &remote->rtcp_host;

	terms->mux = local->rtcp_mux && remote->rtcp_mux;
	memset(&terms->rtcp, 0, sizeof(terms->rtcp));
	if (terms->mux) {
		terms->rtcp = terms->rtp;
		return;
	}
	if (host->kind == SDP_HOST_NONE)
		host = &remote->host;
	if (remote->rtcp_port == 0 || host->kind != SDP_HOST_NUMERIC ||
	    endpoint_family(&host->at) != endpoint_family(&remote->host.at) ||
	    endpoint_is_group(&host->at) || endpoint_is_wild(&host->at))
		return;
	terms->rtcp = host->at;
	endpoint_set_port(&terms->rtcp, remote->rtcp_port);
}

/* RFC 8842, 5: a new fingerprint, id or role asks for a new handshake; an
 * address that moved does not by itself. */
uint64_t sdp_dtls_key(const struct sdp_dtls *ours,
		      const struct sdp_dtls *theirs)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	uint64_t key;

	digest_hmac_sha256((const char *)ours->fingerprint,
			   SDP_FINGERPRINT_BYTES,
			   (const char *)theirs->fingerprint,
			   SDP_FINGERPRINT_BYTES, digest);
	digest_hmac_sha256((const char *)digest, sizeof(digest),
			   theirs->tls_id.at, theirs->tls_id.length, digest);
	memcpy(&key, digest, sizeof(key));
	return key;
}

static void map_dtls(const struct sdp_media *local,
		     const struct sdp_media *remote, struct sdp_terms *terms)
{
	const struct sdp_dtls *theirs = &remote->dtls;

	if (terms->cipher != SDP_CIPHER_DTLS)
		return;
	memcpy(terms->fingerprint, theirs->fingerprint, SDP_FINGERPRINT_BYTES);
	terms->active = sdp_agree_active(local, remote);
	terms->dtls_key = sdp_dtls_key(&local->dtls, theirs);
}

static const struct sdp_media *counterpart(const struct sdp *local,
					   const struct sdp_media *ours,
					   const struct sdp *remote)
{
	size_t place = (size_t)(ours - local->media);

	return place < remote->media_count ? &remote->media[place] : NULL;
}

bool sdp_agree(const struct sdp *local, const struct sdp *remote, int family,
	       struct sdp_terms *terms_out, struct refusal *why_out)
{
	const struct sdp_media *ours = sdp_active(local), *theirs;
	struct sdp_terms terms = {.codec = CODEC_NONE, .event = CODEC_NONE};

	if (!ours)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "our own description has no audio");
	theirs = counterpart(local, ours, remote);
	if (!theirs)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "it has fewer m= lines than ours");
	if (!sdp_stream_acceptable(theirs, family, why_out) ||
	    !sdp_agree_cipher(ours, theirs, &terms.cipher, why_out))
		return false;
	memset(terms.send_pt, CODEC_PT_NONE, sizeof(terms.send_pt));
	memset(terms.codec_of, CODEC_NONE, sizeof(terms.codec_of));
	map_codecs(ours, theirs, &terms);
	if (terms.codec == CODEC_NONE)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: none of the codecs that we named",
				   theirs->line);
	map_events(&terms);
	map_sound(theirs, &terms);
	terms.rtp = theirs->host.at;
	endpoint_set_port(&terms.rtp, theirs->port);
	map_rtcp(ours, theirs, &terms);
	map_dtls(ours, theirs, &terms);
	terms.hears = ours->direction & SDP_RECVONLY &&
		      theirs->direction & SDP_SENDONLY;
	terms.sends = ours->direction & SDP_SENDONLY &&
		      theirs->direction & SDP_RECVONLY &&
		      !endpoint_is_wild(&terms.rtp);
	*terms_out = terms;
	return true;
}

bool sdp_keys(const struct sdp *local, const struct sdp *remote,
	      struct suite_keys *keys_out)
{
	const struct sdp_media *ours = sdp_active(local);
	const struct sdp_media *theirs =
		ours ? counterpart(local, ours, remote) : NULL;

	return theirs && sdp_agree_keys(ours, theirs, keys_out);
}
