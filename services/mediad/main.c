/*
 * main.c - mediad's front door: what it hears, and nothing else.
 */
#include "lib/runtime/service.h"
#include "services/mediad/commands.h"

static const struct talk_route routes[] = {
	{&leg_open_message, commands_leg_open},
	{&bridge_message, commands_bridge},
	{&leg_change_message, commands_leg_change},
	{&tone_message, commands_tone},
	{&leg_close_message, commands_leg_close},
	{0},
};

static void *start(struct service *service)
{
	void *media = commands_start(service);

	if (media)
		talk_listen(service, routes);
	return media;
}

int main(int argc, char **argv)
{
	static const struct service_shape shape = {
		.name = "mediad",
		.prefix = "md",
		.who = WHO_MEDIAD,
		.admin_port = 9104,
		.does = "Gives calls their media: SDP, RTP relay, tones.",
		.start = start,
		.drained = commands_drained,
		.ready = commands_ready,
		.stop = commands_stop,
	};

	return service_main(&shape, argc, argv);
}
