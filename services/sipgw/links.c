/*
 * links.c - TCP connections that others made to us; see links.h.
 *
 * sofia accepts them, tells nobody, and has a limit neither for a source nor
 * for one that says nothing (its own are for a message that has begun, and for
 * half an hour without any). So the listening socket is watched beside it, and
 * after a new connection ours are looked through: the kernel knows what came
 * over each. Nothing is done while nobody connects and nobody is silent. What
 * is shut down here, sofia closes as it closes any that has ended.
 */
#include "services/sipgw/links.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/sipgw.h"

#include <dirent.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

METRIC_COUNTER(closed, "sip_tcp_closed_total", "",
	       "TCP connections ended: silent, or more than a source may have.")
METRIC_GAUGE(open_links, "sip_tcp_connections", "",
	     "TCP connections of others when they were last looked through.")

static void look_soon(struct sipgw *gw);

/* --- what is there --- */

static uint16_t port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return 0;
}

/* A TCP socket of our SIP port. */
static bool is_ours(const struct sipgw *gw, int fd)
{
	struct sockaddr_storage local = {0};
	socklen_t size = sizeof(local);
	int type = 0;
	socklen_t type_size = sizeof(type);
	return getsockname(fd, (struct sockaddr *)&local, &size) == 0 &&
	       port_of(&local) == gw->service->settings.sip_port &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 &&
	       type == SOCK_STREAM;
}

static bool read_link(int fd, struct link *link)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info), peer_size = sizeof(link->peer);
	*link = (struct link){.fd = fd};
	if (getpeername(fd, (struct sockaddr *)&link->peer, &peer_size) < 0 ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return false;
	link->bytes = info.tcpi_bytes_received;
	link->rest_ms = info.tcpi_last_data_recv;
	return true;
}

/* Calls 'found' with each of our TCP sockets. */
static void each_socket(struct sipgw *gw,
			void (*found)(struct sipgw *gw, int fd, void *owner),
			void *owner)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	int64_t fd;
	while (folder && (entry = readdir(folder)))
		if (str_number(entry->d_name, 0, INT32_MAX, &fd) &&
		    is_ours(gw, (int)fd))
			found(gw, (int)fd, owner);
	if (folder)
		closedir(folder);
}

/* --- who must go --- */

/* An IPv6 source is a /64, as in guard.c. */
static int compare_sources(const struct link *a, const struct link *b)
{
	if (a->peer.ss_family != b->peer.ss_family)
		return a->peer.ss_family < b->peer.ss_family ? -1 : 1;
	if (a->peer.ss_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)&a->peer)->sin_addr,
			      &((const struct sockaddr_in *)&b->peer)->sin_addr,
			      4);
	const struct in6_addr *six =
		&((const struct sockaddr_in6 *)&a->peer)->sin6_addr;
	const struct in6_addr *other =
		&((const struct sockaddr_in6 *)&b->peer)->sin6_addr;
	return memcmp(six, other, IN6_IS_ADDR_V4MAPPED(six) ? 16 : 8);
}

static int compare(const void *left, const void *right)
{
	const struct link *a = left, *b = right;
	int order = compare_sources(a, b);
	if (order == 0 && a->bytes != b->bytes)
		order = a->bytes > b->bytes ? -1 : 1;
	return order;
}

size_t links_judge(struct link *links, size_t count)
{
	size_t gone = 0, same = 0;
	struct link source = {.fd = -1};
	if (count)
		qsort(links, count, sizeof(links[0]), compare);
	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || compare_sources(&source, &links[i]) != 0;
		source = links[i];
		same = first ? 1 : same + 1;
		if (same <= LINKS_PER_SOURCE &&
		    (source.bytes || source.rest_ms < LINKS_SILENT_MS))
			continue;
		links[i] = links[gone];
		links[gone++] = source;
	}
	return gone;
}

struct links {
	struct link *list;
	size_t count, room;
	bool silent; /* one of them */
};

static void add(struct sipgw *gw, int fd, void *owner)
{
	struct links *links = owner;
	struct link link;
	(void)gw;
	if (!read_link(fd, &link))
		return; /* it listens, or has ended */
	if (links->count == links->room) {
		links->room = links->room ? links->room * 2 : 64;
		links->list = mem_grow(links->list,
				       links->room * sizeof(links->list[0]));
	}
	links->silent |= link.bytes == 0;
	links->list[links->count++] = link;
}

static void on_look(struct loop_timer *timer)
{
	struct sipgw *gw = timer->owner;
	struct links links = {0};
	each_socket(gw, add, &links);
	size_t gone = links_judge(links.list, links.count);
	for (size_t i = 0; i < gone; i++)
		shutdown(links.list[i].fd, SHUT_RDWR);
	metric_add(&closed, (int64_t)gone);
	metric_set(&open_links, (int64_t)(links.count - gone));
	if (gone)
		log_warn(NULL, ERR_OVERLOAD,
			 "%zu TCP connections ended: silent for %d s, or more "
			 "than %d from one source",
			 gone, LINKS_SILENT_MS / 1000, LINKS_PER_SOURCE);
	free(links.list);
	if (links.silent)
		look_soon(gw);
}

/* --- when --- */

static void look_soon(struct sipgw *gw)
{
	if (!gw->links_timer.position)
		loop_timer_start(gw->service->loop, &gw->links_timer,
				 LINKS_LOOK_MS);
}

static void on_connection(struct loop_watch *watch, uint32_t epoll_events)
{
	(void)epoll_events;
	look_soon(watch->owner);
}

static void watch_listener(struct sipgw *gw, int fd, void *owner)
{
	int listens = 0;
	socklen_t size = sizeof(listens);
	(void)owner;
	if (gw->links_watch.loop ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 ||
	    !listens)
		return;
	gw->links_watch.fd = fd;
	/* Edges: sofia accepts, and we only want to know of it. */
	loop_watch_start(gw->service->loop, &gw->links_watch,
			 EPOLLIN | (uint32_t)EPOLLET);
}

void links_open(struct sipgw *gw)
{
	gw->links_timer = (struct loop_timer){.due = on_look, .owner = gw};
	gw->links_watch =
		(struct loop_watch){.ready = on_connection, .owner = gw};
	each_socket(gw, watch_listener, NULL);
	if (!gw->links_watch.loop)
		log_warn(NULL, ERR_INTERNAL,
			 "TCP connections have no limit: no listener found");
}

void links_close(struct sipgw *gw)
{
	loop_timer_stop(gw->service->loop, &gw->links_timer);
	if (gw->links_watch.loop)
		loop_watch_stop(&gw->links_watch);
}
