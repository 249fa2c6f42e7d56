/*
 * video.c - see video.h. The checks are those of the sound's path (relay.c), in
 * the same order; there is no SSRC lock, for pictures have several streams.
 */
#include "services/mediad/video.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/relay.h"
#include "services/mediad/rtp.h"
#include "services/mediad/secure/first.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#define NS_PER_MS 1000000
#define BIND_TRIES 32
#define PACKET_BYTES 2048
/* Pictures come in bursts, 2,000 packets are 20 Mbit in a second. */
#define RTP_SPACING_NS (1000000000 / 2000)
#define RTCP_SPACING_NS (1000000000 / 200)

/* --- to the other side --- */

/* Whose pictures get these packets; NULL: nobody's. */
static struct video *hearer_of(const struct video *video)
{
	struct leg *peer = video->leg->peer;

	if (!peer || peer->source != LEG_BRIDGED || !peer->video ||
	    !peer->video->terms.on)
		return NULL;
	return peer->video;
}

static bool send_out(struct video *to, bool rtcp, const uint8_t *data,
		     size_t size)
{
	uint8_t sealed[SEAL_PACKET_MAX + SEAL_ROOM];
	struct latch *latch =
		rtcp && !to->terms.mux ? &to->rtcp_latch : &to->latch;
	const struct endpoint *target = latch_target(latch, clock_mono_ms());
	int fd = rtcp && !to->terms.mux ? to->sockets.rtcp : to->sockets.rtp;

	if (!target || size > SEAL_PACKET_MAX)
		return false;
	memcpy(sealed, data, size);
	return guard_send(&to->guard, rtcp, sealed, &size) &&
	       !socket_send(fd, sealed, size, target);
}

/* The number that 'to' wants to get what came under 'pt'; -1: it has none. */
static int number_for(const struct video *from, const struct video *to,
		      uint8_t pt)
{
	for (unsigned i = 0; i < from->terms.count; i++) {
		const struct sdp_video_format *heard = &from->terms.formats[i];

		if (heard->ours != pt && heard->theirs != pt)
			continue;
		for (unsigned j = 0; j < to->terms.count; j++)
			if (to->terms.formats[j].key == heard->key)
				return to->terms.formats[j].theirs;
	}
	return -1;
}

static void pass_rtp(struct video *video, uint8_t *data, size_t size)
{
	struct video *to = hearer_of(video);
	int number = to ? number_for(video, to, data[1] & 0x7f) : -1;

	if (!video->terms.hears || !to || !to->terms.sends) {
		relay_refuse(video->leg, REFUSED_UNBRIDGED, NULL);
	} else if (number < 0) {
		relay_refuse(video->leg, REFUSED_PAYLOAD, NULL);
	} else {
		data[1] = (uint8_t)((data[1] & 0x80) | number);
		rtp_write32(data + 8, rtp_read32(data + 8) ^ to->mask);
		to->out += send_out(to, false, data, size);
	}
}

/* --- from one side --- */

static bool proves_itself(struct video *video, bool rtcp, uint8_t *data,
			  size_t *size, const struct endpoint *from,
			  int64_t now_ns)
{
	struct latch *latch =
		rtcp && !video->terms.mux ? &video->rtcp_latch : &video->latch;
	int64_t now_ms = now_ns / NS_PER_MS;
	bool known = latch_is_known(latch, from, now_ms);
	enum tally_refused why = REFUSED_STRANGER;

	if (latch_could_accept(latch, from, now_ms)) {
		why = REFUSED_RATE;
		if (relay_in_rate(&video->rate_ns[known], RTP_SPACING_NS,
				  now_ns)) {
			why = REFUSED_FORGED;
			if (guard_receive(&video->guard, rtcp, data, size) ==
			    SEAL_GOOD) {
				why = REFUSED_STRANGER;
				if (latch_accepts(latch, from, now_ms))
					return true;
			}
		}
	}
	relay_refuse(video->leg, why, from);
	return false;
}

static void take_rtp(struct video *video, uint8_t *data, size_t size,
		     const struct endpoint *from)
{
	struct rtp_packet packet;

	if (!proves_itself(video, false, data, &size, from, clock_mono_ns()))
		return;
	if (!rtp_parse(data, size, &packet)) {
		relay_refuse(video->leg, REFUSED_MALFORMED, from);
		return;
	}
	video->in++;
	pass_rtp(video, data, size);
}

static void take_rtcp(struct video *video, uint8_t *data, size_t size,
		      const struct endpoint *from)
{
	int64_t now_ns = clock_mono_ns();
	struct video *to = hearer_of(video);

	/* Behind NAT RTCP comes from where RTP was learnt to come from. */
	if (video->latch.state == LATCH_LEARNT)
		video->rtcp_latch.source = video->latch.best;
	if (!proves_itself(video, true, data, &size, from, now_ns) || !to ||
	    !relay_in_rate(&video->rtcp_rate_ns, RTCP_SPACING_NS, now_ns))
		return;
	size = video_map_rtcp(data, size, to->mask, video->mask);
	if (size > 0)
		(void)send_out(to, true, data, size);
}

