/*
 * quality_test.c - figures of streams that are known.
 */
#include "services/mediad/receive/quality.h"

#include "lib/test/test.h"

#include <string.h>

#define MS 1000000LL

static struct quality quality;
static struct stream_in in;
static struct quality_figures figures;
static uint16_t sequence;
static int64_t now_ns;

static void set_up(uint32_t clock_hz)
{
	memset(&quality, 0, sizeof(quality));
	memset(&in, 0, sizeof(in));
	in.clock_hz = clock_hz;
	sequence = 0;
	now_ns = 1000 * MS;
}

/* 'late_ms': each second packet comes so much later. */
static void hear(unsigned packets, unsigned ptime_ms, unsigned late_ms)
{
	uint32_t step = in.clock_hz / 1000 * ptime_ms;

	for (unsigned i = 0; i < packets; i++, sequence++) {
		struct rtp_packet packet = {.sequence = sequence,
					    .timestamp = sequence * step};
		int64_t at_ns = now_ns + (i % 2 ? late_ms * MS : 0);
		bool restarts =
			stream_in_take(&in, &packet, at_ns) == STREAM_RESTART;

		quality_packet(&quality, &in, &packet, false, restarts);
		now_ns += ptime_ms * MS;
	}
}

TEST(a_leg_that_heard_nothing_has_no_grade)
{
	set_up(8000);
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.mos_hundredths, 0);
	CHECK_INT(figures.ptime_ms, 0);
	CHECK_INT(figures.round_trip_us, -1);
}

TEST(a_good_stream_is_graded_as_the_model_has_it)
{
	set_up(8000);
	hear(500, 20, 0);
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.packets, 500);
	CHECK_INT(figures.ptime_ms, 20);
	CHECK_INT(figures.jitter_max_us, 0);
	CHECK_INT(figures.mos_hundredths, 438);
	quality_figures(&quality, &in, CODEC_G729, &figures);
	CHECK(figures.mos_hundredths > 400 && figures.mos_hundredths < 415);
}

TEST(the_length_of_a_packet_is_that_of_its_clock)
{
	set_up(48000);
	hear(100, 60, 0);
	quality_figures(&quality, &in, CODEC_OPUS, &figures);
	CHECK_INT(figures.ptime_ms, 60);
}

TEST(jitter_has_a_least_and_a_most)
{
	set_up(8000);
	hear(200, 20, 0);
	hear(200, 20, 10);
	hear(400, 20, 2);
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.jitter_min_us, 0);
	CHECK(figures.jitter_max_us > 9000 && figures.jitter_max_us < 10500);
	CHECK(figures.jitter_us > 1500 && figures.jitter_us < 2500);
}

TEST(losses_and_what_came_too_late_cost_the_grade)
{
	struct jitter_counts counts = {.late = 25, .most_ms = 80};

	set_up(8000);
	for (int i = 0; i < 50; i++) {
		hear(19, 20, 0);
		sequence++; /* 5 % */
	}
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.lost, 49);
	CHECK_INT(figures.loss_percent, 5);
	CHECK_INT(figures.r_factor, 77);
	CHECK(figures.mos_hundredths > 380 && figures.mos_hundredths < 395);
	quality_heard(&quality, &counts);
	CHECK_INT(counts.late, 0);
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.late, 25);
	CHECK_INT(figures.buffer_max_ms, 80);
	CHECK_INT(figures.loss_percent, 7);
	CHECK(figures.r_factor < 75);
}

TEST(the_model_gives_the_recommendations_own_figures)
{
	CHECK_INT(quality_mos(100), 450);
	CHECK_INT(quality_mos(93), 440); /* G.107, annex B */
	CHECK_INT(quality_mos(80), 402);
	CHECK_INT(quality_mos(70), 359);
	CHECK_INT(quality_mos(60), 310);
	CHECK_INT(quality_mos(50), 257);
	CHECK_INT(quality_mos(0), 100);
	CHECK_INT(quality_r_factor(CODEC_PCMU, 0, 0), 93);
	CHECK_INT(quality_r_factor(CODEC_G729, 0, 0), 82);
	CHECK_INT(quality_r_factor(CODEC_PCMU, 10000, 0), 17);
	CHECK_INT(quality_r_factor(CODEC_PCMU, 0, 400000), 59);
	CHECK_INT(quality_r_factor(CODEC_EVENT, 0, 0), 0);
}

TEST(the_round_trip_is_from_a_report_of_ours_to_its_echo)
{
	struct rtcp_news news = {.about_us = true,
				 .lost = 7,
				 .last_report = 0x1000,
				 .since_report = 1 << 16};

	set_up(8000);
	quality_news(&quality, &news, 5000 * MS); /* we never said that */
	CHECK(!quality.round_trip_known);
	quality_sent(&quality, 0x1000, 2000 * MS);
	quality_sent(&quality, 0x2000, 3000 * MS);
	quality_news(&quality, &news, 2900 * MS); /* before it was said */
	CHECK(!quality.round_trip_known);
	quality_news(&quality, &news, 3035 * MS);
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.round_trip_us, 35000);
	CHECK_INT(figures.their_lost, 7);
	memset(&news, 0, sizeof(news));
	news.echo_last = 0x2000;
	quality_news(&quality, &news, 3050 * MS);
	CHECK_INT(quality.round_trip_us, 50000);
}

TEST(packets_of_digits_are_counted_apart)
{
	struct rtp_packet packet = {.sequence = 100, .timestamp = 1};

	set_up(8000);
	hear(20, 20, 0);
	quality_packet(&quality, &in, &packet, true, false);
	quality_figures(&quality, &in, CODEC_PCMU, &figures);
	CHECK_INT(figures.digits_in, 1);
	CHECK_INT(figures.ptime_ms, 20);
}

TEST_MAIN()
