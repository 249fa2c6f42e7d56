/*
 * sdp_answer.c - offers and answers. Refusals bear the status that sipgw sends:
 * 488 where the description is good and we cannot do it.
 */
#include "services/mediad/sdp/sdp_answer.h"

#include "lib/base/buf.h"
#include "proto/proto.h"

#include <string.h>

#define PTIME_MS 20
#define NOT_ACCEPTABLE 488
#define EVENTS "0-16" /* of telephone-event: the digits and flash */

static bool refuse_address(const struct sdp_media *media, int family,
			   struct refusal *why_out)
{
	const struct endpoint *at = &media->host.at;

	if (media->host.kind == SDP_HOST_NONE)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "line %u: m= has no c= line", media->line);
	if (media->host.kind == SDP_HOST_NAME)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: c= must hold a numeric address",
				   media->line);
	if (endpoint_family(at) != family)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: media is %s, VOXBUS_RTP_HOST is "
				   "not",
				   media->line,
				   family == AF_INET ? "IPv6" : "IPv4");
	if (endpoint_is_group(at))
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: multicast or broadcast address",
				   media->line);
	return true;
}

static const struct sdp_format *first_of(const struct sdp_media *media,
					 enum codec codec)
{
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].codec == codec)
			return &media->formats[i];
	return NULL;
}

static const struct sdp_format *first_audio(const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].codec < CODEC_COUNT &&
		    codec_rows[media->formats[i].codec].audio)
			return &media->formats[i];
	return NULL;
}

static bool acceptable(const struct sdp_media *media, int family,
		       struct refusal *why_out)
{
	if (!media->audio)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: not audio over RTP/AVP",
				   media->line);
	if (media->port == 0)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: audio has port 0", media->line);
	if (!first_audio(media))
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: neither PCMU nor PCMA at 8000 Hz",
				   media->line);
	return refuse_address(media, family, why_out);
}

/*
 * The stream at 'place' if it can be, for it is the one in use; otherwise the
 * first. The reason that is told is that of the last audio line, if there is
 * one.
 */
static int choose(const struct sdp *offer, unsigned place, int family,
		  struct refusal *why_out)
{
	struct refusal why, told;
	bool audio_seen = false;

	if (place < offer->media_count &&
	    acceptable(&offer->media[place], family, &why))
		return (int)place;
	refusal_set(&told, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
		    "the offer has no audio");
	for (unsigned i = 0; i < offer->media_count; i++) {
		if (acceptable(&offer->media[i], family, &why))
			return (int)i;
		if (offer->media[i].audio || !audio_seen)
			told = why;
		audio_seen = audio_seen || offer->media[i].audio;
	}
	*why_out = told;
	return -1;
}

bool sdp_can_answer(const struct sdp *offer, int family,
		    struct refusal *why_out)
{
	return choose(offer, 0, family, why_out) >= 0;
}

static void write_head(const struct sdp_self *self, struct buf *to)
{
	const char *family =
		endpoint_family(&self->at) == AF_INET6 ? "IP6" : "IP4";
	char host[ENDPOINT_TEXT_BYTES];

	endpoint_host(&self->at, host);
	buf_addf(to,
		 "v=0\r\no=voxbus %llu %llu IN %s %s\r\ns=-\r\n"
		 "c=IN %s %s\r\nt=0 0\r\n",
		 (unsigned long long)self->id,
		 (unsigned long long)self->version, family, host, family, host);
}

static void write_codec(struct buf *to, enum codec codec, unsigned pt)
{
	buf_addf(to, "a=rtpmap:%u %s/%d\r\n", pt, codec_rows[codec].name,
		 CODEC_CLOCK_HZ);
	if (codec == CODEC_EVENT)
		buf_addf(to, "a=fmtp:%u " EVENTS "\r\n", pt);
}

static void write_tail(struct buf *to, enum sdp_direction direction)
{
	static const char *const words[] = {"inactive", "sendonly", "recvonly",
					    "sendrecv"};

	buf_addf(to, "a=ptime:%d\r\na=%s\r\n", PTIME_MS, words[direction]);
}

void sdp_write_offer(const struct sdp_self *self, const enum codec *codecs,
		     unsigned count, struct buf *to)
{
	write_head(self, to);
	buf_addf(to, "m=audio %u RTP/AVP", endpoint_port(&self->at));
	for (unsigned i = 0; i < count; i++)
		buf_addf(to, " %u", codec_rows[codecs[i]].pt);
	buf_addf(to, " %u\r\n", codec_rows[CODEC_EVENT].pt);
	for (unsigned i = 0; i < count; i++)
		write_codec(to, codecs[i], codec_rows[codecs[i]].pt);
	write_codec(to, CODEC_EVENT, codec_rows[CODEC_EVENT].pt);
	write_tail(to, SDP_SENDRECV);
}

/* RFC 3264, 6.1 and 8.4: we do what is left to us. */
static enum sdp_direction mirrored(const struct sdp_media *media)
{
	unsigned direction = 0;

