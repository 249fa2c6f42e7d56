/*
 * main.c - sipgw: SIP transactions and dialogs, UDP and TCP.
 *
 * The front door: what the daemon hears from the bus. What it hears from SIP is
 * in inbound.c (outside dialogs) and dialog.c (inside).
 */
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/caller.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/gateway.h"
#include "services/sipgw/offer.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/refer.h"

static const struct talk_route routes[] = {
	{&answer_message, caller_answer},
	{&reject_message, caller_reject},
	{&dial_message, outbound_dial},
	{&cancel_message, outbound_cancel},
	{&hangup_message, dialog_hangup},
	{&alerting_message, caller_alert},
	{&reanswer_message, offer_reanswer},
	{&notify_message, refer_notify},
	{NULL, NULL},
};

static void *start(struct service *service)
{
	void *daemon = gateway_start(service);
	if (daemon)
		talk_listen(service, routes);
	return daemon;
}

int main(int argc, char **argv)
{
	static const struct service_shape shape = {
		.name = "sipgw",
		.prefix = "gw",
		.who = WHO_SIPGW,
		.admin_port = 9103,
		.does = "Carries calls between SIP and the bus.",
		.start = start,
		.drain = gateway_drain,
		.drained = gateway_drained,
		.stop = gateway_stop,
		.ready = gateway_ready,
		.run = agent_run,
	};
	return service_main(&shape, argc, argv);
}
