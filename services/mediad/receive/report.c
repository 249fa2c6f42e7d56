/*
 * report.c - figures of quality.c, in the forms of those who read them.
 */
#include "services/mediad/receive/report.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "proto/proto.h"
#include "services/mediad/hearing.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/relay.h"

#define US_PER_MS 1000
#define ONE_WAY_PACKETS 50 /* a second of speaking without a word back */

METRIC_COUNTER(lost_total, "media_packets_lost_total", "",
	       "RTP packets that peers sent and that did not come, of legs "
	       "that are closed.")
METRIC_COUNTER(late_total, "media_packets_late_total", "",
	       "RTP packets that came after their turn to be played.")
METRIC_COUNTER(concealed_total, "media_concealed_ms_total", "",
	       "Sound that had to be made up.")
METRIC_COUNTER(one_way_total, "media_one_way_legs_total", "",
	       "Legs that were spoken to and never heard.")

#define MOS_HELP "How legs sounded (E-model, G.107), times 100."
METRIC_HISTOGRAM(mos_250, "media_mos_hundredths", "_bucket{le=\"250\"}",
		 MOS_HELP)
METRIC_HISTOGRAM(mos_310, "media_mos_hundredths", "_bucket{le=\"310\"}",
		 MOS_HELP)
METRIC_HISTOGRAM(mos_360, "media_mos_hundredths", "_bucket{le=\"360\"}",
		 MOS_HELP)
METRIC_HISTOGRAM(mos_400, "media_mos_hundredths", "_bucket{le=\"400\"}",
		 MOS_HELP)
METRIC_HISTOGRAM(mos_430, "media_mos_hundredths", "_bucket{le=\"430\"}",
		 MOS_HELP)
METRIC_HISTOGRAM(mos_all, "media_mos_hundredths", "_bucket{le=\"+Inf\"}",
		 MOS_HELP)
METRIC_HISTOGRAM(mos_sum, "media_mos_hundredths", "_sum", MOS_HELP)
METRIC_HISTOGRAM(mos_count, "media_mos_hundredths", "_count", MOS_HELP)

#define JITTER_HELP "The most jitter of arrival that legs had (RFC 3550)."
METRIC_HISTOGRAM(jitter_5, "media_jitter_ms", "_bucket{le=\"5\"}", JITTER_HELP)
METRIC_HISTOGRAM(jitter_10, "media_jitter_ms", "_bucket{le=\"10\"}",
		 JITTER_HELP)
METRIC_HISTOGRAM(jitter_20, "media_jitter_ms", "_bucket{le=\"20\"}",
		 JITTER_HELP)
METRIC_HISTOGRAM(jitter_40, "media_jitter_ms", "_bucket{le=\"40\"}",
		 JITTER_HELP)
METRIC_HISTOGRAM(jitter_80, "media_jitter_ms", "_bucket{le=\"80\"}",
		 JITTER_HELP)
METRIC_HISTOGRAM(jitter_all, "media_jitter_ms", "_bucket{le=\"+Inf\"}",
		 JITTER_HELP)
METRIC_HISTOGRAM(jitter_sum, "media_jitter_ms", "_sum", JITTER_HELP)
METRIC_HISTOGRAM(jitter_count, "media_jitter_ms", "_count", JITTER_HELP)

#define TRIP_HELP "Round trip to peers, by their reports."
METRIC_HISTOGRAM(trip_50, "media_round_trip_ms", "_bucket{le=\"50\"}",
		 TRIP_HELP)
METRIC_HISTOGRAM(trip_100, "media_round_trip_ms", "_bucket{le=\"100\"}",
		 TRIP_HELP)
METRIC_HISTOGRAM(trip_200, "media_round_trip_ms", "_bucket{le=\"200\"}",
		 TRIP_HELP)
METRIC_HISTOGRAM(trip_400, "media_round_trip_ms", "_bucket{le=\"400\"}",
		 TRIP_HELP)
METRIC_HISTOGRAM(trip_all, "media_round_trip_ms", "_bucket{le=\"+Inf\"}",
		 TRIP_HELP)
METRIC_HISTOGRAM(trip_sum, "media_round_trip_ms", "_sum", TRIP_HELP)
METRIC_HISTOGRAM(trip_count, "media_round_trip_ms", "_count", TRIP_HELP)

struct bucket {
	int64_t most;
	struct metric *metric;
};

/* Ends with the bucket of all, the sum and the count. */
static void observe(const struct bucket *buckets, struct metric *sum,
		    struct metric *count, int64_t value)
{
	for (; buckets->metric; buckets++)
		if (value <= buckets->most)
			metric_add(buckets->metric, 1);
	metric_add(sum, value);
	metric_add(count, 1);
}

