/*
 * params.c - what the application is told with every request, as tables: the
 * standard parameters, those of a Dial that is over, those of a callback.
 */
#include "services/interpreter/call.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <stdlib.h>

#define VALUE_BYTES_MAX 4096

/* What a value is taken from. */
struct facts {
	const struct call *call;
	const struct leg *leg;         /* whose document or callback it is */
	const struct leg *dialled;     /* of the Dial that is over, or NULL */
	const struct tape *tape;       /* told of, or NULL */
	const struct leg_stats *stats; /* what mediad measured, or NULL */
	const char *digits;            /* that were pressed */
	enum hook_event event;
	unsigned sequence;
};

/* Writes the value; an empty one is not sent. */
typedef void value_fn(const struct facts *facts, struct buf *value);

static void add_number(struct buf *value, int64_t number)
{
	buf_addf(value, "%lld", (long long)number);
}

static void call_sid_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->leg->sid);
}

static void account_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->call->account);
}

static void from_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->leg->from);
}

static void to_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->leg->to);
}

static void status_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value,
		     proto_word(&call_status_set, (int)facts->leg->status));
}

static void version_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->call->dialect->api_version);
}

static void direction_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, leg_direction(facts->leg));
}

static void parent_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->parent)
		buf_add_text(value, facts->leg->parent->sid);
}

static void caller_name_value(const struct facts *facts, struct buf *value)
{
	if (facts->call->caller_name)
		buf_add_text(value, facts->call->caller_name);
}

static void sip_call_id_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->sip_call_id)
		buf_add_text(value, facts->leg->sip_call_id);
}

static void sip_domain_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->inbound && facts->call->to_host)
		buf_add_text(value, facts->call->to_host);
}

static void sip_source_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->source_ip)
		buf_add_text(value, facts->leg->source_ip);
}

/* How the Dial went: who declined was not reached, who was led away was. */
static enum call_status dial_outcome(const struct leg *dialled)
{
	if (!dialled)
		return CALL_FAILED;
	if (dialled->redirected)
		return CALL_COMPLETED;
	return dialled->declined ? CALL_NO_ANSWER : dialled->status;
}

static void dial_status_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, proto_word(&call_status_set,
				       (int)dial_outcome(facts->dialled)));
}

static void dial_sid_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled)
		buf_add_text(value, facts->dialled->sid);
}

static void dial_duration_value(const struct facts *facts, struct buf *value)
{
	const struct leg *dialled = facts->dialled;
	if (!dialled || !dialled->redirected)
		add_number(value, dialled ? leg_seconds(dialled) : 0);
}

/* Seconds from the first ringing to the answer, or to the end without one. */
static void add_ringing(const struct leg *leg, struct buf *value)
{
	int64_t until = leg && leg->answered ? leg->answered
			: leg                ? leg->ended
					     : 0;
	if (leg && leg->rang && until >= leg->rang)
		add_number(value, (until - leg->rang + 500) / 1000);
}

static void dial_ring_value(const struct facts *facts, struct buf *value)
{
	add_ringing(facts->dialled, value);
}

static void dial_phrase_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->phrase)
		buf_add_text(value, facts->dialled->phrase);
}

static void add_reason(const struct leg *leg, struct buf *value)
{
	const char *reason = !leg                ? NULL
			     : leg->their_reason ? leg->their_reason
						 : end_reason_text(leg->why);
	if (reason)
		buf_add_text(value, reason);
}

static void dial_reason_value(const struct facts *facts, struct buf *value)
{
	add_reason(facts->dialled, value);
}

static void dial_declined_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->declined)
		buf_add_text(value, "true");
}

static void dial_error_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->error)
		add_number(value, facts->dialled->error);
}

static void dial_bridged_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value,
		     facts->dialled && facts->dialled->met ? "true" : "false");
}

static void dial_call_id_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->sip_call_id)
		buf_add_text(value, facts->dialled->sip_call_id);
}

static void dial_code_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->sip_status)
		add_number(value, facts->dialled->sip_status);
}

/* Who ended an answered leg, as far as it is known. */
static void add_who(const struct facts *facts, const struct leg *leg,
		    struct buf *value)
{
	const struct leg *root = facts->call->root;
	if (!leg || !leg->answered)
		return;
	if (leg->by == LEG_END_REMOTE)
		buf_add_text(value, "callee");
	else if (leg->why == END_STAR ||
		 (root->state == LEG_GONE && root->by == LEG_END_REMOTE))
		buf_add_text(value, "caller");
	else
		buf_add_text(value, "voxbus");
}

