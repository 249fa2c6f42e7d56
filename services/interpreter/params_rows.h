/*
 * params_rows.h - what the tables of params_*.c are made of: rows of names and
 * of functions that find the value, and those of them that several tables have.
 */
#pragma once

#include "lib/base/buf.h"
#include "services/interpreter/params.h"

#define PARAMS_VALUE_BYTES_MAX 4096

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

struct param_row {
	const char *name;
	enum params_of of;
	value_fn *value;
	bool always; /* also when it is empty */
};

/* Adds the rows that the call's dialect has; the last one has no name. */
void params_fill(const struct facts *facts, const struct param_row *rows,
		 struct param *params, uint32_t *count);

/* Of the leg. */
value_fn params_call_sid, params_account, params_from, params_to, params_status,
	params_version, params_direction, params_parent, params_caller_name,
	params_sip_call_id;
/* Of the recording; without one, nothing. Its file is at the URL, or will be.
 */
value_fn params_recording_url, params_recording_sid, params_recording_duration;

void params_add_number(struct buf *value, int64_t number);
/* Seconds from the first ringing to the answer, or to the end without one. */
void params_add_ringing(const struct leg *leg, struct buf *value);
/* Why the leg has ended; NULL: no leg. */
void params_add_reason(const struct leg *leg, struct buf *value);
/* Who ended an answered leg, as far as it is known. */
void params_add_who(const struct facts *facts, const struct leg *leg,
		    struct buf *value);
