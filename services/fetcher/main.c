/*
 * main.c - the front door of the fetcher: it hears 'get' and answers 'fetched'.
 */
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/fetcher/fetcher.h"

static const struct talk_route routes[] = {
	{&get_message, fetcher_get},
	{0},
};

static void *start(struct service *service)
{
	return fetcher_new(service, routes);
}

static const struct service_shape shape = {
	.name = "fetcher",
	.prefix = "fe",
	.who = WHO_FETCHER,
	.admin_port = 9101,
	.does = "Requests documents from customers' web applications.",
	.start = start,
	.drain = fetcher_drain,
	.drained = fetcher_drained,
	.ready = fetcher_ready,
	.stop = fetcher_free,
};

int main(int argc, char **argv)
{
	return service_main(&shape, argc, argv);
}
