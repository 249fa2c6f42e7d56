/*
 * facts.c - one message of a call as a few words for people; see facts.h.
 *
 * One function a message, in a table; what has no row shows its name alone.
 */
#include "tools/voxctl/facts.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tools/voxctl/sdpfacts.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define VERBS_SHOWN_MAX 6

char facts_leg(struct facts_legs *legs, const char *leg)
{
	for (unsigned i = 0; i < legs->count; i++)
		if (strcmp(legs->sids[i], leg) == 0)
			return (char)('A' + i);
	if (legs->count == FACTS_LEGS_MAX)
		return '?';
	str_copy(legs->sids[legs->count], ID_BYTES, leg);
	return (char)('A' + legs->count++);
}

static void add_ms(struct buf *to, int64_t ms)
{
	if (ms < 10000)
		buf_addf(to, "%" PRId64 " ms", ms);
	else
		buf_addf(to, "%" PRId64 ".%" PRId64 " s", ms / 1000,
			 ms % 1000 / 100);
}

/* ": what was wrong", with the catalogue's name, and its advice if no words. */
static bool add_error(struct buf *to, int64_t code, const char *text)
{
	if (!code)
		return false;
	const struct proto_error *error = proto_error((int)code);
	buf_addf(to, " [%" PRId64 " %s] %s", code, error->name,
		 text && *text ? text : error->advice);
	return true;
}

static void add_sdp(struct buf *to, const char *sdp)
{
	if (!sdp)
		return;
	buf_add_text(to, ", ");
	sdp_facts(sdp, to);
}

static void add_if(struct buf *to, const char *before, const char *text)
{
	if (text && *text)
		buf_addf(to, "%s%s", before, text);
}

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
	add_sdp(to, m->offer);
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
	add_error(to, m->code, m->text);
	add_if(to, " - at ", m->url);
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
		add_ms(to, leg->ended - leg->answered);
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
	return add_error(to, m->error, NULL);
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
	add_if(to, " ", m->content_type);
	if (m->body)
		buf_addf(to, ", %zu bytes", strlen(m->body));
	buf_add_text(to, " in ");
	add_ms(to, m->total_ms);
	add_verbs(to, m->body);
	return add_error(to, m->error, m->error_text);
}

/* --- media --- */

static bool leg_open_facts(struct facts_legs *legs, const void *message,
			   struct buf *to)
{
	const struct leg_open *m = message;
	for (uint32_t i = 0; i < m->legs_count; i++) {
		const struct leg_media *leg = &m->legs[i];
		buf_addf(to, "%s%c %s", i ? "; " : "media for ",
			 facts_leg(legs, leg->leg),
			 proto_word(&leg_role_set, leg->role));
		add_if(to, " ", leg->codecs);
	}
	if (m->bridge_a[0])
		buf_addf(to, "; bridged again %c and %c",
			 facts_leg(legs, m->bridge_a),
			 facts_leg(legs, m->bridge_b));
	return false;
}

static bool leg_opened_facts(struct facts_legs *legs, const void *message,
			     struct buf *to)
{
	const struct leg_opened *m = message;
	bool bad = false;
	for (uint32_t i = 0; i < m->legs_count; i++) {
		const struct leg_sdp *leg = &m->legs[i];
		buf_addf(to, "%s%c ", i ? "; " : "", facts_leg(legs, leg->leg));
		if (leg->sdp)
			sdp_facts(leg->sdp, to);
		else
			buf_add_text(to, "refused");
		bad |= add_error(to, leg->error, leg->error_text);
	}
	buf_addf(to, " on %s", m->mediad);
	return bad;
}

static bool bridge_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct bridge *m = message;
	buf_addf(to, "let %c and %c hear each other", facts_leg(legs, m->a),
		 facts_leg(legs, m->b));
	if (m->answer && m->answer_leg[0]) {
		buf_addf(to, "; %c at ", facts_leg(legs, m->answer_leg));
		sdp_facts(m->answer, to);
	}
	return false;
}