	if (media->direction & SDP_SENDONLY)
		direction |= SDP_RECVONLY;
	if (media->direction & SDP_RECVONLY &&
	    !endpoint_is_wild(&media->host.at))
		direction |= SDP_SENDONLY;
	return (enum sdp_direction)direction;
}

static void write_accepted(const struct sdp_self *self,
			   const struct sdp_media *media, struct buf *to)
{
	const struct sdp_format *audio = first_audio(media);
	const struct sdp_format *event = first_of(media, CODEC_EVENT);

	buf_addf(to, "m=audio %u RTP/AVP %u", endpoint_port(&self->at),
		 audio->pt);
	if (event)
		buf_addf(to, " %u", event->pt);
	buf_add_text(to, "\r\n");
	write_codec(to, audio->codec, audio->pt);
	if (event)
		write_codec(to, CODEC_EVENT, event->pt);
	write_tail(to, mirrored(media));
}

static void write_refused(const struct sdp_media *media, struct buf *to)
{
	buf_add_text(to, "m=");
	buf_add(to, media->type.at, media->type.length);
	buf_add_text(to, " 0 ");
	buf_add(to, media->proto.at, media->proto.length);
	buf_add_text(to, " ");
	buf_add(to, media->format.at, media->format.length);
	buf_add_text(to, "\r\n");
}

static void write_again(const struct sdp_self *self,
			const struct sdp_media *media, struct buf *to)
{
	buf_addf(to, "m=audio %u RTP/AVP", endpoint_port(&self->at));
	for (unsigned i = 0; i < media->format_count; i++)
		buf_addf(to, " %u", media->formats[i].pt);
	buf_add_text(to, "\r\n");
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].codec < CODEC_COUNT)
			write_codec(to, media->formats[i].codec,
				    media->formats[i].pt);
	write_tail(to, SDP_SENDRECV);
}

void sdp_write_reoffer(const struct sdp_self *self, const struct sdp *ours,
		       struct buf *to)
{
	const struct sdp_media *active = sdp_active(ours);

	write_head(self, to);
	for (unsigned i = 0; i < ours->media_count; i++)
		if (&ours->media[i] == active)
			write_again(self, active, to);
		else
			write_refused(&ours->media[i], to);
}

bool sdp_write_answer(const struct sdp_self *self, const struct sdp *offer,
		      struct buf *to, struct refusal *why_out)
{
	int chosen =
		choose(offer, self->place, endpoint_family(&self->at), why_out);

	if (chosen < 0)
		return false;
	write_head(self, to);
	for (unsigned i = 0; i < offer->media_count; i++)
		if ((int)i == chosen)
			write_accepted(self, &offer->media[i], to);
		else
			write_refused(&offer->media[i], to);
	if (to->full)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "the answer would exceed %d bytes",
				   SDP_BYTES_MAX);
	return true;
}

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
		    !first_of(local, format->codec))
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

static void map_rtcp(const struct sdp_media *remote, struct sdp_terms *terms)
{
	const struct sdp_host *host = &remote->rtcp_host;

	memset(&terms->rtcp, 0, sizeof(terms->rtcp));
	if (host->kind == SDP_HOST_NONE)
		host = &remote->host;
	if (remote->rtcp_port == 0 || host->kind != SDP_HOST_NUMERIC ||
	    endpoint_family(&host->at) != endpoint_family(&remote->host.at) ||
	    endpoint_is_group(&host->at) || endpoint_is_wild(&host->at))
		return;
	terms->rtcp = host->at;
	endpoint_set_port(&terms->rtcp, remote->rtcp_port);
}

bool sdp_agree(const struct sdp *local, const struct sdp *remote, int family,
	       struct sdp_terms *terms_out, struct refusal *why_out)
{
	const struct sdp_media *ours = sdp_active(local), *theirs;
	struct sdp_terms terms = {.codec = CODEC_NONE};
	size_t place;

	if (!ours)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "our own description has no audio");
	place = (size_t)(ours - local->media);
	if (place >= remote->media_count)
		return refusal_set(why_out, ERR_MEDIA_SDP, 400,
				   "it has fewer m= lines than ours");
	theirs = &remote->media[place];
	if (!acceptable(theirs, family, why_out))
		return false;
	memset(terms.send_pt, CODEC_PT_NONE, sizeof(terms.send_pt));
	memset(terms.codec_of, CODEC_NONE, sizeof(terms.codec_of));
	map_codecs(ours, theirs, &terms);
	if (terms.codec == CODEC_NONE)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: none of the codecs that we named",
				   theirs->line);
	terms.rtp = theirs->host.at;
	endpoint_set_port(&terms.rtp, theirs->port);
	map_rtcp(theirs, &terms);
	terms.hears = ours->direction & SDP_RECVONLY &&
		      theirs->direction & SDP_SENDONLY;
	terms.sends = ours->direction & SDP_SENDONLY &&
		      theirs->direction & SDP_RECVONLY &&
		      !endpoint_is_wild(&terms.rtp);
	*terms_out = terms;
	return true;
}