static const struct bucket mos_buckets[] = {
	{250, &mos_250}, {310, &mos_310}, {360, &mos_360},
	{400, &mos_400}, {430, &mos_430}, {INT64_MAX, &mos_all},
	{0, NULL},
};
static const struct bucket jitter_buckets[] = {
	{5, &jitter_5},   {10, &jitter_10}, {20, &jitter_20},
	{40, &jitter_40}, {80, &jitter_80}, {INT64_MAX, &jitter_all},
	{0, NULL},
};
static const struct bucket trip_buckets[] = {
	{50, &trip_50},   {100, &trip_100},       {200, &trip_200},
	{400, &trip_400}, {INT64_MAX, &trip_all}, {0, NULL},
};

static void figure(struct leg *leg, struct quality_figures *figures_out)
{
	hearing_count(leg);
	quality_figures(&leg->quality, &leg->in, leg->terms.codec, figures_out);
}

/* --- to the other side --- */

static uint16_t clipped(int64_t value)
{
	return value < 0            ? 0
	       : value > UINT16_MAX ? UINT16_MAX
				    : (uint16_t)value;
}

/* Of 256. */
static uint8_t share(uint64_t part, uint64_t rest)
{
	uint64_t all = part + rest;

	if (all == 0 || part == 0)
		return 0;
	return (uint8_t)(part * 256 / all > 255 ? 255 : part * 256 / all);
}

static struct rtcp_voip voip_of(struct leg *leg)
{
	struct quality_figures f;

	figure(leg, &f);
	return (struct rtcp_voip){
		.loss = share(f.lost, f.packets),
		.discard = share(f.late, f.packets),
		.round_trip_ms = clipped(f.round_trip_us / US_PER_MS),
		.r_factor = (uint8_t)f.r_factor,
		.mos_tenths = (uint8_t)((f.mos_hundredths + 5) / 10),
		.buffer_ms = clipped(hearing_wait_ms(leg)),
		.buffer_max_ms = JITTER_MS_MAX};
}

void report_send(struct leg *leg, bool sent)
{
	char cname[RTCP_CNAME_BYTES];
	uint8_t data[RTCP_WRITE_BYTES];
	struct rtcp_voip voip = voip_of(leg);
	struct rtcp_report report = {.out = &leg->out,
				     .in = &leg->in,
				     .sent = sent,
				     .now_ns = clock_mono_ns(),
				     .wall_ms = clock_wall_ms(),
				     .ntp_middle = leg->ntp_middle,
				     .heard_ns = leg->ntp_heard_ns,
				     .cname = cname,
				     .asked_middle = leg->quality.asked_middle,
				     .asked_ns = leg->quality.asked_ns,
				     .voip = voip.r_factor > 0 ? &voip : NULL};
	const struct endpoint *to =
		latch_target(&leg->rtcp_latch, clock_mono_ms());

	if (!to)
		return;
	/* Says nothing about the caller, and stays the same after a crash. */
	str_format(cname, sizeof(cname), "%llx@voxbus",
		   (unsigned long long)leg->number);
	if (!relay_datagram(leg, true, data, rtcp_write(&report, data), to))
		return;
	quality_sent(&leg->quality, rtcp_ntp_middle(report.wall_ms),
		     report.now_ns);
	leg->media->tally.rtcp_out++;
}

void report_take(struct leg *leg, const struct rtcp_news *news, int64_t now_ns)
{
	if (news->sender_report) {
		leg->ntp_middle = news->ntp_middle;
		leg->ntp_heard_ns = now_ns;
	}
	quality_news(&leg->quality, news, now_ns);
}

/* --- to the record and the metrics --- */

void report_stats(struct leg *leg, struct leg_stats *stats)
{
	struct quality_figures f;

	figure(leg, &f);
	stats->packets_late = (int64_t)f.late;
	stats->concealed_ms = (int64_t)f.concealed_ms;
	stats->jitter_us = f.jitter_us;
	stats->jitter_max_us = f.jitter_max_us;
	stats->jitter_min_us = f.jitter_min_us;
	stats->buffer_max_ms = f.buffer_max_ms;
	stats->ptime = f.ptime_ms;
	if (f.round_trip_us >= 0)
		stats->round_trip_us = f.round_trip_us;
	stats->their_lost = (int64_t)f.their_lost;
	stats->digits_in = (int64_t)f.digits_in;
	stats->digits_out = leg->events_sent;
	stats->mos_hundredths = f.mos_hundredths;
	stats->one_way =
		leg->out.packets >= ONE_WAY_PACKETS && leg->in.packets == 0;
}

void report_over(const struct leg_stats *stats)
{
	metric_add(&lost_total, stats->packets_lost);
	metric_add(&late_total, stats->packets_late);
	metric_add(&concealed_total, stats->concealed_ms);
	metric_add(&one_way_total, stats->one_way);
	if (stats->mos_hundredths == 0)
		return;
	observe(mos_buckets, &mos_sum, &mos_count, stats->mos_hundredths);
	observe(jitter_buckets, &jitter_sum, &jitter_count,
		stats->jitter_max_us / US_PER_MS);
	if (stats->round_trip_us > 0)
		observe(trip_buckets, &trip_sum, &trip_count,
			stats->round_trip_us / US_PER_MS);
}
