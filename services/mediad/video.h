/*
 * video.h - a leg's pictures: a port pair of their own, whose packets go to the
 * pictures of the other side of its bridge as they came (Restcomm's <Video>).
 *
 * Contract: belongs to its leg; there while our description of the leg may have
 * pictures. Nothing that fails here touches the sound. Payload types become the
 * other side's; SSRCs are changed by a mask of the leg's, in reports and in
 * feedback too (PLI, FIR, NACK), so that each side knows one name of a stream
 * and no key ever meets an SSRC again after a crash. The leg's thread.
 */
#pragma once

#include "lib/runtime/loop.h"
#include "services/mediad/latch.h"
#include "services/mediad/sdp/sdp_video.h"
#include "services/mediad/secure/guard.h"
#include "services/mediad/socket.h"

#include <stdbool.h>
#include <stdint.h>

struct leg;

struct video {
	struct leg *leg;
	uint16_t port;
	struct socket_pair sockets;
	struct loop_watch rtp_watch, rtcp_watch;
	struct sdp_video_terms terms; /* without keys */
	struct latch latch, rtcp_latch;
	struct guard guard;
	uint32_t mask; /* of SSRCs that the other side is told */
	int64_t rate_ns[2], rtcp_rate_ns;
	uint64_t in, out; /* packets of RTP */
};

/* Ports and sockets; 'port' 0: any. NULL: there are none. */
struct video *video_new(struct leg *leg, uint16_t port);
struct video *video_free(struct video *video); /* NULL is fine */
/* What both descriptions say of the leg's pictures comes into force. 'late':
 * as with seal_new. */
void video_agree(struct leg *leg, const struct sdp *local,
		 const struct sdp *remote, bool late);
/*
 * RTCP of one side as the other side is to get it: 'own' is the mask of whom it
 * is told, 'other' that of who sent it. In place; returns the size, 0: nothing
 * is left, or it is malformed.
 */
size_t video_map_rtcp(uint8_t *data, size_t size, uint32_t own, uint32_t other);
