/*
 * sip_uri.h - a strict parser of SIP URIs as documents write them (RFC 3261
 * section 19.1 and 25.1).
 *
 * Contract: the result points into the text that was parsed. The header part
 * begins at the first '?': a '?' inside a user part has to be written %3F.
 * Nothing is decoded here but by sip_uri_header. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What is ever read; dialects have limits of their own within these. */
#define SIP_URI_BYTES_MAX 1023         /* without headers */
#define SIP_URI_HEADERS_BYTES_MAX 4095 /* as written */

struct sip_text { /* a piece of the text */
	const char *at;
	size_t length;
};

struct sip_uri {
	bool secure;               /* sips: */
	struct sip_text user;      /* with what follows a ':'; length 0: none */
	struct sip_text host;      /* name, IPv4, or [IPv6] with its brackets */
	unsigned port;             /* 0: none */
	struct sip_text transport; /* value of ;transport=; length 0: none */
	/* ;secure= (Twilio's) and ;media= (Vonage's) say how the media is to be
	 * sent: with their ';', length 0: none. They are for us alone. */
	struct sip_text secure_media, media;
	const char *whole;       /* where it begins … */
	size_t length;           /* … and how long it is without headers */
	struct sip_text headers; /* after the '?'; length 0: none */
};

/* False: 'why_out' says in constant words what is wrong. */
bool sip_uri_parse(const char *text, size_t length, struct sip_uri *uri_out,
		   const char **why_out);

/*
 * The next header of a header part: name and value decoded once, into memory of
 * the part's length + 1 each. False at the end. 'why_out' is NULL, or says in
 * constant words why the pair cannot be sent (no '=', a name that is no token,
 * broken %, control characters, not UTF-8) and what to write instead.
 */
bool sip_uri_header(struct sip_text *rest, char *name_out, char *value_out,
		    const char **why_out);
