/*
 * peers.c - the other instances, asked for earlier webhooks; see peers.h.
 */
#include "services/callbackd/peers.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

#define PEERS_MAX 64
#define LIVES_MS 3500 /* after its last renewal */
#define WAITING_MAX 8192
#define SUBJECT_BYTES 96
#define TEXT_BYTES 128
#define GO "go"
/* A predecessor may be in the air: it was handed out before the question was
 * asked, but questions and work come by different subscriptions. */
#define GRACE_MS 25

struct peer {
	char name[33];
	int64_t seen_ms;
};

/* A peer's question that is answered later. */
struct waiting {
	struct list link;
	char key[ID_BYTES];
	int64_t sequence, since_ms;
	char *reply;
};

struct peers {
	struct service *service;
	struct peers_shape shape;
	struct bus_listener *listener;
	struct peer peers[PEERS_MAX];
	unsigned count;
	struct list waiting;
	unsigned waiting_count;
	struct loop_timer grace;
	struct list asks;
};

/* One webhook's question to all of them. */
struct peers_question {
	struct peers *peers;
	void *asker; /* NULL: gone */
	unsigned open;
	bool sure;
};

/* The same to one of them; lives until the bus has answered. */
struct ask {
	struct list link;
	struct peers_question *question; /* NULL: settled without an answer */
	char name[33];
};

/* --- who is there --- */
static struct peer *find(struct peers *peers, const char *name)
{
	for (unsigned i = 0; i < peers->count; i++)
		if (str_equal(peers->peers[i].name, name))
			return &peers->peers[i];
	return NULL;
}

static void settle(struct ask *ask, bool sure)
{
	struct peers_question *question = ask->question;
	ask->question = NULL;
	if (!question)
		return;
	question->sure = question->sure && sure;
	if (--question->open)
		return;
	if (question->asker)
		question->peers->shape.answered(question->asker,
						question->sure);
	free(question);
}

static void remove_peer(struct peers *peers, struct peer *peer)
{
	char name[sizeof(peer->name)];
	str_copy(name, sizeof(name), peer->name);
	*peer = peers->peers[--peers->count];
	list_each (link, &peers->asks) {
		struct ask *ask = list_of(link, struct ask, link);
		if (str_equal(ask->name, name))
			settle(ask, false);
	}
}

bool peers_changed(struct peers *peers, const char *name,
		   const struct instance *record)
{
	struct peer *peer = find(peers, name);
	if (str_equal(name, peers->service->instance))
		return false;
	if (!record) {
		if (peer)
			remove_peer(peers, peer);
		return peer;
	}
	if (!peer && peers->count < PEERS_MAX) {
		peer = &peers->peers[peers->count++];
		str_copy(peer->name, sizeof(peer->name), name);
	}
	if (peer)
		peer->seen_ms = clock_mono_ms();
	return false;
}

bool peers_tick(struct peers *peers)
{
	int64_t now_ms = clock_mono_ms();
	bool gone = false;
	for (unsigned i = peers->count; i > 0; i--) {
		struct peer *peer = &peers->peers[i - 1];
		if (now_ms - peer->seen_ms > LIVES_MS) {
			remove_peer(peers, peer);
			gone = true;
		}
	}
	return gone;
}

/* --- asking --- */
static void on_answer(void *owner, int error, const char *data, size_t size)
{
	struct ask *ask = owner;
	(void)size;
	settle(ask, !error && str_equal(data, GO));
	list_remove(&ask->link);
	free(ask);
}

static void subject_of(const char *name, char *to)
{
	str_format(to, SUBJECT_BYTES, "callbackd.order.%s", name);
}

struct peers_question *peers_ask(struct peers *peers, const char *key,
				 const char *leg, int64_t sequence, void *asker)
{
	char subject[SUBJECT_BYTES], text[TEXT_BYTES];
	if (!peers->count)
		return NULL;
	struct peers_question *question = mem_new(1, sizeof(*question));
	question->peers = peers;
	question->asker = asker;
	question->sure = true;
	question->open = peers->count;
	str_format(text, sizeof(text), "%s %s %lld", key, leg,
		   (long long)sequence);
	for (unsigned i = 0; i < peers->count; i++) {
		struct ask *ask = mem_new(1, sizeof(*ask));
		ask->question = question;
		str_copy(ask->name, sizeof(ask->name), peers->peers[i].name);
		list_add_tail(&peers->asks, &ask->link);
		subject_of(ask->name, subject);
		bus_ask(peers->service->bus, subject, text, strlen(text),
			PEERS_PATIENCE_MS, on_answer, ask);
	}
	return question;
}

