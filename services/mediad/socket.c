/*
 * socket.c - system calls of the packet path, nothing else.
 *
 * Sockets stay unconnected: a connected one would hide strangers from us and
 * turn a peer's closed port into errors.
 */
#include "services/mediad/socket.h"

#include <errno.h>
#include <netinet/ip.h>
#include <string.h>
#include <unistd.h>

/* Voice, expedited forwarding (RFC 4594). A network that does not care ignores
 * it, so does a kernel that refuses. */
static void mark_traffic(int fd, int family)
{
	int class = 46 << 2;

	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class,
				 sizeof(class));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &class, sizeof(class));
}

static int open_one(const struct endpoint *at)
{
	int family = endpoint_family(at);
	int only = 1;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* One family a socket: SDP names one, and mapped addresses would not
	 * compare equal. */
	if ((family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only))) ||
	    bind(fd, &at->at.any, endpoint_size(at))) {
		int error = errno;

		close(fd);
		return -error;
	}
	mark_traffic(fd, family);
	return fd;
}

int socket_pair_open(const struct endpoint *at, struct socket_pair *pair_out)
{
	struct endpoint next = *at;
	struct socket_pair pair;

	endpoint_set_port(&next, (uint16_t)(endpoint_port(at) + 1));
	pair.rtp = open_one(at);
	if (pair.rtp < 0)
		return pair.rtp;
	pair.rtcp = open_one(&next);
	if (pair.rtcp < 0) {
		close(pair.rtp);
		return pair.rtcp;
	}
	*pair_out = pair;
	return 0;
}

void socket_pair_close(struct socket_pair *pair)
{
	close(pair->rtp);
	close(pair->rtcp);
	pair->rtp = pair->rtcp = -1;
}

void socket_batch_init(struct socket_batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	for (int i = 0; i < SOCKET_BATCH; i++) {
		batch->parts[i] =
			(struct iovec){batch->data[i], SOCKET_DATAGRAM_BYTES};
		batch->heads[i].msg_hdr =
			(struct msghdr){.msg_name = &batch->from[i].at,
					.msg_iov = &batch->parts[i],
					.msg_iovlen = 1};
	}
}

unsigned socket_receive_all(int fd, struct socket_batch *batch)
{
	int count;

	for (int i = 0; i < SOCKET_BATCH; i++)
		batch->heads[i].msg_hdr.msg_namelen = sizeof(batch->from[i].at);
	count = recvmmsg(fd, batch->heads, SOCKET_BATCH,
			 MSG_DONTWAIT | MSG_TRUNC, NULL);
	for (int i = 0; i < count; i++)
		if (batch->heads[i].msg_len > SOCKET_DATAGRAM_BYTES)
			batch->heads[i].msg_len = SOCKET_DATAGRAM_BYTES;
	return count > 0 ? (unsigned)count : 0;
}

ssize_t socket_receive(int fd, uint8_t *data, size_t room,
		       struct endpoint *from_out)
{
	socklen_t length = sizeof(from_out->at);
	ssize_t size = recvfrom(fd, data, room, MSG_DONTWAIT | MSG_TRUNC,
				&from_out->at.any, &length);

	return size < 0 ? -errno : size;
}

int socket_send(int fd, const uint8_t *data, size_t size,
		const struct endpoint *to)
{
	ssize_t sent = sendto(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL,
			      &to->at.any, endpoint_size(to));

	return sent < 0 ? -errno : 0;
}
