/*
 * message.c - from sofia's parsed messages to the bus's words; see message.h.
 */
#include "services/sipgw/message.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

/* scheme:user@host:port, without password, parameters and headers; owned. A
 * tel URI has a user part alone. */
static char *plain_uri(const url_t *url, size_t max)
{
	struct buf text = BUF_INIT(max);
	buf_addf(&text, "%s:", url->url_scheme);
	if (url->url_user)
		buf_addf(&text, url->url_host ? "%s@" : "%s", url->url_user);
	if (url->url_host)
		buf_add_text(&text, url->url_host);
	if (url->url_port && *url->url_port)
		buf_addf(&text, ":%s", url->url_port);
	char *uri = text.full ? NULL : buf_take(&text);
	buf_free(&text);
	if (uri && !str_has_control(uri) && str_is_utf8(uri, strlen(uri)))
		return uri;
	free(uri);
	return NULL;
}

static bool is_sip(const url_t *url)
{
	return (url->url_type == url_sip || url->url_type == url_sips) &&
	       url->url_host && *url->url_host;
}

/* A number of the telephone network (RFC 3966): who calls may be one. */
static bool is_tel(const url_t *url)
{
	return url->url_type == url_tel && url->url_user && *url->url_user &&
	       !url->url_host;
}

/* Reads one party: the user part and the plain URI. */
static bool read_party(const url_t *url, char *user, size_t size, char **uri)
{
	if (!is_sip(url) && !is_tel(url))
		return false;
	if (url->url_user && !words_unescape(url->url_user, user, size))
		return false;
	*uri = plain_uri(url, 1024);
	return *uri != NULL;
}

/* Calls that call each other end like a request that circles (RFC 7332). One
 * without a hop left has been refused before (REFUSE_HOPS). */
static int64_t hops_after(const sip_t *sip)
{
	const sip_max_forwards_t *left = sip->sip_max_forwards;
	unsigned long count = left ? left->mf_count : MESSAGE_HOPS;
	if (count == 0)
		return MESSAGE_HOPS;
	return count > MESSAGE_HOPS ? 1 : MESSAGE_HOPS + 1 - (int64_t)count;
}

const char *message_read_invite(const sip_t *sip, struct incoming *incoming)
{
	const sip_from_t *from = sip->sip_from;
	const char *call_id = sip->sip_call_id->i_id;
	if (!read_party(from->a_url, incoming->from_user,
			sizeof(incoming->from_user), &incoming->from_uri))
		return "Bad From Header";
	if (!read_party(sip->sip_request->rq_url, incoming->to_user,
			sizeof(incoming->to_user), &incoming->to_uri))
		return "Bad Request-URI";
	if (from->a_display)
		words_unquote(from->a_display, incoming->from_name,
			      sizeof(incoming->from_name));
	if (!words_value(call_id, strlen(call_id), incoming->sip_call_id,
			 sizeof(incoming->sip_call_id)))
		return "Bad Call-ID Header";
	incoming->hops = hops_after(sip);
	incoming->headers_count = message_headers(
		sip, incoming->headers,
		sizeof(incoming->headers) / sizeof(incoming->headers[0]));
	if (!message_body(sip, &incoming->offer))
		return "Bad Body";
	return NULL;
}

uint32_t message_headers(const sip_t *sip, struct header *headers, uint32_t max)
{
	uint32_t count = 0;
	char value[1025];
	for (const sip_unknown_t *at = sip->sip_unknown; at && count < max;
	     at = at->un_next) {
		struct header *header = &headers[count];
		if (!at->un_name || !at->un_value ||
		    !words_header_is_told(at->un_name) ||
		    !words_value(at->un_value, strlen(at->un_value), value,
				 sizeof(value)) ||
		    !str_copy(header->name, sizeof(header->name), at->un_name))
			continue;
		header->value = mem_copy_text(value);
		count++;
	}
	return count;
}

