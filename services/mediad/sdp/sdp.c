/*
 * sdp.c - the parser's spine: lines, their order, and what each letter means.
 * The words of a= lines are in sdp_attribute.c, the smallest pieces in
 * sdp_slice.c.
 */
#include "services/mediad/sdp/sdp.h"

#include "lib/base/str.h"
#include "services/mediad/sdp/sdp_parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sdp_fault(struct sdp_parser *parser, const char *format, ...)
{
	char words[SDP_ERROR_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	(void)snprintf(parser->error, SDP_ERROR_BYTES, "line %u: %.140s",
		       parser->line, words);
	return false;
}

static bool take_version(struct sdp_parser *parser, struct sdp_slice rest)
{
	if (parser->line != 1 || !sdp_slice_is(rest, "0"))
		return sdp_fault(parser, "v= must be the first line, and 0");
	return true;
}

/* The other side's is for itself; our own has at most 19 digits. */
static uint64_t version_of(struct sdp_slice word)
{
	uint64_t version = 0;

	if (word.length > 19)
		return 0;
	for (size_t i = 0; i < word.length; i++) {
		if (word.at[i] < '0' || word.at[i] > '9')
			return 0;
		version = 10 * version + (uint64_t)(word.at[i] - '0');
	}
	return version;
}

static bool take_origin(struct sdp_parser *parser, struct sdp_slice rest)
{
	struct sdp_slice word;
	unsigned words = 0;

	if (parser->media || parser->origin)
		return sdp_fault(parser, "a second o=, or one after m=");
	while (sdp_slice_word(&rest, &word))
		if (++words == 3)
			parser->sdp->version = version_of(word);
	if (words != 6)
		return sdp_fault(parser, "o= has %u words instead of 6", words);
	parser->origin = true;
	return true;
}

/* "IN IP4 192.0.2.1", "IN IP4 224.2.1.1/127", "IN IP6 2001:db8::1". */
bool sdp_take_host(struct sdp_parser *parser, struct sdp_slice rest,
		   struct sdp_host *host_out)
{
	struct sdp_slice net, type, where, surplus;
	char text[ENDPOINT_TEXT_BYTES];
	const char *slash;
	int family;

	if (!sdp_slice_word(&rest, &net) || !sdp_slice_word(&rest, &type) ||
	    !sdp_slice_word(&rest, &where) || sdp_slice_word(&rest, &surplus))
		return sdp_fault(parser, "an address is \"IN IP4 address\"");
	family = sdp_slice_is(type, "IP4")   ? AF_INET
		 : sdp_slice_is(type, "IP6") ? AF_INET6
					     : AF_UNSPEC;
	if (!sdp_slice_is(net, "IN") || family == AF_UNSPEC)
		return sdp_fault(parser, "network is not IN IP4 or IN IP6");
	slash = memchr(where.at, '/', where.length);
	if (slash)
		where.length = (size_t)(slash - where.at);
	host_out->kind = SDP_HOST_NAME;
	if (str_copy_bytes(text, sizeof(text), where.at, where.length) &&
	    endpoint_parse(text, 0, &host_out->at)) {
		if (endpoint_family(&host_out->at) != family)
			return sdp_fault(parser,
					 "address is of another family");
		host_out->kind = SDP_HOST_NUMERIC;
	}
	return true;
}

static bool take_connection(struct sdp_parser *parser, struct sdp_slice rest)
{
	struct sdp_host *host =
		parser->media ? &parser->media->host : &parser->host;
	struct sdp_host more;

	/* A media description may list several; the first is the one. */
	memset(&more, 0, sizeof(more));
	return sdp_take_host(parser, rest,
			     host->kind == SDP_HOST_NONE ? host : &more);
}

static bool take_format(struct sdp_parser *parser, struct sdp_slice word)
{
	struct sdp_media *media = parser->media;
	uint32_t pt = 0;

	if (!sdp_slice_is_token(word))
		return sdp_fault(parser, "m= has a format that is no token");
	if (!media->audio && !media->video)
		return true;
	if (!sdp_slice_number(word, 127, &pt))
		return sdp_fault(parser, "payload type is not 0 to 127");
	for (unsigned i = 0; i < media->format_count; i++)
		if (media->formats[i].pt == pt)
			return true; /* named twice: once is enough */
	media->formats[media->format_count++] = (struct sdp_format){
		.pt = (uint8_t)pt,
		.codec = media->audio ? codec_static((uint8_t)pt) : CODEC_NONE};
	return true;
}

static bool take_formats(struct sdp_parser *parser, struct sdp_slice rest)
{
	struct sdp_slice word;
	unsigned words = 0;

	while (sdp_slice_word(&rest, &word)) {
		if (++words > SDP_FORMATS_MAX)
			return sdp_fault(parser, "m= has more than %d formats",
					 SDP_FORMATS_MAX);
		if (words == 1)
			parser->media->format = word;
		if (!take_format(parser, word))
			return false;
	}
	return words > 0 || sdp_fault(parser, "m= has no format");
}

/* "5004" or "5004/2". */
static bool take_port(struct sdp_parser *parser, struct sdp_slice word)
{
	const char *slash = memchr(word.at, '/', word.length);
	struct sdp_slice count = {0};
	uint32_t number = 0, ports = 1;

	if (slash) {
		count.at = slash + 1;
		count.length = (size_t)(word.at + word.length - count.at);
		word.length = (size_t)(slash - word.at);
		if (!sdp_slice_number(count, 65535, &ports) || ports == 0)
			return sdp_fault(parser, "m= has a bad port count");
	}
	if (!sdp_slice_number(word, 65535, &number))
		return sdp_fault(parser, "m= has a bad port");
	parser->media->port = (uint16_t)number;
	return true;
}

static const struct {
	const char *proto;
	enum sdp_profile profile;
} profiles[] = {
	{"RTP/AVP", SDP_PROFILE_PLAIN},
	{"RTP/AVPF", SDP_PROFILE_PLAIN},
	{"RTP/SAVP", SDP_PROFILE_SRTP},
	{"RTP/SAVPF", SDP_PROFILE_SRTP},
	{"UDP/TLS/RTP/SAVP", SDP_PROFILE_DTLS},
	{"UDP/TLS/RTP/SAVPF", SDP_PROFILE_DTLS},
};

static enum sdp_profile profile_of(struct sdp_slice proto)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (sdp_slice_same(proto, profiles[i].proto))
			return profiles[i].profile;
	return SDP_PROFILE_OTHER;
}

