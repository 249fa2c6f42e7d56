/*
 * params_recording.c - what a recording's own callbacks tell.
 */
#include "services/interpreter/params_rows.h"

#include "lib/base/clock.h"

static void recording_status_value(const struct facts *facts, struct buf *value)
{
	const struct tape *tape = facts->tape;
	buf_add_text(value, tape->error                ? "failed"
			    : tape->absent             ? "absent"
			    : tape->state >= TAPE_DONE ? "completed"
						       : "in-progress");
}

static void recording_channels_value(const struct facts *facts,
				     struct buf *value)
{
	params_add_number(value, facts->tape->channels ? facts->tape->channels
						       : 1 + facts->tape->dual);
}

static void recording_track_value(const struct facts *facts, struct buf *value)
{
	static const char *const words[] = {"both", "inbound", "outbound"};
	buf_add_text(value, words[facts->tape->track]);
}

static void recording_start_value(const struct facts *facts, struct buf *value)
{
	char text[CLOCK_RFC2822_BYTES];
	if (!facts->tape->started)
		return;
	clock_rfc2822(facts->tape->started, text);
	buf_add_text(value, text);
}

static void recording_source_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->tape->source);
}

static void recording_error_value(const struct facts *facts, struct buf *value)
{
	if (facts->tape->error)
		params_add_number(value, facts->tape->error);
}

static const struct param_row recording_rows[] = {
	{"AccountSid", PARAMS_ALL, params_account, false},
	{"CallSid", PARAMS_ALL, params_call_sid, false},
	{"RecordingSid", PARAMS_ALL, params_recording_sid, false},
	{"RecordingUrl", PARAMS_ALL, params_recording_url, false},
	{"RecordingStatus", PARAMS_ALL, recording_status_value, false},
	{"RecordingDuration", PARAMS_ALL, params_recording_duration, false},
	{"RecordingChannels", PARAMS_ALL, recording_channels_value, false},
	{"RecordingTrack", PARAMS_ALL, recording_track_value, false},
	{"RecordingStartTime", PARAMS_TWILIO, recording_start_value, false},
	{"RecordingSource", PARAMS_ALL, recording_source_value, false},
	{"ErrorCode", PARAMS_ALL, recording_error_value, false},
	{NULL, 0, NULL, false},
};

void params_of_recording(struct call *call, struct leg *leg,
			 const struct tape *tape, struct post *post)
{
	struct facts facts = {.call = call, .leg = leg, .tape = tape};
	params_fill(&facts, recording_rows, post->params, &post->params_count);
}
