/*
 * url.h - http, https and nats URLs: resolution of references (RFC 3986 section
 * 5).
 *
 * Contract: results are written to caller's memory and are plain ASCII without
 * blanks: what may not stand in a URL (blanks, quotes, non-ASCII) is percent-
 * encoded, control characters are refused. Fragments are kept: they carry the
 * customer's overrides of time-outs. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Resolved URLs, with their terminator. */
#define URL_BYTES 4097

/*
 * 'reference' as seen from 'base' (absolute; "" if there is none). False, and
 * an empty result, if the outcome is no absolute http or https URL with a host
 * or is too long. An empty reference is the base itself, without its fragment.
 */
bool url_resolve(const char *base, const char *reference, char *url_out,
		 size_t size);
/* 'url' without userinfo and fragment: for others to read. */
void url_public(const char *url, char *url_out, size_t size);
/*
 * Where an answer came from, as the base of what it refers to: with the
 * userinfo of the URL that was 'asked' for, if that is the same origin.
 */
void url_arrived(const char *asked, const char *from, char *url_out,
		 size_t size);
/*
 * The same for a document, which may come from the bus, too: "nats:subject"
 * (lib/base/subject.h). Seen from there a reference is the last token of
 * another subject: "after" from "nats:app.voice" is "nats:app.after"; "?a=b" is
 * the same subject with that query. Neither has a "/".
 */
bool url_document(const char *base, const char *reference, char *url_out,
		  size_t size);
/* An absolute http or https URL with a host, as url_resolve would leave it. */
bool url_is_absolute(const char *url);
