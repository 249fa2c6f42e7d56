/*
 * seal.c - see seal.h.
 *
 * The count of rounds (ROC) is no part of a packet. Whoever comes to a stream
 * in its middle, as we do after a crash, does not know it, and no peer would
 * ever tell. It is small (one round lasts 22 minutes at 50 packets a second)
 * and the tag says which one is right: so we try, a few per packet.
 */
#include "services/mediad/secure/seal.h"

#include "lib/base/mem.h"
#include "services/mediad/rtp.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define REPLAY_WINDOW 128
#define ROUNDS_MAX                                                             \
	256 /* more than a day of 20 ms packets, and of 10 ms ones             \
	     */
#define ROUNDS_AT_ONCE 16
#define RTP_BYTES_MIN 12
#define RTCP_BYTES_MIN 8

struct seal {
	srtp_t out, in;
	enum suite suite;
	uint32_t peers[SEAL_PEERS_MAX];
	unsigned peer_count;
	bool late;
	uint32_t round; /* late: the next one to be tried */
	uint8_t theirs[SUITE_KEY_MAX];
	uint8_t scratch[SEAL_PACKET_MAX];
};

bool seal_start(void)
{
	static bool started;

	if (!started)
		started = srtp_init() == srtp_err_status_ok;
	return started;
}

/* --- policies --- */

typedef void policy_fn(srtp_crypto_policy_t *policy);

static policy_fn *const policy_fns[SUITE_COUNT] = {
	[SUITE_GCM_128] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
	[SUITE_CM_128_80] = srtp_crypto_policy_set_rtp_default,
	[SUITE_GCM_256] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
	[SUITE_CM_256_80] = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	[SUITE_CM_128_32] = srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
};

/* SRTCP keeps a long tag where SRTP's is short (RFC 4568, 6.2). */
static policy_fn *rtcp_policy_fn(enum suite suite)
{
	return suite_rows[suite].short_tag ? srtp_crypto_policy_set_rtp_default
					   : policy_fns[suite];
}

static void policy_set(srtp_policy_t *policy, enum suite suite, uint8_t *key)
{
	memset(policy, 0, sizeof(*policy));
	policy_fns[suite](&policy->rtp);
	rtcp_policy_fn(suite)(&policy->rtcp);
	policy->key = key;
	policy->window_size = REPLAY_WINDOW;
}

static bool context_new(srtp_t *context, enum suite suite, const uint8_t *key,
			srtp_ssrc_type_t whose)
{
	uint8_t copy[SUITE_KEY_MAX];
	srtp_policy_t policy;
	bool good;

	memcpy(copy, key, sizeof(copy));
	policy_set(&policy, suite, copy);
	policy.ssrc.type = whose;
	good = srtp_create(context, &policy) == srtp_err_status_ok;
	suite_wipe(copy, sizeof(copy));
	return good;
}

struct seal *seal_new(const struct suite_keys *keys, bool late)
{
	struct seal *seal = mem_new(1, sizeof(*seal));

	seal->suite = keys->suite;
	seal->late = late;
	if (late)
		memcpy(seal->theirs, keys->theirs, sizeof(seal->theirs));
	if (context_new(&seal->out, keys->suite, keys->ours,
			ssrc_any_outbound) &&
	    context_new(&seal->in, keys->suite, keys->theirs, ssrc_any_inbound))
		return seal;
	return seal_free(seal);
}

struct seal *seal_free(struct seal *seal)
{
	if (!seal)
		return NULL;
	if (seal->out)
		(void)srtp_dealloc(seal->out);
	if (seal->in)
		(void)srtp_dealloc(seal->in);
	suite_wipe(seal, sizeof(*seal));
	free(seal);
	return NULL;
}

/* --- what goes out --- */

static bool fits(size_t size, size_t least)
{
	return size >= least && size <= SEAL_PACKET_MAX;
}

bool seal_rtp(struct seal *seal, uint8_t *data, size_t *size)
{
	int length = (int)*size;

	if (!fits(*size, RTP_BYTES_MIN) ||
	    srtp_protect(seal->out, data, &length) != srtp_err_status_ok)
		return false;
	*size = (size_t)length;
	return true;
}

