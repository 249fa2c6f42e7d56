/*
 * bus_wire_read.c - subscriptions, and what arrives for them.
 */
#include "lib/runtime/bus_wire_private.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define SPENT_BYTES_MAX ((size_t)512 << 10)

void wire_subscribe_now(struct wire_sub *sub)
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

void wire_destroy_spent(struct wire *wire)
{
	while (wire->spent_count)
		natsMsg_Destroy(wire->spent[--wire->spent_count]);
	wire->spent_bytes = 0;
}

void wire_spend(struct wire *wire, natsMsg *raw)
{
	if (!raw)
		return;
	wire->spent[wire->spent_count++] = raw;
	wire->spent_bytes += (size_t)natsMsg_GetDataLength(raw);
	if (wire->spent_count == SPENT_MAX ||
	    wire->spent_bytes > SPENT_BYTES_MAX)
		wire_destroy_spent(wire);
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
	wire_spend(sub->wire, raw);
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

void wire_sub_free(struct wire_sub *sub)
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
			wire_sub_free(sub);
	}
}

void wire_drain(struct wire *wire)
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
		wire_subscribe_now(sub);
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
		wire_sub_free(sub);
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
