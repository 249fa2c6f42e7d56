/*
 * url.c - a customer's URL, by libcurl's own parser, so that what is checked,
 * signed and requested is read in one way only; see url.h.
 */
#include "lib/http/url.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define SET_FLAGS (CURLU_URLENCODE | CURLU_ALLOW_SPACE)

/* The part as memory of our own, or NULL when there is none. */
static char *part_of(CURLU *handle, CURLUPart part, unsigned flags)
{
	char *value = NULL, *copy = NULL;
	if (curl_url_get(handle, part, &value, flags) == CURLUE_OK)
		copy = mem_copy_text(value);
	curl_free(value);
	return copy;
}

/* libcurl takes a host's name for text of the process' locale. */
static CURLUcode ascii_host(CURLU *handle, char **host_out)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return CURLUE_BAD_HOSTNAME;
	locale_t before = uselocale(utf8);
	CURLUcode code =
		curl_url_get(handle, CURLUPART_HOST, host_out, CURLU_PUNYCODE);
	uselocale(before);
	freelocale(utf8);
	return code == CURLUE_OUT_OF_MEMORY ? CURLUE_BAD_HOSTNAME : code;
}

static bool is_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return !*text;
}

/* Digits of another alphabet were none when libcurl looked for an address. */
static CURLUcode read_again(CURLU *handle)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(handle, CURLUPART_URL, &text, 0);
	if (code == CURLUE_OK)
		code = curl_url_set(handle, CURLUPART_URL, text, 0);
	curl_free(text);
	return code;
}

static CURLUcode lower_host(CURLU *handle)
{
	char *host = NULL;
	CURLUcode code = curl_url_get(handle, CURLUPART_HOST, &host, 0);
	bool ascii = code != CURLUE_OK || is_ascii(host);
	if (!ascii) {
		curl_free(host);
		host = NULL;
		code = ascii_host(handle, &host);
	}
	if (code == CURLUE_OK) {
		for (char *c = host; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		code = curl_url_set(handle, CURLUPART_HOST, host, 0);
	}
	if (code == CURLUE_OK && !ascii)
		code = read_again(handle);
	curl_free(host);
	return code;
}

static CURLUcode read_parts(CURLU *handle, struct url *url)
{
	url->user = part_of(handle, CURLUPART_USER, CURLU_URLDECODE);
	url->password = part_of(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
	curl_url_set(handle, CURLUPART_USER, NULL, 0);
	curl_url_set(handle, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
	CURLUcode code = lower_host(handle);
	if (code != CURLUE_OK)
		return code;
	url->text = part_of(handle, CURLUPART_URL, 0);
	curl_url_set(handle, CURLUPART_PATH, "/", 0);
	curl_url_set(handle, CURLUPART_QUERY, NULL, 0);
	url->origin = part_of(handle, CURLUPART_URL, CURLU_DEFAULT_PORT);
	return url->text && url->origin ? CURLUE_OK : CURLUE_MALFORMED_INPUT;
}

static bool judge(CURLUcode code, const struct url *url, char *error_out)
{
	if (code != CURLUE_OK) {
		str_format(error_out, URL_ERROR_BYTES,
			   "no absolute http or https URL: %s",
			   curl_url_strerror(code));
		return false;
	}
	if (!str_starts(url->text, "http://") &&
	    !str_starts(url->text, "https://")) {
		str_copy(error_out, URL_ERROR_BYTES,
			 "the URL's scheme is neither http nor https");
		return false;
	}
	if (strlen(url->text) > URL_MAX) {
		str_format(error_out, URL_ERROR_BYTES,
			   "the URL is longer than %d bytes", URL_MAX);
		return false;
	}
	return true;
}

/* A backslash is no part of a URL: browsers and verifiers read "/". */
static char *without_backslash(const char *text)
{
	struct buf clean = BUF_INIT(3 * URL_MAX + 1);
	for (; *text; text++)
		buf_add(&clean, *text == '\\' ? "%5C" : text,
			*text == '\\' ? 3 : 1);
	return buf_take(&clean);
}

bool url_parse(const char *base, const char *text, struct url *url_out,
	       char *error_out)
{
	struct url url = {0};
	CURLUcode code = CURLUE_OK;
	CURLU *handle = curl_url();
	if (!handle)
		abort();
	if (!text[0] || strlen(text) > URL_MAX)
		code = CURLUE_MALFORMED_INPUT;
	if (code == CURLUE_OK && base)
		code = curl_url_set(handle, CURLUPART_URL, base, SET_FLAGS);
	char *clean = without_backslash(text);
	if (code == CURLUE_OK)
		code = curl_url_set(handle, CURLUPART_URL, clean, SET_FLAGS);
	free(clean);
	if (code == CURLUE_OK)
		code = read_parts(handle, &url);
	curl_url_cleanup(handle);
	if (!judge(code, &url, error_out)) {
		url_clear(&url);
		*url_out = url;
		return false;
	}
	url.secure = str_starts(url.text, "https://");
	url.origin[strlen(url.origin) - 1] = '\0'; /* its "/" */
	*url_out = url;
	return true;
}

void url_clear(struct url *url)
{
	free(url->text);
	free(url->origin);
	free(url->user);
	free(url->password);
	*url = (struct url){0};
}
