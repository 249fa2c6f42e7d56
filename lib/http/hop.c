/*
 * hop.c - one request and the reception of its answer.
 *
 * The address guard stands here: libcurl asks guard_socket() for each socket,
 * with the numeric address that it is about to connect to. An answer may be
 * packed once, by gzip or deflate: codings upon codings would let a few bytes
 * unpack for minutes inside one call of libcurl without ever reaching the
 * limit.
 */
#include "lib/http/transfer.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/form.h"
#include "lib/http/own.h"
#include "lib/http/recorded.h"
#include "lib/http/sign.h"
#include "lib/runtime/cidr.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HEADER_MAX 4096 /* of ours; a longer one is left out */
#define TARGET_MAX (4 * 1024 * 1024)
#define REUSE_SECONDS 50L

static curl_socket_t guard_socket(void *owner, curlsocktype purpose,
				  struct curl_sockaddr *to)
{
	struct http_transfer *transfer = owner;
	const struct cidrs *allow = transfer->allow;
	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	if (!(allow && cidrs_match(allow, &to->addr))) {
		bool public = cidr_is_public(&to->addr);
		transfer->hop.own =
			public && own_address(&to->addr, to->addrlen);
		if (!public || transfer->hop.own) {
			cidr_text(&to->addr, transfer->hop.refused);
			return CURL_SOCKET_BAD;
		}
	}
	transfer->hop.opened = true;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* There is a connection: from now on it is the answer that is waited for. */
static int on_connected(void *owner, char *peer, char *local, int peer_port,
			int local_port)
{
	struct http_transfer *transfer = owner;
	(void)peer, (void)local, (void)peer_port, (void)local_port;
	transfer->hop.asked = true;
	patience_begins(transfer);
	return CURL_PREREQFUNC_OK;
}

bool hop_has_body(const struct http_transfer *transfer)
{
	const struct hop *hop = &transfer->hop;
	return transfer->body_max && hop->status >= 200 && hop->status < 300 &&
	       !hop->unread;
}

enum http_method hop_method(const struct http_transfer *transfer)
{
	return transfer->plain ? HTTP_GET : transfer->method;
}

/* The value of this header line, trimmed, if it is the header 'name'. */
static const char *header_value(const char *line, size_t size, const char *name,
				size_t *length_out)
{
	size_t length = strlen(name);
	if (size <= length || line[length] != ':' ||
	    strncasecmp(line, name, length) != 0)
		return NULL;
	return str_trim(line + length + 1, size - length - 1, length_out);
}

static bool coding_is_known(const char *value, size_t length)
{
	static const char *const known[] = {"gzip", "x-gzip", "deflate",
					    "identity"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == length &&
		    strncasecmp(known[i], value, length) == 0)
			return true;
	return length == 0;
}

/* Counts the codings of one answer and refuses what is not asked for. */
static bool coding_is_fine(struct hop *hop, const char *line, size_t size)
{
	size_t length;
	const char *value =
		header_value(line, size, "Content-Encoding", &length);
	if (value)
		return coding_is_known(value, length) && hop->codings++ == 0;
	value = header_value(line, size, "Transfer-Encoding", &length);
	return !value ||
	       (length == 7 && strncasecmp(value, "chunked", 7) == 0) ||
	       (length == 8 && strncasecmp(value, "identity", 8) == 0);
}

/* Several headers of one name are one list. */
static void keep_fact(struct hop *hop, const char *line, size_t size)
{
	const struct {
		const char *name;
		char *to;
	} rows[] = {{"ETag", hop->etag},
		    {"Last-Modified", hop->last_modified},
		    {"Cache-Control", hop->cache_control}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length, there = strlen(rows[i].to);
		const char *value =
			header_value(line, size, rows[i].name, &length);

		if (!value || !length)
			continue;
		if (there && there + 2 < HTTP_FACT_BYTES) {
			str_copy(rows[i].to + there, HTTP_FACT_BYTES - there,
				 ", ");
			there += 2;
		}
		(void)str_copy_bytes(rows[i].to + there,
				     HTTP_FACT_BYTES - there, value, length);
		if (str_has_control(rows[i].to))
			rows[i].to[0] = '\0';
	}
}

static void forget_facts(struct hop *hop)
{
	hop->codings = 0;
	buf_clear(&hop->heard);
	hop->etag[0] = hop->last_modified[0] = hop->cache_control[0] = '\0';
}

/* Of what went well and has no body that is wanted, nothing is recorded. */
static void record_header(struct http_transfer *transfer, const char *line,
			  size_t size)
{
	long status = 0;
	if (!transfer->body_max)
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
				  &status);
	if (status >= 200 && status < 300)
		return;
	transfer->hop.heard.max = RECORDED_HEADERS_MAX;
	recorded_header(&transfer->hop.heard, line, size);
}