static bool bridged_facts(struct facts_legs *legs, const void *message,
			  struct buf *to)
{
	const struct bridged *m = message;
	buf_addf(to, "%c and %c %s", facts_leg(legs, m->a),
		 facts_leg(legs, m->b),
		 m->error ? "cannot hear each other" : "hear each other");
	return add_error(to, m->error, m->error_text);
}

static bool tone_facts(struct facts_legs *legs, const void *message,
		       struct buf *to)
{
	const struct tone *m = message;
	buf_addf(to, "%c is to hear %s", facts_leg(legs, m->leg),
		 proto_word(&tone_kind_set, m->kind));
	return false;
}

static bool tone_changed_facts(struct facts_legs *legs, const void *message,
			       struct buf *to)
{
	const struct tone_changed *m = message;
	buf_addf(to, "%c hears %s", facts_leg(legs, m->leg),
		 proto_word(&tone_kind_set, m->kind));
	return add_error(to, m->error, NULL);
}

static bool play_facts(struct facts_legs *legs, const void *message,
		       struct buf *to)
{
	const struct play *m = message;
	buf_addf(to, "%c is to hear", facts_leg(legs, m->leg));
	for (uint32_t i = 0; i < m->items_count; i++) {
		const struct prompt *item = &m->items[i];
		const char *what = item->kind == PROMPT_FILE     ? item->url
				   : item->kind == PROMPT_SPEECH ? item->text
				   : item->kind == PROMPT_DIGITS ? item->digits
								 : "";
		buf_addf(to, "%s %s%s%.60s", i ? "," : "",
			 proto_word(&prompt_kind_set, item->kind),
			 *what ? " " : "", what);
	}
	return false;
}

static bool play_stop_facts(struct facts_legs *legs, const void *message,
			    struct buf *to)
{
	const struct play_stop *m = message;
	buf_addf(to, "%c is to hear no more of it", facts_leg(legs, m->leg));
	return false;
}

static bool played_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct played *m = message;
	buf_addf(to, "%c heard it for %lld ms: %s", facts_leg(legs, m->leg),
		 (long long)m->total_ms, proto_word(&play_end_set, m->end));
	return add_error(to, m->error, m->error_text);
}

static bool record_start_facts(struct facts_legs *legs, const void *message,
			       struct buf *to)
{
	const struct record_start *m = message;
	buf_addf(to, "record %c%s: %s", facts_leg(legs, m->leg),
		 m->dual ? ", a channel each" : "", m->recording);
	return false;
}

static bool record_started_facts(struct facts_legs *legs, const void *message,
				 struct buf *to)
{
	const struct record_started *m = message;
	(void)legs;
	buf_addf(to, "%s %s", m->recording,
		 m->error ? "cannot be recorded" : "is recorded");
	return add_error(to, m->error, m->error_text);
}

static bool record_change_facts(struct facts_legs *legs, const void *message,
				struct buf *to)
{
	const struct record_change *m = message;
	(void)legs;
	buf_addf(to, "%s %s%s", m->paused ? "pause" : "go on with",
		 m->recording, m->silent ? " in silence" : "");
	return false;
}

static bool record_changed_facts(struct facts_legs *legs, const void *message,
				 struct buf *to)
{
	const struct record_changed *m = message;
	(void)legs;
	buf_addf(to, "%s %s", m->recording,
		 m->paused ? "is paused" : "goes on");
	return add_error(to, m->error, NULL);
}

static bool record_stop_facts(struct facts_legs *legs, const void *message,
			      struct buf *to)
{
	const struct record_stop *m = message;
	(void)legs;
	buf_addf(to, "end %s", m->recording);
	return false;
}

