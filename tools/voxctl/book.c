/*
 * book.c - what became of each call; see book.h.
 */
#include "tools/voxctl/book.h"

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tools/voxctl/recording.h"

#include <stdlib.h>
#include <string.h>

struct book {
	struct book_call *ring; /* 'max' places, used round and round */
	size_t max, next, count;
	struct map *by_sid;
};

struct book *book_new(size_t calls_max)
{
	struct book *book = mem_new(1, sizeof(*book));
	book->max = calls_max;
	book->ring = mem_new(calls_max, sizeof(struct book_call));
	book->by_sid = map_new();
	return book;
}

struct book *book_free(struct book *book)
{
	if (book) {
		map_free(book->by_sid);
		free(book->ring);
		free(book);
	}
	return NULL;
}

size_t book_count(const struct book *book)
{
	return book->count;
}

const struct book_call *book_call(const struct book *book, size_t number)
{
	return &book->ring[(book->next + 2 * book->max - 1 - number) %
			   book->max];
}

/* Cut, if it must be: this is for a table. */
static void copy_uri(char *to, size_t size, const char *uri)
{
	const char *from = uri ? uri : "";
	if (str_starts(from, "sip:"))
		from += 4;
	str_copy_bytes(to, size, from, strnlen(from, size - 1));
}

/* A new place, of the oldest one if there is none left. */
static struct book_call *begin(struct book *book,
			       const struct recorded *recorded,
			       const struct envelope *envelope)
{
	struct book_call *call = &book->ring[book->next];
	if (book->count == book->max)
		map_remove(book->by_sid, call->call_sid);
	else
		book->count++;
	book->next = (book->next + 1) % book->max;
	*call = (struct book_call){.started_ms = recorded->time_ms};
	str_copy(call->call_sid, sizeof(call->call_sid), envelope->call_sid);
	map_put(book->by_sid, call->call_sid, call);
	return call;
}

static void hear_incoming(struct book *book, struct book_call *known,
			  const struct recorded *recorded,
			  const struct envelope *envelope, const void *message)
{
	const struct incoming *m = message;
	if (known)
		return; /* a repeat */
	struct book_call *call = begin(book, recorded, envelope);
	call->status = CALL_RINGING;
	copy_uri(call->from, sizeof(call->from), m->from_uri);
	copy_uri(call->to, sizeof(call->to), m->to_uri);
}

static void hear_start(struct book *book, struct book_call *known,
		       const struct recorded *recorded,
		       const struct envelope *envelope, const void *message)
{
	const struct call_start *m = message;
	if (known)
		return;
	struct book_call *call = begin(book, recorded, envelope);
	call->status = CALL_QUEUED;
	copy_uri(call->from, sizeof(call->from), m->caller_id);
	copy_uri(call->to, sizeof(call->to), m->to);
}

/* The leg that the API asked for is up; others are children. */
static void hear_answered(struct book *book, struct book_call *call,
			  const struct recorded *recorded,
			  const struct envelope *envelope, const void *message)
{
	const struct answered *m = message;
	(void)book, (void)envelope;
	if (!call || strcmp(m->leg, call->call_sid) != 0 || call->ended_ms)
		return;
	call->status = CALL_IN_PROGRESS;
	call->answered_ms = recorded->time_ms;
}

static void hear_confirmed(struct book *book, struct book_call *call,
			   const struct recorded *recorded,
			   const struct envelope *envelope, const void *message)
{
	const struct confirmed *m = message;
	(void)book, (void)envelope;
	if (!call || strcmp(m->leg, call->call_sid) != 0 ||
	    call->status != CALL_RINGING)
		return;
	call->status = CALL_IN_PROGRESS;
	call->answered_ms = recorded->time_ms;
}

static void hear_noted(struct book *book, struct book_call *call,
		       const struct recorded *recorded,
		       const struct envelope *envelope, const void *message)
{
	const struct noted *m = message;
	(void)book, (void)envelope, (void)recorded;
	if (call && m->level == NOTE_ERROR)
		call->error = (int)m->code;
}

static void hear_closed(struct book *book, struct book_call *call,
			const struct recorded *recorded,
			const struct envelope *envelope, const void *message)
{
	const struct call_closed *m = message;
	(void)book, (void)envelope;
	if (!call)
		return;
	call->status = m->status;
	call->ended_ms = recorded->time_ms;
	if (m->error)
		call->error = (int)m->error;
	if (!m->legs_count)
		return;
	call->answered_ms = m->legs[0].answered;
	if (m->legs[0].ended)
		call->ended_ms = m->legs[0].ended;
}

static const struct {
	const struct proto_message *desc;
	void (*hear)(struct book *book, struct book_call *call,
		     const struct recorded *recorded,
		     const struct envelope *envelope, const void *message);
} rows[] = {
	{&incoming_message, hear_incoming},
	{&call_start_message, hear_start},
	{&confirmed_message, hear_confirmed},
	{&answered_message, hear_answered},
	{&noted_message, hear_noted},
	{&call_closed_message, hear_closed},
};

static void hear_row(struct book *book, size_t row,
		     const struct recorded *recorded)
{
	const struct proto_message *desc = rows[row].desc;
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	char *masked = proto_masked(recorded->message, recorded->size);
	void *message = proto_new(desc);
	if (masked && proto_decode(desc, masked, strlen(masked), &envelope,
				   message, error))
		rows[row].hear(book, map_get(book->by_sid, envelope.call_sid),
			       recorded, &envelope, message);
	proto_free(desc, message);
	free(masked);
}

void book_hear(struct book *book, const struct recorded *recorded)
{
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	if (!proto_peek(recorded->message, recorded->size, &envelope, error))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].desc->name, envelope.type) == 0)
			hear_row(book, i, recorded);
}
