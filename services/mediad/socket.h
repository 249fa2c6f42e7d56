/*
 * socket.h - the UDP sockets of a leg: RTP and RTCP.
 *
 * Contract: never blocking. Errors are negative errno. A
 * pair is bound to both ports or not at all. Any thread.
 */
#pragma once

#include "services/mediad/endpoint.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct socket_pair {
	int rtp, rtcp;
};

/* 'at' is the RTP port's address; RTCP gets the next port. */
int socket_pair_open(const struct endpoint *at, struct socket_pair *pair_out);
void socket_pair_close(struct socket_pair *pair);

/* Room for what one call receives; socket_batch_init once. */
#define SOCKET_BATCH 16
#define SOCKET_DATAGRAM_BYTES 2048

struct socket_batch {
	struct mmsghdr heads[SOCKET_BATCH];
	struct iovec parts[SOCKET_BATCH];
	struct endpoint from[SOCKET_BATCH];
	uint8_t data[SOCKET_BATCH][SOCKET_DATAGRAM_BYTES];
};

void socket_batch_init(struct socket_batch *batch);
/* How many have come, each with its size in heads[].msg_len: cut to the room,
 * which is more than any packet of ours has. SOCKET_BATCH: there may be more;
 * 0: none. */
unsigned socket_receive_all(int fd, struct socket_batch *batch);
/* Bytes, which may exceed 'room' when the datagram was cut; -EAGAIN: none. */
ssize_t socket_receive(int fd, uint8_t *data, size_t room,
		       struct endpoint *from_out);
int socket_send(int fd, const uint8_t *data, size_t size,
		const struct endpoint *to);
