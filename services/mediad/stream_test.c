/*
 * stream_test.c - sequence numbers in, one unbroken stream out.
 */
#include "services/mediad/stream.h"

#include "lib/test/test.h"

#define MS 1000000LL

static struct rtp_packet numbered(uint32_t ssrc, uint16_t sequence,
				  uint32_t timestamp)
{
	return (struct rtp_packet){.ssrc = ssrc,
				   .sequence = sequence,
				   .timestamp = timestamp,
				   .size = 160};
}

static enum stream_arrival take(struct stream_in *in, uint32_t ssrc,
				uint16_t sequence)
{
	struct rtp_packet packet = numbered(ssrc, sequence, sequence * 160u);

	return stream_in_take(in, &packet, sequence * 20 * MS);
}

TEST(the_first_packet_begins_the_stream_at_once)
{
	struct stream_in in = {0};

	CHECK_INT(take(&in, 7, 65535), STREAM_RESTART);
	CHECK_INT(take(&in, 7, 0), STREAM_NEXT);
	CHECK_INT(in.cycles, 65536);
	CHECK_INT(in.packets, 2);
	CHECK_INT(stream_in_lost(&in), 0);
}

TEST(gaps_are_lost_packets_and_stragglers_fill_them)
{
	struct stream_in in = {0};

	take(&in, 7, 100);
	CHECK_INT(take(&in, 7, 104), STREAM_NEXT);
	CHECK_INT(stream_in_lost(&in), 3);
	CHECK_INT(take(&in, 7, 102), STREAM_NEXT);
	CHECK_INT(stream_in_lost(&in), 2);
	CHECK_INT(take(&in, 7, 104), STREAM_NEXT); /* twice */
	CHECK_INT(take(&in, 7, 104), STREAM_NEXT);
	CHECK_INT(take(&in, 7, 104), STREAM_NEXT);
	CHECK_INT(stream_in_lost(&in), 0);
}

TEST(another_ssrc_is_believed_after_five_packets_in_order)
{
	struct stream_in in = {0};

	take(&in, 7, 100);
	for (uint16_t i = 0; i < 4; i++)
		CHECK_INT(take(&in, 8, (uint16_t)(500 + i)), STREAM_FOREIGN);
	CHECK_INT(take(&in, 8, 504), STREAM_RESTART);
	CHECK_INT(take(&in, 8, 505), STREAM_NEXT);
	CHECK_INT(in.packets, 3);
}

TEST(an_ssrc_that_comes_now_and_then_is_never_believed)
{
	struct stream_in in = {0};

	take(&in, 7, 100);
	for (uint16_t i = 0; i < 20; i++) {
		CHECK_INT(take(&in, 8, (uint16_t)(500 + i)), STREAM_FOREIGN);
		CHECK_INT(take(&in, 7, (uint16_t)(101 + i)), STREAM_NEXT);
	}
	/* Nor one whose numbers jump. */
	for (uint16_t i = 0; i < 20; i++)
		CHECK_INT(take(&in, 8, (uint16_t)(i * 7)), STREAM_FOREIGN);
}

TEST(a_jump_of_the_sequence_is_believed_with_the_next_packet)
{
	struct stream_in in = {0};

	take(&in, 7, 100);
	CHECK_INT(take(&in, 7, 20000), STREAM_FOREIGN);
	CHECK_INT(take(&in, 7, 101), STREAM_NEXT);
	CHECK_INT(take(&in, 7, 20000), STREAM_FOREIGN);
	CHECK_INT(take(&in, 7, 20001), STREAM_RESTART);
	CHECK_INT(stream_in_lost(&in), 0);
}

TEST(losses_of_a_stream_that_ended_are_kept)
{
	struct stream_in in = {0};

	take(&in, 7, 100);
	take(&in, 7, 110);
	stream_in_reset(&in);
	CHECK_INT(stream_in_lost(&in), 9);
	CHECK_INT(take(&in, 9, 5), STREAM_RESTART);
	take(&in, 9, 7);
	CHECK_INT(stream_in_lost(&in), 10);
}

TEST(jitter_is_zero_for_a_steady_sender_and_not_for_an_unsteady_one)
{
	struct stream_in in = {0};

	for (uint16_t i = 1; i < 50; i++)
		take(&in, 7, i);
	CHECK_INT(in.jitter >> 4, 0);
	for (uint16_t i = 50; i < 400; i++) {
		struct rtp_packet packet = numbered(7, i, i * 160u);
		/* Every second packet is 10 ms late: 80 samples. */
		stream_in_take(&in, &packet, (i * 20 + (i & 1) * 10) * MS);
	}
	CHECK((in.jitter >> 4) > 60 && (in.jitter >> 4) <= 80);
}

TEST(a_feed_keeps_its_order_and_gaps_in_our_own_numbers)
{
	struct stream_out out;
	struct rtp_packet a = numbered(1, 1000, 5000);
	struct rtp_packet b = numbered(1, 1003, 5480);
	struct rtp_packet c = numbered(1, 1002, 5320);

	stream_out_init(&out);
	CHECK(stream_out_place(&out, &a, 0));
	CHECK(a.marker);
	CHECK_INT(a.ssrc, out.ssrc);
	CHECK(stream_out_place(&out, &b, 60 * MS));
	CHECK(!b.marker);
	CHECK_INT((uint16_t)(b.sequence - a.sequence), 3);
	CHECK_INT(b.timestamp - a.timestamp, 480);
	CHECK(stream_out_place(&out, &c, 61 * MS));
	CHECK_INT((uint16_t)(c.sequence - a.sequence), 2);
	CHECK_INT(out.packets, 3);
	CHECK_INT(out.octets, 480);
}

