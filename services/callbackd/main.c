/*
 * main.c - the front door of callbackd: it hears 'post', and 'retry' of its
 * own, and tells 'posted'.
 */
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/callbackd/callbackd.h"

static const struct talk_route routes[] = {
	{&post_message, callbackd_post},
	{&retry_message, callbackd_retry},
	{0},
};

static void *start(struct service *service)
{
	return callbackd_new(service, routes);
}

static const struct service_shape shape = {
	.name = "callbackd",
	.prefix = "cb",
	.who = WHO_CALLBACKD,
	.admin_port = 9105,
	.does = "Delivers webhooks to customers' web applications.",
	.start = start,
	.drain = callbackd_drain,
	.drained = callbackd_drained,
	.ready = callbackd_ready,
	.stop = callbackd_free,
};

int main(int argc, char **argv)
{
	return service_main(&shape, argc, argv);
}
