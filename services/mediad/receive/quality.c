/*
 * quality.c - counting, and the E-model in whole numbers.
 */
#include "services/mediad/receive/quality.h"

#include <string.h>

#define SETTLED 16      /* packets until jitter means something */
#define STEP_MS_MAX 120 /* from packet to packet; more is a pause */
#define ROUND_TRIP_US_MAX 60000000
#define NS_PER_US 1000
#define US_PER_MS 1000
#define US_PER_SECOND 1000000
#define ENDS_US 25000 /* a packet's making, a tick, the other side's buffer */
#define R_BEST 932    /* tenths: G.107's default of all that is not counted */

/*
 * ITU-T G.113, appendix I: what a codec costs, and how well it bears losses, in
 * tenths. It has no values for G.722 and Opus on this scale: both conceal, and
 * are taken as G.711 with concealment.
 */
static const struct {
	unsigned impairment, robustness;
} rows[CODEC_COUNT] = {
	[CODEC_PCMU] = {0, 251},   [CODEC_PCMA] = {0, 251},
	[CODEC_G722] = {0, 251},   [CODEC_OPUS] = {0, 251},
	[CODEC_G729] = {110, 190},
};

static uint32_t clock_of(const struct stream_in *in)
{
	return in->clock_hz ? in->clock_hz : CODEC_CLOCK_HZ;
}

static void note_step(struct quality *quality, const struct stream_in *in,
		      const struct rtp_packet *packet)
{
	uint16_t ahead = (uint16_t)(packet->sequence - quality->sequence);
	uint32_t step = packet->timestamp - quality->timestamp;

	if (ahead == 1 && step > 0 &&
	    step <= clock_of(in) / 1000 * STEP_MS_MAX) {
		quality->steps++;
		quality->steps_sum += step;
	}
}

void quality_packet(struct quality *quality, const struct stream_in *in,
		    const struct rtp_packet *packet, bool event, bool restarts)
{
	if (restarts)
		quality->settled = 0;
	quality->events += event;
	if (event)
		return;
	if (quality->settled > 0)
		note_step(quality, in, packet);
	quality->sequence = packet->sequence;
	quality->timestamp = packet->timestamp;
	if (quality->settled < SETTLED)
		quality->settled++;
	if (quality->settled < SETTLED)
		return;
	if (in->jitter > quality->jitter_max)
		quality->jitter_max = in->jitter;
	if (in->jitter < quality->jitter_min || !quality->jitter_known)
		quality->jitter_min = in->jitter;
	quality->jitter_known = true;
}

void quality_heard(struct quality *quality, struct jitter_counts *counts)
{
	struct jitter_counts *heard = &quality->heard;

	heard->taken += counts->taken;
	heard->played += counts->played;
	heard->late += counts->late;
	heard->duplicates += counts->duplicates;
	heard->lost += counts->lost;
	heard->flushed += counts->flushed;
	heard->shortened += counts->shortened;
	heard->stretched += counts->stretched;
	heard->resyncs += counts->resyncs;
	if (counts->most_ms > heard->most_ms)
		heard->most_ms = counts->most_ms;
	memset(counts, 0, sizeof(*counts));
}

void quality_concealed(struct quality *quality, uint64_t us)
{
	quality->concealed_us += us;
}

/* --- reports --- */

void quality_sent(struct quality *quality, uint32_t middle, int64_t now_ns)
{
	unsigned at = quality->report_at;

	quality->reports[at].middle = middle;
	quality->reports[at].sent_ns = now_ns;
	quality->report_at = (at + 1) % QUALITY_REPORTS;
}

/* Only a report that we sent is answered, and no answer is older than it. */
static void take_echo(struct quality *quality, uint32_t last, uint32_t since,
		      int64_t now_ns)
{
	int64_t since_us = (int64_t)(((uint64_t)since * US_PER_SECOND) >> 16);

	for (unsigned i = 0; i < QUALITY_REPORTS && last != 0; i++) {
		int64_t us = (now_ns - quality->reports[i].sent_ns) / NS_PER_US;

		if (quality->reports[i].middle != last || us < since_us ||
		    us - since_us > ROUND_TRIP_US_MAX)
			continue;
		quality->round_trip_known = true;
		quality->round_trip_us = us - since_us;
		return;
	}
}

