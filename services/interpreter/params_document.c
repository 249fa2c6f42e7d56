/*
 * params_document.c - what the application is told when it is asked for a
 * document: the standard parameters, and those of the verb that is over.
 */
#include "services/interpreter/params_rows.h"

#include "lib/base/str.h"

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
		params_add_number(value, dialled ? leg_seconds(dialled) : 0);
}

static void dial_ring_value(const struct facts *facts, struct buf *value)
{
	params_add_ringing(facts->dialled, value);
}

static void dial_phrase_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->phrase)
		buf_add_text(value, facts->dialled->phrase);
}

static void dial_reason_value(const struct facts *facts, struct buf *value)
{
	params_add_reason(facts->dialled, value);
}

static void dial_declined_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->declined)
		buf_add_text(value, "true");
}

static void dial_error_value(const struct facts *facts, struct buf *value)
{
	if (facts->dialled && facts->dialled->error)
		params_add_number(value, facts->dialled->error);
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
		params_add_number(value, facts->dialled->sip_status);
}

static void dial_who_value(const struct facts *facts, struct buf *value)
{
	params_add_who(facts, facts->dialled, value);
}

static void digits_value(const struct facts *facts, struct buf *value)
{
	if (facts->digits)
		buf_add_text(value, facts->digits);
}

static const struct param_row document_rows[] = {
	{"CallSid", PARAMS_ALL, params_call_sid, false},
	{"AccountSid", PARAMS_ALL, params_account, false},
	{"From", PARAMS_ALL, params_from, false},
	{"To", PARAMS_ALL, params_to, false},
	{"CallStatus", PARAMS_ALL, params_status, false},
	{"ApiVersion", PARAMS_ALL, params_version, false},
	{"Direction", PARAMS_ALL, params_direction, false},
	{"ParentCallSid", PARAMS_ALL, params_parent, false},
	{"Caller", PARAMS_TWILIO, params_from, false},
	{"Called", PARAMS_TWILIO, params_to, false},
	{"CallerName", PARAMS_RESTCOMM, params_caller_name, false},
	{"SipCallId", PARAMS_ALL, params_sip_call_id, false},
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
	{"RecordingUrl", PARAMS_ALL, params_recording_url, false},
	{"RecordingSid", PARAMS_ALL, params_recording_sid, false},
	{NULL, 0, NULL, false},
};

static const struct param_row gather_rows[] = {
	{"Digits", PARAMS_ALL, digits_value, true},
	{NULL, 0, NULL, false},
};

static const struct param_row record_rows[] = {
	{"RecordingUrl", PARAMS_ALL, params_recording_url, false},
	{"RecordingSid", PARAMS_ALL, params_recording_sid, false},
	{"RecordingDuration", PARAMS_ALL, params_recording_duration, false},
	{"Digits", PARAMS_ALL, digits_value, false},
	{NULL, 0, NULL, false},
};

static const struct param_row *const after_rows[] = {
	[AFTER_DIAL] = dial_rows,
	[AFTER_GATHER] = gather_rows,
	[AFTER_RECORD] = record_rows,
};

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
	params_fill(&facts, document_rows, get->params, &get->params_count);
	fill_headers(leg, "SipHeader_", get->params, &get->params_count);
	if (!after)
		return;
	params_fill(&facts, after_rows[after->kind], get->params,
		    &get->params_count);
	if (after->leg && tells_headers(call, after->leg))
		fill_headers(after->leg, "DialSipHeader_", get->params,
			     &get->params_count);
}