static void on_packet(struct loop_watch *watch, uint32_t epoll_events)
{
	struct video *video = watch->owner;
	uint8_t data[PACKET_BYTES];
	struct endpoint from;
	ssize_t size;
	enum first first;

	(void)epoll_events;
	size = socket_receive(watch->fd, data, sizeof(data), &from);
	if (size < 0 || !video->terms.on)
		return;
	first = first_of(data, (size_t)size);
	if (first == FIRST_RTCP)
		take_rtcp(video, data, (size_t)size, &from);
	else if (first == FIRST_RTP && watch == &video->rtp_watch)
		take_rtp(video, data, (size_t)size, &from);
	else
		relay_refuse(video->leg,
			     first == FIRST_STUN ? REFUSED_STUN
						 : REFUSED_MALFORMED,
			     &from);
}

/* --- life --- */

static int bind_to(struct video *video, uint16_t port)
{
	struct endpoint at = video->leg->media->bound;

	endpoint_set_port(&at, port);
	video->port = port;
	return socket_pair_open(&at, &video->sockets);
}

static bool bind_any(struct video *video)
{
	struct ports *ports = video->leg->media->ports;
	int64_t now_ms = clock_mono_ms();
	int error = -EADDRINUSE;

	for (int i = 0; i < BIND_TRIES && error == -EADDRINUSE; i++) {
		uint16_t port = ports_take(ports, now_ms);

		if (!port)
			return false;
		error = bind_to(video, port);
		if (error)
			ports_give(ports, port, now_ms);
	}
	return error == 0;
}

static bool bind_exact(struct video *video, uint16_t port)
{
	struct ports *ports = video->leg->media->ports;

	if (!ports_take_exact(ports, port))
		return false;
	if (bind_to(video, port) == 0)
		return true;
	ports_give(ports, port, clock_mono_ms());
	return false;
}

struct video *video_new(struct leg *leg, uint16_t port)
{
	struct video *video = mem_new(1, sizeof(*video));
	struct loop *loop = leg->media->loop;

	video->leg = leg;
	if (!(port ? bind_exact(video, port) : bind_any(video))) {
		free(video);
		return NULL;
	}
	if (getrandom(&video->mask, sizeof(video->mask), 0) !=
	    sizeof(video->mask))
		abort();
	video->rtp_watch = (struct loop_watch){
		.fd = video->sockets.rtp, .ready = on_packet, .owner = video};
	video->rtcp_watch = (struct loop_watch){
		.fd = video->sockets.rtcp, .ready = on_packet, .owner = video};
	loop_watch_start(loop, &video->rtp_watch, EPOLLIN);
	loop_watch_start(loop, &video->rtcp_watch, EPOLLIN);
	return video;
}

struct video *video_free(struct video *video)
{
	if (!video)
		return NULL;
	loop_watch_stop(&video->rtp_watch);
	loop_watch_stop(&video->rtcp_watch);
	socket_pair_close(&video->sockets);
	ports_give(video->leg->media->ports, video->port, clock_mono_ms());
	guard_lower(&video->guard);
	free(video);
	return NULL;
}

static void relatch(struct video *video, const struct sdp_video_terms *terms)
{
	const struct endpoint *source = &video->leg->source_host;

	if (video->latch.state == LATCH_SHUT ||
	    !endpoint_equal(&terms->rtp, &video->latch.stated))
		latch_open(&video->latch, &terms->rtp, source,
			   latch_may_be_nat(&terms->rtp));
	if (video->rtcp_latch.state == LATCH_SHUT ||
	    !endpoint_equal(&terms->rtcp, &video->rtcp_latch.stated))
		latch_open(&video->rtcp_latch, &terms->rtcp, source, false);
}

void video_agree(struct leg *leg, const struct sdp *local,
		 const struct sdp *remote, bool late)
{
	struct video *video = leg->video;
	struct sdp_video_terms terms;

	if (!video)
		return;
	sdp_video_agree(local, remote, endpoint_family(&leg->media->bound),
			&terms);
	if (terms.on)
		relatch(video, &terms);
	if (!terms.sealed)
		guard_lower(&video->guard);
	else if (guard_raise(&video->guard, SDP_CIPHER_SDES, &terms.keys,
			     late || video->guard.keys_id) &&
		 getrandom(&video->mask, sizeof(video->mask), 0) !=
			 sizeof(video->mask))
		abort();
	suite_wipe(&terms.keys, sizeof(terms.keys));
	video->terms = terms;
}