bool message_body(const sip_t *sip, char **text_out)
{
	const sip_payload_t *body = sip->sip_payload;
	*text_out = NULL;
	if (!body || !body->pl_len)
		return true;
	if (body->pl_len > SIPGW_SDP_MAX ||
	    !str_is_utf8(body->pl_data, body->pl_len))
		return false;
	*text_out = mem_copy_bytes(body->pl_data, body->pl_len);
	return true;
}

const char *message_unsupported(const sip_t *sip)
{
	static const char *const known[] = {"timer", "100rel", "norefersub"};
	const char *const *at =
		sip->sip_require ? sip->sip_require->k_items : NULL;
	for (; at && *at; at++) {
		bool is_known = false;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			is_known = is_known || str_same(*at, known[i]);
		if (!is_known)
			return *at;
	}
	return NULL;
}

void message_reason(const sip_t *sip, char *to, size_t size)
{
	char raw[256];
	*to = '\0';
	if (!sip || !sip->sip_reason)
		return;
	issize_t length = sip_header_field_e(
		raw, sizeof(raw), (const sip_header_t *)sip->sip_reason, 0);
	if (length > 0 && (size_t)length < sizeof(raw))
		words_value(raw, (size_t)length, to, size);
}

void message_phrase(const sip_t *sip, char *to, size_t size)
{
	const char *phrase = sip->sip_status->st_phrase;
	if (!phrase || !words_value(phrase, strlen(phrase), to, size) || !*to)
		str_copy(to, size,
			 sip_status_phrase(sip->sip_status->st_status));
}

char *message_address(const url_t *url, size_t max)
{
	return is_sip(url) ? message_name(url, max) : NULL;
}

char *message_name(const url_t *url, size_t max)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct buf text = BUF_INIT(max);
	char *result = NULL;
	if (!url->url_scheme)
		return NULL;
	su_home_init(home);
	url_t copy = *url;
	copy.url_headers = NULL;
	copy.url_password = NULL;
	const char *uri = url_as_string(home, &copy);
	if (uri && !str_has_control(uri) && str_is_utf8(uri, strlen(uri)) &&
	    !strpbrk(uri, "<> \"")) {
		buf_addf(&text, "<%s>", uri);
		if (!text.full)
			result = buf_take(&text);
	}
	buf_free(&text);
	su_home_deinit(home);
	return result;
}

char *message_uri(const url_t *url, size_t max)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	char *result = NULL;
	su_home_init(home);
	const char *uri = url_as_string(home, url);
	if (uri && strlen(uri) <= max && !str_has_control(uri) &&
	    str_is_utf8(uri, strlen(uri)) && !strpbrk(uri, "<> \""))
		result = mem_copy_text(uri);
	su_home_deinit(home);
	return result;
}

/* "Name: value" for each of a chain of headers of one kind. */
static void add_lines(struct buf *text, su_home_t *home, const char *name,
		      const void *first)
{
	for (const sip_header_t *at = first; at; at = at->sh_next) {
		char *value = sip_header_as_string(home, at);
		if (value)
			buf_addf(text, "%s: %s\r\n", name, value);
		su_free(home, value);
	}
}

char *message_outline(const sip_t *sip, size_t max)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct buf text = BUF_INIT(max);
	su_home_init(home);
	buf_addf(&text, "INVITE %s SIP/2.0\r\n",
		 url_as_string(home, sip->sip_request->rq_url));
	add_lines(&text, home, "Via", sip->sip_via);
	add_lines(&text, home, "Record-Route", sip->sip_record_route);
	add_lines(&text, home, "From", sip->sip_from);
	add_lines(&text, home, "To", sip->sip_to);
	add_lines(&text, home, "Call-ID", sip->sip_call_id);
	add_lines(&text, home, "CSeq", sip->sip_cseq);
	add_lines(&text, home, "Contact", sip->sip_contact);
	add_lines(&text, home, "Require", sip->sip_require);
	buf_add_text(&text, "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	su_home_deinit(home);
	char *result = text.full ? NULL : buf_take(&text);
	buf_free(&text);
	return result;
}

void message_digest(const char *text, char *to)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	digest_sha256(text, strlen(text), digest);
	digest_hex(digest, sizeof(digest), to);
}
