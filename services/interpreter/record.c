/*
 * record.c - <Dial record="...">: what it asks for is read, told to be not
 * available, once for each Dial, and the recording's callback says 'failed'.
 *
 * A recording of which nothing can come is better refused aloud than awaited.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

static void tell(struct call *call, struct leg *caller,
		 const struct recording *recording)
{
	struct runner *runner = caller->runner;
	char url[URL_BYTES];
	if (!recording->callback || !*recording->callback)
		return;
	if (!url_resolve(runner->url, recording->callback, url, sizeof(url))) {
		note(call, caller, NOTE_ERROR, ERR_STATUS_CALLBACK, runner->url,
		     "recordingStatusCallback '%.100s' is no http(s) URL: no "
		     "callback is sent",
		     recording->callback);
		return;
	}
	struct post *post = proto_new(&post_message);
	id_derive("HR", caller->sid, runner->dial, post->hook);
	(void)str_copy(post->leg, sizeof(post->leg), caller->sid);
	proto_set_long(&post->url, url);
	post->method = recording->method;
	(void)str_copy(post->event, sizeof(post->event), "recording");
	params_of_recording(call, caller, recording, post);
	say(call, &post_message, post, "any");
}

/* The moment has come at which the recording would begin. */
static void begin(struct call *call, struct leg *caller, enum record_from from)
{
	struct runner *runner = caller->runner;
	struct recording recording;
	verbs_recording(runner->document, runner->verb, &recording);
	if (recording.from != from || runner->recorded == runner->dial)
		return;
	runner->recorded = runner->dial;
	note(call, caller, NOTE_ERROR, ERR_RECORDING, runner->url,
	     "line %u: <Dial record>: recording is not available yet, the call "
	     "goes on without it",
	     runner->document->nodes[runner->verb].place.line);
	tell(call, caller, &recording);
}

void record_ringing(struct call *call, struct leg *caller)
{
	begin(call, caller, RECORD_FROM_RINGING);
}

void record_answered(struct call *call, struct leg *caller)
{
	begin(call, caller, RECORD_FROM_RINGING);
	begin(call, caller, RECORD_FROM_ANSWER);
}
