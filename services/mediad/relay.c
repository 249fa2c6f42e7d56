/*
 * relay.c - receive, check, place in the other leg's stream, send.
 *
 * The checks stand in the order of what a stranger can do: form, source, rate,
 * SSRC; then what was agreed: direction, payload. Source learning sees well
 * formed packets only.
 */
#include "services/mediad/relay.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "services/mediad/codec/g711.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/digits/watch.h"
#include "services/mediad/hearing.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/secure/first.h"
#include "services/mediad/receive/report.h"
#include "services/mediad/session.h"
#include "services/mediad/speaking.h"
#include "services/mediad/tell.h"

#include <string.h>
#include <sys/epoll.h>

#define NS_PER_MS 1000000
#define RTP_SPACING_NS (1000000000 / 200) /* 200 packets a second … */
#define RTCP_SPACING_NS (1000000000 / 50)
#define BURST_NS 1000000000LL /* … a second's worth of them at once */

void relay_refuse(struct leg *leg, enum tally_refused reason,
		  const struct endpoint *from)
{
	const struct tally_row *row = &tally_rows[reason];
	char text[ENDPOINT_TEXT_BYTES] = "";

	leg->media->tally.refused[reason]++;
	leg->refused += row->peers_fault;
	if (row->log == TALLY_QUIET || leg->logged & 1u << reason)
		return;
	leg->logged |= 1u << reason;
	if (from)
		endpoint_text(from, text);
	log_line(row->log == TALLY_WARN ? LOG_WARN : LOG_INFO,
		 leg->session->call_sid, 0, "leg %s: dropping %s%s%s",
		 leg->name, row->words, text[0] ? ", address " : "", text);
}

/* The leaky bucket as one number: when the next packet would be on time. */
bool relay_in_rate(int64_t *due_ns, int64_t spacing_ns, int64_t now_ns)
{
	int64_t due = *due_ns > now_ns ? *due_ns : now_ns;

	if (due - now_ns > BURST_NS)
		return false;
	*due_ns = due + spacing_ns;
	return true;
}

/* Sealed in a copy: whose packet it is, it may be of use to others. */
static bool send_sealed(struct leg *leg, bool rtcp, int fd, const uint8_t *data,
			size_t size, const struct endpoint *to)
{
	uint8_t sealed[RTP_PACKET_MAX + SEAL_ROOM];

	if (size > RTP_PACKET_MAX)
		return false;
	memcpy(sealed, data, size);
	if (!guard_send(&leg->guard, rtcp, sealed, &size)) {
		relay_refuse(leg, REFUSED_UNSEALED, to);
		return false;
	}
	return !socket_send(fd, sealed, size, to);
}

bool relay_datagram(struct leg *leg, bool rtcp, const uint8_t *data,
		    size_t size, const struct endpoint *to)
{
	int fd = rtcp && !leg->terms.mux ? leg->sockets.rtcp : leg->sockets.rtp;

	if (leg->guard.cipher != SDP_CIPHER_NONE)
		return send_sealed(leg, rtcp, fd, data, size, to);
	if (!socket_send(fd, data, size, to))
		return true;
	relay_refuse(leg, REFUSED_SEND, to);
	return false;
}

static bool is_sent_event(const struct leg *leg, uint8_t pt)
{
	return pt != CODEC_PT_NONE &&
	       (pt == leg->terms.send_pt[CODEC_EVENT] ||
		pt == leg->terms.send_pt[CODEC_EVENT_48]);
}

static void send_to(struct leg *leg, struct rtp_packet *packet,
		    const struct endpoint *to)
{
	rtp_head(packet, packet->payload - RTP_HEAD_BYTES);
	if (!relay_datagram(leg, false, packet->payload - RTP_HEAD_BYTES,
			    packet->size + RTP_HEAD_BYTES, to))
		return;
	leg->media->tally.rtp_out++;
	leg->events_sent += is_sent_event(leg, packet->pt);
}

