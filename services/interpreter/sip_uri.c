/*
 * sip_uri.c - SIP URIs, character by character; see sip_uri.h.
 */
#include "services/interpreter/sip_uri.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* Only unreserved characters, those of 'more', and %XX. */
static bool consists_of(struct sip_text text, const char *more)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		if (c == '%') {
			if (i + 2 >= text.length ||
			    str_hex_digit(text.at[i + 1]) < 0 ||
			    str_hex_digit(text.at[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!c ||
			   (!is_alphanumeric(c) && !strchr("-_.!~*'()", c) &&
			    !strchr(more, c))) {
			return false;
		}
	}
	return true;
}

static bool same(struct sip_text text, const char *word)
{
	return text.length == strlen(word) &&
	       strncasecmp(text.at, word, text.length) == 0;
}

/* Up to the first of 'stops'; 'rest' then begins there. */
static struct sip_text take(struct sip_text *rest, const char *stops)
{
	struct sip_text piece = {rest->at, 0};
	while (piece.length < rest->length && rest->at[piece.length] &&
	       !strchr(stops, rest->at[piece.length]))
		piece.length++;
	rest->at += piece.length;
	rest->length -= piece.length;
	return piece;
}

static bool parse_user(struct sip_text *rest, struct sip_uri *uri,
		       const char **why)
{
	const char *at = memchr(rest->at, '@', rest->length);
	if (!at)
		return true;
	uri->user = (struct sip_text){rest->at, (size_t)(at - rest->at)};
	*why = "the part before @ holds a character that must be written as "
	       "%XX, or is empty";
	if (uri->user.length == 0 || uri->user.at[0] == ':' ||
	    !consists_of(uri->user, "&=+$,;?/:"))
		return false;
	rest->length -= uri->user.length + 1;
	rest->at = at + 1;
	return true;
}

static bool parse_host(struct sip_text *rest, struct sip_uri *uri,
		       const char **why)
{
	*why = "the host is missing or malformed: write sip:user@host";
	if (rest->length && rest->at[0] == '[') {
		const char *close = memchr(rest->at, ']', rest->length);
		if (!close)
			return false;
		uri->host.at = rest->at;
		uri->host.length = (size_t)(close - rest->at) + 1;
		rest->at += uri->host.length;
		rest->length -= uri->host.length;
		return uri->host.length >= 4 && uri->host.length <= 47 &&
		       strspn(uri->host.at + 1, "0123456789abcdefABCDEF:.") ==
			       uri->host.length - 2;
	}
	uri->host = take(rest, ":;");
	const char *host = uri->host.at;
	if (uri->host.length == 0 || host[0] == '-' || host[0] == '.')
		return false;
	for (size_t i = 0; i < uri->host.length; i++) {
		if (!is_alphanumeric(host[i]) && host[i] != '-' &&
		    host[i] != '.' && host[i] != '_')
			return false;
		if (host[i] == '.' && i && host[i - 1] == '.')
			return false;
	}
	return true;
}

static bool parse_port(struct sip_text *rest, struct sip_uri *uri,
		       const char **why)
{
	char digits[6];
	int64_t port;
	if (rest->length == 0 || rest->at[0] != ':')
		return true;
	rest->at++;
	rest->length--;
	struct sip_text text = take(rest, ";");
	*why = "the port must be a number from 1 to 65535";
	if (!str_copy_bytes(digits, sizeof(digits), text.at, text.length) ||
	    !str_number(digits, 1, 65535, &port))
		return false;
	uri->port = (unsigned)port;
	return true;
}

/* One of two words; the whole parameter is kept. */
static bool keep(struct sip_text name, struct sip_text value, const char *yes,
		 const char *no, struct sip_text *kept)
{
	if (kept->length || (!same(value, yes) && !same(value, no)))
		return false;
	kept->at = name.at - 1;
	kept->length = (size_t)(value.at + value.length - kept->at);
	return true;
}

static bool parse_parameters(struct sip_text *rest, struct sip_uri *uri,
			     const char **why)
{
	while (rest->length) {
		*why = "a parameter is malformed: write ;name or ;name=value";
		if (rest->at[0] != ';')
			return false;
		rest->at++;
		rest->length--;
		struct sip_text name = take(rest, ";=");
		struct sip_text value = {rest->at, 0};
		if (rest->length && rest->at[0] == '=') {
			rest->at++;
			rest->length--;
			value = take(rest, ";");
			if (value.length == 0)
				return false;
		}
		if (name.length == 0 || !consists_of(name, "[]/:&+$") ||
		    !consists_of(value, "[]/:&+$"))
			return false;
		*why = "the parameters maddr and method cannot be used";
		if (same(name, "maddr") || same(name, "method"))
			return false;
		*why = "the parameter secure is true or false, and stands once";
		if (same(name, "secure") &&
		    !keep(name, value, "true", "false", &uri->secure_media))
			return false;
		*why = "the parameter media is srtp or rtp, and stands once";
		if (same(name, "media") &&
		    !keep(name, value, "srtp", "rtp", &uri->media))
			return false;
		*why = "the parameter transport stands twice, or has no value";
		if (same(name, "transport")) {
			if (uri->transport.length || value.length == 0)
				return false;
			uri->transport = value;
		}
	}
	return true;
}

bool sip_uri_parse(const char *text, size_t length, struct sip_uri *uri_out,
		   const char **why_out)
{
	struct sip_uri uri = {0};
	struct sip_text rest = {text, length};
	const char *mark = memchr(text, '?', length);
	if (mark) {
		rest.length = (size_t)(mark - text);
		uri.headers =
			(struct sip_text){mark + 1, length - rest.length - 1};
	}
	uri.whole = text;
	uri.length = rest.length;
	*why_out = "it is empty: write sip:user@host";
	if (length == 0)
		return false;
	*why_out = "it is too long without its headers";
	if (uri.length > SIP_URI_BYTES_MAX)
		return false;
	*why_out = "its headers are too long";
	if (uri.headers.length > SIP_URI_HEADERS_BYTES_MAX)
		return false;
	/* RFC 3261 25.1: to the left of the @ a ? is part of the user. Whom to
	 * dial is not guessed. */
	*why_out =
		"a ? stands before the @: write %3F for one in the user, %40 "
		"for an @ in a header";
	if (mark && !memchr(text, '@', rest.length) &&
	    memchr(uri.headers.at, '@', uri.headers.length))
		return false;
	struct sip_text scheme = take(&rest, ":");
	uri.secure = same(scheme, "sips");
	*why_out = "it does not begin with sip: - write sip:user@host";
	if ((!same(scheme, "sip") && !uri.secure) || rest.length == 0)
		return false;
	rest.at++;
	rest.length--;
	if (!parse_user(&rest, &uri, why_out) ||
	    !parse_host(&rest, &uri, why_out) ||
	    !parse_port(&rest, &uri, why_out) ||
	    !parse_parameters(&rest, &uri, why_out))
		return false;
	*uri_out = uri;
	return true;
}

/* Why a header cannot be sent, and what to write. */
#define WHY_NO_VALUE "it has no =: write name=value"
#define WHY_PERCENT "a % is not followed by two hex digits: write %25 for a %"
#define WHY_CONTROL                                                            \
	"a control character (a line break, %0D%0A, or %00) may not stand in " \
	"a SIP header: write a blank, %20, in its place"
#define WHY_NAME                                                               \
	"its name may have 64 letters, digits and -.!%*_+`'~ only: write "     \
	"X-Name=value"
#define WHY_UTF8 "its value is no UTF-8: percent-encode the bytes of UTF-8"

/* Percent-decodes once. NULL, or what is wrong. */
static const char *decode(struct sip_text text, char *to)
{
	const char *why = NULL;
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] != '%') {
			*to++ = text.at[i];
			continue;
		}
		int high = i + 2 < text.length ? str_hex_digit(text.at[i + 1])
					       : -1;
		int low = high >= 0 ? str_hex_digit(text.at[i + 2]) : -1;
		if (low < 0) {
			why = WHY_PERCENT;
			continue;
		}
		char c = (char)(high << 4 | low);
		if (c)
			*to++ = c;
		else
			why = WHY_CONTROL;
		i += 2;
	}
	*to = '\0';
	return why;
}

