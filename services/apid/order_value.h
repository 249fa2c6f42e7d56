/*
 * order_value.h - single values of what a POST to Calls asks for.
 *
 * Contract: pure. order_take_* write what is given and leave the rest alone;
 * false: 'wrong' says what is wrong with it. Any thread.
 */
#pragma once

#include "services/apid/order.h"

/* Of a sentence about what is wrong; returns false. */
bool order_refuse(struct order_wrong *wrong, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The first value; NULL when it is absent or empty. */
const char *order_value(const struct order_ask *ask, const char *name);
bool order_take_url(const struct order_ask *ask, const char *name, int code,
		    char **url_out, struct order_wrong *wrong);
bool order_take_method(const struct order_ask *ask, const char *name,
		       int *method_out, struct order_wrong *wrong);
bool order_take_seconds(const struct order_ask *ask, const char *name,
			int64_t max_s, int64_t *ms_out,
			struct order_wrong *wrong);
bool order_take_text(const struct order_ask *ask, const char *name, char *to,
		     size_t size, struct order_wrong *wrong);
