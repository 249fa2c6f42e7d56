/*
 * socket.h - the UDP sockets of a leg: RTP and RTCP.
 *
 * Contract: never blocking; one datagram a call. Errors are negative errno. A
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
/* Bytes, which may exceed 'room' when the datagram was cut; -EAGAIN: none. */
ssize_t socket_receive(int fd, uint8_t *data, size_t room,
		       struct endpoint *from_out);
int socket_send(int fd, const uint8_t *data, size_t size,
		const struct endpoint *to);