static bool is_sound(CURL *easy)
{
	const char *type = NULL;
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	return type && strncasecmp(type, "audio/", 6) == 0;
}

static size_t on_header(char *line, size_t one, size_t size, void *owner)
{
	struct http_transfer *transfer = owner;
	struct hop *hop = &transfer->hop;
	size *= one;
	hop->heard_ms = clock_mono_ms();
	hop->header_bytes += size;
	if (hop->header_bytes > HTTP_HEADERS_MAX)
		hop->verdict = HOP_HEADERS;
	else if (!coding_is_fine(hop, line, size))
		hop->verdict = HOP_CODING;
	if (hop->verdict != HOP_GOES_ON)
		return 0;
	if (size >= 5 && strncmp(line, "HTTP/", 5) == 0)
		forget_facts(hop);
	keep_fact(hop, line, size);
	record_header(transfer, line, size);
	if (size > 0 && (line[0] == '\r' || line[0] == '\n')) {
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
				  &hop->status);
		hop->headed = hop->headed || hop->status >= 200;
		hop->unread = transfer->no_sound && is_sound(transfer->easy);
	}
	return size;
}

static size_t sink_body(struct http_transfer *transfer, const char *data,
			size_t size)
{
	struct hop *hop = &transfer->hop;
	if (size > transfer->body_max - hop->sunk)
		hop->verdict = HOP_TOO_LARGE;
	else if (!transfer->sink(transfer->owner, data, size))
		hop->verdict = HOP_SINK;
	if (hop->verdict != HOP_GOES_ON)
		return 0;
	hop->sunk += size;
	return size;
}

static size_t on_body(char *data, size_t one, size_t size, void *owner)
{
	struct http_transfer *transfer = owner;
	struct hop *hop = &transfer->hop;
	size *= one;
	hop->heard_ms = clock_mono_ms();
	if (hop_has_body(transfer)) {
		if (transfer->sink)
			return sink_body(transfer, data, size);
		buf_add(&transfer->body, data, size);
		if (!transfer->body.full)
			return size;
		hop->verdict = HOP_TOO_LARGE;
		return 0;
	}
	hop->unwanted += size;
	if (hop->status < 200 || hop->status > 299) {
		hop->excerpt.max = RECORDED_EXCERPT_MAX;
		recorded_excerpt(&hop->excerpt, data, size);
	}
	if (hop->unwanted <= HTTP_UNWANTED_MAX)
		return size;
	hop->verdict = HOP_ENOUGH;
	return 0;
}

static void add_header(struct http_transfer *transfer, const char *name,
		       const char *value)
{
	struct buf line = BUF_INIT(HEADER_MAX);
	buf_add_text(&line, name);
	if (value) {
		buf_add_text(&line, ": ");
		buf_add_text(&line, value);
	} else {
		buf_add_text(&line, ":"); /* libcurl: leave it out */
	}
	if (!line.full && !str_has_control(buf_text(&line)))
		transfer->hop.headers = curl_slist_append(transfer->hop.headers,
							  buf_text(&line));
	buf_free(&line);
}

static void add_signatures(struct http_transfer *transfer, size_t form_count)
{
	const struct hop *hop = &transfer->hop;
	char signature[SIGN_BYTES], stamped[SIGN_STAMPED_BYTES];
	struct sign_stamp stamp = {
		.key = transfer->signing_key,
		.second_key = transfer->second_key,
		.time_s = clock_wall_ms() / 1000,
		.method = proto_word(&http_method_set, hop_method(transfer)),
		.url = hop->target,
		.body = hop->body ? hop->body : "",
	};
	sign_request(transfer->signing_key, hop->target, transfer->params,
		     form_count, signature);
	sign_stamped(&stamp, stamped);
	add_header(transfer, "X-Twilio-Signature", signature);
	add_header(transfer, "X-SignalWire-Signature", signature);
	add_header(transfer, "X-Voxbus-Signature", stamped);
	add_header(transfer, "X-Voxbus-Signed-Url", hop->target);
}

