/*
 * main.c - mediad's front door: what it hears, and nothing else.
 */
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/mediad/codec/setup.h"
#include "services/mediad/commands.h"
#include "services/mediad/crew.h"
#include "services/mediad/record/recordings.h"
#include "services/mediad/sound/decode.h"
#include "services/mediad/sound/prompts.h"

/* What each worker does with what is heard for its calls. */
static const struct talk_route orders[] = {
	{&leg_open_message, commands_leg_open},
	{&bridge_message, commands_bridge},
	{&leg_change_message, commands_leg_change},
	{&tone_message, commands_tone},
	{&leg_close_message, commands_leg_close},
	{&play_message, prompts_play},
	{&play_stop_message, prompts_stop},
	{&record_start_message, recordings_start},
	{&record_change_message, recordings_change},
	{&record_stop_message, recordings_stop},
	{0},
};

/* A module that was named must be there; one that was not, need not. */
static bool start_codecs(const struct settings *settings)
{
	const struct codec_setup setup = {
		.g729_module = settings->g729_module,
		.opus_complexity = (unsigned)settings->opus_complexity};

	if (codec_setup(&setup))
		return true;
	log_error(NULL, 0, "VOXBUS_G729_MODULE cannot be used");
	return false;
}

static void *start(struct service *service)
{
	if (!start_codecs(&service->settings))
		return NULL;
	return crew_start(service, orders);
}

int main(int argc, char **argv)
{
	static const struct service_shape shape = {
		.name = "mediad",
		.prefix = "md",
		.who = WHO_MEDIAD,
		.admin_port = 9104,
		.does = "Gives calls their media: SDP, RTP, codecs, sounds.",
		.start = start,
		.drain = crew_drain,
		.drained = crew_drained,
		.ready = crew_ready,
		.stop = crew_stop,
	};

	if (argc > 1 && str_equal(argv[1], DECODE_ARGUMENT))
		return decode_main(argc, argv);
	return service_main(&shape, argc, argv);
}