/* NULL, or what is wrong with a decoded name and value. */
static const char *judge_header(const char *name, const char *value)
{
	bool token = name[0] && strlen(name) <= 64;
	if (str_has_control(name) || str_has_control(value))
		return WHY_CONTROL;
	for (const char *c = name; *c; c++)
		token &= is_alphanumeric(*c) || strchr("-.!%*_+`'~", *c);
	if (!token)
		return WHY_NAME;
	return str_is_utf8(value, strlen(value)) ? NULL : WHY_UTF8;
}

bool sip_uri_header(struct sip_text *rest, char *name_out, char *value_out,
		    const char **why_out)
{
	while (rest->length && rest->at[0] == '&') {
		rest->at++;
		rest->length--;
	}
	if (rest->length == 0)
		return false;
	struct sip_text pair = take(rest, "&");
	if (pair.length == 0) { /* a NUL inside: nothing after it counts */
		rest->length = 0;
		return false;
	}
	struct sip_text name = take(&pair, "=");
	bool has_value = pair.length > 0;
	struct sip_text value = {pair.at + has_value, pair.length - has_value};
	const char *of_name = decode(name, name_out);
	const char *of_value = decode(value, value_out);
	*why_out = !has_value ? WHY_NO_VALUE
		   : of_name  ? of_name
		   : of_value ? of_value
			      : judge_header(name_out, value_out);
	return true;
}
