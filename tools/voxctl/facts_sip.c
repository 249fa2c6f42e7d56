/*
 * facts_sip.c - what sipgw is asked and says, as words; see
 * facts_private.h.
 */
#include "tools/voxctl/facts_private.h"

#include "lib/base/buf.h"

#include <inttypes.h>

static bool answer_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct answer *m = message;
	buf_addf(to, "%c 200 OK", facts_leg(legs, m->leg));
	facts_add_sdp(to, m->sdp);
	return false;
}

static bool confirmed_facts(struct facts_legs *legs, const void *message,
			    struct buf *to)
{
	const struct confirmed *m = message;
	buf_addf(to, "%c ACK", facts_leg(legs, m->leg));
	facts_add_sdp(to, m->sdp);
	return false;
}

static bool reject_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct reject *m = message;
	buf_addf(to, "%c %" PRId64, facts_leg(legs, m->leg), m->status);
	facts_add_if(to, " ", m->phrase);
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
	facts_add_if(to, " from ", m->from_user);
	facts_add_sdp(to, m->sdp);
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
	facts_add_sdp(to, m->sdp);
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
	facts_add_error(to, m->error, m->error_text);
	return true;
}

static bool cancel_facts(struct facts_legs *legs, const void *message,
			 struct buf *to)
{
	const struct cancel *m = message;
	buf_addf(to, "%c CANCEL", facts_leg(legs, m->leg));
	facts_add_if(to, ", ", m->reason);
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
	facts_add_if(to, ", ", m->reason);
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
	facts_add_if(to, ", ", m->reason);
	return facts_add_error(to, m->error, m->error_text);
}

static const struct facts_row rows[] = {
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
};

const struct facts_rows facts_sip = {rows, sizeof(rows) / sizeof(rows[0])};
