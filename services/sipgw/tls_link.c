/*
 * tls_link.c - one TLS connection, between the network and nta; see tls_link.h.
 *
 * Two pipes of 16 KiB and no more: whichever side is slow, the other one is not
 * read until it has caught up.
 */
#include "services/sipgw/tls_link.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/resolve.h"
#include "services/sipgw/sipgw.h"

#include <openssl/err.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

METRIC_GAUGE(up_in, "sip_tls_connections", "direction=\"inbound\"",
	     "TLS connections that are up.")
METRIC_GAUGE(up_out, "sip_tls_connections", "direction=\"outbound\"",
	     "TLS connections that are up.")
METRIC_COUNTER(failed_in, "sip_tls_failed_total", "direction=\"inbound\"",
	       "TLS connections that did not come up.")
METRIC_COUNTER(failed_out, "sip_tls_failed_total", "direction=\"outbound\"",
	       "TLS connections that did not come up.")

static struct loop *loop_of(const struct tls_link *link)
{
	return link->tls->gw->service->loop;
}

/* --- states --- */

static void enter(struct tls_link *link, enum tls_state state)
{
	struct metric *up = link->inbound ? &up_in : &up_out;
	if (state == TLS_UP)
		metric_add(up, 1);
	else if (link->state == TLS_UP)
		metric_add(up, -1);
	else if (state == TLS_DEAD && link->error)
		metric_add(link->inbound ? &failed_in : &failed_out, 1);
	link->state = state;
}

static void close_side(struct loop_watch *side)
{
	loop_watch_stop(side);
	if (side->fd >= 0)
		close(side->fd);
	side->fd = -1;
}

static void log_end(const struct tls_link *link)
{
	char text[RESOLVE_TEXT_BYTES];
	resolve_text((const struct sockaddr *)&link->peer, text);
	if (link->inbound) /* strangers may call as often as they like */
		log_debug(NULL, "TLS from %s ended: %s", text, link->why);
	else
		log_info(NULL, "TLS to %s for %s ended: %s", text, link->host,
			 link->why);
}

void tls_link_end(struct tls_link *link, int error, const char *why)
{
	if (link->state == TLS_DEAD)
		return;
	link->error = error;
	if (why)
		str_copy(link->why, sizeof(link->why), why);
	if (link->state == TLS_UP && link->ssl && !SSL_in_init(link->ssl)) {
		ERR_clear_error();
		SSL_shutdown(link->ssl); /* says so, and does not wait */
		ERR_clear_error();
	}
	log_end(link);
	enter(link, TLS_DEAD);
	SSL_free(link->ssl);
	link->ssl = NULL;
	close_side(&link->net);
	/* What nta wrote and nobody read makes this a reset to nta, which fails
	 * its requests at once. */
	close_side(&link->local);
	free(link->in.bytes);
	free(link->out.bytes);
	link->in.bytes = link->out.bytes = NULL;
	loop_timer_start(loop_of(link), &link->timer,
			 link->inbound ? 0 : TLS_REMEMBER_MS);
}

static void on_time(struct loop_timer *timer)
{
	struct tls_link *link = timer->owner;
	char text[128];
	switch (link->state) {
	case TLS_NEW: tls_link_end(link, 0, "nothing was sent"); return;
	case TLS_CONNECTING:
		if (link->net.fd < 0) { /* begin() has said why */
			tls_link_end(link, link->error, NULL);
			return;
		}
		str_format(text, sizeof(text), "no TCP connection in %d ms",
			   TLS_CALL_MS);
		tls_link_end(link, ERR_SIP_TLS, text);
		return;
	case TLS_SHAKING:
		str_format(text, sizeof(text),
			   "no answer to the TLS handshake in %d ms: is it a "
			   "TLS port?",
			   link->inbound ? TLS_SHAKE_MS : TLS_CALL_MS);
		tls_link_end(link, ERR_SIP_TLS, text);
		return;
	case TLS_UP: tls_link_end(link, 0, "silent for too long"); return;
	case TLS_DEAD: tls_link_free(link); return;
	}
}

/* --- bytes --- */

static bool is_empty(const struct tls_pipe *pipe)
{
	return pipe->from == pipe->to;
}

static void fill(struct tls_pipe *pipe, size_t length)
{
	pipe->from = 0;
	pipe->to = length;
}

static void wants(struct tls_link *link, struct loop_watch *side,
		  uint32_t *watched, uint32_t events)
{
	if (events == *watched)
		return;
	if (!events)
		loop_watch_stop(side);
	else if (side->loop)
		loop_watch_change(side, events);
	else
		loop_watch_start(loop_of(link), side, events);
	*watched = events;
}

