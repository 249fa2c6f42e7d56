/*
 * sdp_secure.h - how a stream's media is encrypted, as two descriptions say it:
 * keys in the SDP itself (SDES, RFC 4568), or agreed by DTLS (RFC 5763).
 *
 * Contract: what is chosen depends on the arguments alone, and our keys on
 * theirs and on a secret seed: an offer that comes again gets the same answer,
 * one with a new key a new key. Which profile goes with what: RFC 3264, and RFC
 * 8643 for keys in an offer of RTP/AVP (docs/adr/0016-secure-media.md). Any
 * thread.
 */
#pragma once

#include "services/mediad/refusal.h"
#include "services/mediad/sdp/sdp.h"

struct buf;

#define SDP_SEED_BYTES 32
#define SDP_TLS_ID_BYTES 41

enum sdp_cipher { SDP_CIPHER_NONE, SDP_CIPHER_SDES, SDP_CIPHER_DTLS };

/* What we may do, and what we need for it. A zeroed one: never encrypted. */
struct sdp_safety {
	bool plain, sdes, dtls; /* allowed */
	enum suite suites[SUITE_COUNT];
	unsigned suite_count;
	uint8_t seed[SDP_SEED_BYTES];               /* of our keys: secret */
	uint8_t fingerprint[SDP_FINGERPRINT_BYTES]; /* of our certificate */
	char tls_id[SDP_TLS_ID_BYTES];
	bool waits; /* they are behind NAT: DTLS is theirs to begin */
};

struct sdp_choice {
	enum sdp_cipher cipher;
	const struct sdp_crypto *crypto; /* SDES: theirs */
};

/* False: 'why_out', status 488. */
bool sdp_choose_cipher(const struct sdp_safety *safety,
		       const struct sdp_media *media,
		       struct sdp_choice *choice_out, struct refusal *why_out);
/* What we are for an offer of theirs, which has the last word. */
enum sdp_setup sdp_setup_for(const struct sdp_safety *safety,
			     const struct sdp_media *offer);

/* The m= line's protocol of an offer of ours. */
const char *sdp_proto_for(const struct sdp_safety *safety);
/* The a= lines: for an answer as chosen, or of an offer of ours. 'place' is
 * that of the m= line: each has keys of its own. */
void sdp_write_choice(const struct sdp_safety *safety,
		      const struct sdp_choice *choice,
		      const struct sdp_media *offer, unsigned place,
		      struct buf *to);
void sdp_write_ciphers(const struct sdp_safety *safety, unsigned place,
		       struct buf *to);
/* Once more what our description had. */
void sdp_write_same_ciphers(const struct sdp_media *ours, struct buf *to);

/*
 * What both descriptions of a stream say. False: 'why_out', for one of them
 * promises encryption and they do not agree on any.
 */
bool sdp_agree_cipher(const struct sdp_media *ours,
		      const struct sdp_media *theirs,
		      enum sdp_cipher *cipher_out, struct refusal *why_out);
/* The keys of SDES, to be wiped after use. False: no such agreement. */
bool sdp_agree_keys(const struct sdp_media *ours,
		    const struct sdp_media *theirs,
		    struct suite_keys *keys_out);
/* Whether it is us who begins the handshake. */
bool sdp_agree_active(const struct sdp_media *ours,
		      const struct sdp_media *theirs);
