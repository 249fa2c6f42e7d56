/*
 * stream.c - sequence numbers, both ways. Everything is modulo 2^16 or 2^32;
 * differences are taken in the unsigned type and read as signed.
 */
#include "services/mediad/stream.h"

#include "services/mediad/codec/codec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NONE_BAD UINT32_MAX
#define FRAMES_A_SECOND 50

static uint32_t clock_of(uint32_t clock_hz)
{
	return clock_hz ? clock_hz : CODEC_CLOCK_HZ;
}

static uint32_t samples(uint32_t clock_hz, int64_t ns)
{
	return (uint32_t)(ns / 1000 * clock_of(clock_hz) / 1000000);
}

static uint32_t expected(const struct stream_in *in)
{
	return in->cycles + in->newest - in->base + 1;
}

uint64_t stream_in_lost(const struct stream_in *in)
{
	uint32_t wanted = in->started ? expected(in) : 0;
	uint32_t lost = wanted > in->received ? wanted - in->received : 0;

	return (uint64_t)in->lost_before + lost;
}

void stream_in_reset(struct stream_in *in)
{
	in->lost_before = (uint32_t)stream_in_lost(in);
	in->started = false;
}

static enum stream_arrival begin(struct stream_in *in,
				 const struct rtp_packet *packet)
{
	in->lost_before = (uint32_t)stream_in_lost(in);
	in->started = true;
	in->ssrc = packet->ssrc;
	in->newest = packet->sequence;
	in->base = packet->sequence;
	in->cycles = 0;
	in->bad = NONE_BAD;
	in->received = 1;
	in->expected_prior = in->received_prior = 0;
	in->transit = 0;
	in->jitter = 0;
	in->other_count = 0;
	return STREAM_RESTART;
}

/* Another SSRC from the right address: five in order are no accident. */
static enum stream_arrival probe(struct stream_in *in,
				 const struct rtp_packet *packet)
{
	if (in->other_count == 0 || packet->ssrc != in->other ||
	    packet->sequence != in->other_next)
		in->other_count = 0;
	in->other = packet->ssrc;
	in->other_next = (uint16_t)(packet->sequence + 1);
	if (++in->other_count < STREAM_PROBATION)
		return STREAM_FOREIGN;
	return begin(in, packet);
}

/*
 * RFC 3550, A.8: the difference of arrival and sending times, smoothed. Packets
 * of one timestamp are an event's, and say nothing about the network.
 */
static void measure_jitter(struct stream_in *in,
			   const struct rtp_packet *packet, int64_t now_ns)
{
	uint32_t transit = samples(in->clock_hz, now_ns) - packet->timestamp;
	uint32_t change = transit - in->transit;

	if (in->transit != 0 && packet->timestamp == in->timestamp)
		return;
	if ((int32_t)change < 0)
		change = 0u - change;
	if (in->transit != 0 && change < clock_of(in->clock_hz))
		in->jitter += change - ((in->jitter + 8) >> 4);
	in->transit = transit;
	in->timestamp = packet->timestamp;
}

static enum stream_arrival follow(struct stream_in *in,
				  const struct rtp_packet *packet)
{
	uint16_t ahead = (uint16_t)(packet->sequence - in->newest);

	if (ahead < STREAM_DROPOUT_MAX) {
		if (packet->sequence < in->newest)
			in->cycles += 1u << 16;
		in->newest = packet->sequence;
	} else if (ahead <= UINT16_MAX + 1 - STREAM_DISORDER_MAX) {
		/* A jump: believed when the next packet follows from it. */
		if (packet->sequence == in->bad)
			return begin(in, packet);
		in->bad = (uint16_t)(packet->sequence + 1);
		return STREAM_FOREIGN;
	}
	in->received++;
	return STREAM_NEXT;
}

enum stream_arrival stream_in_take(struct stream_in *in,
				   const struct rtp_packet *packet,
				   int64_t now_ns)
{
	enum stream_arrival arrival;

	if (!in->started) {
		arrival = begin(in, packet);
	} else if (packet->ssrc != in->ssrc) {
		arrival = probe(in, packet);
	} else {
		in->other_count = 0;
		arrival = follow(in, packet);
	}
	if (arrival != STREAM_FOREIGN) {
		in->packets++;
		measure_jitter(in, packet, now_ns);
	}
	return arrival;
}