static bool recording_done_facts(struct facts_legs *legs, const void *message,
				 struct buf *to)
{
	const struct recording_done *m = message;
	(void)legs;
	buf_addf(to, "%s is over after %lld ms: %s", m->recording,
		 (long long)m->duration_ms,
		 m->absent ? "nothing was heard"
			   : proto_word(&record_end_set, m->end));
	return add_error(to, m->error, m->error_text);
}

static bool recording_stored_facts(struct facts_legs *legs, const void *message,
				   struct buf *to)
{
	const struct recording_stored *m = message;
	(void)legs;
	buf_addf(to, "%s %s", m->recording,
		 m->error ? "could not be stored" : "is stored");
	if (m->url)
		buf_addf(to, " at %s", m->url);
	return add_error(to, m->error, m->error_text);
}

static bool digit_facts(struct facts_legs *legs, const void *message,
			struct buf *to)
{
	const struct digit *m = message;
	buf_addf(to, "%c pressed %s", facts_leg(legs, m->leg), m->digit);
	return false;
}

static bool digit_info_facts(struct facts_legs *legs, const void *message,
			     struct buf *to)
{
	const struct digit_info *m = message;
	buf_addf(to, "%c pressed %s, by INFO", facts_leg(legs, m->leg),
		 m->digit);
	return false;
}

static bool leg_close_facts(struct facts_legs *legs, const void *message,
			    struct buf *to)
{
	const struct leg_close *m = message;
	buf_add_text(to, "end the media of");
	for (uint32_t i = 0; i < m->legs_count; i++)
		buf_addf(to, " %c", facts_leg(legs, m->legs[i].leg));
	return false;
}

static bool leg_closed_facts(struct facts_legs *legs, const void *message,
			     struct buf *to)
{
	const struct leg_closed *m = message;
	for (uint32_t i = 0; i < m->legs_count; i++) {
		const struct leg_stats *leg = &m->legs[i];
		buf_addf(to, "%s%c", i ? "; " : "", facts_leg(legs, leg->leg));
		add_if(to, " ", leg->codec);
		buf_addf(to,
			 " %" PRId64 " packets in, %" PRId64 " out, %" PRId64
			 " lost",
			 leg->packets_in, leg->packets_out, leg->packets_lost);
		if (leg->packets_refused)
			buf_addf(to, ", %" PRId64 " refused",
				 leg->packets_refused);
	}
	return false;
}

/* --- SIP --- */

static bool answer_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct answer *m = message;
	buf_addf(to, "%c 200 OK", facts_leg(legs, m->leg));
	add_sdp(to, m->sdp);
	return false;
}

static bool confirmed_facts(struct facts_legs *legs, const void *message,
			    struct buf *to)
{
	const struct confirmed *m = message;
	buf_addf(to, "%c ACK", facts_leg(legs, m->leg));
	add_sdp(to, m->sdp);
	return false;
}

static bool reject_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct reject *m = message;
	buf_addf(to, "%c %" PRId64, facts_leg(legs, m->leg), m->status);
	add_if(to, " ", m->phrase);
	if (m->retry_after)
		buf_addf(to, ", again after %" PRId64 " s", m->retry_after);
	return true;
}

static bool dial_facts(struct facts_legs *legs, const void *message,
		       struct buf *to)
{
	const struct dial *m = message;
	buf_addf(to, "%c INVITE %s over %s", facts_leg(legs, m->leg), m->uri,
		 proto_word(&sip_transport_set, m->transport));
	add_if(to, " from ", m->from_user);
	add_sdp(to, m->sdp);
	return false;
}

static bool ringing_facts(struct facts_legs *legs, const void *message,
			  struct buf *to)
{
	const struct ringing *m = message;
	buf_addf(to, "%c %" PRId64 " %s", facts_leg(legs, m->leg), m->status,
		 m->phrase);
	return false;
}

static bool answered_facts(struct facts_legs *legs, const void *message,
			   struct buf *to)
{
	const struct answered *m = message;
	buf_addf(to, "%c %" PRId64 " %s", facts_leg(legs, m->leg), m->status,
		 m->phrase);
	add_sdp(to, m->sdp);
	return false;
}

