/*
 * sdp_attribute.c - the a= lines that mean something to us, as a table. All
 * others are left alone.
 */
#include "services/mediad/sdp/sdp_parser.h"

static struct sdp_format *format_of(struct sdp_media *media, uint32_t pt)
{
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].pt == pt)
			return &media->formats[i];
	return NULL;
}

/* "rtpmap:96 PCMU/8000/1" */
static bool take_rtpmap(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_media *media = parser->media;
	struct sdp_slice number, encoding, rtpmap, name, clock;
	uint32_t pt, clock_hz, channels = 1;
	struct sdp_format *format;

	if (!media || (!media->audio && !media->video))
		return true;
	if (!sdp_slice_word(&value, &number) ||
	    !sdp_slice_word(&value, &encoding) ||
	    !sdp_slice_number(number, 127, &pt))
		return sdp_fault(parser, "rtpmap is \"type name/clock\"");
	rtpmap = encoding;
	name = sdp_slice_until(&encoding, '/');
	clock = sdp_slice_until(&encoding, '/');
	if (!sdp_slice_is_token(name) ||
	    !sdp_slice_number(clock, UINT32_MAX, &clock_hz))
		return sdp_fault(parser, "rtpmap is \"type name/clock\"");
	if (encoding.length > 0 && !sdp_slice_number(encoding, 255, &channels))
		return sdp_fault(parser, "rtpmap has bad channels");
	format = format_of(media, pt);
	if (!format)
		return true;
	format->rtpmap = rtpmap;
	if (media->audio)
		format->codec =
			codec_find(name.at, name.length, clock_hz, channels);
	return true;
}

/* "fmtp:96 useinbandfec=1"; what it means, its codec knows. */
static bool take_fmtp(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_format *format;
	struct sdp_slice number;
	uint32_t pt;

	if (!parser->media || !sdp_slice_word(&value, &number) ||
	    !sdp_slice_number(number, 127, &pt))
		return true;
	format = format_of(parser->media, pt);
	if (format)
		format->fmtp = sdp_slice_trimmed(value);
	return true;
}

/* "rtcp-fb:96 nack pli" or "rtcp-fb:* ccm fir" (RFC 4585, 4.2) */
static bool take_feedback(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_media *media = parser->media;
	struct sdp_feedback *feedback;
	struct sdp_slice number;
	uint32_t pt = 0;
	bool any;

	if (!media || !media->video ||
	    media->feedback_count == SDP_FEEDBACK_MAX ||
	    !sdp_slice_word(&value, &number))
		return true;
	any = sdp_slice_is(number, "*");
	if (!any && !sdp_slice_number(number, 127, &pt))
		return true;
	feedback = &media->feedback[media->feedback_count++];
	feedback->pt = (uint8_t)pt;
	feedback->any = any;
	feedback->words = sdp_slice_trimmed(value);
	return true;
}

static bool take_mux(struct sdp_parser *parser, struct sdp_slice value)
{
	(void)value;
	if (parser->media)
		parser->media->rtcp_mux = true;
	return true;
}

/* "rtcp:53020" or "rtcp:53020 IN IP4 192.0.2.4" (RFC 3605) */
static bool take_rtcp(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_slice port, more = {0};
	uint32_t number;

	if (!parser->media)
		return true;
	if (!sdp_slice_word(&value, &port) ||
	    !sdp_slice_number(port, 65535, &number))
		return sdp_fault(parser, "rtcp has a bad port");
	parser->media->rtcp_port = (uint16_t)number;
	more = value;
	if (!sdp_slice_word(&more, &port))
		return true;
	return sdp_take_host(parser, value, &parser->media->rtcp_host);
}

/* A wish: one that cannot be read is none. */
static bool take_ptime(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_slice word;
	uint32_t ms;

	if (parser->media && sdp_slice_word(&value, &word) &&
	    sdp_slice_number(word, 1000, &ms))
		parser->media->ptime_ms = ms;
	return true;
}

static bool take_maxptime(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_slice word;
	uint32_t ms;

	if (parser->media && sdp_slice_word(&value, &word) &&
	    sdp_slice_number(word, 1000, &ms))
		parser->media->maxptime_ms = ms;
	return true;
}

static bool set_direction(struct sdp_parser *parser,
			  enum sdp_direction direction)
{
	if (parser->media)
		parser->media->direction = direction;
	else
		parser->direction = direction;
	return true;
}

static bool take_sendrecv(struct sdp_parser *parser, struct sdp_slice value)
{
	(void)value;
	return set_direction(parser, SDP_SENDRECV);
}

static bool take_sendonly(struct sdp_parser *parser, struct sdp_slice value)
{
	(void)value;
	return set_direction(parser, SDP_SENDONLY);
}

static bool take_recvonly(struct sdp_parser *parser, struct sdp_slice value)
{
	(void)value;
	return set_direction(parser, SDP_RECVONLY);
}

static bool take_inactive(struct sdp_parser *parser, struct sdp_slice value)
{
	(void)value;
	return set_direction(parser, SDP_INACTIVE);
}

static const struct {
	const char *name;
	bool (*take)(struct sdp_parser *parser, struct sdp_slice value);
} attributes[] = {
	{"rtpmap", take_rtpmap},
	{"fmtp", take_fmtp},
	{"rtcp", take_rtcp},
	{"rtcp-mux", take_mux},
	{"rtcp-fb", take_feedback},
	{"ptime", take_ptime},
	{"maxptime", take_maxptime},
	{"sendrecv", take_sendrecv},
	{"sendonly", take_sendonly},
	{"recvonly", take_recvonly},
	{"inactive", take_inactive},
	{"crypto", sdp_take_crypto},
	{"fingerprint", sdp_take_fingerprint},
	{"setup", sdp_take_setup},
	{"tls-id", sdp_take_tls_id},
};

bool sdp_take_attribute(struct sdp_parser *parser, struct sdp_slice rest)
{
	struct sdp_slice name = sdp_slice_until(&rest, ':');

	if (!sdp_slice_is_token(name))
		return sdp_fault(parser, "a= has a name that is no token");
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (sdp_slice_is(name, attributes[i].name))
			return attributes[i].take(parser, rest);
	return true;
}
