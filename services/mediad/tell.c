/*
 * tell.c - events into messages. Their ids bear this process' name and a number
 * of the leg's, so that each stands on the record once.
 */
#include "services/mediad/tell.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/mediad/digits/digits.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/relay.h"
#include "services/mediad/secure/ticket.h"
#include "services/mediad/session.h"

#include <string.h>

METRIC_COUNTER(digits_told, "media_digits_total", "",
	       "Digits that came as RTP events (RFC 4733).")
METRIC_COUNTER(digits_dropped, "media_digits_dropped_total", "",
	       "Digits that came faster than anybody presses keys.")
METRIC_COUNTER(silent_told, "media_silent_legs_total", "",
	       "Legs whose RTP stopped for VOXBUS_RTP_TIMEOUT.")

static void tell(struct leg *leg, const struct proto_message *desc,
		 const void *message)
{
	const struct service *service = leg->media->service;
	char number[24], id[ID_BYTES];
	struct talk_to to = {.call_sid = leg->session->call_sid,
			     .account_sid = leg->session->account_sid,
			     .id = id};

	if (!service)
		return;
	str_format(number, sizeof(number), "%u", leg->told++);
	id_keyed("ME", service->boot, leg->name, desc->name, number, id);
	media_say(leg->media, &to, desc, message);
}

void tell_digit(struct leg *leg, const struct digits_press *press,
		int64_t now_ns)
{
	struct digit digit;

	if (!relay_in_rate(&leg->digits_rate_ns,
			   1000000000 / TELL_DIGITS_SECOND, now_ns)) {
		metric_add(&digits_dropped, 1);
		return;
	}
	metric_add(&digits_told, 1);
	memset(&digit, 0, sizeof(digit));
	str_copy(digit.leg, sizeof(digit.leg), leg->name);
	digit.digit[0] = press->digit;
	digit.duration_ms =
		press->duration_ms < 60000 ? press->duration_ms : 60000;
	tell(leg, &digit_message, &digit);
}

void tell_keyed(struct leg *leg, const struct suite_keys *keys)
{
	const struct service *service = leg->media->service;
	struct leg_keyed keyed;

	memset(&keyed, 0, sizeof(keyed));
	str_copy(keyed.leg, sizeof(keyed.leg), leg->name);
	if (service &&
	    ticket_seal(service->secret, leg->name, keys, keyed.keys))
		tell(leg, &leg_keyed_message, &keyed);
}

void tell_silent(struct leg *leg, int64_t for_ms)
{
	struct media_silent silent;

	metric_add(&silent_told, 1);
	log_warn(leg->session->call_sid, ERR_MEDIA_SILENT,
		 "leg %s: no RTP for %lld s", leg->name,
		 (long long)(for_ms / 1000));
	memset(&silent, 0, sizeof(silent));
	str_copy(silent.leg, sizeof(silent.leg), leg->name);
	silent.for_ms = for_ms;
	tell(leg, &media_silent_message, &silent);
}
