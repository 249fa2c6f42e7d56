/*
 * sdp_parser.h - what the files of the SDP parser share, and nobody else.
 *
 * Contract: a parser lives for one sdp_parse(). Slices point into its text.
 */
#pragma once

#include "services/mediad/sdp/sdp.h"

struct sdp_parser {
	struct sdp *sdp;
	struct sdp_media *media; /* NULL: still at session level */
	struct sdp_host host;    /* of the session */
	enum sdp_direction direction;
	struct sdp_dtls dtls;
	unsigned line;
	unsigned attributes;
	bool origin;
	char *error;
};

/* Notes what is wrong with the present line; always false. */
bool sdp_fault(struct sdp_parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool sdp_take_attribute(struct sdp_parser *parser, struct sdp_slice rest);
/* What is no use to us is as if it were not there: none of these refuses. */
bool sdp_take_crypto(struct sdp_parser *parser, struct sdp_slice value);
bool sdp_take_fingerprint(struct sdp_parser *parser, struct sdp_slice value);
bool sdp_take_setup(struct sdp_parser *parser, struct sdp_slice value);
bool sdp_take_tls_id(struct sdp_parser *parser, struct sdp_slice value);
bool sdp_take_host(struct sdp_parser *parser, struct sdp_slice rest,
		   struct sdp_host *host_out);

/* The next word up to a space or tab; false at the end. */
bool sdp_slice_word(struct sdp_slice *rest, struct sdp_slice *word_out);
struct sdp_slice sdp_slice_trimmed(struct sdp_slice slice);
bool sdp_slice_is(struct sdp_slice slice, const char *text);
bool sdp_slice_same(struct sdp_slice slice, const char *text); /* any case */
/* RFC 8866's token; a proto is tokens joined by slashes. */
bool sdp_slice_is_token(struct sdp_slice slice);
bool sdp_slice_is_proto(struct sdp_slice slice);
/* Digits only, at most 'max'. */
bool sdp_slice_number(struct sdp_slice slice, uint32_t max,
		      uint32_t *number_out);
/* Cuts at 'mark': the part before it, and in 'rest' what follows. Without a
 * mark the whole is before it and the rest is empty. */
struct sdp_slice sdp_slice_until(struct sdp_slice *rest, char mark);