static void dial_who_value(const struct facts *facts, struct buf *value)
{
	add_who(facts, facts->dialled, value);
}

static void hook_status_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_ANSWERED)
		buf_add_text(value, "in-progress");
	else
		status_value(facts, value);
}

static void hook_event_value(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, verbs_hook_words[facts->event]);
}

static void hook_duration_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED)
		add_number(value, leg_seconds(facts->leg));
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
	add_number(value, facts->sequence);
}

static void sip_code_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->sip_status)
		add_number(value, facts->leg->sip_status);
}

static void sip_phrase_value(const struct facts *facts, struct buf *value)
{
	if (facts->leg->phrase)
		buf_add_text(value, facts->leg->phrase);
}

static void hook_who_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED)
		add_who(facts, facts->leg, value);
}

static void hook_ring_value(const struct facts *facts, struct buf *value)
{
	if (facts->event >= HOOK_ANSWERED)
		add_ringing(facts->leg, value);
}

static void hook_reason_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED)
		add_reason(facts->leg, value);
}

static void hook_error_value(const struct facts *facts, struct buf *value)
{
	if (facts->event == HOOK_COMPLETED && facts->leg->error)
		add_number(value, facts->leg->error);
}

/* Whose end of the call hung up: the side that called, or was called. */
static void hook_direction_value(const struct facts *facts, struct buf *value)
{
	struct buf who = BUF_INIT(VALUE_BYTES_MAX);
	if (facts->event == HOOK_COMPLETED)
		add_who(facts, facts->leg, &who);
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
		add_number(value, facts->stats->ptime);
}

/* In packets, as SignalWire has it. */
static void buffer_value(const struct facts *facts, struct buf *value)
{
	int64_t ptime = was_measured(facts) && facts->stats->ptime
				? facts->stats->ptime
				: 20;
	if (was_measured(facts))
		add_number(value, facts->stats->buffer_max_ms / ptime);
}

static void keys_in_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_number(value, facts->stats->digits_in);
}

/* Left out where there were none. */
static void keys_out_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts) && facts->stats->digits_out)
		add_number(value, facts->stats->digits_out);
}

static void late_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_number(value, facts->stats->packets_late);
}

static void lost_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_number(value, facts->stats->packets_lost);
}

static void packets_in_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_number(value, facts->stats->packets_in);
}

static void packets_out_value(const struct facts *facts, struct buf *value)
{
	if (was_measured(facts))
		add_number(value, facts->stats->packets_out);
}

static void digits_value(const struct facts *facts, struct buf *value)
{
	if (facts->digits)
		buf_add_text(value, facts->digits);
}

/* Where its file is, or will be. */
static void recording_url_value(const struct facts *facts, struct buf *value)
{
	const struct tape *tape = facts->tape;
	const struct call *call = facts->call;
	if (!tape || tape->absent || (tape->error && !tape->duration_ms))
		return;
	if (tape->url)
		buf_add_text(value, tape->url);
	else if (call->api_url)
		buf_addf(value, "%s/2010-04-01/Accounts/%s/Recordings/%s.wav",
			 call->api_url, call->account, tape->sid);
}

static void recording_sid_value(const struct facts *facts, struct buf *value)
{
	if (facts->tape)
		buf_add_text(value, facts->tape->sid);
}

static void recording_duration_value(const struct facts *facts,
				     struct buf *value)
{
	const struct tape *tape = facts->tape;
	if (!tape || tape->state < TAPE_DONE)
		return;
	if (facts->call->dialect->decimal_duration)
		buf_addf(value, "%lld.%lld",
			 (long long)(tape->duration_ms / 1000),
			 (long long)(tape->duration_ms % 1000 / 100));
	else
		add_number(value, (tape->duration_ms + 500) / 1000);
}

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
	add_number(value, facts->tape->channels ? facts->tape->channels
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
		add_number(value, facts->tape->error);
}

struct param_row {
	const char *name;
	enum params_of of;
	value_fn *value;
	bool always; /* also when it is empty */
};

