/*
 * seal_test.c - two seals face each other; and what a third one can do.
 */
#include "services/mediad/secure/seal.h"

#include "lib/test/test.h"
#include "services/mediad/rtp.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static struct suite_keys keys_of(enum suite suite, uint8_t first)
{
	struct suite_keys keys = {.suite = suite};

	for (size_t i = 0; i < SUITE_KEY_MAX; i++) {
		keys.ours[i] = (uint8_t)(first + i);
		keys.theirs[i] = (uint8_t)(first + 100 + i);
	}
	return keys;
}

static struct suite_keys turned(struct suite_keys keys)
{
	struct suite_keys other = {.suite = keys.suite};

	memcpy(other.ours, keys.theirs, SUITE_KEY_MAX);
	memcpy(other.theirs, keys.ours, SUITE_KEY_MAX);
	return other;
}

struct packet {
	uint8_t data[SEAL_PACKET_MAX + SEAL_ROOM];
	size_t size;
};

static struct packet packet_of(uint32_t ssrc, uint16_t sequence)
{
	struct packet packet = {.size = RTP_HEAD_BYTES + 160};
	struct rtp_packet head = {.sequence = sequence, .ssrc = ssrc};

	memset(packet.data, 'x', packet.size);
	rtp_head(&head, packet.data);
	return packet;
}

/* Two that know each other's keys, and a stranger with keys of its own. */
static struct seal *a, *b, *x;

static void begin(enum suite suite, bool b_is_late)
{
	struct suite_keys keys = keys_of(suite, 1);
	struct suite_keys other = turned(keys);
	struct suite_keys third = keys_of(suite, 50);

	a = seal_new(&keys, false);
	b = seal_new(&other, b_is_late);
	x = seal_new(&third, false);
	CHECK(a && b && x);
}

static void end(void)
{
	seal_free(a);
	seal_free(b);
	seal_free(x);
}

static enum seal_verdict carried(struct seal *from, struct seal *to,
				 uint32_t ssrc, uint16_t sequence)
{
	struct packet packet = packet_of(ssrc, sequence);
	struct packet plain = packet;
	enum seal_verdict verdict;

	CHECK(seal_rtp(from, packet.data, &packet.size));
	CHECK(packet.size > plain.size);
	CHECK(memcmp(packet.data + 12, plain.data + 12, 160) != 0);
	verdict = seal_open_rtp(to, packet.data, &packet.size);
	if (verdict == SEAL_GOOD) {
		CHECK_INT(packet.size, plain.size);
		CHECK(memcmp(packet.data, plain.data, plain.size) == 0);
	}
	return verdict;
}

TEST(each_suite_carries_sound_and_reports_both_ways)
{
	CHECK(seal_start());
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		struct packet report = {.size = 28};

		begin((enum suite)suite, false);
		for (uint16_t i = 0; i < 5; i++) {
			CHECK_INT(carried(a, b, 7, i), SEAL_GOOD);
			CHECK_INT(carried(b, a, 8, i), SEAL_GOOD);
		}
		report.data[0] = 0x80;
		report.data[1] = 200;
		report.data[3] = 6;
		CHECK(seal_rtcp(a, report.data, &report.size));
		CHECK_INT(seal_open_rtcp(b, report.data, &report.size),
			  SEAL_GOOD);
		CHECK_INT(report.size, 28);
		end();
	}
}

TEST(what_is_changed_on_its_way_is_refused_and_harms_nothing)
{
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		struct packet packet = packet_of(7, 1);

		begin((enum suite)suite, false);
		CHECK(seal_rtp(a, packet.data, &packet.size));
		packet.data[20] ^= 1;
		CHECK_INT(seal_open_rtp(b, packet.data, &packet.size),
			  SEAL_FORGED);
		/* Another key; also far ahead in the other's stream. */
		CHECK_INT(carried(x, b, 7, 1), SEAL_FORGED);
		CHECK_INT(carried(x, b, 7, 40000), SEAL_FORGED);
		CHECK_INT(carried(a, b, 7, 2), SEAL_GOOD);
		end();
	}
}

TEST(a_packet_is_heard_once_also_after_127_others)
{
	struct packet first = packet_of(7, 1), again, late = packet_of(7, 2);

	begin(SUITE_CM_128_80, false);
	CHECK(seal_rtp(a, first.data, &first.size));
	CHECK(seal_rtp(a, late.data, &late.size));
	again = first;
	CHECK_INT(seal_open_rtp(b, first.data, &first.size), SEAL_GOOD);
	for (uint16_t i = 3; i < 129; i++)
		CHECK_INT(carried(a, b, 7, i), SEAL_GOOD);
	first = again;
	CHECK_INT(seal_open_rtp(b, first.data, &first.size), SEAL_REPLAYED);
	CHECK_INT(seal_open_rtp(b, late.data, &late.size), SEAL_GOOD);
	for (uint16_t i = 129; i < 140; i++)
		CHECK_INT(carried(a, b, 7, i), SEAL_GOOD);
	CHECK_INT(seal_open_rtp(b, again.data, &again.size), SEAL_REPLAYED);
	/* Nor do we send two things under one number. */
	late = packet_of(7, 139);
	CHECK(!seal_rtp(a, late.data, &late.size));
	end();
}

