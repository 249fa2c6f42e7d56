/*
 * seal.c - see seal.h.
 *
 * The count of rounds (ROC) is no part of a packet. Whoever comes to a stream
 * in its middle, as we do after a crash, does not know it, and no peer would
 * ever tell. It is small (one round lasts 22 minutes at 50 packets a second)
 * and the tag says which one is right: so we try, some per packet.
 */
#include "services/mediad/secure/seal.h"

#include "lib/base/mem.h"
#include "services/mediad/rtp.h"
#include "services/mediad/secure/transform.h"
#include "services/mediad/secure/window.h"

#include <stdlib.h>
#include <string.h>

/* More than a day of 20 ms packets, and of 10 ms ones. */
#define ROUNDS_MAX 256
#define ROUNDS_AT_ONCE 64
#define RTP_INDEX_MAX ((1ULL << 48) - 1)
#define RTCP_INDEX_MAX 0x7fffffffu
#define RTCP_HEAD_BYTES 8
#define VERSION 2

/* Of theirs. */
struct peer {
	uint32_t ssrc;
	bool rtp_known; /* a packet of RTP proved itself: so is its round */
	struct window rtp, rtcp;
};

/* Of ours. Its place is never given to another one: who forgets what was sent
 * under a key will send two things under one number. */
struct own {
	uint32_t ssrc;
	struct window rtp;
};

struct seal {
	struct transform rtp_out, rtcp_out, rtp_in, rtcp_in;
	bool late;
	uint32_t round;      /* late: the next one to be tried */
	uint32_t rtcp_index; /* of the last report of ours, whatever its SSRC */
	unsigned own_count, peer_count;
	struct peer peers[SEAL_PEERS_MAX];
	struct own owns[SEAL_OURS_MAX];
};

bool seal_start(void)
{
	return transform_start();
}

static bool take_keys(struct transform *rtp, struct transform *rtcp,
		      enum suite suite, const uint8_t *master, bool hides)
{
	struct transform_keys keys;
	bool good = transform_derive(suite, master, false, &keys) &&
		    transform_set(rtp, suite, &keys, false, hides) &&
		    transform_derive(suite, master, true, &keys) &&
		    transform_set(rtcp, suite, &keys, true, hides);

	suite_wipe(&keys, sizeof(keys));
	return good;
}

struct seal *seal_new(const struct suite_keys *keys, bool late)
{
	struct seal *seal = mem_new(1, sizeof(*seal));

	seal->late = late;
	if (take_keys(&seal->rtp_out, &seal->rtcp_out, keys->suite, keys->ours,
		      true) &&
	    take_keys(&seal->rtp_in, &seal->rtcp_in, keys->suite, keys->theirs,
		      false))
		return seal;
	return seal_free(seal);
}

struct seal *seal_free(struct seal *seal)
{
	if (!seal)
		return NULL;
	transform_drop(&seal->rtp_out);
	transform_drop(&seal->rtcp_out);
	transform_drop(&seal->rtp_in);
	transform_drop(&seal->rtcp_in);
	suite_wipe(seal, sizeof(*seal));
	free(seal);
	return NULL;
}

/* --- what goes out --- */

/* NULL: there are too many. */
static struct own *own_of(struct seal *seal, uint32_t ssrc)
{
	for (unsigned i = 0; i < seal->own_count; i++)
		if (seal->owns[i].ssrc == ssrc)
			return &seal->owns[i];
	if (seal->own_count == SEAL_OURS_MAX)
		return NULL;
	seal->owns[seal->own_count].ssrc = ssrc;
	return &seal->owns[seal->own_count++];
}

bool seal_rtp(struct seal *seal, uint8_t *data, size_t *size)
{
	struct transform_packet packet = {.data = data, .size = *size};
	struct own *own;

	packet.head = rtp_head_size(data, *size);
	if (!packet.head || *size > SEAL_PACKET_MAX)
		return false;
	packet.ssrc = rtp_read32(data + 8);
	packet.tag = data + *size;
	own = own_of(seal, packet.ssrc);
	if (!own)
		return false;
	packet.index = window_guess(&own->rtp, rtp_read16(data + 2));
	if (packet.index > RTP_INDEX_MAX ||
	    !window_is_new(&own->rtp, packet.index))
		return false;
	/* Even if it fails now, this number is used up. */
	window_take(&own->rtp, packet.index);
	*size += seal->rtp_out.tag_bytes;
	return transform_hide(&seal->rtp_out, &packet);
}

static bool is_rtcp(const uint8_t *data, size_t size)
{
	return size >= RTCP_HEAD_BYTES && size <= SEAL_PACKET_MAX &&
	       data[0] >> 6 == VERSION;
}

/* Tag and trailer: GCM's tag is part of what is hidden, HMAC's comes last. */
static uint8_t *place_trailer(const struct transform *transform,
			      struct transform_packet *packet)
{
	uint8_t *end = packet->data + packet->size;

	packet->tag = transform->aead ? end : end + TRANSFORM_TRAILER_BYTES;
	return transform->aead ? end + transform->tag_bytes : end;
}