void relay_send(struct leg *leg, struct rtp_packet *packet, int64_t now_ns)
{
	const struct endpoint *to =
		latch_target(&leg->latch, now_ns / NS_PER_MS);

	if (!to || !leg->terms.sends) {
		relay_refuse(leg, REFUSED_DIRECTION, NULL);
		return;
	}
	if (stream_out_place(&leg->out, packet, now_ns))
		send_to(leg, packet, to);
	else
		relay_refuse(leg, REFUSED_LATE, NULL);
}

void relay_append(struct leg *leg, struct rtp_packet *packet, int64_t now_ns)
{
	const struct endpoint *to =
		latch_target(&leg->latch, now_ns / NS_PER_MS);

	if (!to || !leg->terms.sends) {
		relay_refuse(leg, REFUSED_DIRECTION, NULL);
		return;
	}
	stream_out_append(&leg->out, packet, now_ns);
	send_to(leg, packet, to);
}

/* In the clock of the events that 'to' knows. */
static bool translate_event(const struct leg *to, enum codec codec,
			    struct rtp_packet *packet)
{
	enum codec event = to->terms.event;

	if (event >= CODEC_COUNT)
		return false;
	digits_rescale(packet, codec_rows[codec].clock_hz,
		       codec_rows[event].clock_hz);
	packet->pt = to->terms.send_pt[event];
	return true;
}

/* In the numbers of 'to'; recoded when it does not know the codec. False: it
 * has no use for this packet. */
static bool translate(const struct leg *to, enum codec codec,
		      struct rtp_packet *packet)
{
	uint8_t pt = to->terms.send_pt[codec];

	if (packet->size == 0 || to->terms.codec == CODEC_NONE)
		return false;
	if (pt == CODEC_PT_NONE && codec_is_event(codec))
		return translate_event(to, codec, packet);
	if (pt == CODEC_PT_NONE) {
		if (codec > CODEC_PCMA || to->terms.codec > CODEC_PCMA)
			return false;
		g711_recode(codec, to->terms.codec, packet->payload,
			    packet->size);
		pt = to->terms.send_pt[to->terms.codec];
	}
	packet->pt = pt;
	return true;
}

/* The peer is given samples by ticks; only digits go to it as they come. */
static void pass_event(struct leg *leg, struct rtp_packet *packet,
		       enum codec codec, int64_t now_ns)
{
	struct leg *peer = leg->peer;

	if (!press_by_event(peer)) {
		relay_refuse(leg, REFUSED_PAYLOAD, NULL);
		return;
	}
	packet->pt = peer->terms.send_pt[peer->terms.event];
	speaking_event(peer, packet, codec_rows[codec].clock_hz, now_ns);
}

static void pass_packet(struct leg *leg, struct rtp_packet *packet,
			enum codec codec, int64_t now_ns)
{
	struct leg *peer = leg->peer;

	if (!peer || peer->source != LEG_BRIDGED) {
		if (!leg->hearing)
			relay_refuse(leg, REFUSED_UNBRIDGED, NULL);
	} else if (press_mutes(peer)) {
		return; /* a key is down, and nothing else is sent */
	} else if (leg->transcoded) {
		if (codec_is_event(codec) &&
		    !digits_is_past(&leg->digits, packet))
			pass_event(leg, packet, codec, now_ns);
	} else if (!translate(peer, codec, packet)) {
		stream_out_skip(&peer->out, packet);
		relay_refuse(leg, REFUSED_PAYLOAD, NULL);
	} else {
		relay_send(peer, packet, now_ns);
	}
}

/* Of a type that was agreed, and of a size that is one. */
static bool is_of_use(struct leg *leg, const struct rtp_packet *packet,
		      enum codec codec, int64_t now_ns)
{
	if (codec == CODEC_NONE || packet->size == 0 ||
	    (codec_is_event(codec) && packet->size < DIGITS_EVENT_BYTES))
		return false;
	return codec == leg->heard || !codec_rows[codec].audio ||
	       leg_hears_codec(leg, codec, now_ns / NS_PER_MS);
}

