/*
 * bus_wire.c - one connection to nats-server at a time; see bus_wire.h.
 */
#include "lib/runtime/bus_wire.h"

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 2000
#define CONNECT_WAIT_MS 100 /* and up to as much again, at random */
#define PING_INTERVAL_MS 10000
#define PINGS_OUT_MAX 2
#define URLS_MAX 8
#define INBOX_MAX 64
/* What may wait leaves with what may not, or after this. */
#define SOON_MS 10
/* libnats frees messages on a thread of its own, which each natsMsg_Destroy
 * wakes: two switches a message, most of what one costs. We hand them over by
 * the dozen. */
#define SPENT_MAX 256
#define SPENT_BYTES_MAX ((size_t)512 << 10)

METRIC_COUNTER(connects, "bus_connects_total", "", "Connections made to NATS.")
METRIC_GAUGE(connected, "bus_connected", "", "1 while connected to NATS.")

struct wire_sub {
	struct list link;
	struct wire *wire;
	natsSubscription *sub; /* NULL while away */
	char *subject;
	char *queue;
	wire_message_fn *arrived;
	void *owner;
	bool gone; /* to be freed once nobody drains */
};

/* What the helper thread, or one of libnats' own, tells the loop. */
struct news {
	struct inbox_item item;
	natsConnection *nc; /* NULL: there is something to write */
	int fd;             /* ours: a duplicate of the connection's */
};

struct wire {
	struct loop *loop;
	struct wire_owner owner;
	struct inbox *inbox;
	natsOptions *options;
	natsConnection *nc; /* NULL while away */
	struct loop_watch watch;
	struct loop_timer flush; /* the next write, unless sooner */
	struct list subs;
	pthread_t loop_thread;
	bool write_asked; /* loop's thread: libnats has something to write */
	bool hurry;       /* … and at the end of this turn */
	bool patient;     /* what is being sent may wait */
	bool out_watched;
	int64_t patience_ms;
	bool resting; /* does not read until 'rest' is due */
	struct loop_timer rest;
	bool draining;
	bool swept;                /* a subscription went while draining */
	natsMsg *spent[SPENT_MAX]; /* to be destroyed */
	unsigned spent_count;
	size_t spent_bytes;
	struct news write_news;
	atomic_bool write_told;
	/* the helper thread */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool wanted, stopping; /* guarded by the mutex */
	int attached_fd;       /* helper's: while it connects */
};

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

/* The end of this turn writes, or that of the one that this brings about. */
static void hurry(struct wire *wire)
{
	if (wire->hurry)
		return;
	wire->hurry = true;
	loop_timer_start(wire->loop, &wire->flush, 0);
}

