/*
 * seal.h - SRTP and SRTCP of one stream of a leg (RFC 3711, 6188, 7714).
 *
 * Contract: a seal has both directions' keys, SEAL_OURS_MAX SSRCs of ours and
 * of theirs the last SEAL_PEERS_MAX. Packets are changed in place. What is not
 * authentic is refused and changes nothing but the packet: one bad packet, or
 * a million, ends no call. Nothing is allocated per packet. A seal belongs to
 * one thread at a time.
 */
#pragma once

#include "services/mediad/secure/suite.h"

/* What SRTP and SRTCP may add to a packet: a tag of GCM, and a trailer. */
#define SEAL_ROOM 20
#define SEAL_PEERS_MAX 4
#define SEAL_OURS_MAX 16
#define SEAL_PACKET_MAX 1500

struct seal;

enum seal_verdict {
	SEAL_GOOD,
	SEAL_FORGED,   /* not made with their key, or changed on its way */
	SEAL_REPLAYED, /* came before, or is older than the window */
	SEAL_MALFORMED
};

/* Once a process, before anything else here. False: OpenSSL cannot. */
bool seal_start(void);
/*
 * 'late': their streams may have begun long ago, so the count of their rounds
 * of 65536 packets has to be found out: at most some packets are lost by that.
 * NULL: OpenSSL refuses the keys. 'keys' remain the caller's, to be wiped.
 */
struct seal *seal_new(const struct suite_keys *keys, bool late);
struct seal *seal_free(struct seal *seal); /* keys wiped; NULL is fine */
/* 'data' has room for SEAL_ROOM bytes more. False: it must not be sent; no
 * number of a stream is ever sealed twice, whatever its packet says. */
bool seal_rtp(struct seal *seal, uint8_t *data, size_t *size);
bool seal_rtcp(struct seal *seal, uint8_t *data, size_t *size);
enum seal_verdict seal_open_rtp(struct seal *seal, uint8_t *data, size_t *size);
enum seal_verdict seal_open_rtcp(struct seal *seal, uint8_t *data,
				 size_t *size);
