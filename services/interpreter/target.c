/*
 * target.c - from a <Sip>'s text to what can be dialled; see target.h.
 */
#include "services/interpreter/target.h"

#include "lib/base/str.h"
#include "services/interpreter/sip_uri.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum header_use { HEADER_MAY_PASS, HEADER_IS_CORE };

static const struct {
	const char *name;
	enum header_use use;
} known_headers[] = {
#define SIP_HEADER(name, use, doc) {name, HEADER_##use},
#include "services/interpreter/sip_headers.def"
#undef SIP_HEADER
};

static void refuse(struct target *target, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void refuse(struct target *target, int error, const char *format, ...)
{
	va_list arguments;
	target->error = error;
	va_start(arguments, format);
	(void)vsnprintf(target->error_text, sizeof(target->error_text), format,
			arguments);
	va_end(arguments);
}

/* The header is one of the table with this use. */
static bool is_used_as(const char *name, enum header_use use)
{
	for (size_t i = 0; i < sizeof(known_headers) / sizeof(known_headers[0]);
	     i++) {
		if (str_same(known_headers[i].name, name))
			return known_headers[i].use == use;
	}
	return false;
}

/* Our own headers cannot be set by a document. */
static bool is_ours(const char *name, const struct dialect *dialect)
{
	static const char *const own[] = {"CallSid", "AccountSid", "ApiVersion",
					  "ParentCallSid", NULL};
	char full[80];
	for (const char *const *word = own; *word; word++) {
		if (str_format(full, sizeof(full), "%s%s",
			       dialect->header_prefix, *word) &&
		    str_same(full, name))
			return true;
	}
	return false;
}

#define WHY_BELONGS "it belongs to SIP or to voxbus and cannot be set"
#define WHY_DIALECT "only X- headers and some standard ones can be set"
#define WHY_LONG "with its X-, its name has more than 64 characters"
#define WHY_VALUE "its value has more than 1024 bytes"
#define VALUE_MAX 1024 /* of a message's header */

/* The name on the wire; NULL, or why the dialect does not let it pass. */
static const char *wire_name(const char *name, const struct dialect *dialect,
			     char *to, size_t size)
{
	bool extension =
		(name[0] == 'X' || name[0] == 'x') && name[1] == '-' && name[2];
	if (is_used_as(name, HEADER_IS_CORE))
		return WHY_BELONGS;
	if (extension || is_used_as(name, HEADER_MAY_PASS))
		(void)str_copy(to, size, name);
	else if (dialect->prefix_all)
		(void)str_format(to, size, "X-%s", name);
	else
		return WHY_DIALECT;
	if (strlen(to) > 64)
		return WHY_LONG;
	return is_ours(to, dialect) ? WHY_BELONGS : NULL;
}

static void put_header(struct target *target, const char *name,
		       const char *value)
{
	uint32_t index = 0;
	while (index < target->header_count &&
	       !str_same(target->headers[index].name, name))
		index++;
	if (index == target->header_count)
		target->header_count++;
	struct header *header = &target->headers[index];
	(void)str_copy(header->name, sizeof(header->name), name);
	proto_set_long(&header->value, value);
}

static void leave_out(struct findings *findings, struct place place,
		      const char *name, const char *why)
{
	finding_add(findings, NOTE_WARNING, ERR_SIP_HEADER, place,
		    "header '%.64s' of the SIP URI is left out: %s", name, why);
}

static void take_headers(struct target *target, struct sip_text rest,
			 const struct dialect *dialect, struct place place,
			 struct findings *findings)
{
	char name[SIP_URI_HEADERS_BYTES_MAX + 1];
	char value[SIP_URI_HEADERS_BYTES_MAX + 1];
	char wire[80], many[32];
	const char *why;
	(void)str_format(many, sizeof(many), "at most %d can be sent",
			 TARGET_HEADERS_MAX);
	while (sip_uri_header(&rest, name, value, &why)) {
		if (!why)
			why = wire_name(name, dialect, wire, sizeof(wire));
		if (!why && strlen(value) > VALUE_MAX)
			why = WHY_VALUE;
		if (!why && target->header_count == TARGET_HEADERS_MAX)
			why = many;
		if (why)
			leave_out(findings, place, name, why);
		else
			put_header(target, wire, value);
	}
}

/* The last word of ";secure=true" is what counts. */
static bool says(struct sip_text parameter, const char *word)
{
	size_t length = strlen(word);
	return parameter.length > length &&
	       strncasecmp(parameter.at + parameter.length - length, word,
			   length) == 0;
}

/* What is said of the media is for us, and does not go into the INVITE. */
static void take_media(struct target *target, const struct sip_uri *uri)
{
	const struct sip_text cuts[] = {uri->secure_media, uri->media};
	/* The later one first: then the other still is where it was. */
	int first = cuts[0].at > cuts[1].at ? 0 : 1;
	for (int i = 0; i < 2; i++) {
		const struct sip_text *cut = &cuts[(first + i) % 2];
		if (cut->length == 0)
			continue;
		char *at = target->uri + (cut->at - uri->whole);
		memmove(at, at + cut->length, strlen(at + cut->length) + 1);
	}
	if (says(uri->secure_media, "=true") || says(uri->media, "=srtp")) {
		target->secure = SECURE_SDES;
		target->suites = "AES_CM_128_HMAC_SHA1_80";
	} else if (uri->secure_media.length || uri->media.length) {
		target->secure = SECURE_OFF;
	}
}

static void choose_transport(struct target *target, const struct sip_uri *uri,
			     const struct dialect *dialect)
{
	char word[8] = "";
	/* Keys that stand in the SDP are to be hidden on their way. */
	target->transport =
		target->secure == SECURE_SDES ? SIP_TLS : dialect->transport;
	if (uri->transport.length > 0) {
		(void)str_copy_bytes(word, sizeof(word), uri->transport.at,
				     uri->transport.length);
		for (char *c = word; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
		target->transport = (enum sip_transport)proto_value(
			&sip_transport_set, word);
	}
	if (uri->secure)
		target->transport = SIP_TLS;
	if (target->transport == SIP_TRANSPORT_NONE)
		refuse(target, ERR_SIP_URI,
		       "the transport of the SIP URI is not known: write "
		       ";transport=udp, ;transport=tcp or ;transport=tls");
	if (uri->secure && uri->transport.length > 0 &&
	    str_same(word, "udp")) /* RFC 3261 26.2.2 */
		refuse(target, ERR_SIP_URI,
		       "a sips: URI is not sent over UDP: write sip:, or leave "
		       ";transport=udp out");
}

_Static_assert(DIALECT_URI_MAX <= SIP_URI_BYTES_MAX &&
		       DIALECT_HEADERS_MAX <= SIP_URI_HEADERS_BYTES_MAX,
	       "what a dialect allows can be read");

/* Of the text as written, whatever else may be wrong with it. */
static void check_lengths(struct target *target, const char *text,
			  size_t length, const struct dialect *dialect)
{
	const char *mark = memchr(text, '?', length);
	size_t uri = mark ? (size_t)(mark - text) : length;
	size_t headers = mark ? length - uri - 1 : 0;
	if (uri > dialect->uri_max)
		refuse(target, ERR_SIP_URI,
		       "the SIP URI has %zu characters without its headers: "
		       "write %u at most",
		       uri, dialect->uri_max);
	else if (headers > dialect->headers_max)
		refuse(target, ERR_SIP_URI,
		       "the headers of the SIP URI have %zu characters: write "
		       "%u at most",
		       headers, dialect->headers_max);
}

void target_parse(const char *text, const struct dialect *dialect,
		  struct place place, struct findings *findings,
		  struct target *target_out)
{
	struct sip_uri uri;
	const char *why;
	size_t length;
	memset(target_out, 0, sizeof(*target_out));
	text = str_trim(text, strlen(text), &length);
	if (!sip_uri_parse(text, length, &uri, &why)) {
		refuse(target_out, ERR_SIP_URI, "'%.60s' is no SIP URI: %s",
		       text, why);
		check_lengths(target_out, text, length, dialect);
		return;
	}
	(void)str_copy_bytes(target_out->uri, sizeof(target_out->uri), text,
			     uri.length);
	take_media(target_out, &uri);
	choose_transport(target_out, &uri, dialect);
	check_lengths(target_out, text, length, dialect);
	if (!target_out->error)
		take_headers(target_out, uri.headers, dialect, place, findings);
}

void target_clear(struct target *target)
{
	for (uint32_t i = 0; i < target->header_count; i++)
		free(target->headers[i].value);
	memset(target, 0, sizeof(*target));
}