static void watch_both(struct tls_link *link)
{
	uint32_t net = 0, local = 0;
	if (is_empty(&link->in))
		net |= EPOLLIN;
	else
		local |= EPOLLOUT;
	if (!is_empty(&link->out))
		net |= link->write_waits;
	else if (!link->local_end)
		local |= EPOLLIN;
	wants(link, &link->net, &link->net_events, net);
	wants(link, &link->local, &link->local_events, local);
}

/* True: it was SSL_ERROR_WANT_…, and nothing is wrong. */
static bool is_waiting(struct tls_link *link, int returned)
{
	int saved = errno;
	int result = SSL_get_error(link->ssl, returned);
	if (result == SSL_ERROR_WANT_READ || result == SSL_ERROR_WANT_WRITE)
		return true;
	if (result == SSL_ERROR_ZERO_RETURN)
		tls_link_end(link, ERR_SIP_TLS,
			     "the other side closed the TLS connection");
	else
		tls_reason_failed(link, result, saved);
	return false;
}

/* Each of the four steps tells whether it moved something. */

static bool read_net(struct tls_link *link)
{
	if (link->state != TLS_UP || !is_empty(&link->in))
		return false;
	ERR_clear_error();
	int got = SSL_read(link->ssl, link->in.bytes, TLS_PIPE_BYTES);
	if (got <= 0) {
		(void)is_waiting(link, got);
		return false;
	}
	fill(&link->in, (size_t)got);
	if (!link->heard)
		loop_timer_stop(loop_of(link), &link->timer);
	link->heard = true;
	return true;
}

static bool write_local(struct tls_link *link)
{
	struct tls_pipe *pipe = &link->in;
	if (link->state != TLS_UP || is_empty(pipe))
		return false;
	ssize_t sent = send(link->local.fd, pipe->bytes + pipe->from,
			    pipe->to - pipe->from, MSG_NOSIGNAL);
	if (sent > 0)
		pipe->from += (size_t)sent;
	else if (errno != EAGAIN && errno != EINTR)
		tls_link_end(link, 0, "no longer needed");
	return sent > 0;
}

static bool read_local(struct tls_link *link)
{
	if (link->state != TLS_UP || link->local_end || !is_empty(&link->out))
		return false;
	ssize_t got = recv(link->local.fd, link->out.bytes, TLS_PIPE_BYTES, 0);
	if (got > 0)
		fill(&link->out, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		link->local_end = true;
	return got > 0;
}

static bool write_net(struct tls_link *link)
{
	struct tls_pipe *pipe = &link->out;
	if (link->state != TLS_UP || is_empty(pipe))
		return false;
	ERR_clear_error();
	int sent = SSL_write(link->ssl, pipe->bytes + pipe->from,
			     (int)(pipe->to - pipe->from));
	if (sent > 0) {
		pipe->from += (size_t)sent;
		return true;
	}
	if (is_waiting(link, sent))
		link->write_waits =
			SSL_want_read(link->ssl) ? EPOLLIN : EPOLLOUT;
	return false;
}

static void pump(struct tls_link *link)
{
	bool moved = true;
	while (moved && link->state == TLS_UP) {
		moved = read_net(link);
		moved |= write_local(link);
		moved |= read_local(link);
		moved |= write_net(link);
	}
	if (link->state == TLS_UP && link->local_end && is_empty(&link->out))
		tls_link_end(link, 0, "no longer needed");
	if (link->state == TLS_UP)
		watch_both(link);
}

/* --- the handshake --- */

static void come_up(struct tls_link *link)
{
	char text[RESOLVE_TEXT_BYTES];
	if (!tls_reason_check_name(link))
		return;
	if (link->inbound) {
		link->local.fd = tls_nta_join(link);
		if (link->local.fd < 0) {
			tls_link_end(link, ERR_INTERNAL,
				     "nta does not take it");
			return;
		}
	}
	link->in.bytes = mem_new(1, TLS_PIPE_BYTES);
	link->out.bytes = mem_new(1, TLS_PIPE_BYTES);
	enter(link, TLS_UP);
	loop_timer_stop(loop_of(link), &link->timer);
	if (link->inbound)
		loop_timer_start(loop_of(link), &link->timer, TLS_SILENT_MS);
	resolve_text((const struct sockaddr *)&link->peer, text);
	if (link->inbound)
		log_debug(NULL, "TLS from %s is up", text);
	else
		log_info(NULL, "TLS to %s for %s is up, %s%s", text, link->host,
			 SSL_get_cipher_name(link->ssl),
			 link->checked ? "" : ", not verified");
	pump(link);
}

static void shake(struct tls_link *link)
{
	ERR_clear_error();
	int done = SSL_do_handshake(link->ssl);
	if (done == 1) {
		come_up(link);
		return;
	}
	if (is_waiting(link, done))
		wants(link, &link->net, &link->net_events,
		      SSL_want_write(link->ssl) ? (uint32_t)EPOLLOUT
						: (uint32_t)EPOLLIN);
}

static void on_net(struct loop_watch *watch, uint32_t events)
{
	struct tls_link *link = watch->owner;
	int error = 0;
	socklen_t size = sizeof(error);
	(void)events;
	if (link->state == TLS_CONNECTING) {
		getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error) {
			tls_link_end(link, ERR_SIP_TLS, strerror(error));
			return;
		}
		enter(link, TLS_SHAKING);
	}
	if (link->state == TLS_SHAKING)
		shake(link);
	else if (link->state == TLS_UP)
		pump(link);
}

