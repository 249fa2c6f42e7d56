/*
 * seal_fuzz.c - packets of a stranger, and of the peer after somebody changed
 * them on their way. The first byte chooses the suite, each two after that a
 * packet: what is done to it, and where. Nobody without the key gets through;
 * with it each packet does so once, and says what was said.
 */
#include "services/mediad/rtp.h"
#include "services/mediad/secure/seal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KINDS 2

struct packet {
	uint8_t data[SEAL_PACKET_MAX + SEAL_ROOM];
	size_t size;
};

static enum seal_verdict take(struct seal *seal, bool rtcp,
			      struct packet *packet)
{
	return rtcp ? seal_open_rtcp(seal, packet->data, &packet->size)
		    : seal_open_rtp(seal, packet->data, &packet->size);
}

/* As it is: a stranger's. */
static void offer_raw(struct seal *seal, const uint8_t *data, size_t size)
{
	static struct packet packet;

	for (unsigned rtcp = 0; rtcp < KINDS && size <= SEAL_PACKET_MAX;
	     rtcp++) {
		memcpy(packet.data, data, size);
		packet.size = size;
		if (take(seal, rtcp, &packet) == SEAL_GOOD)
			abort();
	}
}

/* What we may be asked to seal is anything, too. */
static void offer_sealed(struct seal *from, struct seal *to,
			 const uint8_t *data, size_t size, uint8_t how)
{
	static struct packet plain, sealed, again;
	bool rtcp = how & 1, good;

	if (size > SEAL_PACKET_MAX - SEAL_ROOM)
		return;
	memcpy(plain.data, data, size);
	plain.size = size;
	sealed = plain;
	good = rtcp ? seal_rtcp(from, sealed.data, &sealed.size)
		    : seal_rtp(from, sealed.data, &sealed.size);
	if (!good)
		return;
	again = sealed;
	if (how & 2) {
		again.data[how % again.size] ^= (uint8_t)(1 + (how >> 3));
		if (take(to, rtcp, &again) == SEAL_GOOD)
			abort();
		again = sealed;
	}
	if (take(to, rtcp, &again) != SEAL_GOOD)
		return; /* too far from the one before */
	if (again.size != plain.size ||
	    memcmp(again.data, plain.data, plain.size) != 0 ||
	    take(to, rtcp, &sealed) == SEAL_GOOD)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SUITE_KEY_MAX] = "a key that no fuzzer finds";
	struct suite_keys keys = {0};
	struct seal *from, *to;
	bool late;

	if (size < 2 || !seal_start())
		return 0;
	keys.suite = (enum suite)(data[0] % SUITE_COUNT);
	late = data[0] & 0x80;
	memcpy(keys.ours, key, sizeof(key));
	memcpy(keys.theirs, key, sizeof(key));
	keys.ours[0] ^= 1;
	from = seal_new(&keys, false);
	keys.ours[0] ^= 1;
	keys.theirs[0] ^= 1;
	to = seal_new(&keys, late);
	if (!from || !to)
		abort();
	for (data++, size--; size > 2;) {
		size_t length = data[1] < size - 2 ? data[1] : size - 2;

		offer_raw(to, data + 2, length);
		offer_sealed(from, to, data + 2, length, data[0]);
		data += length + 2;
		size -= length + 2;
	}
	seal_free(from);
	seal_free(to);
	return 0;
}
