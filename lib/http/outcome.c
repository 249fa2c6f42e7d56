/*
 * outcome.c - what became of a request, in numbers of errors.def and in words
 * that tell a customer what to mend.
 */
#include "lib/http/transfer.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/http/recorded.h"
#include "lib/runtime/metrics.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RETRY_AFTER_MAX_S 86400

#define COUNTED(variable, outcome)                                             \
	METRIC_COUNTER(variable, "http_requests_total",                        \
		       "outcome=\"" outcome "\"",                              \
		       "HTTP requests that are over, by outcome.")
COUNTED(count_ok, "ok")
COUNTED(count_status, "status")
COUNTED(count_timeout, "timeout")
COUNTED(count_address, "address")
COUNTED(count_connection, "connection")
COUNTED(count_host, "host")
COUNTED(count_tls, "tls")
COUNTED(count_redirects, "redirects")
COUNTED(count_protocol, "protocol")
COUNTED(count_large, "too_large")
COUNTED(count_url, "url")
METRIC_COUNTER(count_ms, "http_request_ms_total", "",
	       "Time that HTTP requests took, redirects included.")

static const struct {
	int error;
	struct metric *metric;
} counters[] = {
	{0, &count_ok},
	{ERR_HTTP_STATUS, &count_status},
	{ERR_HTTP_RETRIEVAL, &count_timeout},
	{ERR_HTTP_FORBIDDEN_ADDRESS, &count_address},
	{ERR_HTTP_CONNECTION, &count_connection},
	{ERR_HTTP_HOST, &count_host},
	{ERR_HTTP_TLS, &count_tls},
	{ERR_HTTP_REDIRECTS, &count_redirects},
	{ERR_HTTP_DOWNGRADE, &count_redirects},
	{ERR_HTTP_TOO_LARGE, &count_large},
	{ERR_URL_INVALID, &count_url},
	{ERR_HTTP_PROTOCOL, &count_protocol}, /* and whatever else */
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

void outcome_count(const struct http_result *result)
{
	size_t i = 0;
	while (i < COUNTERS - 1 && counters[i].error != result->error)
		i++;
	metric_add(counters[i].metric, 1);
	metric_add(&count_ms, result->total_ms);
}

/* 'words': where libcurl's are for those who know libcurl. */
static const struct failure {
	CURLcode code;
	int error;
	const char *words;
} failures[] = {
	{CURLE_URL_MALFORMAT, ERR_URL_INVALID, NULL},
	{CURLE_COULDNT_RESOLVE_HOST, ERR_HTTP_HOST, NULL},
	{CURLE_COULDNT_CONNECT, ERR_HTTP_CONNECTION, NULL},
	{CURLE_GOT_NOTHING, ERR_HTTP_CONNECTION,
	 "the connection was closed without an answer"},
	{CURLE_SEND_ERROR, ERR_HTTP_CONNECTION, NULL},
	{CURLE_RECV_ERROR, ERR_HTTP_CONNECTION, NULL},
	{CURLE_SSL_CONNECT_ERROR, ERR_HTTP_TLS, NULL},
	{CURLE_PEER_FAILED_VERIFICATION, ERR_HTTP_TLS, NULL},
	{CURLE_SSL_CERTPROBLEM, ERR_HTTP_TLS, NULL},
	{CURLE_SSL_CIPHER, ERR_HTTP_TLS, NULL},
	{CURLE_SSL_CACERT_BADFILE, ERR_HTTP_TLS, NULL},
	{CURLE_SSL_ISSUER_ERROR, ERR_HTTP_TLS, NULL},
	{CURLE_SSL_INVALIDCERTSTATUS, ERR_HTTP_TLS, NULL},
	{CURLE_UNSUPPORTED_PROTOCOL, ERR_HTTP_PROTOCOL,
	 "the answer is not HTTP/1.1 or HTTP/2"},
	{CURLE_PARTIAL_FILE, ERR_HTTP_PROTOCOL,
	 "the body is shorter than its Content-Length"},
	{CURLE_BAD_CONTENT_ENCODING, ERR_HTTP_PROTOCOL,
	 "the body is not packed as its Content-Encoding says"},
	{CURLE_OK, ERR_HTTP_PROTOCOL, NULL}, /* any other */
};

static const struct failure *failure_of(CURLcode code)
{
	const struct failure *failure = failures;
	while (failure->code != CURLE_OK && failure->code != code)
		failure++;
	return failure;
}

/* Words that may hold a stranger's bytes become ASCII. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			*text = '?';
}

static void add_attempts(struct http_transfer *transfer)
{
	size_t there = strlen(transfer->text);
	if (transfer->attempts > 1)
		str_format(transfer->text + there,
			   sizeof(transfer->text) - there, " (%u attempts)",
			   transfer->attempts);
}

void outcome_fail(struct http_transfer *transfer, struct http_result *result,
		  int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(transfer->text, sizeof(transfer->text), format, arguments);
	va_end(arguments);
	add_attempts(transfer);
	make_printable(transfer->text);
	result->error = error;
	result->text = transfer->text;
	result->body = "";
	result->size = 0;
}

static int64_t time_ms(CURL *easy, CURLINFO which)
{
	curl_off_t us = 0;
	curl_easy_getinfo(easy, which, &us);
	return us / 1000;
}

static void read_address(struct http_transfer *transfer,
			 struct http_result *result)
{
	char *ip = NULL, *to = transfer->hop.address;
	long port = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &ip);
	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_PORT, &port);
	if (ip && *ip)
		str_format(to, HOP_ADDRESS_BYTES,
			   strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
	else
		str_copy(to, HOP_ADDRESS_BYTES, transfer->hop.refused);
	result->address = to;
}

static int read_version(CURL *easy)
{
	long version = CURL_HTTP_VERSION_NONE;
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	switch (version) {
	case CURL_HTTP_VERSION_1_0: return 10;
	case CURL_HTTP_VERSION_1_1: return 11;
	case CURL_HTTP_VERSION_2_0: return 20;
	default: return 0;
	}
}

/* What people are to read of the exchange. */
static void read_record(struct http_transfer *transfer,
			struct http_result *result)
{
	struct hop *hop = &transfer->hop;
	const struct url *url = &transfer->url;
	hop->sent.max = RECORDED_HEADERS_MAX;
	if (transfer->body_max || result->error) {
		for (const struct curl_slist *line = hop->headers; line;
		     line = line->next)
			if (!str_ends(line->data, ":")) /* one left out */
				recorded_header(&hop->sent, line->data,
						strlen(line->data));
		if (url->user || url->password)
			recorded_header(&hop->sent, "Authorization: ", 15);
	}
	recorded_text(&hop->excerpt);
	result->sent = buf_text(&hop->sent);
	result->headers = buf_text(&hop->heard);
	result->excerpt = buf_text(&hop->excerpt);
	result->earlier = buf_text(&transfer->earlier);
}

void outcome_keep(struct http_transfer *transfer,
		  const struct http_result *result)
{
	struct buf line = BUF_INIT(RECORDED_EARLIER_MAX);
	bool redirected = result->status >= 300 && result->status < 400;
	int64_t took_ms = clock_mono_ms() - transfer->hop.begun_ms;
	if (result->status)
		buf_addf(&line, "%d", result->status);
	else
		buf_add_text(&line, "no answer");
	buf_addf(&line, " in %lld ms from %s", (long long)took_ms, result->url);
	if (*result->address)
		buf_addf(&line, " at %s", result->address);
	if (!redirected && result->error)
		buf_addf(&line, " [%d] %s", result->error, result->text);
	buf_add_text(&line, "\n");
	transfer->earlier.max = RECORDED_EARLIER_MAX;
	if (!line.full &&
	    line.length <= transfer->earlier.max - transfer->earlier.length)
		buf_add(&transfer->earlier, line.data, line.length);
	buf_free(&line);
}

static void read_facts(struct http_transfer *transfer,
		       struct http_result *result)
{
	CURL *easy = transfer->easy;
	const char *type = NULL;
	long connections = 0;
	curl_off_t retry_s = 0;
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_s);
	if (retry_s > RETRY_AFTER_MAX_S)
		retry_s = RETRY_AFTER_MAX_S;
	if (type && !str_has_control(type) && str_is_utf8(type, strlen(type)))
		result->content_type = type;
	result->status = transfer->hop.headed ? (int)transfer->hop.status : 0;
	result->url = transfer->url.text;
	result->cookies = transfer->cookies ? transfer->cookies : "";
	result->body = buf_text(&transfer->body);
	result->size = transfer->body.length;
	result->reused = connections == 0 && result->status;
	result->retry_after_ms = retry_s * 1000;
	read_address(transfer, result);
	result->version = result->status ? read_version(easy) : 0;
	result->etag = transfer->hop.etag;
	result->last_modified = transfer->hop.last_modified;
	result->cache_control = transfer->hop.cache_control;
	result->dns_ms = time_ms(easy, CURLINFO_NAMELOOKUP_TIME_T);
	result->connect_ms = time_ms(easy, CURLINFO_CONNECT_TIME_T);
	result->tls_ms = time_ms(easy, CURLINFO_APPCONNECT_TIME_T);
	result->first_byte_ms = time_ms(easy, CURLINFO_STARTTRANSFER_TIME_T);
}

