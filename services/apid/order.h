/*
 * order.h - what a POST to Calls asks for, as a message to the interpreter.
 *
 * The parameters are those of Twilio's, SignalWire's and Restcomm's clients
 * (order_names.c). A document that comes with the request is read before
 * anything is made of it.
 *
 * Contract: pure. Whatever is wrong comes back as one sentence with the
 * parameter's name; the message then holds nothing to be sent, and is cleared
 * by the caller with proto_clear in any case. Any thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>

/* The value number 'n' of a field; NULL: there is none. */
typedef const char *order_value_fn(const void *lookup, const char *name,
				   unsigned n);

/* The name of field number 'n'; NULL: there are no more. */
typedef const char *order_name_fn(const void *lookup, unsigned n);

struct order_ask {
	order_value_fn *value;
	order_name_fn *name;
	const void *lookup;
	bool strict; /* a document that has to be mended is none */
};

struct order_wrong {
	int code; /* of errors.def; 0: nothing is wrong */
	char text[1024];
};

/* POST Calls. Leg, gateway and rules of the house are the caller's to add. */
bool order_start(const struct order_ask *ask, struct call_start *start,
		 struct order_wrong *wrong);
/* POST Calls/{CallSid}. 'leg' is the caller's to add. */
bool order_change(const struct order_ask *ask, struct call_change *change,
		  struct order_wrong *wrong);
/* POST Calls/{CallSid}/Recordings/{RecordingSid}. 'recording' and 'leg' are the
 * caller's to add. */
bool order_recording(const struct order_ask *ask, struct record_wish *wish,
		     struct order_wrong *wrong);
