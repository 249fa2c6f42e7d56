/*
 * facts_call.c - what a call hears and says of itself, its documents and
 * its webhooks, as words; see facts_private.h.
 */
#include "tools/voxctl/facts_private.h"

#include "lib/base/buf.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define VERBS_SHOWN_MAX 6

static const char *param_of(const struct param *params, uint32_t count,
			    const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(params[i].name, name) == 0)
			return params[i].value;
	return NULL;
}

/* --- what the call hears and says of itself --- */

static bool incoming_facts(struct facts_legs *legs, const void *message,
			   struct buf *to)
{
	const struct incoming *m = message;
	buf_addf(to, "%c INVITE %s from ", facts_leg(legs, m->leg), m->to_uri);
	if (m->from_name[0])
		buf_addf(to, "\"%s\" ", m->from_name);
	buf_add_text(to, m->from_uri);
	buf_addf(to, " over %s from %s",
		 proto_word(&sip_transport_set, m->transport), m->source_ip);
	facts_add_sdp(to, m->offer);
	return false;
}

static bool call_start_facts(struct facts_legs *legs, const void *message,
			     struct buf *to)
{
	const struct call_start *m = message;
	buf_addf(to, "%c API: call %s from %s, then ", facts_leg(legs, m->leg),
		 m->to, m->caller_id);
	buf_add_text(to, m->voice_url ? m->voice_url : "its Twiml");
	return false;
}

static bool call_change_facts(struct facts_legs *legs, const void *message,
			      struct buf *to)
{
	const struct call_change *m = message;
	buf_addf(to, "%c API: %s", facts_leg(legs, m->leg),
		 proto_word(&call_wish_set, m->wish));
	if (m->wish == CALL_WISH_REDIRECT)
		buf_addf(to, " to %s", m->url ? m->url : "its Twiml");
	return false;
}

static bool record_wish_facts(struct facts_legs *legs, const void *message,
			      struct buf *to)
{
	const struct record_wish *m = message;
	buf_addf(to, "%c API: recording %s: %s", facts_leg(legs, m->leg),
		 m->recording, proto_word(&record_status_set, m->status));
	return false;
}

static bool timer_facts(struct facts_legs *legs, const void *message,
			struct buf *to)
{
	const struct timer_fired *m = message;
	(void)legs;
	buf_addf(to, "time is up: %s", m->timer);
	return false;
}

static bool restarted_facts(struct facts_legs *legs, const void *message,
			    struct buf *to)
{
	const struct instance_restarted *m = message;
	(void)legs;
	buf_addf(to, "%s/%s came back (hello %" PRId64 ", process %.10s)",
		 m->service, m->instance, m->hello, m->boot);
	return true;
}

static bool noted_facts(struct facts_legs *legs, const void *message,
			struct buf *to)
{
	const struct noted *m = message;
	buf_addf(to, "%c %s", facts_leg(legs, m->leg),
		 proto_word(&note_level_set, m->level));
	facts_add_error(to, m->code, m->text);
	facts_add_if(to, " - at ", m->url);
	return true;
}

static void add_outcome(struct facts_legs *legs, const struct leg_outcome *leg,
			struct buf *to)
{
	buf_addf(to, "; %c %s", facts_leg(legs, leg->leg),
		 proto_word(&call_status_set, leg->status));
	if (leg->sip_status)
		buf_addf(to, " (%" PRId64 "%s%s)", leg->sip_status,
			 leg->sip_phrase[0] ? " " : "", leg->sip_phrase);
	if (leg->answered && leg->ended >= leg->answered) {
		buf_add_text(to, ", talked ");
		facts_add_ms(to, leg->ended - leg->answered);
	}
}

static bool closed_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct call_closed *m = message;
	buf_addf(to, "the call is over: %s",
		 proto_word(&call_status_set, m->status));
	for (uint32_t i = 0; i < m->legs_count; i++)
		add_outcome(legs, &m->legs[i], to);
	return facts_add_error(to, m->error, NULL);
}

/* --- documents --- */

static bool get_facts(struct facts_legs *legs, const void *message,
		      struct buf *to)
{
	static const char *const shown[] = {"DialCallStatus", "CallStatus"};
	const struct get *m = message;
	buf_addf(to, "%c %s %s", facts_leg(legs, m->leg),
		 proto_word(&http_method_set, m->method), m->url);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const char *value =
			param_of(m->params, m->params_count, shown[i]);
		if (value) {
			buf_addf(to, " %s=%s", shown[i], value);
			break;
		}
	}
	return false;
}

/* The names of the elements, as they come: " <Dial> <Sip>". */
static void add_verbs(struct buf *to, const char *body)
{
	int shown = 0;
	while (body && (body = strchr(body, '<')) != NULL &&
	       shown < VERBS_SHOWN_MAX) {
		size_t length = 0;
		body++;
		while (isalnum((unsigned char)body[length]))
			length++;
		if (!length || !isalpha((unsigned char)*body) ||
		    (length == 8 && strncmp(body, "Response", length) == 0))
			continue;
		buf_addf(to, "%s<%.*s>", shown++ ? " " : ": ", (int)length,
			 body);
	}
}

static bool fetched_facts(struct facts_legs *legs, const void *message,
			  struct buf *to)
{
	const struct fetched *m = message;
	(void)legs;
	if (m->status)
		buf_addf(to, "%" PRId64, m->status);
	else
		buf_add_text(to, "no answer");
	facts_add_if(to, " ", m->content_type);
	if (m->body)
		buf_addf(to, ", %zu bytes", strlen(m->body));
	buf_add_text(to, " in ");
	facts_add_ms(to, m->total_ms);
	add_verbs(to, m->body);
	return facts_add_error(to, m->error, m->error_text);
}

/* --- webhooks --- */

static bool post_facts(struct facts_legs *legs, const void *message,
		       struct buf *to)
{
	const struct post *m = message;
	buf_addf(to, "%c #%" PRId64 " %s: %s %s", facts_leg(legs, m->leg),
		 m->sequence, m->event, proto_word(&http_method_set, m->method),
		 m->url);
	return false;
}

static bool posted_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct posted *m = message;
	buf_addf(to, "%c #%" PRId64 " %s%s: ", facts_leg(legs, m->leg),
		 m->sequence, m->event, m->again_of[0] ? " (redelivered)" : "");
	if (m->status)
		buf_addf(to, "%" PRId64, m->status);
	else
		buf_add_text(to, "no answer");
	buf_add_text(to, " in ");
	facts_add_ms(to, m->total_ms);
	if (m->attempt > 1)
		buf_addf(to, ", attempt %" PRId64, m->attempt);
	facts_add_error(to, m->error, m->error_text);
	if (m->given_up && !strstr(m->error_text, "given up"))
		buf_add_text(to, ", given up");
	if (m->retry_ms) {
		buf_add_text(to, ", again in ");
		facts_add_ms(to, m->retry_ms);
	}
	return !m->delivered;
}

static const struct facts_row rows[] = {
	{&incoming_message, incoming_facts},
	{&call_start_message, call_start_facts},
	{&call_change_message, call_change_facts},
	{&record_wish_message, record_wish_facts},
	{&timer_fired_message, timer_facts},
	{&instance_restarted_message, restarted_facts},
	{&noted_message, noted_facts},
	{&call_closed_message, closed_facts},
	{&get_message, get_facts},
	{&fetched_message, fetched_facts},
	{&post_message, post_facts},
	{&posted_message, posted_facts},
};

const struct facts_rows facts_call = {rows, sizeof(rows) / sizeof(rows[0])};