static void on_local(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	pump(watch->owner);
}

static void set_sides(struct tls_link *link, int net, int local)
{
	link->net =
		(struct loop_watch){.fd = net, .ready = on_net, .owner = link};
	link->local = (struct loop_watch){
		.fd = local, .ready = on_local, .owner = link};
	link->write_waits = EPOLLOUT;
}

/* A dead peer is noticed in half a minute, or 10 s after we said something. */
static void set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 20},
		{IPPROTO_TCP, TCP_KEEPINTVL, 5},
		{IPPROTO_TCP, TCP_KEEPCNT, 2},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, 10000},
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name,
			   &options[i].value, sizeof(options[i].value));
}

static bool begin_ssl(struct tls_link *link, SSL_CTX *context)
{
	link->ssl = context ? SSL_new(context) : NULL;
	if (!link->ssl || SSL_set_fd(link->ssl, link->net.fd) != 1)
		return false;
	SSL_set_app_data(link->ssl, link);
	if (link->inbound) {
		SSL_set_accept_state(link->ssl);
		return true;
	}
	SSL_set_connect_state(link->ssl);
	struct sockaddr_storage numeric;
	if (*link->host && !resolve_numeric(link->host, 0, &numeric))
		SSL_set_tlsext_host_name(link->ssl, link->host);
	if (link->checked)
		tls_reason_watch(link);
	return true;
}

/* From the address that we listen on, as nta's own connections are. */
static void bind_local(const struct tls_link *link, int fd)
{
	struct sockaddr_storage own;
	if (resolve_numeric(link->tls->gw->service->settings.sip_host, 0,
			    &own) &&
	    own.ss_family == link->peer.ss_family)
		(void)bind(fd, (struct sockaddr *)&own, sizeof(own));
}

static bool begin(struct tls_link *link)
{
	int fd = socket(link->peer.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	link->net.fd = fd;
	set_options(fd);
	bind_local(link, fd);
	socklen_t size = link->peer.ss_family == AF_INET
				 ? sizeof(struct sockaddr_in)
				 : sizeof(struct sockaddr_in6);
	if (connect(fd, (struct sockaddr *)&link->peer, size) < 0 &&
	    errno != EINPROGRESS)
		return false;
	errno = ENOMEM;
	return begin_ssl(link, tls_files_client(link->tls->files));
}

void tls_link_call(struct tls_link *link, int local)
{
	set_sides(link, -1, local);
	enter(link, TLS_CONNECTING);
	link->timer.due = on_time;
	if (begin(link)) {
		loop_timer_start(loop_of(link), &link->timer, TLS_CALL_MS);
		wants(link, &link->net, &link->net_events, EPOLLOUT);
		return;
	}
	/* nta is about to write: it ends a turn later. */
	link->error = ERR_SIP_TLS;
	str_copy(link->why, sizeof(link->why), strerror(errno));
	close_side(&link->net);
	loop_timer_start(loop_of(link), &link->timer, 0);
}

void tls_link_take(struct tls_link *link, int net)
{
	set_sides(link, net, -1);
	set_options(net);
	enter(link, TLS_SHAKING);
	link->timer.due = on_time;
	loop_timer_start(loop_of(link), &link->timer, TLS_SHAKE_MS);
	if (begin_ssl(link, tls_files_server(link->tls->files)))
		shake(link);
	else
		tls_link_end(link, ERR_INTERNAL, "out of memory");
}
