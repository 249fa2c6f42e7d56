/*
 * jitter_fuzz.c - packets of any number and time into the jitter buffer, and
 * out of it at any moment: six octets a packet. Its bounds must hold.
 */
#include "services/mediad/receive/jitter.h"

#include <stdlib.h>
#include <string.h>

#define OCTETS 6
#define CLOCK_HZ 8000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct jitter jitter;
static struct jitter_packet packet_out;
static uint8_t payload[SHELF_PAYLOAD_MAX];

static void check(void)
{
	unsigned used = 0, blocks = 0;

	for (unsigned i = 0; i < JITTER_PACKETS_MAX; i++) {
		const struct jitter_slot *slot = &jitter.slots[i];

		used += slot->used;
		if (slot->used)
			blocks += slot->size == 0
					  ? 1u
					  : (slot->size + SHELF_BLOCK_BYTES -
					     1u) / SHELF_BLOCK_BYTES;
	}
	if (used != jitter.count || used > JITTER_PACKETS_MAX ||
	    blocks + jitter.shelf.free_count != jitter.shelf.there ||
	    jitter.counts.most_ms > JITTER_MS_MAX)
		abort();
}

/* How it goes on: by one, as a rule. */
static uint32_t moved(uint32_t from, uint8_t by, uint32_t usual)
{
	static const uint32_t jumps[] = {0,    2,     63,     64,
					 3000, 40000, 900000, 0x80000000u};

	if (by < 0x80)
		return from + usual;
	return by & 8 ? from - jumps[by & 7] * usual
		      : from + jumps[by & 7] * usual;
}

static void take(const struct rtp_packet *packet, uint8_t how, int64_t now_ns)
{
	switch (how & 7) {
	case 6: jitter_restart(&jitter, CLOCK_HZ); break;
	case 7: (void)jitter_put(&jitter, packet, false, now_ns); break;
	default: (void)jitter_put(&jitter, packet, true, now_ns); break;
	}
	for (unsigned i = how >> 6; i > 0; i--) {
		if (jitter_get(&jitter, how & 0x20, now_ns, &packet_out) ==
		    JITTER_PACKET)
			jitter_played(&jitter,
				      how & 0x10 ? packet->timestamp : 160);
		(void)jitter_look(&jitter, &packet_out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_packet packet = {.payload = payload};
	int64_t now_ns = 1000000000;

	jitter_init(&jitter, CLOCK_HZ);
	for (; size >= OCTETS; data += OCTETS, size -= OCTETS) {
		packet.sequence = (uint16_t)moved(packet.sequence, data[1], 1);
		packet.timestamp = moved(packet.timestamp, data[2], 160);
		packet.size = data[3] < 200 ? data[3] : 27u * (data[3] - 200u);
		packet.marker = data[4] & 1;
		now_ns += (int64_t)data[5] << (data[4] >> 3);
		take(&packet, data[0], now_ns);
		check();
	}
	jitter_free(&jitter);
	return 0;
}