static void add_headers(struct http_transfer *transfer)
{
	const struct http_upload *upload = &transfer->upload;
	bool post = hop_method(transfer) == HTTP_POST && !upload->content_type;
	bool form = post && !transfer->json;
	for (size_t i = 0; i < HTTP_EXTRA_MAX && transfer->extra[i].name; i++)
		add_header(transfer, transfer->extra[i].name,
			   transfer->extra[i].value);
	/* libcurl would sign the header that it then leaves out. */
	if (!upload->region)
		add_header(transfer, "Expect", NULL);
	if (post)
		add_header(transfer, "Content-Type",
			   form ? "application/x-www-form-urlencoded; "
				  "charset=UTF-8"
				: "application/json");
	if (upload->content_type)
		add_header(transfer, "Content-Type", upload->content_type);
	if (upload->region)
		add_header(transfer, "x-amz-content-sha256",
			   "UNSIGNED-PAYLOAD");
	if (transfer->signing_key)
		add_signatures(transfer, form ? transfer->params_count : 0);
}

/* The URL and body that the method makes of the parameters. */
static void write_request(struct http_transfer *transfer)
{
	struct hop *hop = &transfer->hop;
	struct buf target = BUF_INIT(TARGET_MAX), form = BUF_INIT(TARGET_MAX);
	if (hop_method(transfer) == HTTP_POST ||
	    transfer->upload.content_type) {
		if (transfer->json)
			form_add_hash(&target, transfer->url.text,
				      transfer->json);
		else
			buf_add_text(&target, transfer->url.text);
		if (transfer->json)
			buf_add_text(&form, transfer->json);
		else
			form_add(&form, transfer->params,
				 transfer->params_count);
		hop->body = buf_take(&form);
	} else {
		form_add_query(&target, transfer->url.text, transfer->params,
			       transfer->plain ? 0 : transfer->params_count,
			       transfer->redirects > 0);
	}
	hop->target = buf_take(&target);
}

int64_t hop_left_ms(const struct http_transfer *transfer)
{
	return transfer->begun_ms + transfer->total_ms - clock_mono_ms();
}

static void set_limits(struct http_transfer *transfer)
{
	CURL *easy = transfer->easy;
	int64_t left_ms = hop_left_ms(transfer);
	long total_ms = left_ms > 1 ? (long)left_ms : 1;
	long connect_ms = transfer->connect_ms < total_ms
				  ? (long)transfer->connect_ms
				  : total_ms;
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, REUSE_SECONDS);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A timeout must not wait for the resolver's thread. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, guard_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	if (transfer->ca_file) /* the folder of the system's stays */
		curl_easy_setopt(easy, CURLOPT_CAINFO, transfer->ca_file);
}

void hop_prepare(struct http_transfer *transfer)
{
	CURL *easy = transfer->easy;
	write_request(transfer);
	add_headers(transfer);
	set_limits(transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_URL, transfer->hop.target);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->hop.headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "voxbus/" VOXBUS_VERSION);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->hop.words);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	cookies_give(transfer);
	if (transfer->url.user || transfer->url.password) {
		const struct url *url = &transfer->url;
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME,
				 url->user ? url->user : "");
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
				 url->password ? url->password : "");
	}
	if (transfer->upload.content_type) {
		upload_prepare(transfer);
	} else if (hop_method(transfer) == HTTP_POST) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->hop.body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)strlen(transfer->hop.body));
	}
}

void hop_clear(struct hop *hop)
{
	free(hop->target);
	free(hop->body);
	curl_slist_free_all(hop->headers);
	buf_free(&hop->sent);
	buf_free(&hop->heard);
	buf_free(&hop->excerpt);
	*hop = (struct hop){0};
}