bool seal_rtcp(struct seal *seal, uint8_t *data, size_t *size)
{
	int length = (int)*size;

	if (!fits(*size, RTCP_BYTES_MIN) ||
	    srtp_protect_rtcp(seal->out, data, &length) != srtp_err_status_ok)
		return false;
	*size = (size_t)length;
	return true;
}

/* --- what comes in --- */

/* An SSRC that proved its key gets a place; the eldest one gives way. */
static void remember(struct seal *seal, uint32_t ssrc)
{
	for (unsigned i = 0; i < seal->peer_count; i++)
		if (seal->peers[i] == ssrc)
			return;
	if (seal->peer_count == SEAL_PEERS_MAX) {
		(void)srtp_remove_stream(seal->in, htonl(seal->peers[0]));
		seal->peer_count--;
		memmove(seal->peers, seal->peers + 1,
			seal->peer_count * sizeof(seal->peers[0]));
	}
	seal->peers[seal->peer_count++] = ssrc;
}

static enum seal_verdict verdict_of(srtp_err_status_t status)
{
	switch ((int)status) {
	case srtp_err_status_ok: return SEAL_GOOD;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old: return SEAL_REPLAYED;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail: /* so libsrtp calls GCM's tag */
	case srtp_err_status_pkt_idx_old:
	case srtp_err_status_pkt_idx_adv: return SEAL_FORGED;
	default: return SEAL_MALFORMED;
	}
}

static bool try_round(struct seal *seal, uint32_t ssrc, const uint8_t *data,
		      int *length)
{
	srtp_policy_t policy;

	policy_set(&policy, seal->suite, seal->theirs);
	policy.ssrc.type = ssrc_specific;
	policy.ssrc.value = ssrc;
	(void)srtp_remove_stream(seal->in, htonl(ssrc));
	memcpy(seal->scratch, data, (size_t)*length);
	return srtp_add_stream(seal->in, &policy) == srtp_err_status_ok &&
	       srtp_set_stream_roc(seal->in, ssrc, seal->round) ==
		       srtp_err_status_ok &&
	       srtp_unprotect(seal->in, seal->scratch, length) ==
		       srtp_err_status_ok;
}

static enum seal_verdict open_late(struct seal *seal, uint32_t ssrc,
				   uint8_t *data, size_t *size)
{
	for (unsigned i = 0; i < ROUNDS_AT_ONCE; i++) {
		int length = (int)*size;

		if (try_round(seal, ssrc, data, &length)) {
			memcpy(data, seal->scratch, (size_t)length);
			*size = (size_t)length;
			seal->late = false;
			suite_wipe(seal->theirs, sizeof(seal->theirs));
			remember(seal, ssrc);
			return SEAL_GOOD;
		}
		seal->round = (seal->round + 1) % ROUNDS_MAX;
	}
	(void)srtp_remove_stream(seal->in, htonl(ssrc));
	return SEAL_FORGED;
}

enum seal_verdict seal_open_rtp(struct seal *seal, uint8_t *data, size_t *size)
{
	enum seal_verdict verdict;
	int length = (int)*size;
	uint32_t ssrc;

	if (!fits(*size, RTP_BYTES_MIN))
		return SEAL_MALFORMED;
	ssrc = rtp_read32(data + 8);
	if (seal->late)
		return open_late(seal, ssrc, data, size);
	verdict = verdict_of(srtp_unprotect(seal->in, data, &length));
	if (verdict != SEAL_GOOD)
		return verdict;
	remember(seal, ssrc);
	*size = (size_t)length;
	return SEAL_GOOD;
}

enum seal_verdict seal_open_rtcp(struct seal *seal, uint8_t *data, size_t *size)
{
	enum seal_verdict verdict;
	int length = (int)*size;
	uint32_t ssrc;

	if (!fits(*size, RTCP_BYTES_MIN))
		return SEAL_MALFORMED;
	ssrc = rtp_read32(data + 4);
	verdict = verdict_of(srtp_unprotect_rtcp(seal->in, data, &length));
	if (verdict != SEAL_GOOD)
		return verdict;
	remember(seal, ssrc);
	*size = (size_t)length;
	return SEAL_GOOD;
}