static bool take_media(struct sdp_parser *parser, struct sdp_slice rest)
{
	struct sdp_media *media;
	struct sdp_slice port;

	if (parser->sdp->media_count == SDP_MEDIA_MAX)
		return sdp_fault(parser, "more than %d m= lines",
				 SDP_MEDIA_MAX);
	media = &parser->sdp->media[parser->sdp->media_count++];
	memset(media, 0, sizeof(*media));
	parser->media = media;
	media->line = parser->line;
	media->direction = parser->direction;
	if (!sdp_slice_word(&rest, &media->type) ||
	    !sdp_slice_word(&rest, &port) ||
	    !sdp_slice_word(&rest, &media->proto))
		return sdp_fault(parser, "m= is \"media port proto formats\"");
	if (!sdp_slice_is_token(media->type) ||
	    !sdp_slice_is_proto(media->proto))
		return sdp_fault(parser, "m= has a word that is no token");
	media->profile = profile_of(media->proto);
	if (media->profile != SDP_PROFILE_OTHER) {
		media->audio = sdp_slice_same(media->type, "audio");
		media->video = sdp_slice_same(media->type, "video");
	}
	return take_port(parser, port) && take_formats(parser, rest);
}

/* No attribute that we know is long; what others put there is not ours. */
static bool take_attribute(struct sdp_parser *parser, struct sdp_slice rest)
{
	if (++parser->attributes > SDP_ATTRIBUTES_MAX)
		return sdp_fault(parser, "more than %d a= lines",
				 SDP_ATTRIBUTES_MAX);
	return rest.length + 2 > SDP_LINE_MAX ||
	       sdp_take_attribute(parser, rest);
}

static bool take_nothing(struct sdp_parser *parser, struct sdp_slice rest)
{
	(void)parser;
	(void)rest;
	return true;
}

typedef bool line_fn(struct sdp_parser *parser, struct sdp_slice rest);