static natsStatus on_write_wanted(void *data, bool add)
{
	struct wire *wire = data;
	if (pthread_equal(pthread_self(), wire->loop_thread)) {
		wire->write_asked = add;
		if (add && !wire->patient)
			hurry(wire);
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

static void want_connection(struct wire *wire)
{
	pthread_mutex_lock(&wire->mutex);
	wire->wanted = true;
	pthread_cond_signal(&wire->wake);
	pthread_mutex_unlock(&wire->mutex);
}

/* --- up and down --- */

static void subscribe_now(struct wire_sub *sub)
{
	natsConnection *nc = sub->wire->nc;
	natsStatus status =
		sub->queue ? natsConnection_QueueSubscribeSync(
				     &sub->sub, nc, sub->subject, sub->queue)
			   : natsConnection_SubscribeSync(&sub->sub, nc,
							  sub->subject);
	/* Emptied after each read of at most 32 kB: there is no slow consumer.
	 */
	if (status == NATS_OK)
		natsSubscription_SetPendingLimits(sub->sub, -1, -1);
}

static void go_down(struct wire *wire)
{
	loop_watch_stop(&wire->watch);
	loop_timer_stop(wire->loop, &wire->flush);
	close(wire->watch.fd);
	list_each (link, &wire->subs) {
		struct wire_sub *sub = list_of(link, struct wire_sub, link);
		natsSubscription_Destroy(sub->sub);
		sub->sub = NULL;
	}
	natsConnection_Destroy(wire->nc);
	wire->nc = NULL;
	wire->write_asked = wire->out_watched = wire->resting = false;
	wire->hurry = false;
	loop_timer_stop(wire->loop, &wire->rest);
	metric_set(&connected, 0);
}

/* At the end of a turn, or of a read: the connection may have ended. */
static void check_closed(struct wire *wire)
{
	if (!wire->nc || !natsConnection_IsClosed(wire->nc))
		return;
	go_down(wire);
	want_connection(wire);
	wire->owner.down(wire->owner.owner);
}

static void go_up(struct wire *wire, natsConnection *nc, int fd)
{
	wire->nc = nc;
	wire->watch.fd = fd;
	loop_watch_start(wire->loop, &wire->watch, EPOLLIN);
	list_each (link, &wire->subs)
		subscribe_now(list_of(link, struct wire_sub, link));
	metric_add(&connects, 1);
	metric_set(&connected, 1);
	wire->owner.up(wire->owner.owner);
}

bool wire_is_up(const struct wire *wire)
{
	return wire->nc != NULL;
}

/*
 * The machine's daemons, and the two connections of each, wake together: what
 * may wait leaves, and is read, at round times of a clock that all have.
 */
static int64_t until_tick(int64_t every_ms)
{
	return every_ms - clock_mono_ms() % every_ms;
}

/* --- reading --- */

static void destroy_spent(struct wire *wire)
{
	while (wire->spent_count)
		natsMsg_Destroy(wire->spent[--wire->spent_count]);
	wire->spent_bytes = 0;
}

static void spend(struct wire *wire, natsMsg *raw)
{
	if (!raw)
		return;
	wire->spent[wire->spent_count++] = raw;
	wire->spent_bytes += (size_t)natsMsg_GetDataLength(raw);
	if (wire->spent_count == SPENT_MAX ||
	    wire->spent_bytes > SPENT_BYTES_MAX)
		destroy_spent(wire);
}

/* "503" or "503 No Responders"; only control messages are empty. */
static int status_of(natsMsg *raw)
{
	const char *text;
	char digits[4];
	int64_t number;
	if (natsMsg_GetDataLength(raw) ||
	    natsMsgHeader_Get(raw, "Status", &text) != NATS_OK ||
	    strlen(text) < 3 ||
	    !str_copy_bytes(digits, sizeof(digits), text, 3) ||
	    !str_number(digits, 100, 599, &number))
		return 0;
	return (int)number;
}

static void hand_over(struct wire_sub *sub, natsMsg *raw)
{
	const char *data = natsMsg_GetData(raw);
	struct wire_message message = {
		.subject = natsMsg_GetSubject(raw),
		.reply = natsMsg_GetReply(raw),
		.data = data ? data : "",
		.size = (size_t)natsMsg_GetDataLength(raw),
		.status = status_of(raw),
		.raw = raw,
	};
	if (!sub->gone)
		sub->arrived(sub->owner, &message);
	spend(sub->wire, raw);
}

/* libnats keeps the message to itself: nobody knows what it answers. */
static void tell_nobody(struct wire_sub *sub)
{
	const struct wire_message message = {
		.subject = "", .data = "", .status = 503};
	sub->arrived(sub->owner, &message);
}

static void drain_one(struct wire_sub *sub)
{
	uint64_t count = 0;
	natsMsg *raw;
	if (!sub->sub || natsSubscription_QueuedMsgs(sub->sub, &count))
		return;
	while (count-- && sub->sub) {
		natsStatus status = natsSubscription_NextMsg(&raw, sub->sub, 0);
		if (status == NATS_OK)
			hand_over(sub, raw);
		else if (status == NATS_NO_RESPONDERS && !sub->gone)
			tell_nobody(sub);
	}
}

static void sub_free(struct wire_sub *sub)
{
	list_remove(&sub->link);
	natsSubscription_Destroy(sub->sub);
	free(sub->subject);
	free(sub->queue);
	free(sub);
}

static void sweep(struct wire *wire)
{
	wire->swept = false;
	list_each (link, &wire->subs) {
		struct wire_sub *sub = list_of(link, struct wire_sub, link);
		if (sub->gone)
			sub_free(sub);
	}
}

static void drain(struct wire *wire)
{
	wire->draining = true;
	/* New ones come at the tail and may be drained as well. */
	for (struct list *link = wire->subs.next; link != &wire->subs;
	     link = link->next)
		drain_one(list_of(link, struct wire_sub, link));
	wire->draining = false;
	if (wire->swept)
		sweep(wire);
}

/* --- writing, and what is waited for --- */

static void watch_socket(struct wire *wire)
{
	loop_watch_change(&wire->watch,
			  (wire->resting ? 0 : (uint32_t)EPOLLIN) |
				  (wire->out_watched ? (uint32_t)EPOLLOUT : 0));
}

static void write_now(struct wire *wire)
{
	if (!wire->nc || !wire->write_asked)
		return;
	natsConnection_ProcessWriteEvent(wire->nc);
	if (wire->write_asked != wire->out_watched) {
		wire->out_watched = wire->write_asked;
		watch_socket(wire);
	}
}

static void after_turn(void *owner)
{
	struct wire *wire = owner;
	if (wire->hurry) {
		wire->hurry = false;
		loop_timer_stop(wire->loop, &wire->flush);
		if (!wire->out_watched)
			write_now(wire);
	}
	check_closed(wire);
}

/* What was sent outside a turn, or has waited: the end of this one writes. */
static void on_flush(struct loop_timer *timer)
{
	struct wire *wire = timer->owner;
	wire->hurry = true;
}

static void on_rested(struct loop_timer *timer)
{
	struct wire *wire = timer->owner;
	wire->resting = false;
	watch_socket(wire);
}

/* All was read: what comes next may wait, and comes with what follows it. */
static void rest(struct wire *wire)
{
	int left = 0;
	if (wire->resting ||
	    (ioctl(wire->watch.fd, FIONREAD, &left) == 0 && left > 0))
		return;
	wire->resting = true;
	watch_socket(wire);
	loop_timer_start(wire->loop, &wire->rest,
			 until_tick(wire->patience_ms));
}

void wire_patience(struct wire *wire, int64_t patience_ms)
{
	wire->patience_ms = patience_ms;
}

static void on_socket(struct loop_watch *watch, uint32_t events)
{
	struct wire *wire = watch->owner;
	if (events & EPOLLOUT)
		write_now(wire);
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
		natsConnection_ProcessReadEvent(wire->nc);
		drain(wire);
	}
	check_closed(wire);
	if (wire->nc && wire->patience_ms)
		rest(wire);
}

static void on_news(void *owner, struct inbox_item *item)
{
	struct wire *wire = owner;
	struct news *news = list_of(item, struct news, item);
	if (news == &wire->write_news) {
		atomic_store(&wire->write_told, false);
		wire->write_asked = wire->hurry = wire->nc != NULL;
		return;
	}
	go_up(wire, news->nc, news->fd);
	free(news);
}

static void on_dropped(void *owner, struct inbox_item *item)
{
	struct wire *wire = owner;
	struct news *news = list_of(item, struct news, item);
	if (news == &wire->write_news)
		return;
	natsConnection_Destroy(news->nc);
	close(news->fd);
	free(news);
}

/* --- sending --- */

static enum wire_result send_plain(struct wire *wire, const char *subject,
				   const char *reply, const char *data,
				   size_t size)
{
	natsStatus status =
		reply ? natsConnection_PublishRequest(wire->nc, subject, reply,
						      data, (int)size)
		      : natsConnection_Publish(wire->nc, subject, data,
					       (int)size);
	return status == NATS_OK ? WIRE_SENT : WIRE_AWAY;
}

static enum wire_result send_any(struct wire *wire, const char *subject,
				 const char *reply,
				 const struct wire_pair *headers,
				 const char *data, size_t size)
{
	natsMsg *raw = NULL;
	if (!wire->nc || natsConnection_IsClosed(wire->nc))
		return WIRE_AWAY;
	if ((int64_t)size > natsConnection_GetMaxPayload(wire->nc))
		return WIRE_TOO_LARGE;
	if (!headers)
		return send_plain(wire, subject, reply, data, size);
	natsStatus status =
		natsMsg_Create(&raw, subject, reply, data, (int)size);
	for (; status == NATS_OK && headers->name; headers++)
		status = natsMsgHeader_Set(raw, headers->name, headers->value);
	if (status == NATS_OK)
		status = natsConnection_PublishMsg(wire->nc, raw);
	spend(wire, raw);
	if (status == NATS_MAX_PAYLOAD)
		return WIRE_TOO_LARGE;
	return status == NATS_OK ? WIRE_SENT : WIRE_AWAY;
}

enum wire_result wire_send(struct wire *wire, const char *subject,
			   const char *reply, const struct wire_pair *headers,
			   const char *data, size_t size)
{
	hurry(wire);
	return send_any(wire, subject, reply, headers, data, size);
}

enum wire_result wire_send_soon(struct wire *wire, const char *subject,
				const char *reply,
				const struct wire_pair *headers,
				const char *data, size_t size)
{
	if (!wire->hurry && !wire->flush.position)
		loop_timer_start(wire->loop, &wire->flush, until_tick(SOON_MS));
	wire->patient = true;
	enum wire_result result =
		send_any(wire, subject, reply, headers, data, size);
	wire->patient = false;
	return result;
}

struct wire_sub *wire_subscribe(struct wire *wire, const char *subject,
				const char *queue, wire_message_fn *arrived,
				void *owner)
{
	struct wire_sub *sub = mem_new(1, sizeof(*sub));
	sub->wire = wire;
	sub->subject = mem_copy_text(subject);
	sub->queue = mem_copy_text(queue);
	sub->arrived = arrived;
	sub->owner = owner;
	list_add_tail(&wire->subs, &sub->link);
	if (wire->nc)
		subscribe_now(sub);
	return sub;
}

struct wire_sub *wire_unsubscribe(struct wire_sub *sub)
{
	if (!sub)
		return NULL;
	if (sub->sub)
		natsSubscription_Unsubscribe(sub->sub);
	sub->gone = true;
	if (sub->wire->draining)
		sub->wire->swept = true;
	else
		sub_free(sub);
	return NULL;
}

const char *wire_header(const struct wire_message *message, const char *name)
{
	const char *value;
	if (!message->raw ||
	    natsMsgHeader_Get(message->raw, name, &value) != NATS_OK)
		return NULL;
	return value;
}

/* --- beginning and end --- */

static void start_thread(struct wire *wire)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (pthread_mutex_init(&wire->mutex, NULL) ||
	    pthread_cond_init(&wire->wake, &attributes) ||
	    pthread_create(&wire->thread, NULL, connector, wire))
		abort(); /* at the start only */
	pthread_condattr_destroy(&attributes);
}

