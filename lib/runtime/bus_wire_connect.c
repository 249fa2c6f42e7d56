/*
 * bus_wire_connect.c - a connection is made by a thread of its own, since that
 * blocks; what libnats asks of an event loop.
 */
#include "lib/runtime/bus_wire_private.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 2000
#define CONNECT_WAIT_MS 100 /* and up to as much again, at random */
#define PING_INTERVAL_MS 10000
#define PINGS_OUT_MAX 2
#define URLS_MAX 8

/* --- libnats' event-loop interface: called on any thread --- */

static natsStatus on_attach(void **data, void *loop, natsConnection *nc,
			    natsSock socket)
{
	struct wire *wire = loop;
	(void)nc;
	*data = wire;
	/* Closed by libnats whenever it likes, while epoll still knows it: we
	 * poll a duplicate that is ours. */
	wire->attached_fd = dup((int)socket);
	return wire->attached_fd < 0 ? NATS_ERR : NATS_OK;
}

static natsStatus on_read_wanted(void *data, bool add)
{
	(void)data, (void)add;
	return NATS_OK;
}

static natsStatus on_write_wanted(void *data, bool add)
{
	struct wire *wire = data;
	if (pthread_equal(pthread_self(), wire->loop_thread)) {
		wire->write_asked = add;
		if (add && !wire->patient)
			wire_hurry(wire);
	} else if (add && !atomic_exchange(&wire->write_told, true)) {
		inbox_put(wire->inbox, &wire->write_news.item);
	}
	return NATS_OK;
}

static natsStatus on_detach(void *data)
{
	(void)data;
	return NATS_OK;
}

/* --- connecting: the helper thread --- */

static natsStatus set_servers(natsOptions *options, const char *url)
{
	char *text = mem_copy_text(url), *rest = text, *part;
	const char *urls[URLS_MAX];
	int count = 0;
	while ((part = strsep(&rest, ",")) && count < URLS_MAX)
		urls[count++] = part;
	natsStatus status = natsOptions_SetServers(options, urls, count);
	free(text);
	return status;
}

static natsOptions *options_new(struct wire *wire, const char *url,
				const char *name)
{
	natsOptions *options = NULL;
	natsStatus s = natsOptions_Create(&options);
	if (s == NATS_OK)
		s = set_servers(options, url);
	if (s == NATS_OK)
		s = natsOptions_SetName(options, name);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(options, CONNECT_TIMEOUT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetAllowReconnect(options, false);
	if (s == NATS_OK)
		s = natsOptions_SetSendAsap(options, true);
	if (s == NATS_OK)
		s = natsOptions_SetPingInterval(options, PING_INTERVAL_MS);
	if (s == NATS_OK)
		s = natsOptions_SetMaxPingsOut(options, PINGS_OUT_MAX);
	if (s == NATS_OK)
		s = natsOptions_SetEventLoop(options, wire, on_attach,
					     on_read_wanted, on_write_wanted,
					     on_detach);
	if (s != NATS_OK) {
		log_error(NULL, 0, "NATS: cannot use the URL: %s",
			  natsStatus_GetText(s));
		natsOptions_Destroy(options);
		return NULL;
	}
	return options;
}

/* Waits on the condition, so that wire_free is not held up. */
static void wait_a_little(struct wire *wire)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	long wait_ms = CONNECT_WAIT_MS + until.tv_nsec / 1000 % CONNECT_WAIT_MS;
	until.tv_nsec += wait_ms * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!wire->stopping &&
	       pthread_cond_timedwait(&wire->wake, &wire->mutex, &until) == 0)
		;
}

/* Until it stands. With the mutex locked, and again on return. */
static void connect_once(struct wire *wire)
{
	natsConnection *nc = NULL;
	wire->attached_fd = -1;
	pthread_mutex_unlock(&wire->mutex);
	natsStatus status = natsConnection_Connect(&nc, wire->options);
	pthread_mutex_lock(&wire->mutex);
	if (status == NATS_OK && !wire->stopping) {
		struct news *news = mem_new(1, sizeof(*news));
		news->nc = nc;
		news->fd = wire->attached_fd;
		wire->wanted = false;
		inbox_put(wire->inbox, &news->item);
		return;
	}
	natsConnection_Destroy(nc);
	if (wire->attached_fd >= 0)
		close(wire->attached_fd);
	wait_a_little(wire);
}

static void *connector(void *data)
{
	struct wire *wire = data;
	pthread_mutex_lock(&wire->mutex);
	while (!wire->stopping) {
		if (wire->wanted)
			connect_once(wire);
		else
			pthread_cond_wait(&wire->wake, &wire->mutex);
	}
	pthread_mutex_unlock(&wire->mutex);
	nats_ReleaseThreadMemory();
	return NULL;
}

void wire_want_connection(struct wire *wire)
{
	pthread_mutex_lock(&wire->mutex);
	wire->wanted = true;
	pthread_cond_signal(&wire->wake);
	pthread_mutex_unlock(&wire->mutex);
}

void wire_connector_start(struct wire *wire, const char *url, const char *name)
{
	pthread_condattr_t attributes;
	wire->options = options_new(wire, url, name);
	wire->wanted = wire->options != NULL;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (pthread_mutex_init(&wire->mutex, NULL) ||
	    pthread_cond_init(&wire->wake, &attributes) ||
	    pthread_create(&wire->thread, NULL, connector, wire))
		abort(); /* at the start only */
	pthread_condattr_destroy(&attributes);
}

void wire_connector_stop(struct wire *wire)
{
	pthread_mutex_lock(&wire->mutex);
	wire->stopping = true;
	pthread_cond_signal(&wire->wake);
	pthread_mutex_unlock(&wire->mutex);
	pthread_join(wire->thread, NULL);
}

void wire_connector_free(struct wire *wire)
{
	natsOptions_Destroy(wire->options);
	pthread_cond_destroy(&wire->wake);
	pthread_mutex_destroy(&wire->mutex);
}
