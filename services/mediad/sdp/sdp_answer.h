/*
 * sdp_answer.h - our side of offer and answer (RFC 3264): what we write, and
 * what both descriptions together mean.
 *
 * Contract: an answer takes the first audio stream that we can do and refuses
 * the others with port 0; it names one codec, the offerer's first that we
 * speak, and what goes beside it if it was offered: digits of the same clock
 * (or of another one, which many phones have beside Opus), comfort noise. What
 * is written depends on the arguments alone. Any thread.
 */
#pragma once

#include "services/mediad/codec/terms.h"
#include "services/mediad/sdp/sdp_secure.h"

struct buf;

struct sdp_self {
	struct endpoint at; /* address that others are told, and RTP port */
	uint64_t id;        /* of o=; the same for one leg in all its life */
	uint64_t version;   /* of o=; rises when our description changes */
	unsigned place;     /* m= line in use: taken first if it can be */
	unsigned ptime_ms;  /* offer: what we like; 0: CODEC_PTIME_MS */
	const struct sdp_safety *safety; /* NULL: never encrypted */
	uint16_t video_port;             /* of RTP; 0: no pictures */
};

/* What two descriptions agree on, in the form that the packet path needs. */
struct sdp_terms {
	uint8_t send_pt[CODEC_COUNT]; /* CODEC_PT_NONE: must not be sent */
	uint8_t codec_of[128];        /* enum codec of a received type */
	enum codec event; /* how digits are sent; CODEC_NONE: not as events */
	enum codec codec; /* first audio codec; CODEC_NONE: none yet … */
	struct codec_terms sound;  /* … and how it wants to be sent to */
	bool sends;                /* the other side wants to hear us */
	bool hears;                /* it will send */
	struct endpoint rtp, rtcp; /* of the other side; rtcp may be none */
	bool mux;                  /* RTCP goes to and fro on RTP's ports */
	enum sdp_cipher cipher;
	/* DTLS: theirs, and whether it is us who begin; a change of it, or of
	 * what is in dtls_key, asks for a new handshake. */
	uint8_t fingerprint[SDP_FINGERPRINT_BYTES];
	bool active;
	uint64_t dtls_key;
};

/* The same for the same association (RFC 8842, 5): of ours, the certificate. */
uint64_t sdp_dtls_key(const struct sdp_dtls *ours,
		      const struct sdp_dtls *theirs);

#define SDP_VIDEO_FORMATS 16 /* of one stream of pictures */

/* 'pictures' is the stream whose formats are offered beside the sound; NULL:
 * none. */
void sdp_write_offer(const struct sdp_self *self, const enum codec *codecs,
		     unsigned count, const struct sdp_media *pictures,
		     struct buf *to);
/*
 * An offer inside a dialog: the streams and codecs of 'ours', which is in
 * force, with the same numbers; the one in use both ways again. The other side
 * may have put us on hold: whether we stay there, it says in its answer.
 */
void sdp_write_reoffer(const struct sdp_self *self, const struct sdp *ours,
		       struct buf *to);
/* Whether there will be an answer: false says why not. */
bool sdp_can_answer(const struct sdp_self *self, const struct sdp *offer,
		    struct refusal *why_out);
bool sdp_write_answer(const struct sdp_self *self, const struct sdp *offer,
		      struct buf *to, struct refusal *why_out);
/*
 * 'local' is what we sent, 'remote' what the other side sent, whoever offered.
 * 'family' is the one that our sockets speak.
 */
bool sdp_agree(const struct sdp *local, const struct sdp *remote, int family,
	       struct sdp_terms *terms_out, struct refusal *why_out);
/* The keys of the stream that both have in use, when its cipher is SDES; to be
 * wiped after use. */
bool sdp_keys(const struct sdp *local, const struct sdp *remote,
	      struct suite_keys *keys_out);
/* The stream that is in use: the first that is audio and has a port; NULL. */
const struct sdp_media *sdp_active(const struct sdp *sdp);