void quality_news(struct quality *quality, const struct rtcp_news *news,
		  int64_t now_ns)
{
	if (news->about_us) {
		quality->their_lost = news->lost;
		take_echo(quality, news->last_report, news->since_report,
			  now_ns);
	}
	if (news->asks) {
		quality->asked_middle = news->asks_middle;
		quality->asked_ns = now_ns;
	}
	if (news->echo_last)
		take_echo(quality, news->echo_last, news->echo_since, now_ns);
	if (news->voip)
		quality->their_mos = news->voip_mos;
}

/* --- the E-model --- */

unsigned quality_r_factor(enum codec codec, unsigned lost_of_10000,
			  int64_t delay_us)
{
	int64_t delay_ms = delay_us / US_PER_MS;
	/* Tenths of R, as everything here. */
	int64_t delayed = delay_ms * 24 / 100;
	int64_t cost, bears, r;

	if (codec >= CODEC_COUNT || rows[codec].robustness == 0)
		return 0;
	if (delay_ms > 177)
		delayed += (delay_ms - 177) * 11 / 10;
	cost = rows[codec].impairment;
	bears = rows[codec].robustness * 10; /* hundredths of a percent */
	cost += (950 - cost) * lost_of_10000 / (lost_of_10000 + bears);
	r = R_BEST - delayed - cost;
	return r < 0 ? 0 : (unsigned)((r + 5) / 10);
}

unsigned quality_mos(unsigned r_factor)
{
	int64_t r = r_factor > 100 ? 100 : r_factor;
	/* 1 + 0.035 R + R (R - 60) (100 - R) 7e-6, times 100 */
	int64_t mos =
		100 + (35 * r * 1000 + r * (r - 60) * (100 - r) * 7) / 10000;

	return mos < 100 ? 100 : mos > 450 ? 450 : (unsigned)mos;
}

/* --- all together --- */

static int64_t to_us(const struct stream_in *in, uint32_t times16)
{
	return (int64_t)(((uint64_t)times16 * US_PER_SECOND / clock_of(in)) /
			 16);
}

/* What the listener misses: what was lost, and what came too late. */
static unsigned missed_of_10000(const struct quality_figures *figures)
{
	uint64_t missed = figures->lost + figures->late;
	uint64_t all = figures->packets + figures->lost;

	if (all == 0)
		return 0;
	return missed >= all ? 10000 : (unsigned)(missed * 10000 / all);
}

void quality_figures(const struct quality *quality, const struct stream_in *in,
		     enum codec codec, struct quality_figures *figures_out)
{
	struct quality_figures *f = figures_out;
	int64_t delay_us = ENDS_US;
	unsigned missed;

	memset(f, 0, sizeof(*f));
	f->packets = in->packets;
	f->lost = stream_in_lost(in);
	f->late = quality->heard.late + quality->heard.flushed;
	f->concealed_ms = quality->concealed_us / US_PER_MS;
	f->jitter_us = to_us(in, in->jitter);
	f->jitter_min_us = to_us(in, quality->jitter_min);
	f->jitter_max_us = to_us(in, quality->jitter_max);
	f->buffer_max_ms = quality->heard.most_ms;
	if (quality->steps > 0)
		f->ptime_ms =
			(unsigned)((quality->steps_sum * 1000 / quality->steps +
				    clock_of(in) / 2) /
				   clock_of(in));
	f->round_trip_us =
		quality->round_trip_known ? quality->round_trip_us : -1;
	f->their_lost = quality->their_lost;
	f->digits_in = quality->events;
	missed = missed_of_10000(f);
	f->loss_percent = (missed + 50) / 100;
	if (f->packets == 0)
		return;
	delay_us += f->ptime_ms * US_PER_MS + 2 * f->jitter_us;
	if (quality->round_trip_known)
		delay_us += quality->round_trip_us / 2;
	f->r_factor = quality_r_factor(codec, missed, delay_us);
	f->mos_hundredths = quality_mos(f->r_factor);
}