/* What 'leg' heard goes to whoever hears it. */
static void pass_on(struct leg *leg, struct rtp_packet *packet, int64_t now_ns)
{
	enum codec codec = (enum codec)leg->terms.codec_of[packet->pt];

	if (!leg->terms.hears) {
		relay_refuse(leg, REFUSED_DIRECTION, NULL);
		return;
	}
	if (!is_of_use(leg, packet, codec, now_ns)) {
		if (leg->peer && leg->peer->source == LEG_BRIDGED)
			stream_out_skip(&leg->peer->out, packet);
		relay_refuse(leg, REFUSED_PAYLOAD, NULL);
		return;
	}
	watch_packet(leg, codec, packet, now_ns);
	if (codec == CODEC_CN)
		leg_hears_pause(leg);
	if (leg->hearing)
		hearing_take(leg, packet, codec, now_ns);
	pass_packet(leg, packet, codec, now_ns);
}

/*
 * A packet that must be sealed proves itself before anything is learnt from
 * it. Trying costs time, so who is not known yet has a rate of its own: a
 * stranger's flood cannot take up the peer's.
 */
static bool unseal(struct leg *leg, bool rtcp, uint8_t *data, size_t *size,
		   const struct endpoint *from, int64_t now_ns)
{
	struct latch *latch = rtcp ? &leg->rtcp_latch : &leg->latch;
	int64_t now_ms = now_ns / NS_PER_MS;

	if (leg->guard.cipher == SDP_CIPHER_NONE)
		return true;
	if (!latch_could_accept(latch, from, now_ms)) {
		relay_refuse(leg, REFUSED_STRANGER, from);
		return false;
	}
	if (!relay_in_rate(&leg->proof_ns[latch_is_known(latch, from, now_ms)],
			   RTP_SPACING_NS, now_ns)) {
		relay_refuse(leg, REFUSED_RATE, from);
		return false;
	}
	if (!leg->guard.seal) {
		relay_refuse(leg, REFUSED_UNSEALED, from);
		return false;
	}
	switch (guard_receive(&leg->guard, rtcp, data, size)) {
	case SEAL_FORGED: relay_refuse(leg, REFUSED_FORGED, from); return false;
	case SEAL_REPLAYED:
		relay_refuse(leg, REFUSED_REPLAYED, from);
		return false;
	case SEAL_MALFORMED:
		relay_refuse(leg, REFUSED_MALFORMED, from);
		return false;
	case SEAL_GOOD: break;
	}
	return true;
}

static void take_rtp(struct leg *leg, uint8_t *data, size_t size,
		     const struct endpoint *from)
{
	int64_t now_ns = clock_mono_ns();
	enum stream_arrival arrival;
	struct rtp_packet packet;

	if (!unseal(leg, false, data, &size, from, now_ns))
		return;
	if (!rtp_parse(data, size, &packet)) {
		relay_refuse(leg, REFUSED_MALFORMED, from);
		return;
	}
	/* The callee may be faster than its own answer. */
	if (leg->latch.state == LATCH_SHUT) {
		relay_refuse(leg, REFUSED_EARLY, from);
		return;
	}
	if (!latch_accepts(&leg->latch, from, now_ns / NS_PER_MS)) {
		relay_refuse(leg, REFUSED_STRANGER, from);
		return;
	}
	if (!relay_in_rate(&leg->rate_ns, RTP_SPACING_NS, now_ns)) {
		relay_refuse(leg, REFUSED_RATE, from);
		return;
	}
	arrival = stream_in_take(&leg->in, &packet, now_ns);
	switch (arrival) {
	case STREAM_FOREIGN: relay_refuse(leg, REFUSED_SSRC, from); return;
	case STREAM_RESTART:
		watch_reset(leg, now_ns);
		hearing_restart(leg);
		if (leg->peer && !leg->transcoded)
			stream_out_switch(&leg->peer->out);
		break;
	case STREAM_NEXT: break;
	}
	leg->media->tally.rtp_in++;
	quality_packet(
		&leg->quality, &leg->in, &packet,
		codec_is_event((enum codec)leg->terms.codec_of[packet.pt]),
		arrival == STREAM_RESTART);
	pass_on(leg, &packet, now_ns);
}

