/*
 * relay.h - the packet path: from a leg's socket to its peer's.
 *
 * Contract: no allocation, no blocking; touches the leg,
 * its peer and their 'struct media' alone. What is not passed on is counted by
 * reason, and logged once a leg where a person should know. The loop's thread.
 */
#pragma once

#include "services/mediad/rtp.h"
#include "services/mediad/tally.h"

#include <stdbool.h>
#include <stdint.h>

struct endpoint;
struct leg;

/* A packet is dropped: counted, and logged once a leg where a person should
 * know. 'from' may be NULL. */
void relay_refuse(struct leg *leg, enum tally_refused reason,
		  const struct endpoint *from);
/* From now on the leg's sockets are read. */
void relay_start(struct leg *leg);
void relay_stop(struct leg *leg);
/* Through the leg's guard, from its port of that kind. False: not sent. */
bool relay_datagram(struct leg *leg, bool rtcp, const uint8_t *data,
		    size_t size, const struct endpoint *to);
/* A leaky bucket as one number, which is moved on; it holds a second's worth.
 * False: too many. */
bool relay_in_rate(int64_t *due_ns, int64_t spacing_ns, int64_t now_ns);
/*
 * Sends a packet as part of the leg's own stream. 'packet' has its payload in
 * a buffer with RTP_HEAD_BYTES before it, and codec's numbers are the feed's.
 */
void relay_send(struct leg *leg, struct rtp_packet *packet, int64_t now_ns);
/* The same for a packet that is of no feed: see stream_out_append. */
void relay_append(struct leg *leg, struct rtp_packet *packet, int64_t now_ns);