static const struct param_row document_rows[] = {
	{"CallSid", PARAMS_ALL, call_sid_value, false},
	{"AccountSid", PARAMS_ALL, account_value, false},
	{"From", PARAMS_ALL, from_value, false},
	{"To", PARAMS_ALL, to_value, false},
	{"CallStatus", PARAMS_ALL, status_value, false},
	{"ApiVersion", PARAMS_ALL, version_value, false},
	{"Direction", PARAMS_ALL, direction_value, false},
	{"ParentCallSid", PARAMS_ALL, parent_value, false},
	{"Caller", PARAMS_TWILIO, from_value, false},
	{"Called", PARAMS_TWILIO, to_value, false},
	{"CallerName", PARAMS_RESTCOMM, caller_name_value, false},
	{"SipCallId", PARAMS_ALL, sip_call_id_value, false},
	{"SipDomain", PARAMS_TWILIO, sip_domain_value, false},
	{"SipSourceIp", PARAMS_ALL, sip_source_value, false},
	{NULL, 0, NULL, false},
};

static const struct param_row dial_rows[] = {
	{"DialCallStatus", PARAMS_ALL, dial_status_value, false},
	{"DialCallSid", PARAMS_ALL, dial_sid_value, false},
	{"DialCallDuration", PARAMS_ALL, dial_duration_value, false},
	{"DialRingDuration", PARAMS_ALL, dial_ring_value, false},
	{"DialBridged", PARAMS_TWILIO, dial_bridged_value, false},
	{"DialSipCallId", PARAMS_ALL, dial_call_id_value, false},
	{"DialSipResponseCode", PARAMS_ALL, dial_code_value, false},
	{"DialSipResponsePhrase", PARAMS_ALL, dial_phrase_value, false},
	{"DialHangupBy", PARAMS_ALL, dial_who_value, false},
	{"DialHangupReason", PARAMS_ALL, dial_reason_value, false},
	{"DialDeclined", PARAMS_ALL, dial_declined_value, false},
	{"DialErrorCode", PARAMS_ALL, dial_error_value, false},
	{"RecordingUrl", PARAMS_ALL, recording_url_value, false},
	{"RecordingSid", PARAMS_ALL, recording_sid_value, false},
	{NULL, 0, NULL, false},
};

static const struct param_row gather_rows[] = {
	{"Digits", PARAMS_ALL, digits_value, true},
	{NULL, 0, NULL, false},
};

static const struct param_row record_rows[] = {
	{"RecordingUrl", PARAMS_ALL, recording_url_value, false},
	{"RecordingSid", PARAMS_ALL, recording_sid_value, false},
	{"RecordingDuration", PARAMS_ALL, recording_duration_value, false},
	{"Digits", PARAMS_ALL, digits_value, false},
	{NULL, 0, NULL, false},
};

static const struct param_row *const after_rows[] = {
	[AFTER_DIAL] = dial_rows,
	[AFTER_GATHER] = gather_rows,
	[AFTER_RECORD] = record_rows,
};

