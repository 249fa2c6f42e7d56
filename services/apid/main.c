/*
 * main.c - apid's front door. It hears no commands: it follows the whole
 * record.
 */
#include "lib/runtime/service.h"
#include "services/apid/apid.h"

static const struct service_shape shape = {
	.name = "apid",
	.prefix = "ap",
	.who = WHO_APID,
	.admin_port = 9106,
	.does = "answers the REST API from what is on record, and tells "
		"whether "
		"the platform is ready",
	.start = apid_start,
	.stop = apid_stop,
	.ready = apid_ready,
};

int main(int argc, char **argv)
{
	return service_main(&shape, argc, argv);
}
