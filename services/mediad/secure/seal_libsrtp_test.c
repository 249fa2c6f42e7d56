/*
 * seal_libsrtp_test.c - our SRTP beside libsrtp2, packet by packet: what one
 * side makes is byte for byte what the other makes, and both say the same of
 * what comes in, whatever became of it on its way.
 *
 * libsrtp is here for that alone. It draws from a seed, so a failure comes
 * again; the suite and the step are printed.
 */
#include "services/mediad/secure/seal.h"

#include "lib/test/test.h"
#include "services/mediad/rtp.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 20000
#define WINDOW 128
#define SSRCS SEAL_PEERS_MAX
#define KEPT 400
#define LIBSRTP_ROOM 160 /* it wants more than it needs */
#define PAYLOAD_MAX 1100

struct packet {
	uint8_t data[SEAL_PACKET_MAX + LIBSRTP_ROOM];
	size_t size;
	bool rtcp;
};

/* Both of a direction, and what went through it. */
struct pair {
	enum suite suite;
	struct seal *sender, *receiver;
	srtp_t their_sender, their_receiver;
	uint64_t index[SSRCS]; /* where each stream of RTP is */
	struct packet kept[KEPT];
	unsigned kept_count;
	unsigned good, replayed, forged, malformed;
};

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

/* --- libsrtp --- */

typedef void policy_fn(srtp_crypto_policy_t *policy);

/* Debian's is built on NSS, which has no AES-192 for it. */
static policy_fn *const policy_fns[SUITE_COUNT] = {
	[SUITE_GCM_128] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
	[SUITE_CM_128_80] = srtp_crypto_policy_set_rtp_default,
	[SUITE_GCM_256] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
	[SUITE_CM_256_80] = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	[SUITE_CM_128_32] = srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
};

static srtp_t their_context(enum suite suite, uint8_t *key,
			    srtp_ssrc_type_t whose)
{
	srtp_policy_t policy;
	srtp_t context;

	memset(&policy, 0, sizeof(policy));
	policy_fns[suite](&policy.rtp);
	policy_fns[suite](&policy.rtcp);
	if (suite == SUITE_CM_128_32)
		srtp_crypto_policy_set_rtp_default(&policy.rtcp);
	policy.key = key;
	policy.window_size = WINDOW;
	policy.ssrc.type = whose;
	if (srtp_create(&context, &policy) != srtp_err_status_ok)
		abort();
	return context;
}

static bool they_seal(struct pair *pair, struct packet *packet)
{
	int size = (int)packet->size;
	srtp_err_status_t status =
		packet->rtcp
			? srtp_protect_rtcp(pair->their_sender, packet->data,
					    &size)
			: srtp_protect(pair->their_sender, packet->data, &size);

	packet->size = (size_t)size;
	return status == srtp_err_status_ok;
}

static enum seal_verdict they_open(struct pair *pair, struct packet *packet)
{
	int size = (int)packet->size;
	srtp_err_status_t status =
		packet->rtcp ? srtp_unprotect_rtcp(pair->their_receiver,
						   packet->data, &size)
			     : srtp_unprotect(pair->their_receiver,
					      packet->data, &size);

	switch ((int)status) {
	case srtp_err_status_ok: packet->size = (size_t)size; return SEAL_GOOD;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old: return SEAL_REPLAYED;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail: return SEAL_FORGED;
	default: return SEAL_MALFORMED;
	}
}

/* --- ours --- */

static bool we_seal(struct pair *pair, struct packet *packet)
{
	return packet->rtcp
		       ? seal_rtcp(pair->sender, packet->data, &packet->size)
		       : seal_rtp(pair->sender, packet->data, &packet->size);
}

static enum seal_verdict we_open(struct pair *pair, struct packet *packet)
{
	return packet->rtcp ? seal_open_rtcp(pair->receiver, packet->data,
					     &packet->size)
			    : seal_open_rtp(pair->receiver, packet->data,
					    &packet->size);
}

/* --- packets --- */

static void fill(struct packet *packet, size_t size)
{
	for (size_t i = 0; i < size; i++)
		packet->data[packet->size + i] = (uint8_t)draw(256);
	packet->size += size;
}

/* Mostly the next number; losses, late ones, doubles, and jumps that bring the
 * round's end near. */
static uint16_t next_number(struct pair *pair, unsigned stream)
{
	uint64_t *index = &pair->index[stream];

	switch (draw(20)) {
	case 0: *index += draw(200); break;
	case 1: *index += draw(4) ? 0 : 20000; break;
	case 2: return (uint16_t)(*index - draw(200));
	default: ++*index; break;
	}
	return (uint16_t)*index;
}

static void make_rtp(struct pair *pair, struct packet *packet)
{
	unsigned stream = draw(SSRCS), sources = draw(4) ? 0 : draw(16);
	bool extended = draw(4) == 0;
	struct rtp_packet head = {.marker = draw(2),
				  .pt = (uint8_t)draw(128),
				  .sequence = next_number(pair, stream),
				  .timestamp = draw(1u << 31),
				  .ssrc = 0xabcd0000u + stream};

	packet->rtcp = false;
	packet->size = RTP_HEAD_BYTES;
	rtp_head(&head, packet->data);
	packet->data[0] |= (uint8_t)(sources | extended << 4 | draw(2) << 5);
	fill(packet, 4u * sources);
	if (extended) {
		unsigned words = draw(9);

		fill(packet, 2);
		rtp_write16(packet->data + packet->size, (uint16_t)words);
		packet->size += 2;
		fill(packet, 4u * words);
	}
	fill(packet, draw(8) ? draw(200) : draw(PAYLOAD_MAX));
}