static const struct param_row hook_rows[] = {
	{"CallSid", PARAMS_ALL, call_sid_value, false},
	{"AccountSid", PARAMS_ALL, account_value, false},
	{"From", PARAMS_ALL, from_value, false},
	{"To", PARAMS_ALL, to_value, false},
	{"Direction", PARAMS_ALL, direction_value, false},
	{"ApiVersion", PARAMS_ALL, version_value, false},
	{"ParentCallSid", PARAMS_ALL, parent_value, false},
	{"Caller", PARAMS_TWILIO, from_value, false},
	{"Called", PARAMS_TWILIO, to_value, false},
	{"CallStatus", PARAMS_ALL, hook_status_value, false},
	{"CallEvent", PARAMS_ALL, hook_event_value, false},
	{"CallDuration", PARAMS_ALL, hook_duration_value, false},
	{"Timestamp", PARAMS_ALL, timestamp_value, false},
	{"TimestampIso", PARAMS_ALL, timestamp_iso_value, false},
	{"CallbackSource", PARAMS_ALL, source_value, false},
	{"SequenceNumber", PARAMS_ALL, sequence_value, false},
	{"SipCallId", PARAMS_ALL, sip_call_id_value, false},
	{"CallerName", PARAMS_RESTCOMM, caller_name_value, false},
	{"SipResultCode", PARAMS_ALL, sip_code_value, false},
	{"SipInviteResultPhrase", PARAMS_ALL, sip_phrase_value, false},
	{"RingDuration", PARAMS_ALL, hook_ring_value, false},
	{"HangupBy", PARAMS_ALL, hook_who_value, false},
	{"HangupDirection", PARAMS_SIGNALWIRE, hook_direction_value, false},
	{"HangupReason", PARAMS_ALL, hook_reason_value, false},
	{"ErrorCode", PARAMS_ALL, hook_error_value, false},
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

static const struct param_row recording_rows[] = {
	{"AccountSid", PARAMS_ALL, account_value, false},
	{"CallSid", PARAMS_ALL, call_sid_value, false},
	{"RecordingSid", PARAMS_ALL, recording_sid_value, false},
	{"RecordingUrl", PARAMS_ALL, recording_url_value, false},
	{"RecordingStatus", PARAMS_ALL, recording_status_value, false},
	{"RecordingDuration", PARAMS_ALL, recording_duration_value, false},
	{"RecordingChannels", PARAMS_ALL, recording_channels_value, false},
	{"RecordingTrack", PARAMS_ALL, recording_track_value, false},
	{"RecordingStartTime", PARAMS_TWILIO, recording_start_value, false},
	{"RecordingSource", PARAMS_ALL, recording_source_value, false},
	{"ErrorCode", PARAMS_ALL, recording_error_value, false},
	{NULL, 0, NULL, false},
};

static void fill(const struct facts *facts, const struct param_row *rows,
		 struct param *params, uint32_t *count)
{
	for (; rows->name; rows++) {
		struct buf value = BUF_INIT(VALUE_BYTES_MAX);
		if (!(rows->of & facts->call->dialect->params))
			continue;
		rows->value(facts, &value);
		if ((value.length || rows->always) && !value.full) {
			struct param *param = &params[(*count)++];
			(void)str_copy(param->name, sizeof(param->name),
				       rows->name);
			param->value = buf_take(&value);
		}
		buf_free(&value);
	}
}

/* SipHeader_X-… and DialSipHeader_X-…: as received. */
static void fill_headers(const struct leg *leg, const char *prefix,
			 struct param *params, uint32_t *count)
{
	for (uint32_t i = 0; i < leg->header_count; i++) {
		struct param *param = &params[*count];
		if (!str_format(param->name, sizeof(param->name), "%s%s",
				prefix, leg->headers[i].name))
			continue;
		proto_set_long(&param->value, leg->headers[i].value);
		(*count)++;
	}
}

/* DialSipHeader_: those of the 200, of the failure, or of the end, as the
 * dialect has it. */
static bool tells_headers(const struct call *call, const struct leg *leg)
{
	return leg->answered
		       ? call->dialect->headers_of_success || leg->end_told
		       : call->dialect->headers_of_failure;
}

/* 14 standard, 14 of a Dial, twice 16 headers: below the table's 64. */
void params_of_document(struct call *call, struct leg *leg,
			const struct after *after, struct get *get)
{
	struct facts facts = {.call = call, .leg = leg};
	if (after) {
		facts.dialled = after->leg;
		facts.tape = after->tape;
		facts.digits = after->digits;
	}
	fill(&facts, document_rows, get->params, &get->params_count);
	fill_headers(leg, "SipHeader_", get->params, &get->params_count);
	if (!after)
		return;
	fill(&facts, after_rows[after->kind], get->params, &get->params_count);
	if (after->leg && tells_headers(call, after->leg))
		fill_headers(after->leg, "DialSipHeader_", get->params,
			     &get->params_count);
}

void params_of_hook(struct call *call, struct leg *leg, enum hook_event event,
		    const struct leg_stats *stats, struct post *post)
{
	struct facts facts = {.call = call,
			      .leg = leg,
			      .event = event,
			      .stats = stats,
			      .sequence = leg->hooks->sent};
	fill(&facts, hook_rows, post->params, &post->params_count);
}

void params_of_recording(struct call *call, struct leg *leg,
			 const struct tape *tape, struct post *post)
{
	struct facts facts = {.call = call, .leg = leg, .tape = tape};
	fill(&facts, recording_rows, post->params, &post->params_count);
}