static bool failed_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct failed *m = message;
	buf_addf(to, "%c ", facts_leg(legs, m->leg));
	if (m->status)
		buf_addf(to, "%" PRId64 " %s", m->status, m->phrase);
	else
		buf_add_text(to, "failed");
	add_error(to, m->error, m->error_text);
	return true;
}

static bool cancel_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct cancel *m = message;
	buf_addf(to, "%c CANCEL", facts_leg(legs, m->leg));
	add_if(to, ", ", m->reason);
	return false;
}

static bool restored_facts(struct facts_legs *legs, const void *message,
			   struct buf *to)
{
	const struct restored *m = message;
	buf_addf(to, "%c stands again", facts_leg(legs, m->leg));
	return false;
}

static bool hangup_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct hangup *m = message;
	buf_addf(to, "%c hang up", facts_leg(legs, m->leg));
	add_if(to, ", ", m->reason);
	return false;
}

static bool ended_facts(struct facts_legs *legs, const void *message,
			struct buf *to)
{
	static const char *const who[] = {
		[LEG_END_NONE] = "ended",
		[LEG_END_LOCAL] = "ended by voxbus",
		[LEG_END_REMOTE] = "hung up",
		[LEG_END_ERROR] = "broke off",
	};
	const struct ended *m = message;
	buf_addf(to, "%c %s", facts_leg(legs, m->leg), who[m->by]);
	if (m->status)
		buf_addf(to, " (%" PRId64 ")", m->status);
	add_if(to, ", ", m->reason);
	return add_error(to, m->error, m->error_text);
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
	add_ms(to, m->total_ms);
	if (m->attempt > 1)
		buf_addf(to, ", attempt %" PRId64, m->attempt);
	add_error(to, m->error, m->error_text);
	if (m->given_up && !strstr(m->error_text, "given up"))
		buf_add_text(to, ", given up");
	if (m->retry_ms) {
		buf_add_text(to, ", again in ");
		add_ms(to, m->retry_ms);
	}
	return !m->delivered;
}

static const struct {
	const struct proto_message *desc;
	bool (*add)(struct facts_legs *legs, const void *message,
		    struct buf *to);
} rows[] = {
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
	{&leg_open_message, leg_open_facts},
	{&leg_opened_message, leg_opened_facts},
	{&bridge_message, bridge_facts},
	{&bridged_message, bridged_facts},
	{&tone_message, tone_facts},
	{&tone_changed_message, tone_changed_facts},
	{&play_message, play_facts},
	{&play_stop_message, play_stop_facts},
	{&played_message, played_facts},
	{&record_start_message, record_start_facts},
	{&record_started_message, record_started_facts},
	{&record_change_message, record_change_facts},
	{&record_changed_message, record_changed_facts},
	{&record_stop_message, record_stop_facts},
	{&recording_done_message, recording_done_facts},
	{&recording_stored_message, recording_stored_facts},
	{&digit_message, digit_facts},
	{&digit_info_message, digit_info_facts},
	{&leg_close_message, leg_close_facts},
	{&leg_closed_message, leg_closed_facts},
	{&answer_message, answer_facts},
	{&confirmed_message, confirmed_facts},
	{&reject_message, reject_facts},
	{&dial_message, dial_facts},
	{&ringing_message, ringing_facts},
	{&answered_message, answered_facts},
	{&failed_message, failed_facts},
	{&cancel_message, cancel_facts},
	{&hangup_message, hangup_facts},
	{&restored_message, restored_facts},
	{&ended_message, ended_facts},
	{&post_message, post_facts},
	{&posted_message, posted_facts},
};

bool facts_add(struct facts_legs *legs, const struct proto_message *desc,
	       const void *message, struct buf *to)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].desc == desc)
			return rows[i].add(legs, message, to);
	buf_add_text(to, desc->name);
	return false;
}
