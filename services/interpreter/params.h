/*
 * params.h - the parameters of every request to the application: for a
 * document, of a status callback, of a recording's callback.
 *
 * Contract: they are added to those that the message has, in the order of the
 * dialect's table; its list has room for all of them. One thread.
 */
#pragma once

#include "services/interpreter/call.h"

enum after_kind { AFTER_DIAL, AFTER_GATHER, AFTER_RECORD };
struct after { /* a verb that is over, whose action is asked for */
	enum after_kind kind;
	const struct leg *leg;   /* Dial: told of; NULL: none was dialled */
	const char *digits;      /* Gather, Record */
	const struct tape *tape; /* Dial, Record; or NULL */
};

/* 'after' is NULL when the document does not follow a verb. */
void params_of_document(struct call *call, struct leg *leg,
			const struct after *after, struct get *get);
/* The number is that of the leg's callbacks so far. */
void params_of_hook(struct call *call, struct leg *leg, enum hook_event event,
		    struct post *post);
void params_of_recording(struct call *call, struct leg *leg,
			 const struct tape *tape, struct post *post);