/* Which wait was too long decides the number. */
static void read_timeout(struct http_transfer *transfer,
			 struct http_result *result)
{
	const struct hop *hop = &transfer->hop;
	long long total_ms = result->total_ms;
	if (!hop->asked && !hop->opened)
		outcome_fail(transfer, result, ERR_HTTP_HOST,
			     "no answer from the DNS within %lld ms", total_ms);
	else if (!hop->asked && !hop->greeted)
		outcome_fail(transfer, result, ERR_HTTP_CONNECTION,
			     "no connection within %lld ms", total_ms);
	else if (!hop->asked)
		outcome_fail(transfer, result, ERR_HTTP_TLS,
			     "no TLS handshake within %lld ms", total_ms);
	else if (hop->verdict == HOP_SILENT)
		outcome_fail(transfer, result, ERR_HTTP_RETRIEVAL,
			     hop->headed ? "nothing more came for %lld ms"
					 : "no answer within %lld ms",
			     (long long)transfer->read_ms);
	else
		outcome_fail(transfer, result, ERR_HTTP_RETRIEVAL,
			     "no complete answer within %lld ms", total_ms);
}

static void read_failure(struct http_transfer *transfer, CURLcode code,
			 struct http_result *result)
{
	const struct hop *hop = &transfer->hop;
	const struct failure *failure = failure_of(code);
	const char *words =
		hop->words[0] ? hop->words : curl_easy_strerror(code);
	if (hop->refused[0] && !hop->opened)
		outcome_fail(transfer, result, ERR_HTTP_FORBIDDEN_ADDRESS,
			     "%s is %s; name it in VOXBUS_HTTP_ALLOW if it is "
			     "meant to be reached",
			     hop->refused,
			     hop->own ? "this machine's own address"
				      : "not a public address");
	else if (code == CURLE_OPERATION_TIMEDOUT)
		read_timeout(transfer, result);
	else
		outcome_fail(transfer, result, failure->error, "%s",
			     failure->words ? failure->words : words);
}

