/*
 * again.c - a webhook's way into HOOKS and back; see again.h.
 *
 * Only what fails goes there: to store each webhook twice was a tenth of
 * nats-server's time.
 */
#include "services/callbackd/again.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "services/callbackd/daemon.h"

#include <stdlib.h>
#include <string.h>

/* Texts and lists are moved there and back, not copied. */
static void write_retry(struct hook *hook, struct retry *retry)
{
	const struct post *post = &hook->post;
	*retry = (struct retry){.url = post->url,
				.method = post->method,
				.params_count = post->params_count,
				.sequence = post->sequence,
				.tried = hook->report.attempt,
				.due = clock_wall_ms() + hook->report.retry_ms};
	memcpy(retry->params, post->params, sizeof(retry->params));
	str_copy(retry->hook, sizeof(retry->hook), post->hook);
	str_copy(retry->leg, sizeof(retry->leg), post->leg);
	str_copy(retry->event, sizeof(retry->event), post->event);
}

void again_read(const struct retry *retry, struct post *post_out)
{
	*post_out = (struct post){.url = retry->url,
				  .method = retry->method,
				  .params_count = retry->params_count,
				  .sequence = retry->sequence};
	memcpy(post_out->params, retry->params, sizeof(post_out->params));
	str_copy(post_out->hook, sizeof(post_out->hook), retry->hook);
	str_copy(post_out->leg, sizeof(post_out->leg), retry->leg);
	str_copy(post_out->event, sizeof(post_out->event), retry->event);
}

/* It does not fit into HOOKS: where it is, it comes again as well. */
static void on_kept(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct hook *hook = owner;
	(void)sequence, (void)repeat;
	if (error)
		bus_work_again(hook->work, hook->report.retry_ms);
	else
		bus_work_done(hook->work);
	hook_free(hook);
}

static char *encode(struct hook *hook, struct envelope *envelope)
{
	char error[PROTO_ERROR_BYTES];
	struct retry retry;
	/* It keeps its age. */
	*envelope = (struct envelope){.time = hook->asked_ms};
	str_copy(envelope->type, sizeof(envelope->type), retry_message.name);
	id_derive("ME", hook->post.hook, 0, envelope->id);
	str_copy(envelope->call_sid, sizeof(envelope->call_sid),
		 hook->call_sid);
	str_copy(envelope->account_sid, sizeof(envelope->account_sid),
		 hook->account_sid);
	str_copy(envelope->from, sizeof(envelope->from),
		 hook->daemon->service->from);
	write_retry(hook, &retry);
	char *json = proto_encode(&retry_message, envelope, &retry, error);
	if (!json)
		log_error(hook->call_sid, ERR_INTERNAL,
			  "webhook %s cannot be kept: %s", hook->post.hook,
			  error);
	return json;
}

void again_keep(struct hook *hook)
{
	struct envelope envelope;
	char subject[PROTO_SUBJECT_BYTES];
	if (hook->again) {
		bus_work_again(hook->work, hook->report.retry_ms);
		hook_free(hook);
		return;
	}
	char *json = encode(hook, &envelope);
	if (!json) {
		on_kept(hook, -1, 0, false);
		return;
	}
	str_format(subject, sizeof(subject), "hooks.%s", hook->call_sid);
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
