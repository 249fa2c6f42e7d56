/*
 * facts_media.c - what mediad is asked and says, as words; see
 * facts_private.h.
 */
#include "tools/voxctl/facts_private.h"

#include "lib/base/buf.h"
#include "tools/voxctl/sdpfacts.h"

#include <inttypes.h>

static bool leg_open_facts(struct facts_legs *legs, const void *message,
			   struct buf *to)
{
	const struct leg_open *m = message;
	for (uint32_t i = 0; i < m->legs_count; i++) {
		const struct leg_media *leg = &m->legs[i];
		buf_addf(to, "%s%c %s", i ? "; " : "media for ",
			 facts_leg(legs, leg->leg),
			 proto_word(&leg_role_set, leg->role));
		facts_add_if(to, " ", leg->codecs);
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
		bad |= facts_add_error(to, leg->error, leg->error_text);
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
	return facts_add_error(to, m->error, m->error_text);
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
	return facts_add_error(to, m->error, NULL);
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
	return facts_add_error(to, m->error, m->error_text);
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
	return facts_add_error(to, m->error, m->error_text);
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
	return facts_add_error(to, m->error, NULL);
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
	return facts_add_error(to, m->error, m->error_text);
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
	return facts_add_error(to, m->error, m->error_text);
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
		facts_add_if(to, " ", leg->codec);
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

static const struct facts_row rows[] = {
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
};

const struct facts_rows facts_media = {rows, sizeof(rows) / sizeof(rows[0])};
