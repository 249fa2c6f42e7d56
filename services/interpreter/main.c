/*
 * main.c - the front door of the interpreter: the events that calls hear.
 */
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/interpreter/owner.h"

static const struct talk_route heard[] = {
	{&incoming_message, owner_hear},
	{&call_start_message, owner_hear},
	{&call_change_message, owner_hear},
	{&record_wish_message, owner_hear},
	{&timer_fired_message, owner_hear},
	{&instance_restarted_message, owner_hear},
	{&fetched_message, owner_hear},
	{&leg_opened_message, owner_hear},
	{&bridged_message, owner_hear},
	{&tone_changed_message, owner_hear},
	{&leg_closed_message, owner_hear},
	{&leg_changed_message, owner_hear},
	{&digit_message, owner_hear},
	{&played_message, owner_hear},
	{&record_started_message, owner_hear},
	{&record_changed_message, owner_hear},
	{&recording_done_message, owner_hear},
	{&recording_stored_message, owner_hear},
	{&media_silent_message, owner_hear},
	{&leg_keyed_message, owner_hear},
	{&reoffered_message, owner_hear},
	{&reconfirmed_message, owner_hear},
	{&digit_info_message, owner_hear},
	{&referred_message, owner_hear},
	{&notified_message, owner_hear},
	{&confirmed_message, owner_hear},
	{&restored_message, owner_hear},
	{&ringing_message, owner_hear},
	{&answered_message, owner_hear},
	{&failed_message, owner_hear},
	{&ended_message, owner_hear},
	{0},
};

static void *start(struct service *service)
{
	return owner_new(service, heard);
}

static const struct service_shape shape = {
	.name = "interpreter",
	.prefix = "in",
	.who = WHO_INTERPRETER,
	.admin_port = 9102,
	.does = "Runs the documents of calls: decides what happens next.",
	.start = start,
	.drain = owner_drain,
	.drained = owner_drained,
	.stop = owner_free,
	.ready = owner_ready,
};

int main(int argc, char **argv)
{
	return service_main(&shape, argc, argv);
}
