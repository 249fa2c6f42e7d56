/*
 * bus_question.c - questions to applications on the bus; see bus_question.h.
 *
 * Each has an inbox of its own: a reply that comes late, when nobody waits for
 * it any more, is not even sent to us.
 */
#include "lib/runtime/bus_question.h"

#include "lib/base/id.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_private.h"

#include <errno.h>
#include <stdlib.h>

#define HEADERS_MAX 12

struct bus_asked {
	struct bus *bus;
	struct wire_sub *inbox;
	struct loop_timer timer;
	bus_reply_fn *answered;
	void *owner;
	int error; /* when the timer is due */
};

struct bus_reply {
	const struct wire_message *message;
};

const char *bus_reply_header(const struct bus_reply *reply, const char *name)
{
	return wire_header(reply->message, name);
}

void bus_question_cancel(struct bus_asked *asked)
{
	loop_timer_stop(asked->bus->loop, &asked->timer);
	wire_unsubscribe(asked->inbox);
	free(asked);
}

static void end(struct bus_asked *asked, int error,
		const struct wire_message *message)
{
	struct bus_reply reply = {message};
	bus_reply_fn *answered = asked->answered;
	void *owner = asked->owner;
	bus_question_cancel(asked);
	answered(owner, error, message ? message->data : "",
		 message ? message->size : 0, message ? &reply : NULL);
}

static void on_due(struct loop_timer *timer)
{
	struct bus_asked *asked = timer->owner;
	end(asked, asked->error, NULL);
}

static void on_reply(void *owner, const struct wire_message *message)
{
	if (message->status == WIRE_NOBODY)
		end(owner, -ENOENT, NULL);
	else
		end(owner, 0, message);
}

struct bus_asked *bus_question(struct bus *bus, const struct bus_question *what)
{
	static const int errors[] = {[WIRE_SENT] = -ETIMEDOUT,
				     [WIRE_AWAY] = -ENOTCONN,
				     [WIRE_TOO_LARGE] = -EMSGSIZE,
				     [WIRE_REFUSED] = -EINVAL};
	struct wire_pair headers[HEADERS_MAX + 1] = {0};
	char random[ID_BYTES], inbox[BUS_INBOX_BYTES];
	struct bus_asked *asked = mem_new(1, sizeof(*asked));
	id_random("QU", random);
	str_format(inbox, sizeof(inbox), "_INBOX.%s", random);
	asked->bus = bus;
	asked->answered = what->answered;
	asked->owner = what->owner;
	asked->timer = (struct loop_timer){.due = on_due, .owner = asked};
	asked->inbox = wire_subscribe(bus->wire, inbox, NULL, on_reply, asked);
	for (size_t i = 0; i < HEADERS_MAX && what->headers[i].name; i++)
		headers[i] = (struct wire_pair){what->headers[i].name,
						what->headers[i].value};
	enum wire_result result = wire_send(bus->wire, what->subject, inbox,
					    headers, what->data, what->size);
	asked->error = errors[result];
	loop_timer_start(bus->loop, &asked->timer,
			 result == WIRE_SENT ? what->timeout_ms : 0);
	return asked;
}
