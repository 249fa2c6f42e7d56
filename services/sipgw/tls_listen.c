/*
 * tls_listen.c - TLS connections that others make to us; see tls_link.h.
 */
#include "services/sipgw/tls_link.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/resolve.h"
#include "services/sipgw/sipgw.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BACKLOG 128
#define ACCEPTS_A_TURN 16
#define REFUSAL_LINE_MS 1000

METRIC_COUNTER(refused_source, "sip_tls_refused_total", "reason=\"source\"",
	       "TLS connections refused before their handshake.")
METRIC_COUNTER(refused_all, "sip_tls_refused_total", "reason=\"all\"",
	       "TLS connections refused before their handshake.")

/* An IPv6 source is a /64, as in guard.c. */
static bool same_source(const struct sockaddr_storage *a,
			const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	size_t part = IN6_IS_ADDR_V4MAPPED(&a6->sin6_addr) ? 16 : 8;
	return memcmp(&a6->sin6_addr, &b6->sin6_addr, part) == 0;
}

/* NULL: it may come. */
static struct metric *judge(const struct tls *tls,
			    const struct sockaddr_storage *source)
{
	unsigned same = 0, shaking = 0;
	for (unsigned i = 0; i < TLS_LINKS_MAX; i++) {
		const struct tls_link *link = tls->slots[i];
		if (!link || !link->inbound || link->state == TLS_DEAD)
			continue;
		shaking += link->state == TLS_SHAKING;
		same += same_source(&link->peer, source);
	}
	if (same >= TLS_PER_SOURCE_MAX)
		return &refused_source;
	return shaking >= TLS_SHAKING_MAX ? &refused_all : NULL;
}

static void refuse(struct metric *why, const struct sockaddr_storage *source)
{
	static int64_t said_ms;
	int64_t now_ms = clock_mono_ms();
	char text[RESOLVE_TEXT_BYTES];
	metric_add(why, 1);
	if (said_ms && now_ms - said_ms < REFUSAL_LINE_MS)
		return;
	said_ms = now_ms;
	resolve_text((const struct sockaddr *)source, text);
	log_warn(NULL, ERR_OVERLOAD, "TLS connection from %s refused: %s", text,
		 why == &refused_source ? "its source has too many"
					: "too many handshakes");
}

static void take(struct tls *tls, int fd, const struct sockaddr_storage *source)
{
	struct metric *why = judge(tls, source);
	struct tls_link *link = why ? NULL : tls_link_new(tls, true);
	if (!link) {
		refuse(why ? why : &refused_all, source);
		close(fd);
		return;
	}
	link->peer = *source;
	tls_link_take(link, fd);
}

static void on_connections(struct loop_watch *watch, uint32_t events)
{
	struct tls *tls = watch->owner;
	(void)events;
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage source = {0};
		socklen_t size = sizeof(source);
		int fd = accept4(watch->fd, (struct sockaddr *)&source, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		take(tls, fd, &source);
	}
}

bool tls_listen_open(struct tls *tls)
{
	const struct settings *settings = &tls->gw->service->settings;
	struct sockaddr_storage own;
	int one = 1;
	if (!resolve_numeric(settings->sip_host, (uint16_t)settings->sips_port,
			     &own))
		return false; /* the other transports have said so */
	int fd = socket(own.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t size = own.ss_family == AF_INET ? sizeof(struct sockaddr_in)
						  : sizeof(struct sockaddr_in6);
	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, (struct sockaddr *)&own, size) == 0 &&
	    listen(fd, BACKLOG) == 0) {
		tls->listener = (struct loop_watch){
			.fd = fd, .ready = on_connections, .owner = tls};
		loop_watch_start(tls->gw->service->loop, &tls->listener,
				 EPOLLIN);
		return true;
	}
	log_error(NULL, 0, "cannot listen on %s port %d over tls: %s",
		  settings->sip_host, (int)settings->sips_port,
		  strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

void tls_listen_close(struct tls *tls)
{
	loop_watch_stop(&tls->listener);
	if (tls->listener.fd >= 0)
		close(tls->listener.fd);
	tls->listener.fd = -1;
}