static bool take_rtcp(struct leg *leg, uint8_t *data, size_t size,
		      const struct endpoint *from)
{
	int64_t now_ns = clock_mono_ns();
	struct rtcp_news news;

	/* Behind NAT RTCP comes from where RTP was learnt to come from. */
	if (leg->latch.state == LATCH_LEARNT)
		leg->rtcp_latch.source = leg->latch.best;
	if (!unseal(leg, true, data, &size, from, now_ns) ||
	    !rtcp_parse(data, size, leg->out.ssrc, &news) ||
	    !latch_accepts(&leg->rtcp_latch, from, now_ns / NS_PER_MS) ||
	    !relay_in_rate(&leg->rtcp_rate_ns, RTCP_SPACING_NS, now_ns))
		return false;
	report_take(leg, &news, now_ns);
	if (news.about_us)
		speaking_expect_loss(leg, news.fraction_lost * 100u / 256);
	return true;
}

static void count_rtcp(struct leg *leg, uint8_t *data, size_t size,
		       const struct endpoint *from)
{
	struct tally *tally = &leg->media->tally;

	if (take_rtcp(leg, data, size, from))
		tally->rtcp_in++;
	else
		tally->rtcp_refused++;
}

static void take_stun(struct leg *leg, uint8_t *data, size_t size,
		      const struct endpoint *from)
{
	(void)data;
	(void)size;
	relay_refuse(leg, REFUSED_STUN, from);
}

static void take_dtls(struct leg *leg, uint8_t *data, size_t size,
		      const struct endpoint *from)
{
	handshake_take(leg, data, size, from);
}

typedef void take_fn(struct leg *leg, uint8_t *data, size_t size,
		     const struct endpoint *from);

/* What comes to the port of RTP, by RFC 7983. */
static take_fn *const take_fns[] = {
	[FIRST_RTP] = take_rtp,   [FIRST_RTCP] = count_rtcp,
	[FIRST_DTLS] = take_dtls, [FIRST_STUN] = take_stun,
	[FIRST_OTHER] = take_rtp,
};

static void take_any(struct leg *leg, uint8_t *data, size_t size,
		     const struct endpoint *from)
{
	take_fns[first_of(data, size)](leg, data, size, from);
}

/*
 * Usually one packet, and none is left then. A flood is read by the dozen, so
 * that the peer's packets find room among a stranger's; what is left of it
 * comes back here after everybody else had a turn.
 */
static void receive(struct loop_watch *watch, take_fn *take)
{
	struct leg *leg = watch->owner;
	struct socket_batch *batch = &leg->media->batch;
	unsigned count = socket_receive_all(watch->fd, batch);

	for (unsigned i = 0; i < count; i++)
		take(leg, batch->data[i], batch->heads[i].msg_len,
		     &batch->from[i]);
	if (count == SOCKET_BATCH)
		loop_watch_change(watch, EPOLLIN | EPOLLET);
}

static void on_rtp(struct loop_watch *watch, uint32_t epoll_events)
{
	(void)epoll_events;
	receive(watch, take_any);
}

static void on_rtcp(struct loop_watch *watch, uint32_t epoll_events)
{
	(void)epoll_events;
	receive(watch, count_rtcp);
}

void relay_start(struct leg *leg)
{
	leg->rtp_watch = (struct loop_watch){
		.fd = leg->sockets.rtp, .ready = on_rtp, .owner = leg};
	leg->rtcp_watch = (struct loop_watch){
		.fd = leg->sockets.rtcp, .ready = on_rtcp, .owner = leg};
	loop_watch_start(leg->media->loop, &leg->rtp_watch, EPOLLIN | EPOLLET);
	loop_watch_start(leg->media->loop, &leg->rtcp_watch, EPOLLIN | EPOLLET);
}

void relay_stop(struct leg *leg)
{
	loop_watch_stop(&leg->rtp_watch);
	loop_watch_stop(&leg->rtcp_watch);
}