/* RFC 8866, section 5; a letter without a row is not of the format. */
static line_fn *const line_fns[26] = {
	['a' - 'a'] = take_attribute,  ['b' - 'a'] = take_nothing,
	['c' - 'a'] = take_connection, ['e' - 'a'] = take_nothing,
	['i' - 'a'] = take_nothing,    ['k' - 'a'] = take_nothing,
	['m' - 'a'] = take_media,      ['o' - 'a'] = take_origin,
	['p' - 'a'] = take_nothing,    ['r' - 'a'] = take_nothing,
	['s' - 'a'] = take_nothing,    ['t' - 'a'] = take_nothing,
	['u' - 'a'] = take_nothing,    ['v' - 'a'] = take_version,
	['z' - 'a'] = take_nothing,
};

static bool take_line(struct sdp_parser *parser, struct sdp_slice line)
{
	struct sdp_slice rest = {line.at + 2, line.length - 2};
	line_fn *take = NULL;

	if (line.length < 2 || line.at[1] != '=')
		return sdp_fault(parser, "not of the form letter=value");
	if (line.length > SDP_LINE_MAX && line.at[0] != 'a')
		return sdp_fault(parser, "longer than %d bytes", SDP_LINE_MAX);
	for (size_t i = 0; i < line.length; i++) {
		unsigned char byte = (unsigned char)line.at[i];

		if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
			return sdp_fault(parser, "has a control character");
	}
	if (line.at[0] >= 'a' && line.at[0] <= 'z')
		take = line_fns[line.at[0] - 'a'];
	if (!take)
		return sdp_fault(parser, "unknown letter");
	if (parser->line == 1 && take != take_version)
		return sdp_fault(parser, "does not begin with v=0");
	return take(parser, rest);
}

/* Cuts the next line off; CRLF, or LF alone as many phones send it. */
static struct sdp_slice next_line(struct sdp_slice *text)
{
	const char *end = memchr(text->at, '\n', text->length);
	struct sdp_slice line = {text->at, text->length};
	size_t taken = text->length;

	if (end) {
		line.length = (size_t)(end - text->at);
		taken = line.length + 1;
	}
	if (line.length > 0 && line.at[line.length - 1] == '\r')
		line.length--;
	text->at += taken;
	text->length -= taken;
	return line;
}

/* What holds for the session holds for each medium that does not say else. */
static void inherit(const struct sdp_parser *parser, struct sdp_media *media)
{
	const struct sdp_dtls *dtls = &parser->dtls;

	if (media->host.kind == SDP_HOST_NONE)
		media->host = parser->host;
	if (!media->dtls.there) {
		media->dtls.there = dtls->there;
		memcpy(media->dtls.fingerprint, dtls->fingerprint,
		       SDP_FINGERPRINT_BYTES);
	}
	if (media->dtls.setup == SDP_SETUP_NONE)
		media->dtls.setup = dtls->setup;
	if (media->dtls.tls_id.length == 0)
		media->dtls.tls_id = dtls->tls_id;
}

static bool finish(struct sdp_parser *parser)
{
	struct sdp *sdp = parser->sdp;

	if (!parser->origin)
		return sdp_fault(parser, "the end, and no o= line");
	for (unsigned i = 0; i < sdp->media_count; i++) {
		struct sdp_media *media = &sdp->media[i];

		inherit(parser, media);
		if (media->rtcp_port == 0 && media->port > 0 &&
		    media->port < UINT16_MAX)
			media->rtcp_port = (uint16_t)(media->port + 1);
	}
	return true;
}

bool sdp_parse(const char *text, size_t size, struct sdp *sdp_out,
	       char *error_out)
{
	struct sdp_parser parser = {
		.sdp = sdp_out, .error = error_out, .direction = SDP_SENDRECV};
	struct sdp_slice rest = {text, size};

	sdp_out->version = 0;
	sdp_out->media_count = 0;
	error_out[0] = '\0';
	if (size > SDP_BYTES_MAX)
		return sdp_fault(&parser, "description exceeds %d bytes",
				 SDP_BYTES_MAX);
	while (rest.length > 0) {
		struct sdp_slice line = next_line(&rest);

		parser.line++;
		/* Blank lines at the very end are harmless, and common. */
		if (line.length == 0 && rest.length <= 2)
			continue;
		if (!take_line(&parser, line))
			return false;
	}
	return finish(&parser);
}
