/*
 * sdp.h - a bounded parser of session descriptions (RFC 8866), our own.
 *
 * Contract: one pass, no recursion, no allocation; every size has a limit and
 * what exceeds it is refused, never cut. The result borrows the text. What we
 * do not use (other media, unknown attributes) is checked for form only. A
 * refused description is described with the number of the line at fault. Any
 * thread.
 */
#pragma once

#include "services/mediad/codec/codec.h"
#include "services/mediad/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SDP_BYTES_MAX 8192
#define SDP_LINE_MAX 512
#define SDP_MEDIA_MAX 8
#define SDP_FORMATS_MAX 64
#define SDP_ATTRIBUTES_MAX 256
#define SDP_ERROR_BYTES 160

struct sdp_slice {
	const char *at;
	size_t length;
};

/* Bits, from the view of who wrote the description. */
enum sdp_direction {
	SDP_INACTIVE = 0,
	SDP_SENDONLY = 1,
	SDP_RECVONLY = 2,
	SDP_SENDRECV = 3
};

enum sdp_host_kind {
	SDP_HOST_NONE, /* no c= line */
	SDP_HOST_NAME, /* a name: never resolved */
	SDP_HOST_NUMERIC
};

struct sdp_host {
	enum sdp_host_kind kind;
	struct endpoint at; /* port 0 */
};

struct sdp_format {
	uint8_t pt;
	enum codec codec;
};

struct sdp_media {
	struct sdp_slice type;   /* "audio" */
	struct sdp_slice proto;  /* "RTP/AVP" */
	struct sdp_slice format; /* the first, as written: for refusing it */
	uint16_t port;
	unsigned line;
	bool audio; /* audio over RTP/AVP: formats are payload types */
	struct sdp_host host;      /* its own or the session's */
	struct sdp_host rtcp_host; /* a=rtcp's address, if it has one */
	uint16_t rtcp_port;        /* a=rtcp's, or port + 1; 0: none */
	enum sdp_direction direction;
	unsigned ptime_ms; /* 0: not said */
	unsigned format_count;
	struct sdp_format formats[SDP_FORMATS_MAX];
};

struct sdp {
	uint64_t version; /* of o=; 0 if it is no number that fits */
	unsigned media_count;
	struct sdp_media media[SDP_MEDIA_MAX];
};

/* False: 'error_out' (SDP_ERROR_BYTES) says "line 3: …". */
bool sdp_parse(const char *text, size_t size, struct sdp *sdp_out,
	       char *error_out);
