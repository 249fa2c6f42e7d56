/*
 * multi.c - libcurl's multi interface upon the loop; see multi.h.
 *
 * libcurl tells which descriptors and which moment it waits for; the loop tells
 * it when they have come.
 */
#include "lib/http/multi.h"

#include "lib/base/mem.h"
#include "lib/http/transfer.h"

#include <stdlib.h>
#include <sys/epoll.h>

#define CONNECTIONS_KEPT 256L

/* One descriptor of libcurl's. */
struct socket_watch {
	struct loop_watch watch;
	struct multi *multi;
};

static void collect(struct multi *multi)
{
	struct http_transfer *transfer;
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(multi->curl, &left))) {
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &transfer);
		transfer_hop_over(transfer, code);
	}
}

static void on_socket(struct loop_watch *watch, uint32_t events)
{
	struct multi *multi = ((struct socket_watch *)watch->owner)->multi;
	int running, flags = 0;
	if (events & EPOLLIN)
		flags |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		flags |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		flags |= CURL_CSELECT_ERR;
	curl_multi_socket_action(multi->curl, watch->fd, flags, &running);
	collect(multi);
}

/* On its way to a connection it waits to be told something: TCP stands. */
static void note_greeting(CURL *easy)
{
	struct http_transfer *transfer = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	if (transfer && transfer->hop.opened)
		transfer->hop.greeted = true;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *owner,
			void *assigned)
{
	struct multi *multi = owner;
	struct socket_watch *socket = assigned;
	uint32_t events = 0;
	if (what & CURL_POLL_IN)
		note_greeting(easy);
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			loop_watch_stop(&socket->watch);
		free(socket);
		curl_multi_assign(multi->curl, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (socket) {
		loop_watch_change(&socket->watch, events);
		return 0;
	}
	socket = mem_new(1, sizeof(*socket));
	socket->multi = multi;
	socket->watch = (struct loop_watch){
		.fd = fd, .ready = on_socket, .owner = socket};
	curl_multi_assign(multi->curl, fd, socket);
	loop_watch_start(multi->loop, &socket->watch, events);
	return 0;
}

static int set_timer(CURLM *curl, long delay_ms, void *owner)
{
	struct multi *multi = owner;
	(void)curl;
	if (delay_ms < 0)
		loop_timer_stop(multi->loop, &multi->timer);
	else
		loop_timer_start(multi->loop, &multi->timer, delay_ms);
	return 0;
}

static void on_timer(struct loop_timer *timer)
{
	struct multi *multi = timer->owner;
	int running;
	curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(multi);
}

void multi_open(struct multi *multi, struct loop *loop)
{
	multi->loop = loop;
	multi->timer = (struct loop_timer){.due = on_timer, .owner = multi};
	multi->curl = curl_multi_init();
	if (!multi->curl)
		abort();
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
}

void multi_close(struct multi *multi)
{
	curl_multi_cleanup(multi->curl);
	multi->curl = NULL;
	loop_timer_stop(multi->loop, &multi->timer);
}
