/*
 * sdp.h - a bounded parser of session descriptions (RFC 8866), our own.
 *
 * Contract: one pass, no recursion, no allocation; every size has a limit and
 * what exceeds it is refused, never cut. The result borrows the text. What we
 * do not use (other media, unknown attributes) is checked for form only. A
 * refused description is described with the number of the line at fault. Keys
 * stay in the text. Any thread.
 */
#pragma once

#include "services/mediad/codec/codec.h"
#include "services/mediad/endpoint.h"
#include "services/mediad/secure/suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SDP_BYTES_MAX 8192
#define SDP_LINE_MAX 512
#define SDP_MEDIA_MAX 8
#define SDP_FORMATS_MAX 64
#define SDP_ATTRIBUTES_MAX 256
#define SDP_CRYPTO_MAX 8    /* a=crypto lines of one stream that we can do */
#define SDP_FEEDBACK_MAX 32 /* a=rtcp-fb lines of one stream */
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

/* What an m= line says that its packets are. */
enum sdp_profile {
	SDP_PROFILE_OTHER, /* no RTP that we know */
	SDP_PROFILE_PLAIN, /* RTP/AVP, RTP/AVPF */
	SDP_PROFILE_SRTP,  /* RTP/SAVP, RTP/SAVPF */
	SDP_PROFILE_DTLS   /* UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF */
};

/* Who begins DTLS (RFC 4145, RFC 5763). */
enum sdp_setup {
	SDP_SETUP_NONE, /* not said */
	SDP_SETUP_ACTIVE,
	SDP_SETUP_PASSIVE,
	SDP_SETUP_ACTPASS,
	SDP_SETUP_HOLD
};

struct sdp_format {
	uint8_t pt;
	enum codec codec;        /* of sound */
	struct sdp_slice rtpmap; /* "opus/48000/2"; empty: none */
	struct sdp_slice fmtp;   /* "useinbandfec=1"; empty: none */
};

/* A way to encrypt that they offer, and that we can do (RFC 4568). */
struct sdp_crypto {
	struct sdp_slice tag;
	enum suite suite;
	struct sdp_slice key; /* base64, of the right length */
};

#define SDP_FINGERPRINT_BYTES 32

/* What is needed for DTLS, of one side. */
struct sdp_dtls {
	bool there; /* it has a fingerprint of SHA-256 */
	uint8_t fingerprint[SDP_FINGERPRINT_BYTES];
	enum sdp_setup setup;
	struct sdp_slice tls_id; /* RFC 8842; empty: none */
};

struct sdp_feedback {
	uint8_t pt;
	bool any; /* "*": of every format */
	struct sdp_slice words;
};

struct sdp_media {
	struct sdp_slice type;   /* "audio" */
	struct sdp_slice proto;  /* "RTP/AVP" */
	struct sdp_slice format; /* the first, as written: for refusing it */
	uint16_t port;
	unsigned line;
	enum sdp_profile profile;
	bool audio; /* audio over RTP: formats are payload types … */
	bool video; /* … and pictures over RTP likewise */
	struct sdp_host host;      /* its own or the session's */
	struct sdp_host rtcp_host; /* a=rtcp's address, if it has one */
	uint16_t rtcp_port;        /* a=rtcp's, or port + 1; 0: none */
	bool rtcp_mux;             /* RTCP may come on RTP's port (RFC 5761) */
	enum sdp_direction direction;
	unsigned ptime_ms, maxptime_ms; /* 0: not said */
	struct sdp_dtls dtls;           /* its own or the session's */
	unsigned crypto_count;
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
	unsigned feedback_count;
	struct sdp_feedback feedback[SDP_FEEDBACK_MAX];
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
