/*
 * jitter_test.c - a network in memory: packets are sent by a clock of their
 * own, arrive late, twice, or not at all, and somebody listens every 20 ms.
 */
#include "services/mediad/receive/jitter.h"

#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

#define US 1000LL
#define MS 1000000LL
#define TICK_MS 20
#define ROAD_MAX 256

/* What is on its way. */
static struct road {
	int64_t due_ns;
	uint16_t sequence;
	uint32_t timestamp;
	bool used;
} road[ROAD_MAX];

static struct network {
	unsigned ptime_ms, clock_hz;
	int64_t drift_ppm;    /* the sender's clock is so much faster */
	unsigned loss, twice; /* in 1,000 */
	unsigned jitter_ms;   /* delay is 0 to that */
	int64_t pause_from, pause_packets; /* DTX: not sent, not numbered */
	bool quiet;
} network;

static struct jitter *jitter;
static struct jitter_packet got;
static int64_t now_ns;
static uint32_t seed;
static uint16_t sequence0;
static uint32_t timestamp0;

/* What was heard. */
static struct heard {
	unsigned packets, lost, waits, pauses, spare, disorder;
	uint32_t last;
	int64_t last_number;
} heard;

static unsigned chance(unsigned below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void set_up(unsigned ptime_ms, unsigned clock_hz)
{
	memset(road, 0, sizeof(road));
	memset(&network, 0, sizeof(network));
	memset(&heard, 0, sizeof(heard));
	network.ptime_ms = ptime_ms;
	network.clock_hz = clock_hz;
	heard.last_number = -1;
	if (jitter)
		jitter_free(jitter);
	free(jitter);
	jitter = malloc(sizeof(*jitter));
	memset(jitter, 0xa5, sizeof(*jitter));
	jitter_init(jitter, clock_hz);
	now_ns = 1000 * MS;
	seed = 1;
	sequence0 = 65500;
	timestamp0 = 0xfffff000;
}

/* The payload says which packet it is. */
static bool put(uint16_t sequence, uint32_t timestamp, int64_t at_ns)
{
	uint8_t payload[40];
	struct rtp_packet packet = {.sequence = sequence,
				    .timestamp = timestamp,
				    .payload = payload,
				    .size = sizeof(payload)};

	memset(payload, 7, sizeof(payload));
	rtp_write16(payload, sequence);
	return jitter_put(jitter, &packet, true, at_ns);
}

static void send_on(uint16_t sequence, uint32_t timestamp, int64_t due_ns)
{
	for (unsigned i = 0; i < ROAD_MAX; i++) {
		if (road[i].used)
			continue;
		road[i] = (struct road){due_ns, sequence, timestamp, true};
		return;
	}
	CHECK(false); /* the road is full */
}

/* In the order of their arrival. */
static void arrive(int64_t until_ns)
{
	for (;;) {
		struct road *first = NULL;

		for (unsigned i = 0; i < ROAD_MAX; i++)
			if (road[i].used && road[i].due_ns <= until_ns &&
			    (!first || road[i].due_ns < first->due_ns))
				first = &road[i];
		if (!first)
			return;
		first->used = false;
		put(first->sequence, first->timestamp, first->due_ns);
	}
}

static void listen(void)
{
	enum jitter_turn turn = jitter_get(jitter, network.quiet, now_ns, &got);
	int64_t number;

	switch (turn) {
	case JITTER_LOST: heard.lost++; return;
	case JITTER_WAIT: heard.waits++; return;
	case JITTER_PAUSE: heard.pauses++; return;
	case JITTER_PACKET: break;
	}
	heard.packets++;
	heard.spare += got.spare;
	number = (uint16_t)(rtp_read16(got.payload) - sequence0);
	heard.disorder += number <= heard.last_number;
	heard.last_number = number;
	jitter_played(jitter, network.clock_hz / 1000 * network.ptime_ms);
	if (got.spare)
		listen();
}

/* 'packets' are sent, and listened to at the tick's pace. */
static void run(int64_t packets)
{
	int64_t step_ns = network.ptime_ms * MS;
	int64_t sent = 0, number = 0, start_ns = now_ns, played_ns = now_ns;

	step_ns -= step_ns * network.drift_ppm / 1000000;
	while (sent < packets || now_ns < start_ns + packets * step_ns) {
		while (sent < packets && start_ns + sent * step_ns <= now_ns) {
			int64_t at_ns = start_ns + sent * step_ns;
			uint32_t time =
				timestamp0 + (uint32_t)sent * network.ptime_ms *
						     (network.clock_hz / 1000);
			bool mute = sent >= network.pause_from &&
				    sent < network.pause_from +
						    network.pause_packets;

			sent++;
			if (mute)
				continue;
			if (network.jitter_ms)
				at_ns += chance(network.jitter_ms * 1000) * US;
			if (chance(1000) >= network.loss)
				send_on((uint16_t)(sequence0 + number), time,
					at_ns);
			if (chance(1000) < network.twice)
				send_on((uint16_t)(sequence0 + number), time,
					at_ns + 3 * MS);
			number++;
		}
		arrive(now_ns);
		while (played_ns <= now_ns) {
			listen();
			played_ns += network.ptime_ms * MS;
		}
		now_ns += MS;
	}
}

TEST(a_steady_stream_comes_out_as_it_went_in)
{
	set_up(20, 8000);
	run(500);
	CHECK_INT(heard.lost + heard.waits, 0);
	CHECK(heard.packets >= 496);
	CHECK_INT(heard.disorder, 0);
	CHECK_INT(jitter->counts.late + jitter->counts.resyncs, 0);
	CHECK(jitter->counts.most_ms <= 80);
}

TEST(any_packet_length_and_clock_is_fine)
{
	static const unsigned lengths[] = {10, 20, 30, 40, 60};
	static const unsigned clocks[] = {8000, 16000, 48000};

	for (unsigned i = 0; i < 5; i++)
		for (unsigned c = 0; c < 3; c++) {
			set_up(lengths[i], clocks[c]);
			network.jitter_ms = 30;
			run(500);
			CHECK(heard.packets >= 480);
			CHECK_INT(heard.disorder, 0);
			CHECK(jitter->counts.most_ms <= JITTER_MS_MAX);
			CHECK_INT(jitter->counts.resyncs, 0);
		}
}

TEST(a_lost_packet_is_missed_at_its_turn)
{
	set_up(20, 8000);
	network.loss = 50;
	run(2000);
	CHECK(heard.lost + heard.waits > 60);
	CHECK(heard.lost + heard.waits < 140);
	CHECK(heard.packets + heard.lost + heard.waits >= 1996);
	CHECK_INT(heard.disorder, 0);
	CHECK_INT(jitter->counts.late, 0);
}

TEST(with_60_ms_of_jitter_less_than_one_in_100_is_late)
{
	set_up(20, 8000);
	network.jitter_ms = 60; /* every other packet is overtaken */
	run(3000);
	CHECK(jitter->counts.late < 30);
	CHECK_INT(heard.disorder, 0);
	CHECK(heard.packets >= 2950);
	CHECK(jitter->counts.most_ms <= 120);
}

TEST(with_200_ms_of_jitter_no_more_than_that_is_held)
{
	set_up(20, 8000);
	network.jitter_ms = 200;
	run(3000);
	CHECK(jitter->counts.most_ms <= JITTER_MS_MAX);
	CHECK_INT(heard.disorder, 0);
	CHECK(heard.packets > 1500);
	CHECK_INT(jitter->counts.taken, jitter->counts.played +
						jitter->counts.flushed +
						jitter->count);
}

TEST(packets_that_come_twice_change_nothing)
{
	set_up(20, 8000);
	network.twice = 1000;
	run(500);
	CHECK_INT(heard.lost + heard.waits, 0);
	CHECK(heard.packets >= 496);
	CHECK_INT(heard.disorder, 0);
	CHECK(jitter->counts.duplicates >= 495);
	CHECK_INT(jitter->counts.late, 0);
}

TEST(a_faster_clock_is_followed_by_leaving_out_where_it_is_quiet)
{
	set_up(20, 8000);
	network.drift_ppm = 200;
	network.quiet = true;
	run(50 * 600); /* ten minutes, 120 ms */
	CHECK_INT(heard.lost, 0);
	CHECK_INT(heard.disorder, 0);
	CHECK(heard.spare >= 4);
	CHECK(heard.spare <= 8);
	CHECK(jitter->counts.most_ms <= 100);
	CHECK_INT(jitter->counts.flushed, 0);
}

TEST(a_faster_clock_is_followed_while_there_is_no_silence_too)
{
	set_up(20, 8000);
	network.drift_ppm = 200;
	run(50 * 600);
	CHECK_INT(heard.lost, 0);
	CHECK(heard.spare >= 4);
	CHECK(heard.spare <= 8);
	CHECK(jitter->counts.most_ms <= 120);
}

TEST(a_slower_clock_is_followed_by_waiting)
{
	set_up(20, 8000);
	network.drift_ppm = -200;
	network.jitter_ms = 5;
	run(50 * 600);
	CHECK(heard.packets >= 29990);
	CHECK_INT(heard.lost, 0);
	CHECK(heard.waits + heard.pauses <= 12);
	set_up(20, 8000);
	network.drift_ppm = -200;
	network.quiet = true;
	run(50 * 600);
	CHECK_INT(heard.lost + heard.waits, 0);
	CHECK(heard.pauses <= 12);
}

TEST(a_gap_of_silence_is_no_loss_and_moves_nothing)
{
	set_up(20, 8000);
	network.pause_from = 100;
	network.pause_packets = 50;
	run(300);
	CHECK_INT(heard.lost, 0);
	CHECK(heard.pauses >= 40); /* until 100 ms it might have been a loss */
	CHECK(heard.waits <= 6);
	CHECK(heard.packets >= 246);
	CHECK_INT(jitter->counts.late + jitter->counts.resyncs, 0);
}

TEST(events_take_numbers_and_are_no_loss)
{
	struct rtp_packet event = {.sequence = 2, .timestamp = 320};

	set_up(20, 8000);
	put(0, 0, now_ns);
	put(1, 160, now_ns + 20 * MS);
	CHECK(!jitter_put(jitter, &event, false, now_ns + 40 * MS));
	put(3, 480, now_ns + 60 * MS);
	put(4, 640, now_ns + 80 * MS);
	for (now_ns += 80 * MS; heard.packets < 4; now_ns += 20 * MS)
		listen();
	CHECK_INT(heard.lost, 0);
}

TEST(a_jump_of_numbers_begins_anew)
{
	set_up(20, 8000);
	run(100);
	sequence0 = (uint16_t)(sequence0 + 20000);
	timestamp0 += 100 * 160;
	heard.last_number = -1;
	heard.packets = 0;
	run(100);
	CHECK(heard.packets >= 96);
	CHECK_INT(jitter->counts.resyncs, 1);
	CHECK_INT(heard.disorder, 0);
}

TEST(a_jump_of_the_timestamps_begins_anew)
{
	for (int i = 0; i < 2; i++) {
		set_up(20, 8000);
		run(100);
		sequence0 = (uint16_t)(sequence0 + 100);
		timestamp0 += i ? 0x20000000 : 0xe0000000;
		heard.last_number = -1;
		heard.packets = 0;
		run(100);
		CHECK(heard.packets >= 90);
		CHECK(jitter->counts.resyncs >= 1);
		CHECK(jitter->counts.resyncs <= 2);
	}
}

TEST(a_stall_of_a_second_costs_that_second)
{
	int64_t start_ns;

	set_up(20, 8000);
	run(100);
	start_ns = now_ns;
	for (int n = 0; n < 50; n++) /* all at once */
		send_on((uint16_t)(sequence0 + 100 + n),
			timestamp0 + (uint32_t)(100 + n) * 160,
			start_ns + 1000 * MS);
	for (; now_ns < start_ns + 1000 * MS; now_ns += 20 * MS)
		listen();
	CHECK(heard.waits <= 6);
	sequence0 = (uint16_t)(sequence0 + 150);
	timestamp0 += 150 * 160;
	heard.last_number = -100;
	heard.packets = 0;
	run(300);
	CHECK(heard.packets >= 296);
	CHECK(jitter->counts.most_ms <= JITTER_MS_MAX);
	CHECK_INT(heard.lost, 0);
}

TEST(large_packets_find_their_room)
{
	uint8_t payload[SHELF_PAYLOAD_MAX + 1] = {0};
	struct rtp_packet packet = {.payload = payload,
				    .size = SHELF_PAYLOAD_MAX};

	set_up(10, 48000);
	for (int n = 0; n < 100; n++) {
		packet.sequence++;
		packet.timestamp += 480;
		now_ns += 10 * MS;
		CHECK(jitter_put(jitter, &packet, true, now_ns));
	}
	CHECK(jitter->counts.flushed > 80);
	CHECK(jitter->shelf.free_count < 10);
	packet.sequence++;
	packet.size++;
	CHECK(!jitter_put(jitter, &packet, true, now_ns));
	jitter_restart(jitter, 48000);
	CHECK_INT(jitter->shelf.free_count, SHELF_BLOCKS);
}

TEST(the_packet_after_a_loss_can_be_looked_at)
{
	set_up(20, 8000);
	put(0, 0, now_ns);
	put(1, 160, now_ns);
	put(3, 480, now_ns);
	CHECK(!jitter_look(jitter, &got));
	now_ns += 100 * MS;
	listen();
	CHECK(jitter_look(jitter, &got));
	CHECK_INT(rtp_read16(got.payload), 1);
	listen();
	CHECK(!jitter_look(jitter, &got));
	CHECK_INT(jitter_get(jitter, false, now_ns, &got), JITTER_LOST);
	CHECK(jitter_look(jitter, &got));
	CHECK_INT(rtp_read16(got.payload), 3);
	CHECK_INT(jitter_step(jitter), 160);
}

TEST_MAIN()