static void make_rtcp(struct packet *packet)
{
	packet->rtcp = true;
	packet->size = 8;
	packet->data[0] = (uint8_t)(0x80 | draw(32));
	packet->data[1] = (uint8_t)(200 + draw(8));
	rtp_write16(packet->data + 2, 6);
	/* One of ours: libsrtp counts by SSRC, we for all of them. */
	rtp_write32(packet->data + 4, 0xabcd0000u);
	fill(packet, draw(300));
}

/* What may happen to it on its way. */
static void mangle(struct packet *packet)
{
	size_t at;

	switch (draw(16)) {
	case 0:
		at = draw((uint32_t)packet->size);
		packet->data[at] ^= (uint8_t)(1 << draw(8));
		break;
	case 1: packet->size = draw((uint32_t)packet->size); break;
	case 2: fill(packet, 1 + draw(20)); break;
	case 3: /* only the number: libsrtp and we take it for another round */
		if (!packet->rtcp)
			packet->data[2] ^= 0x80;
		break;
	default: break;
	}
}

/* --- face to face --- */

static struct pair *pair_new(enum suite suite)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	struct suite_keys keys = {.suite = suite}, other = {.suite = suite};

	if (!pair)
		abort();
	for (unsigned i = 0; i < SUITE_KEY_MAX; i++) {
		keys.ours[i] = other.theirs[i] = (uint8_t)draw(256);
		keys.theirs[i] = other.ours[i] = (uint8_t)draw(256);
	}
	pair->suite = suite;
	pair->sender = seal_new(&keys, false);
	pair->receiver = seal_new(&other, false);
	pair->their_sender = their_context(suite, keys.ours, ssrc_any_outbound);
	pair->their_receiver =
		their_context(suite, keys.ours, ssrc_any_inbound);
	for (unsigned i = 0; i < SSRCS; i++)
		pair->index[i] = draw(2) ? 65536 - 300 : draw(65536);
	return pair;
}

static void pair_free(struct pair *pair)
{
	seal_free(pair->sender);
	seal_free(pair->receiver);
	(void)srtp_dealloc(pair->their_sender);
	(void)srtp_dealloc(pair->their_receiver);
	free(pair);
}

static bool same(const struct packet *a, const struct packet *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Both senders make the same of it, or both refuse it. */
static bool sent_alike(struct pair *pair, struct packet *packet)
{
	static struct packet other;
	bool ours, theirs;

	other = *packet;
	ours = we_seal(pair, packet);
	theirs = they_seal(pair, &other);
	if (!CHECK_INT(ours, theirs) || !ours)
		return false;
	return CHECK(same(packet, &other));
}

/*
 * Both receivers say the same, and read the same. What is malformed differs in
 * words alone: libsrtp looks at no version, and says "forged" or "replayed".
 */
static void heard_alike(struct pair *pair, const struct packet *packet)
{
	static struct packet a, b;
	enum seal_verdict ours, theirs;

	a = b = *packet;
	ours = we_open(pair, &a);
	theirs = they_open(pair, &b);
	if (ours == SEAL_MALFORMED || theirs == SEAL_MALFORMED)
		CHECK(ours != SEAL_GOOD && theirs != SEAL_GOOD);
	else
		CHECK_INT(ours, theirs);
	if (ours == SEAL_GOOD && theirs == SEAL_GOOD)
		CHECK(same(&a, &b));
	pair->good += ours == SEAL_GOOD;
	pair->replayed += ours == SEAL_REPLAYED;
	pair->forged += ours == SEAL_FORGED;
	pair->malformed += ours == SEAL_MALFORMED;
}

static void step(struct pair *pair)
{
	static struct packet packet;

	if (draw(10) == 0 && pair->kept_count) {
		packet = pair->kept[draw(
			pair->kept_count < KEPT ? pair->kept_count : KEPT)];
		heard_alike(pair, &packet);
		return;
	}
	if (draw(5))
		make_rtp(pair, &packet);
	else
		make_rtcp(&packet);
	if (!sent_alike(pair, &packet))
		return;
	pair->kept[pair->kept_count++ % KEPT] = packet;
	if (draw(30) == 0)
		return; /* lost */
	mangle(&packet);
	if (packet.size)
		heard_alike(pair, &packet);
}

TEST(ours_and_libsrtps_are_the_same_packet_by_packet)
{
	CHECK(seal_start());
	CHECK(srtp_init() == srtp_err_status_ok);
	seed = 20260101;
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		struct pair *pair;

		if (!policy_fns[suite])
			continue;
		pair = pair_new((enum suite)suite);
		for (unsigned i = 0; i < STEPS; i++)
			step(pair);
		/* Each kind of thing did happen, and rounds were counted. */
		CHECK(pair->good > STEPS / 2);
		CHECK(pair->replayed > STEPS / 50);
		CHECK(pair->forged > STEPS / 50);
		CHECK(pair->malformed > STEPS / 500);
		for (unsigned i = 0; i < SSRCS; i++)
			CHECK(pair->index[i] >> 16 > 1);
		pair_free(pair);
	}
}

TEST(what_is_too_short_is_refused_by_both)
{
	seed = 7;
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		static struct packet packet;
		struct pair *pair;

		if (!policy_fns[suite])
			continue;
		pair = pair_new((enum suite)suite);
		for (unsigned kind = 0; kind < 2; kind++)
			for (size_t size = 1; size < 60; size++) {
				memset(packet.data, 0, sizeof(packet.data));
				packet.data[0] = 0x80;
				packet.rtcp = kind;
				packet.size = size;
				heard_alike(pair, &packet);
			}
		CHECK_INT(pair->good, 0);
		pair_free(pair);
	}
}

TEST_MAIN()
