/*
 * params_hook.c - what status callbacks tell: the event, how the leg ended, how
 * it sounded.
 */
#include "services/interpreter/params_rows.h"

#include "lib/base/clock.h"

static void hook_status_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_ANSWERED)
		buf_add_text(value, "in-progress");
	else
		params_status(facts, value);
}

static void hook_event_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, verbs_hook_words[facts->event]);
}

/* Its place in a leg's whole life, whichever of them are sent. */
static void hook_event_number_value(const struct facts *facts,
				    struct buf *value)
{
	params_add_number(value, facts->event);
}

static void hook_duration_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED)
		params_add_number(value, leg_seconds(facts->leg));
}

static void timestamp_value(const struct facts *facts, struct buf *value)
{
	char text[CLOCK_RFC2822_BYTES];
	clock_rfc2822(facts->call->now, text);
	buf_add_text(value, text);
}

/* The one above ends with the second, which several events may share. */
static void timestamp_iso_value(const struct facts *facts, struct buf *value)
{
	char text[CLOCK_ISO_BYTES];
	clock_iso(facts->call->now, text);
	buf_add_text(value, text);
}

static void source_value(const struct facts *facts, struct buf *value)
{
	(void)facts;
	buf_add_text(value, "call-progress-events");
}

static void sequence_value(const struct facts *facts, struct buf *value)
{
	params_add_number(value, facts->sequence);
}

static void sip_code_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->sip_status)
		params_add_number(value, facts->leg->sip_status);
}

static void sip_phrase_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->phrase)
		buf_add_text(value, facts->leg->phrase);
}

static void hook_who_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED)
		params_add_who(facts, facts->leg, value);
}

static void hook_ring_value(const struct facts *facts, struct buf *value)
{
	if (facts->event >= HOOK_ANSWERED)
		params_add_ringing(facts->leg, value);
}

static void hook_reason_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED)
		params_add_reason(facts->leg, value);
}

static void hook_error_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED && facts->leg->error)
		params_add_number(value, facts->leg->error);
}

/* Whose end of the call hung up: the side that called, or was called. */
static void hook_direction_value(const struct facts *facts, struct buf *value)
{
	struct buf who = BUF_INIT(PARAMS_VALUE_BYTES_MAX);
	if (facts->event == HOOK_COMPLETED)
		params_add_who(facts, facts->leg, &who);
	if (who.length)
		buf_add_text(value, facts->leg->by == LEG_END_REMOTE
					    ? "inbound"
					    : "outbound");
	buf_free(&who);
}

/* Nothing went through, or mediad forgot: nothing is said. */
static bool was_measured(const struct facts *facts)
{
	const struct leg_stats *stats = facts->stats;
	return stats && (stats->packets_in || stats->packets_out);
}

/* "4.12", of hundredths or thousandths. */
static void add_decimal(struct buf *value, int64_t number, int64_t one)
{
	buf_addf(value, "%lld.%02lld", (long long)(number / one),
		 (long long)(number % one * 100 / one));
}

static void mos_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts) && facts->stats->mos_hundredths)
		add_decimal(value, facts->stats->mos_hundredths, 100);
}

static void jitter_max_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_decimal(value, facts->stats->jitter_max_us, 1000);
}

static void jitter_min_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_decimal(value, facts->stats->jitter_min_us, 1000);
}

static void ptime_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts) && facts->stats->ptime)
		params_add_number(value, facts->stats->ptime);
}

/* In packets, as SignalWire has it. */
static void buffer_value(const struct facts *facts, struct buf *value)
{
	int64_t ptime = was_measured(facts) && facts->stats->ptime
				? facts->stats->ptime
				: 20;
	if (was_measured(facts))
		params_add_number(value, facts->stats->buffer_max_ms / ptime);
}

static void keys_in_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		params_add_number(value, facts->stats->digits_in);
}

/* Left out where there were none. */
static void keys_out_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts) && facts->stats->digits_out)
		params_add_number(value, facts->stats->digits_out);
}

static void late_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		params_add_number(value, facts->stats->packets_late);
}

static void lost_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		params_add_number(value, facts->stats->packets_lost);
}

static void packets_in_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		params_add_number(value, facts->stats->packets_in);
}

