/*
 * orders.c - what was asked for by POST, until it is answered; see orders.h.
 */
#include "services/apid/orders.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/apid/projection.h"
#include "services/apid/rest.h"

#include <stdlib.h>

METRIC_COUNTER(recorded, "api_orders_total", "result=\"recorded\"",
	       "Calls started or changed by the API.")
METRIC_COUNTER(unrecorded, "api_orders_total", "result=\"unrecorded\"",
	       "Calls started or changed by the API.")

struct orders {
	struct service *service;
	const struct rest *rest;
	struct list waiting;
	uint64_t projected; /* so far */
};

struct order {
	struct list link;
	struct orders *orders;
	struct httpd_late *late; /* NULL: answered */
	bool said;               /* the record has it, or never will */
	uint64_t sequence;       /* on record; 0: not yet */
	const struct proto_message *desc;
	void *message;
	char account[65], root[40], sid[40];
	const char *base;
	struct loop_timer timer;
};

struct orders *orders_new(struct service *service, const struct rest *rest)
{
	struct orders *orders = mem_new(1, sizeof(*orders));
	orders->service = service;
	orders->rest = rest;
	list_init(&orders->waiting);
	return orders;
}

static void order_free(struct order *order)
{
	loop_timer_stop(order->orders->service->loop, &order->timer);
	list_remove(&order->link);
	proto_free(order->desc, order->message);
	free(order);
}

struct orders *orders_free(struct orders *orders)
{
	if (orders) {
		list_each (link, &orders->waiting)
			order_free(list_of(link, struct order, link));
		free(orders);
	}
	return NULL;
}

static void send_answer(struct order *order, const struct httpd_answer *answer)
{
	httpd_late_answer(order->late, answer);
	order->late = NULL;
	if (order->said)
		order_free(order);
}

static void send_refusal(struct order *order, const char *why)
{
	struct httpd_answer answer = {0};
	char text[256];
	str_format(text, sizeof(text), "%s (CallSid %s)", why,
		   id_is("CA", order->sid) ? order->sid : order->root);
	rest_refuse(order->orders->rest, 503, ERR_OVERLOAD, text, &answer);
	answer.extra_name = "Retry-After";
	answer.extra_value = "5";
	send_answer(order, &answer);
}

/* False: the store does not know the call. */
static bool send_call(struct order *order)
{
	struct httpd_answer answer = {0};
	const struct rest_order shown = {.desc = order->desc,
					 .account = order->account,
					 .root = order->root,
					 .sid = order->sid,
					 .base = order->base};
	if (!rest_ordered(order->orders->rest, &shown, &answer))
		return false;
	send_answer(order, &answer);
	return true;
}

/* The projection is behind: from what was asked for. */
static void send_unprojected(struct order *order)
{
	if (order->desc == &call_start_message)
		projection_put_start(order->orders->rest->store, order->account,
				     clock_wall_ms(), order->message);
	if (order->desc == &record_wish_message)
		projection_put_wish(order->orders->rest->store, order->account,
				    order->message);
	if (!send_call(order))
		send_refusal(order, "It is not known any more");
}

static void on_late(struct loop_timer *timer)
{
	struct order *order = timer->owner;
	if (order->sequence) {
		send_unprojected(order);
		return;
	}
	metric_add(&unrecorded, 1);
	log_warn(order->root, ERR_OVERLOAD,
		 "%s is not on record after %d ms: the client was told to try "
		 "again",
		 order->desc->name, ORDER_RECORD_MS);
	send_refusal(order, "The bus did not answer in time; it may still be "
			    "done");
}

static void send_projected(struct order *order)
{
	if (!send_call(order))
		send_refusal(order, "It is not known any more");
}

static void on_said(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct order *order = owner;
	(void)repeat;
	order->said = true;
	if (!order->late) {
		order_free(order);
	} else if (error) {
		metric_add(&unrecorded, 1);
		send_refusal(order, "The bus does not take it");
	} else {
		metric_add(&recorded, 1);
		order->sequence = sequence;
		if (sequence <= order->orders->projected) {
			send_projected(order);
			return;
		}
		loop_timer_start(order->orders->service->loop, &order->timer,
				 ORDER_PROJECT_MS);
	}
}

void orders_take(struct orders *orders, const struct rest_order *what,
		 const struct httpd_request *request,
		 struct httpd_answer *answer)
{
	struct order *order = mem_new(1, sizeof(*order));
	order->orders = orders;
	order->late = httpd_late(request, answer);
	order->desc = what->desc;
	order->message = proto_new(what->desc);
	proto_copy(what->desc, what->message, order->message);
	str_copy(order->account, sizeof(order->account), what->account);
	str_copy(order->root, sizeof(order->root), what->root);
	str_copy(order->sid, sizeof(order->sid), what->sid);
	order->base = what->base;
	order->timer = (struct loop_timer){.due = on_late, .owner = order};
	list_add_tail(&orders->waiting, &order->link);
	loop_timer_start(orders->service->loop, &order->timer, ORDER_RECORD_MS);
	const struct talk_to to = {.call_sid = order->root,
				   .account_sid = order->account,
				   .done = on_said,
				   .owner = order};
	talk_say(orders->service, &to, order->desc, order->message);
}

void orders_projected(struct orders *orders, uint64_t sequence)
{
	orders->projected = sequence;
	list_each (link, &orders->waiting) {
		struct order *order = list_of(link, struct order, link);
		if (order->late && order->sequence &&
		    order->sequence <= sequence)
			send_projected(order);
	}
}
