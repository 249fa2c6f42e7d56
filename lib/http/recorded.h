/*
 * recorded.h - what of an HTTP exchange may stand on the record.
 *
 * Contract: a record is read by people and exported, so a header that may be a
 * secret (cookies, credentials, tokens, keys, signatures: known by its name)
 * keeps its name and loses its value to "***". Everything is cut to a bound and
 * made harmless: headers are printable ASCII, an excerpt is UTF-8. Any thread.
 */
#pragma once

#include <stddef.h>

struct buf;

#define RECORDED_HEADERS_MAX 4096 /* of one request or answer, in bytes */
#define RECORDED_VALUE_MAX 255    /* longer values are cut, with "..." */
#define RECORDED_EARLIER_MAX 4096 /* of the requests before the last one */
#define RECORDED_EXCERPT_MAX 2048 /* of a body that was no 2xx's */

/* One header line as on the wire, as "Name: value\n"; what is none is left
 * out, and so is one that no longer fits. */
void recorded_header(struct buf *to, const char *line, size_t size);
/* Adds what fits of a body's next bytes. */
void recorded_excerpt(struct buf *to, const char *data, size_t size);
/* What was added as text: bytes that are no UTF-8 become '?', and a character
 * that was cut in the middle is left out. */
void recorded_text(struct buf *excerpt);

/* "" becomes no field at all. */
#define RECORDED_LONG(field, text)                                             \
	proto_set_long(&(field), (text) && (text)[0] ? (text) : NULL)
/* From an http_result to a message: 'fetched' and 'posted' have the same
 * fields for it. Includers need proto/proto.h and lib/base/str.h. */
#define RECORDED_FILL(message, result)                                         \
	do {                                                                   \
		(message)->redirects = (result)->redirects;                    \
		(message)->http_version = (result)->version;                   \
		(message)->reused = (result)->reused;                          \
		(message)->dns_ms = (result)->dns_ms;                          \
		(message)->connect_ms = (result)->connect_ms;                  \
		(message)->tls_ms = (result)->tls_ms;                          \
		(message)->first_byte_ms = (result)->first_byte_ms;            \
		(message)->total_ms = (result)->total_ms;                      \
		str_copy((message)->address, sizeof((message)->address),       \
			 (result)->address);                                   \
		RECORDED_LONG((message)->sent, (result)->sent);                \
		RECORDED_LONG((message)->headers, (result)->headers);          \
		RECORDED_LONG((message)->excerpt, (result)->excerpt);          \
		RECORDED_LONG((message)->earlier, (result)->earlier);          \
	} while (0)
