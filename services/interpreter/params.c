/*
 * params.c - what requests of several kinds tell alike, and how a table of
 * parameters becomes a request's. params_document.c, params_hook.c and
 * params_recording.c have the tables.
 */
#include "services/interpreter/params_rows.h"

#include "lib/base/str.h"

void params_add_number(struct buf *value, int64_t number)
{
	buf_addf(value, "%lld", (long long)number);
}

void params_call_sid(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->leg->sid);
}

void params_account(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->call->account);
}

void params_from(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->leg->from);
}

void params_to(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->leg->to);
}

void params_status(const struct facts *facts, struct buf *value)
{
	buf_add_text(value,
		     proto_word(&call_status_set, (int)facts->leg->status));
}

void params_version(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, facts->call->dialect->api_version);
}

void params_direction(const struct facts *facts, struct buf *value)
{
	buf_add_text(value, leg_direction(facts->leg));
}

void params_parent(const struct facts *facts, struct buf *value)
{
	if (facts->leg->parent)
		buf_add_text(value, facts->leg->parent->sid);
}

void params_caller_name(const struct facts *facts, struct buf *value)
{
	if (facts->call->caller_name)
		buf_add_text(value, facts->call->caller_name);
}

void params_sip_call_id(const struct facts *facts, struct buf *value)
{
	if (facts->leg->sip_call_id)
		buf_add_text(value, facts->leg->sip_call_id);
}

void params_add_ringing(const struct leg *leg, struct buf *value)
{
	int64_t until = leg && leg->answered ? leg->answered
			: leg                ? leg->ended
					     : 0;
	if (leg && leg->rang && until >= leg->rang)
		params_add_number(value, (until - leg->rang + 500) / 1000);
}

void params_add_reason(const struct leg *leg, struct buf *value)
{
	const char *reason = !leg                ? NULL
			     : leg->their_reason ? leg->their_reason
						 : end_reason_text(leg->why);
	if (reason)
		buf_add_text(value, reason);
}

void params_add_who(const struct facts *facts, const struct leg *leg,
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

void params_recording_url(const struct facts *facts, struct buf *value)
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

void params_recording_sid(const struct facts *facts, struct buf *value)
{
	if (facts->tape)
		buf_add_text(value, facts->tape->sid);
}

void params_recording_duration(const struct facts *facts, struct buf *value)
{
	const struct tape *tape = facts->tape;
	if (!tape || tape->state < TAPE_DONE)
		return;
	if (facts->call->dialect->decimal_duration)
		buf_addf(value, "%lld.%lld",
			 (long long)(tape->duration_ms / 1000),
			 (long long)(tape->duration_ms % 1000 / 100));
	else
		params_add_number(value, (tape->duration_ms + 500) / 1000);
}

void params_fill(const struct facts *facts, const struct param_row *rows,
		 struct param *params, uint32_t *count)
{
	for (; rows->name; rows++) {
		struct buf value = BUF_INIT(PARAMS_VALUE_BYTES_MAX);
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