static bool read_verdict(struct http_transfer *transfer,
			 struct http_result *result)
{
	switch (transfer->hop.verdict) {
	case HOP_TOO_LARGE:
		outcome_fail(transfer, result, ERR_HTTP_TOO_LARGE,
			     "the body, unpacked, is larger than %zu bytes",
			     transfer->body_max);
		return true;
	case HOP_HEADERS:
		outcome_fail(transfer, result, ERR_HTTP_PROTOCOL,
			     "the answer's headers are larger than %d bytes",
			     HTTP_HEADERS_MAX);
		return true;
	case HOP_CODING:
		outcome_fail(transfer, result, ERR_HTTP_PROTOCOL,
			     "the answer has a coding other than one of gzip "
			     "and deflate");
		return true;
	case HOP_SINK:
		outcome_fail(transfer, result, ERR_INTERNAL,
			     "the body could not be kept");
		return true;
	case HOP_SILENT: /* the status may be enough */
	case HOP_ENOUGH:
	case HOP_GOES_ON: break;
	}
	return false;
}

/* What libcurl's code and our own verdict mean. */
static void judge(struct http_transfer *transfer, CURLcode code,
		  struct http_result *result)
{
	const struct hop *hop = &transfer->hop;
	bool wanted = hop_has_body(transfer);
	if (read_verdict(transfer, result))
		return;
	if (code != CURLE_OK && (wanted || !hop->headed)) {
		read_failure(transfer, code, result);
		return;
	}
	if (hop->status < 200 || hop->status > 299)
		outcome_fail(transfer, result, ERR_HTTP_STATUS,
			     "the web application answered with HTTP status "
			     "%ld",
			     hop->status);
}

void outcome_read(struct http_transfer *transfer, CURLcode code,
		  struct http_result *result)
{
	*result = (struct http_result){.text = "", .content_type = ""};
	read_facts(transfer, result);
	result->redirects = transfer->redirects;
	result->attempts = transfer->attempts;
	result->total_ms = clock_mono_ms() - transfer->begun_ms;
	judge(transfer, code, result);
	read_record(transfer, result);
}

void outcome_stillborn(struct http_transfer *transfer,
		       struct http_result *result)
{
	*result = (struct http_result){
		.text = "",
		.content_type = "",
		.url = "",
		.cookies = transfer->cookies ? transfer->cookies : "",
		.sent = "",
		.headers = "",
		.excerpt = "",
		.address = "",
		.earlier = buf_text(&transfer->earlier),
		.etag = "",
		.last_modified = "",
		.cache_control = ""};
	result->redirects = transfer->redirects;
	result->attempts = transfer->attempts;
	result->total_ms = clock_mono_ms() - transfer->begun_ms;
	make_printable(transfer->text);
	result->error = transfer->error;
	result->text = transfer->text;
	result->body = "";
}
