/*
 * sdp_stream.c - see sdp_stream.h. Refusals bear the status that sipgw sends:
 * 488 where the description is good and we cannot do it.
 */
#include "services/mediad/sdp/sdp_stream.h"

#include "proto/proto.h"

#define NOT_ACCEPTABLE 488

const struct sdp_format *sdp_stream_format(const struct sdp_media *media,
					   enum codec codec)
{
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].codec == codec)
			return &media->formats[i];
	return NULL;
}

const struct sdp_format *sdp_stream_audio(const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].codec < CODEC_COUNT &&
		    codec_rows[media->formats[i].codec].audio)
			return &media->formats[i];
	return NULL;
}

bool sdp_stream_address(const struct sdp_media *media, int family,
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

bool sdp_stream_acceptable(const struct sdp_media *media, int family,
			   struct refusal *why_out)
{
	if (!media->audio)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: not audio over RTP", media->line);
	if (media->port == 0)
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: audio has port 0", media->line);
	if (!sdp_stream_audio(media))
		return refusal_set(why_out, ERR_MEDIA_CODEC, NOT_ACCEPTABLE,
				   "line %u: none of its codecs is spoken here",
				   media->line);
	return sdp_stream_address(media, family, why_out);
}

enum sdp_direction sdp_mirrored_direction(const struct sdp_media *media)
{
	unsigned direction = 0;

	if (media->direction & SDP_SENDONLY)
		direction |= SDP_RECVONLY;
	if (media->direction & SDP_RECVONLY &&
	    !endpoint_is_wild(&media->host.at))
		direction |= SDP_SENDONLY;
	return (enum sdp_direction)direction;
}

const char *sdp_direction_word(enum sdp_direction direction)
{
	static const char *const words[] = {"inactive", "sendonly", "recvonly",
					    "sendrecv"};

	return words[direction];
}
