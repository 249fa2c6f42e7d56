/*
 * order_names.h - which parameters a POST to Calls has, and what is told of the
 * others.
 *
 * Four fates: taken; without effect here, which is noted on the call's record;
 * refused, since the call would be another one; known to nobody, which is noted
 * with the name that may have been meant.
 *
 * Contract: pure; what comes out is one line of printable text. Any thread.
 */
#pragma once

#include "services/apid/order.h"

enum order_kind { ORDER_START, ORDER_CHANGE, ORDER_RECORDING };

#define ORDER_IGNORED_BYTES 481 /* all of them have room */
#define ORDER_UNKNOWN_BYTES 441

/* False: one is there that cannot be left out of account. */
bool order_names_allowed(const struct order_ask *ask, enum order_kind kind,
			 struct order_wrong *wrong);
/* "FallbackUrl, CallReason"; "" if there are none. */
void order_names_ignored(const struct order_ask *ask, enum order_kind kind,
			 char *to);
/* "StatusCalback (did you mean StatusCallback?), Foo"; "" if there are none. */
void order_names_unknown(const struct order_ask *ask, enum order_kind kind,
			 char *to);