void stream_out_init(struct stream_out *out)
{
	memset(out, 0, sizeof(*out));
	if (getrandom(&out->ssrc, sizeof(out->ssrc), 0) !=
		    (ssize_t)sizeof(out->ssrc) ||
	    getrandom(&out->newest, sizeof(out->newest), 0) !=
		    (ssize_t)sizeof(out->newest) ||
	    getrandom(&out->timestamp, sizeof(out->timestamp), 0) !=
		    (ssize_t)sizeof(out->timestamp))
		abort();
	/* The first wrap comes late: some receivers stumble over an early one.
	 */
	out->newest = (uint16_t)(out->newest & 0x7fff);
}

void stream_out_renew(struct stream_out *out)
{
	struct stream_out before = *out;

	stream_out_init(out);
	out->packets = before.packets;
	out->octets = before.octets;
	out->clock_hz = before.clock_hz;
}

void stream_out_switch(struct stream_out *out)
{
	out->mapped = false;
}

uint32_t stream_out_clock(const struct stream_out *out, int64_t now_ns)
{
	uint32_t passed =
		out->started ? samples(out->clock_hz, now_ns - out->sent_ns)
			     : 0;

	return out->timestamp + passed;
}

static void map_feed(struct stream_out *out, const struct rtp_packet *packet,
		     int64_t now_ns)
{
	uint32_t passed = stream_out_clock(out, now_ns) - out->timestamp;

	if (passed < clock_of(out->clock_hz) / FRAMES_A_SECOND)
		passed = clock_of(out->clock_hz) / FRAMES_A_SECOND;
	out->first = (uint16_t)(out->newest + 1);
	out->sequence_by = (uint16_t)(out->first - packet->sequence);
	out->timestamp_by = out->timestamp + passed - packet->timestamp;
	out->since = 0;
	out->mapped = true;
}

/* A straggler from before the switch would take a number that is used. */
static bool is_stale(const struct stream_out *out, uint16_t sequence)
{
	return out->since < STREAM_DROPOUT_MAX &&
	       (int16_t)(uint16_t)(sequence - out->first) < 0;
}

static void note_sent(struct stream_out *out, const struct rtp_packet *packet,
		      int64_t now_ns)
{
	out->newest = packet->sequence;
	/* An event's packets all say when it began. */
	if (!out->started || packet->timestamp != out->timestamp)
		out->sent_ns = now_ns;
	out->timestamp = packet->timestamp;
}

void stream_out_append(struct stream_out *out, struct rtp_packet *packet,
		       int64_t now_ns)
{
	packet->ssrc = out->ssrc;
	packet->sequence = (uint16_t)(out->newest + 1);
	note_sent(out, packet, now_ns);
	out->started = true;
	out->mapped = false;
	out->packets++;
	out->octets += (uint32_t)packet->size;
}

bool stream_out_place(struct stream_out *out, struct rtp_packet *packet,
		      int64_t now_ns)
{
	bool first = !out->mapped;
	uint16_t sequence;

	if (first)
		map_feed(out, packet, now_ns);
	sequence = (uint16_t)(packet->sequence + out->sequence_by);
	if (is_stale(out, sequence))
		return false;
	packet->ssrc = out->ssrc;
	packet->sequence = sequence;
	packet->timestamp += out->timestamp_by;
	packet->marker = packet->marker || first;
	if (first || (int16_t)(uint16_t)(sequence - out->newest) > 0)
		note_sent(out, packet, now_ns);
	out->started = true;
	if (out->since < UINT16_MAX)
		out->since++;
	out->packets++;
	out->octets += (uint32_t)packet->size;
	return true;
}

void stream_out_skip(struct stream_out *out, const struct rtp_packet *packet)
{
	uint16_t sequence = (uint16_t)(packet->sequence + out->sequence_by);

	if (out->mapped && sequence == (uint16_t)(out->newest + 1))
		out->sequence_by = (uint16_t)(out->sequence_by - 1);
}