bool seal_rtcp(struct seal *seal, uint8_t *data, size_t *size)
{
	struct transform *transform = &seal->rtcp_out;
	struct transform_packet packet = {
		.data = data, .head = RTCP_HEAD_BYTES, .size = *size};

	if (!is_rtcp(data, *size) || seal->rtcp_index == RTCP_INDEX_MAX)
		return false;
	packet.ssrc = rtp_read32(data + 4);
	packet.index = ++seal->rtcp_index;
	rtp_write32(place_trailer(transform, &packet),
		    (uint32_t)packet.index | TRANSFORM_ENCRYPTED);
	*size += TRANSFORM_TRAILER_BYTES + transform->tag_bytes;
	return transform_hide(transform, &packet);
}

/* --- what comes in --- */

static struct peer *peer_of(struct seal *seal, uint32_t ssrc)
{
	for (unsigned i = 0; i < seal->peer_count; i++)
		if (seal->peers[i].ssrc == ssrc)
			return &seal->peers[i];
	return NULL;
}

/* An SSRC that proved its key gets a place; the eldest one gives way. */
static struct peer *peer_add(struct seal *seal, uint32_t ssrc)
{
	struct peer *peer = peer_of(seal, ssrc);

	if (peer)
		return peer;
	if (seal->peer_count == SEAL_PEERS_MAX) {
		seal->peer_count--;
		memmove(seal->peers, seal->peers + 1,
			seal->peer_count * sizeof(seal->peers[0]));
	}
	peer = &seal->peers[seal->peer_count++];
	*peer = (struct peer){.ssrc = ssrc};
	return peer;
}

static void take_rtp(struct seal *seal, const struct transform_packet *packet)
{
	struct peer *peer = peer_add(seal, packet->ssrc);

	peer->rtp_known = true;
	window_take(&peer->rtp, packet->index);
}

/* What does not open is spoilt by trying: so each try has a copy. */
static enum seal_verdict find_round(struct seal *seal,
				    const struct transform_packet *packet)
{
	size_t whole = packet->size + seal->rtp_in.tag_bytes;
	uint8_t copy[SEAL_PACKET_MAX];
	struct transform_packet tried = *packet;

	tried.data = copy;
	tried.tag = copy + packet->size;
	for (unsigned i = 0; i < ROUNDS_AT_ONCE; i++) {
		memcpy(copy, packet->data, whole);
		tried.index =
			(uint64_t)seal->round << 16 | rtp_read16(copy + 2);
		if (transform_show(&seal->rtp_in, &tried)) {
			memcpy(packet->data, copy, packet->size);
			take_rtp(seal, &tried);
			return SEAL_GOOD;
		}
		seal->round = (seal->round + 1) % ROUNDS_MAX;
	}
	return SEAL_FORGED;
}

static enum seal_verdict open_rtp(struct seal *seal,
				  struct transform_packet *packet)
{
	static const struct window nothing;
	const struct peer *peer = peer_of(seal, packet->ssrc);
	const struct window *window = peer ? &peer->rtp : &nothing;

	if (seal->late && !(peer && peer->rtp_known))
		return find_round(seal, packet);
	packet->index = window_guess(window, rtp_read16(packet->data + 2));
	if (!window_is_new(window, packet->index))
		return SEAL_REPLAYED;
	if (packet->index > RTP_INDEX_MAX ||
	    !transform_show(&seal->rtp_in, packet))
		return SEAL_FORGED;
	take_rtp(seal, packet);
	return SEAL_GOOD;
}

enum seal_verdict seal_open_rtp(struct seal *seal, uint8_t *data, size_t *size)
{
	struct transform_packet packet = {.data = data};
	size_t tag = seal->rtp_in.tag_bytes;
	enum seal_verdict verdict;

	packet.head = rtp_head_size(data, *size);
	if (!packet.head || *size > SEAL_PACKET_MAX ||
	    packet.head + tag > *size)
		return SEAL_MALFORMED;
	packet.size = *size - tag;
	packet.tag = data + packet.size;
	packet.ssrc = rtp_read32(data + 8);
	verdict = open_rtp(seal, &packet);
	if (verdict == SEAL_GOOD)
		*size = packet.size;
	return verdict;
}

static enum seal_verdict open_rtcp(struct seal *seal,
				   const struct transform_packet *packet)
{
	struct peer *peer = peer_of(seal, packet->ssrc);

	if (peer && !window_is_new(&peer->rtcp, packet->index))
		return SEAL_REPLAYED;
	if (!transform_show(&seal->rtcp_in, packet))
		return SEAL_FORGED;
	window_take(&peer_add(seal, packet->ssrc)->rtcp, packet->index);
	return SEAL_GOOD;
}

enum seal_verdict seal_open_rtcp(struct seal *seal, uint8_t *data, size_t *size)
{
	struct transform *transform = &seal->rtcp_in;
	struct transform_packet packet = {.data = data,
					  .head = RTCP_HEAD_BYTES};
	size_t added = TRANSFORM_TRAILER_BYTES + transform->tag_bytes;
	enum seal_verdict verdict;
	uint32_t trailer;

	if (!is_rtcp(data, *size) || *size < RTCP_HEAD_BYTES + added)
		return SEAL_MALFORMED;
	packet.size = *size - added;
	packet.ssrc = rtp_read32(data + 4);
	trailer = rtp_read32(place_trailer(transform, &packet));
	/* Nobody asked for reports that everybody can read. */
	if (!(trailer & TRANSFORM_ENCRYPTED))
		return SEAL_MALFORMED;
	packet.index = trailer & ~TRANSFORM_ENCRYPTED;
	verdict = open_rtcp(seal, &packet);
	if (verdict == SEAL_GOOD)
		*size = packet.size;
	return verdict;
}
