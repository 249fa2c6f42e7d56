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

METRIC_HISTOGRAM(mos, "media_mos_hundredths",
		 "How legs sounded (E-model, G.107), times 100.", 250, 310, 360,
		 400, 430)
METRIC_HISTOGRAM(jitter, "media_jitter_ms",
		 "The most jitter of arrival that legs had (RFC 3550).", 5, 10,
		 20, 40, 80)
METRIC_HISTOGRAM(round_trip, "media_round_trip_ms",
		 "Round trip to peers, by their reports.", 50, 100, 200, 400)

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
	histogram_observe(&mos, stats->mos_hundredths);
	histogram_observe(&jitter, stats->jitter_max_us / US_PER_MS);
	if (stats->round_trip_us > 0)
		histogram_observe(&round_trip,
				  stats->round_trip_us / US_PER_MS);
}
