/*
 * again.c - a webhook's way into HOOKS, or into DEAD; see again.h.
 *
 * Only what fails goes there: to store each webhook twice was a tenth of
 * nats-server's time. Each failure stores it anew, with one attempt more on its
 * list and in the queue of its next delay.
 */
#include "services/callbackd/again.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/retry.h"
#include "services/callbackd/daemon.h"

#include <stdlib.h>
#include <string.h>

#define UNKEPT_MS 60000

/* It does not fit: where it is, it comes again as well. */
static void on_kept(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct hook *hook = owner;
	int64_t delay_ms = hook->report.retry_ms;
	(void)sequence, (void)repeat;
	if (error) {
		bus_work_again(hook->work, delay_ms ? delay_ms : UNKEPT_MS);
	} else {
		if (!hook->report.given_up)
			memory_set(hook->daemon->kept, hook->post.hook,
				   hook->post.tried);
		bus_work_done(hook->work);
	}
	hook_free(hook);
}

static void publish(struct hook *hook, const char *subject,
		    const struct proto_message *desc, const void *message)
{
	char error[PROTO_ERROR_BYTES];
	/* It keeps its age. */
	struct envelope envelope = {.time = hook->asked_ms};
	str_copy(envelope.type, sizeof(envelope.type), desc->name);
	id_derive(desc == &dead_message ? "DL" : "ME", hook->post.hook,
		  (uint64_t)hook->post.tried, envelope.id);
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), hook->call_sid);
	str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		 hook->account_sid);
	str_copy(envelope.from, sizeof(envelope.from),
		 hook->daemon->service->from);
	char *json = proto_encode(desc, &envelope, message, error);
	if (!json) {
		log_error(hook->call_sid, ERR_INTERNAL,
			  "webhook %s cannot be kept: %s", hook->post.hook,
			  error);
		on_kept(hook, -1, 0, false);
		return;
	}
	bus_publish(hook->daemon->service->bus,
		    &(struct bus_record){.subject = subject,
					 .id = envelope.id,
					 .data = json,
					 .size = strlen(json),
					 .may_wait = true,
					 .done = on_kept,
					 .owner = hook});
	free(json);
}

void again_keep(struct hook *hook)
{
	int64_t delay_ms = hook->report.retry_ms;
	struct retry retry = {.due = clock_wall_ms() + delay_ms};
	char subject[PROTO_SUBJECT_BYTES];
	delivery_to_retry(&hook->post, &retry);
	str_format(subject, sizeof(subject), "hooks.%u.%s",
		   retry_class(delay_ms), hook->call_sid);
	publish(hook, subject, &retry_message, &retry);
}

void again_bury(struct hook *hook)
{
	struct dead dead = {.at = clock_wall_ms(), .error = hook->report.error};
	char subject[PROTO_SUBJECT_BYTES];
	delivery_to_dead(&hook->post, &dead);
	str_copy(dead.error_text, sizeof(dead.error_text),
		 hook->report.error_text);
	str_format(subject, sizeof(subject), "dead.%s", hook->call_sid);
	publish(hook, subject, &dead_message, &dead);
}