void peers_forget(struct peers_question *question)
{
	if (question)
		question->asker = NULL;
}

/* --- answering --- */
static void answer(struct peers *peers, const char *reply)
{
	bus_say(peers->service->bus, reply, GO, strlen(GO));
}

static void waiting_free(struct peers *peers, struct waiting *waiting)
{
	list_remove(&waiting->link);
	peers->waiting_count--;
	free(waiting->reply);
	free(waiting);
}

static void keep(struct peers *peers, const struct waiting *waiting,
		 const char *reply)
{
	struct waiting *kept = mem_new(1, sizeof(*kept));
	*kept = *waiting;
	kept->reply = mem_copy_text(reply);
	list_add_tail(&peers->waiting, &kept->link);
	peers->waiting_count++;
}

/* "<lane> <leg> <number>" */
static bool read_question(const struct bus_message *message,
			  struct waiting *waiting, char *leg_out)
{
	const char *space = strchr(message->data, ' ');
	const char *last = space ? strchr(space + 1, ' ') : NULL;
	return message->reply && last &&
	       str_copy_bytes(waiting->key, sizeof(waiting->key), message->data,
			      (size_t)(space - message->data)) &&
	       str_copy_bytes(leg_out, ID_BYTES, space + 1,
			      (size_t)(last - space - 1)) &&
	       str_number(last + 1, 0, INT64_MAX, &waiting->sequence);
}

static void on_question(void *owner, const struct bus_message *message)
{
	struct peers *peers = owner;
	const struct peers_shape *shape = &peers->shape;
	struct waiting waiting = {.since_ms = clock_mono_ms()};
	char leg[ID_BYTES];
	if (!read_question(message, &waiting, leg))
		return;
	bool seen = shape->has_seen(shape->owner, leg, waiting.sequence - 1);
	bool held =
		shape->has_earlier(shape->owner, waiting.key, waiting.sequence);
	if (peers->waiting_count >= WAITING_MAX || (seen && !held)) {
		answer(peers, message->reply);
		return;
	}
	keep(peers, &waiting, message->reply);
	if (!peers->grace.position)
		loop_timer_start(peers->service->loop, &peers->grace, GRACE_MS);
}

static void answer_if_free(struct peers *peers, struct waiting *waiting)
{
	const struct peers_shape *shape = &peers->shape;
	if (shape->has_earlier(shape->owner, waiting->key, waiting->sequence))
		return;
	answer(peers, waiting->reply);
	waiting_free(peers, waiting);
}

/* Whatever was in the air has come. */
static void on_grace(struct loop_timer *timer)
{
	struct peers *peers = timer->owner;
	int64_t now_ms = clock_mono_ms();
	bool more = false;
	list_each (link, &peers->waiting) {
		struct waiting *waiting = list_of(link, struct waiting, link);
		if (now_ms - waiting->since_ms >= GRACE_MS)
			answer_if_free(peers, waiting);
		else
			more = true;
	}
	if (more)
		loop_timer_start(peers->service->loop, timer, GRACE_MS);
}

void peers_left(struct peers *peers, const char *key)
{
	int64_t now_ms = clock_mono_ms();
	list_each (link, &peers->waiting) {
		struct waiting *waiting = list_of(link, struct waiting, link);
		if (now_ms - waiting->since_ms > PEERS_PATIENCE_MS)
			waiting_free(peers, waiting);
		else if (str_equal(waiting->key, key))
			answer_if_free(peers, waiting);
	}
}

struct peers *peers_new(struct service *service,
			const struct peers_shape *shape)
{
	char subject[SUBJECT_BYTES];
	struct peers *peers = mem_new(1, sizeof(*peers));
	peers->service = service;
	peers->shape = *shape;
	list_init(&peers->waiting);
	list_init(&peers->asks);
	subject_of(service->instance, subject);
	peers->grace = (struct loop_timer){.due = on_grace, .owner = peers};
	peers->listener =
		bus_listen(service->bus, subject, NULL, on_question, peers);
	return peers;
}

/* Questions in the air are forgotten by the bus, which ends next. */
struct peers *peers_free(struct peers *peers)
{
	if (!peers)
		return NULL;
	list_each (link, &peers->waiting)
		waiting_free(peers, list_of(link, struct waiting, link));
	list_each (asked, &peers->asks) {
		struct ask *ask = list_of(asked, struct ask, link);
		if (ask->question)
			ask->question->asker = NULL;
		settle(ask, false);
		list_remove(&ask->link);
		free(ask);
	}
	loop_timer_stop(peers->service->loop, &peers->grace);
	bus_unlisten(peers->listener);
	free(peers);
	return NULL;
}