struct wire *wire_new(struct loop *loop, const char *url, const char *name,
		      const struct wire_owner *owner)
{
	struct wire *wire = mem_new(1, sizeof(*wire));
	wire->loop = loop;
	wire->owner = *owner;
	wire->loop_thread = pthread_self();
	wire->watch = (struct loop_watch){.ready = on_socket, .owner = wire};
	wire->flush = (struct loop_timer){.due = on_flush, .owner = wire};
	wire->rest = (struct loop_timer){.due = on_rested, .owner = wire};
	list_init(&wire->subs);
	wire->inbox = inbox_new(loop, INBOX_MAX, on_news, on_dropped, wire);
	wire->options = options_new(wire, url, name);
	wire->wanted = wire->options != NULL;
	start_thread(wire);
	loop_after_turn(loop, after_turn, wire);
	return wire;
}

struct wire *wire_free(struct wire *wire)
{
	if (!wire)
		return NULL;
	pthread_mutex_lock(&wire->mutex);
	wire->stopping = true;
	pthread_cond_signal(&wire->wake);
	pthread_mutex_unlock(&wire->mutex);
	pthread_join(wire->thread, NULL);
	if (wire->nc) {
		write_now(wire); /* what was said last */
		go_down(wire);
	}
	destroy_spent(wire);
	/* libnats flushes once more as it closes, and asks for a turn. */
	loop_timer_stop(wire->loop, &wire->flush);
	inbox_free(wire->inbox);
	list_each (link, &wire->subs)
		sub_free(list_of(link, struct wire_sub, link));
	natsOptions_Destroy(wire->options);
	pthread_cond_destroy(&wire->wake);
	pthread_mutex_destroy(&wire->mutex);
	free(wire);
	return NULL;
}