TEST(another_feed_goes_on_where_the_last_one_stopped)
{
	struct stream_out out;
	struct rtp_packet tone = numbered(0, 50, 8000);
	struct rtp_packet voice = numbered(99, 40000, 123456789);
	struct rtp_packet next = numbered(99, 40001, 123456949);

	stream_out_init(&out);
	CHECK(stream_out_place(&out, &tone, 1000 * MS));
	stream_out_switch(&out);
	/* A second passes between the two feeds: 8000 samples. */
	CHECK(stream_out_place(&out, &voice, 2000 * MS));
	CHECK(voice.marker);
	CHECK_INT(voice.ssrc, tone.ssrc);
	CHECK_INT((uint16_t)(voice.sequence - tone.sequence), 1);
	CHECK_INT(voice.timestamp - tone.timestamp, 8000);
	CHECK(stream_out_place(&out, &next, 2020 * MS));
	CHECK(!next.marker);
	CHECK_INT((uint16_t)(next.sequence - voice.sequence), 1);
	CHECK_INT(next.timestamp - voice.timestamp, 160);
}

TEST(a_switch_without_a_pause_still_moves_the_clock_by_a_frame)
{
	struct stream_out out;
	struct rtp_packet a = numbered(1, 1, 0), b = numbered(2, 1, 0);

	stream_out_init(&out);
	CHECK(stream_out_place(&out, &a, 5 * MS));
	stream_out_switch(&out);
	CHECK(stream_out_place(&out, &b, 6 * MS));
	CHECK_INT(b.timestamp - a.timestamp, 160);
}

TEST(a_straggler_from_before_the_switch_is_left_out)
{
	struct stream_out out;
	struct rtp_packet a = numbered(1, 100, 0), b = numbered(1, 200, 0);
	struct rtp_packet old = numbered(1, 199, 0);

	stream_out_init(&out);
	CHECK(stream_out_place(&out, &a, 0));
	stream_out_switch(&out);
	CHECK(stream_out_place(&out, &b, 0));
	CHECK(!stream_out_place(&out, &old, 0));
}

TEST(a_packet_left_out_on_purpose_leaves_no_hole)
{
	struct stream_out out;
	struct rtp_packet a = numbered(1, 100, 0), event = numbered(1, 101, 0);
	struct rtp_packet b = numbered(1, 102, 320);

	stream_out_init(&out);
	CHECK(stream_out_place(&out, &a, 0));
	stream_out_skip(&out, &event);
	CHECK(stream_out_place(&out, &b, 0));
	CHECK_INT((uint16_t)(b.sequence - a.sequence), 1);
	CHECK_INT(b.timestamp - a.timestamp, 320);
}

TEST(numbers_wrap_without_a_seam)
{
	struct stream_out out;
	uint16_t before = 0;
	unsigned seams = 0;

	stream_out_init(&out);
	for (uint32_t i = 0; i < 200000; i++) {
		struct rtp_packet packet =
			numbered(1, (uint16_t)(i + 9), i * 160 + 4294000000u);

		CHECK(stream_out_place(&out, &packet, i * 20 * MS));
		seams += i > 0 && (uint16_t)(packet.sequence - before) != 1;
		before = packet.sequence;
	}
	CHECK_INT(seams, 0);
}

TEST(jitter_counts_the_clock_of_the_stream_and_no_event)
{
	struct stream_in in = {.clock_hz = 48000};

	for (uint16_t i = 0; i < 50; i++) {
		struct rtp_packet packet = numbered(7, i, i * 960u);

		stream_in_take(&in, &packet, (100 + i * 20) * MS);
	}
	CHECK_INT(in.jitter, 0);
	for (uint16_t i = 50; i < 60; i++) { /* a key is held */
		struct rtp_packet packet = numbered(7, i, 50 * 960u);

		stream_in_take(&in, &packet, (100 + i * 20) * MS);
	}
	CHECK_INT(in.jitter, 0);
}

TEST(time_goes_on_while_an_event_is_sent)
{
	struct stream_out out;
	struct rtp_packet packet = numbered(1, 0, 0);
	uint32_t before;

	stream_out_init(&out);
	out.clock_hz = 48000;
	stream_out_place(&out, &packet, 1000 * MS);
	before = packet.timestamp;
	for (uint16_t i = 1; i < 6; i++) {
		packet = numbered(1, i, 960);
		stream_out_place(&out, &packet, (1000 + i * 20) * MS);
		CHECK_INT(packet.timestamp - before, 960);
	}
	CHECK_INT(stream_out_clock(&out, 1120 * MS) - before, 6 * 960);
	stream_out_switch(&out);
	packet = numbered(2, 900, 5);
	stream_out_place(&out, &packet, 1120 * MS);
	CHECK_INT(packet.timestamp - before, 6 * 960);
}

TEST_MAIN()
