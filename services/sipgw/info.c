/*
 * info.c - INFO inside a dialog; see info.h.
 */
#include "services/sipgw/info.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "services/sipgw/dtmf.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"

METRIC_COUNTER(digits, "sip_info_digits_total", "", "Digits that came by INFO.")
METRIC_COUNTER(refused, "sip_info_refused_total", "",
	       "INFOs that were no digits.")

static void tell(struct leg *leg, const sip_t *sip, char digit, int ms)
{
	struct digit_info info = {.duration_ms = ms};
	char number[16], id[ID_BYTES];
	str_copy(info.leg, sizeof(info.leg), leg->id);
	str_copy_bytes(info.digit, sizeof(info.digit), &digit, 1);
	str_format(number, sizeof(number), "%u", sip->sip_cseq->cs_seq);
	id_keyed("SD", leg->id, number, "", "", id);
	metric_add(&digits, 1);
	report_as(leg, id, &digit_info_message, &info);
}

static int refuse(struct leg *leg, nta_incoming_t *irq, int status,
		  const char *phrase, const char *header)
{
	metric_add(&refused, 1);
	log_info(leg->root, "leg %s: INFO refused with %d", leg->id, status);
	extra_answer(leg, irq, status, phrase, header);
	return status;
}

static bool has_package(const sip_t *sip)
{
	for (const sip_unknown_t *at = sip->sip_unknown; at; at = at->un_next)
		if (str_same(at->un_name, "Info-Package"))
			return true;
	return false;
}

static bool may_press(struct leg *leg)
{
	if (leg->state == LEG_ANSWERED)
		outbound_say_answered(leg); /* first things first */
	return leg->state == LEG_UP || leg->state == LEG_ACCEPTED;
}

int info_hear(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	const sip_payload_t *body = sip->sip_payload;
	const sip_content_type_t *type = sip->sip_content_type;
	enum dtmf found = DTMF_BAD;
	char digit = 0;
	int ms = 0;
	if (!may_press(leg))
		return 481;
	if (has_package(sip))
		return refuse(leg, irq, 469, "Bad Info Package", "Recv-Info:");
	if (!body || !body->pl_len)
		return 200;
	if (type && str_same(type->c_type, "application/dtmf-relay"))
		found = dtmf_relay(body->pl_data, body->pl_len, &digit, &ms);
	else if (type && str_same(type->c_type, "application/dtmf"))
		found = dtmf_plain(body->pl_data, body->pl_len, &digit);
	else
		return refuse(leg, irq, SIP_415_UNSUPPORTED_MEDIA,
			      "Accept: " SIPGW_ACCEPT);
	if (found == DTMF_BAD)
		return refuse(leg, irq, 400, "Bad Digit", NULL);
	if (found == DTMF_DIGIT)
		tell(leg, sip, digit, ms);
	return 200;
}