/* Sends 'rounds' times 65536 packets, half a round at most at once. */
static uint16_t go_on(uint16_t from, unsigned steps)
{
	for (unsigned i = 0; i < steps; i++) {
		struct packet packet;

		from = (uint16_t)(from + 30000);
		packet = packet_of(7, from);
		CHECK(seal_rtp(a, packet.data, &packet.size));
	}
	return from;
}

TEST(who_comes_late_finds_the_round_out)
{
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		unsigned lost = 0;
		uint16_t at;

		begin((enum suite)suite, true);
		at = go_on(0, 87); /* round 39 */
		CHECK_INT(carried(x, b, 7, at), SEAL_FORGED);
		while (lost < 50 && carried(a, b, 7, ++at) != SEAL_GOOD)
			lost++;
		CHECK(lost <= 16);
		CHECK_INT(carried(a, b, 7, ++at), SEAL_GOOD);
		at = go_on(at, 1);
		CHECK_INT(carried(a, b, 7, ++at), SEAL_GOOD);
		end();
	}
}

TEST(a_peer_with_ever_new_sources_takes_no_more_room)
{
	struct suite_keys keys = keys_of(SUITE_GCM_128, 1);

	begin(SUITE_GCM_128, false);
	for (uint32_t ssrc = 1; ssrc < 100; ssrc++) {
		struct seal *another = seal_new(&keys, false);

		CHECK_INT(carried(another, b, ssrc, 1), SEAL_GOOD);
		CHECK_INT(carried(another, b, ssrc, 2), SEAL_GOOD);
		seal_free(another);
	}
	end();
}

TEST(no_source_of_ours_is_forgotten_so_no_number_is_sealed_twice)
{
	struct packet packet;

	begin(SUITE_GCM_128, false);
	for (uint32_t ssrc = 1; ssrc <= SEAL_OURS_MAX; ssrc++) {
		packet = packet_of(ssrc, 1);
		CHECK(seal_rtp(a, packet.data, &packet.size));
	}
	packet = packet_of(SEAL_OURS_MAX + 1, 1);
	CHECK(!seal_rtp(a, packet.data, &packet.size));
	packet = packet_of(1, 1);
	CHECK(!seal_rtp(a, packet.data, &packet.size));
	packet = packet_of(1, 2);
	CHECK(seal_rtp(a, packet.data, &packet.size));
	end();
}

TEST(a_report_that_says_it_is_not_encrypted_is_refused)
{
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		struct packet report = {.data = {0x80, 200, 0, 6}, .size = 28};
		size_t trailer = suite_rows[suite].aead ? 28 + 16 : 28;

		begin((enum suite)suite, false);
		CHECK(seal_rtcp(a, report.data, &report.size));
		CHECK_INT(report.data[trailer], 0x80);
		report.data[trailer] = 0;
		CHECK_INT(seal_open_rtcp(b, report.data, &report.size),
			  SEAL_MALFORMED);
		end();
	}
}

TEST(who_comes_late_finds_the_round_of_each_source_out)
{
	uint16_t at;

	begin(SUITE_GCM_256, true);
	at = go_on(0, 9); /* round 4 */
	CHECK_INT(carried(a, b, 8, 1), SEAL_GOOD);
	CHECK_INT(carried(a, b, 7, ++at), SEAL_GOOD);
	CHECK_INT(carried(a, b, 8, 2), SEAL_GOOD);
	end();
}

/* Of OpenSSL's, which is whatever we ask it for. */
static unsigned allocations;

static void *count_new(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return malloc(size);
}

static void *count_grown(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return realloc(old, size);
}

static void count_gone(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

/* Before anything that asks OpenSSL for memory. */
__attribute__((constructor)) static void count_allocations(void)
{
	(void)CRYPTO_set_mem_functions(count_new, count_grown, count_gone);
}

TEST(a_packet_costs_no_memory_neither_a_good_one_nor_a_forged)
{
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		struct packet packet = packet_of(9, 1);
		unsigned before;

		begin((enum suite)suite, suite % 2);
		before = allocations;
		CHECK(before > 0);
		for (uint16_t i = 0; i < 100; i++)
			CHECK_INT(carried(a, b, i % 3, i), SEAL_GOOD);
		CHECK_INT(seal_open_rtp(b, packet.data, &packet.size),
			  SEAL_FORGED);
		CHECK_INT(allocations, before);
		end();
	}
}

TEST(what_is_too_short_or_too_long_is_refused)
{
	uint8_t data[SEAL_PACKET_MAX + SEAL_ROOM] = {0x80};
	size_t size;

	begin(SUITE_CM_128_80, false);
	for (size = 0; size < RTP_HEAD_BYTES; size++)
		CHECK_INT(seal_open_rtp(a, data, &size), SEAL_MALFORMED);
	size = SEAL_PACKET_MAX + 1;
	CHECK_INT(seal_open_rtp(a, data, &size), SEAL_MALFORMED);
	CHECK(!seal_rtp(a, data, &size));
	size = 4;
	CHECK_INT(seal_open_rtcp(a, data, &size), SEAL_MALFORMED);
	CHECK(!seal_rtcp(a, data, &size));
	end();
}

TEST_MAIN()