static void packets_out_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		params_add_number(value, facts->stats->packets_out);
}

static const struct param_row hook_rows[] = {
	{"CallSid", PARAMS_ALL, params_call_sid, false},
	{"AccountSid", PARAMS_ALL, params_account, false},
	{"From", PARAMS_ALL, params_from, false},
	{"To", PARAMS_ALL, params_to, false},
	{"Direction", PARAMS_ALL, params_direction, false},
	{"ApiVersion", PARAMS_ALL, params_version, false},
	{"ParentCallSid", PARAMS_ALL, params_parent, false},
	{"Caller", PARAMS_TWILIO, params_from, false},
	{"Called", PARAMS_TWILIO, params_to, false},
	{"CallStatus", PARAMS_ALL, hook_status_value, false},
	{"CallEvent", PARAMS_ALL, hook_event_value, false},
	{"CallEventNumber", PARAMS_ALL, hook_event_number_value, false},
	{"CallDuration", PARAMS_ALL, hook_duration_value, false},
	{"Timestamp", PARAMS_ALL, timestamp_value, false},
	{"TimestampIso", PARAMS_ALL, timestamp_iso_value, false},
	{"CallbackSource", PARAMS_ALL, source_value, false},
	{"SequenceNumber", PARAMS_ALL, sequence_value, false},
	{"SipCallId", PARAMS_ALL, params_sip_call_id, false},
	{"CallerName", PARAMS_RESTCOMM, params_caller_name, false},
	{"SipResultCode", PARAMS_ALL, sip_code_value, false},
	{"SipInviteResultPhrase", PARAMS_ALL, sip_phrase_value, false},
	{"RingDuration", PARAMS_ALL, hook_ring_value, false},
	{"HangupBy", PARAMS_ALL, hook_who_value, false},
	{"HangupDirection", PARAMS_SIGNALWIRE, hook_direction_value, false},
	{"HangupReason", PARAMS_ALL, hook_reason_value, false},
	{"ErrorCode", PARAMS_ALL, hook_error_value, false},
	{"RecordingUrl", PARAMS_ALL, params_recording_url, false},
	{"RecordingSid", PARAMS_ALL, params_recording_sid, false},
	{"RecordingDuration", PARAMS_ALL, params_recording_duration, false},
	{"AudioInMos", PARAMS_SIGNALWIRE, mos_value, false},
	{"AudioInAveragePtime", PARAMS_SIGNALWIRE, ptime_value, false},
	{"AudioInDtmfPacketCount", PARAMS_SIGNALWIRE, keys_in_value, false},
	{"AudioInFlushPacketCount", PARAMS_SIGNALWIRE, late_value, false},
	{"AudioInJitterMaxVariance", PARAMS_SIGNALWIRE, jitter_max_value,
	 false},
	{"AudioInJitterMinVariance", PARAMS_SIGNALWIRE, jitter_min_value,
	 false},
	{"AudioInLargestJbSize", PARAMS_SIGNALWIRE, buffer_value, false},
	{"AudioInMediaPacketCount", PARAMS_SIGNALWIRE, packets_in_value, false},
	{"AudioInSkipPacketCount", PARAMS_SIGNALWIRE, lost_value, false},
	{"AudioOutMediaPacketCount", PARAMS_SIGNALWIRE, packets_out_value,
	 false},
	{"AudioOutDtmfPacketCount", PARAMS_SIGNALWIRE, keys_out_value, false},
	{NULL, 0, NULL, false},
};

/* Nothing is told of a recording in which there is nothing. */
static const struct tape *kept_tape(const struct leg *leg)
{
	const struct tape *tape = leg->tape;
	return tape && (tape->absent || !tape->duration_ms) ? NULL : tape;
}

void params_of_hook(struct call *call, struct leg *leg, enum hook_event event,
		    struct post *post)
{
	bool last = event == HOOK_COMPLETED;
	struct facts facts = {.call = call,
			      .leg = leg,
			      .event = event,
			      .stats = last ? leg->stats : NULL,
			      .tape = last ? kept_tape(leg) : NULL,
			      .sequence = leg->hooks->sent};
	params_fill(&facts, hook_rows, post->params, &post->params_count);
}
