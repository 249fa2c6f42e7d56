/*
 * refer.c - REFER inside a dialog, and its NOTIFYs; see refer.h.
 */
#include "services/sipgw/refer.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/early.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/store.h"

#include <stdlib.h>

#include <sofia-sip/sip_extra.h>

#define EXPIRES "180" /* seconds, told in each NOTIFY that is not the last */

METRIC_COUNTER(heard, "sip_refers_total", "result=\"told\"",
	       "REFERs inside a dialog.")
METRIC_COUNTER(refused, "sip_refers_total", "result=\"refused\"",
	       "REFERs inside a dialog.")

/* --- REFER --- */

static int refuse(struct leg *leg, nta_incoming_t *irq, int status,
		  const char *phrase, const char *header)
{
	metric_add(&refused, 1);
	log_info(leg->root, "leg %s: REFER refused with %d", leg->id, status);
	extra_answer(leg, irq, status, phrase, header);
	return status;
}

/* RFC 4488: no subscription is wanted. */
static bool is_silent(const sip_t *sip)
{
	const sip_refer_sub_t *sub = sip_refer_sub(sip);
	return sub && str_same(sub->rs_value, "false");
}

static struct refer *find(struct leg *leg, const char *id)
{
	for (unsigned i = 0; i < REFER_MAX; i++)
		if (str_equal(leg->refers.refer[i].id, id))
			return &leg->refers.refer[i];
	return NULL;
}

static void name(const struct leg *leg, uint32_t cseq, char id_out[ID_BYTES])
{
	char number[16];
	str_format(number, sizeof(number), "%u", cseq);
	id_keyed("RF", leg->id, number, "", "", id_out);
}

/* One that is not open, the oldest first; or the very same, which comes again
 * because its 202 was lost with the process that sent it. */
static struct refer *find_place(struct leg *leg, uint32_t cseq)
{
	struct refer *found = NULL;
	for (unsigned i = 0; i < REFER_MAX; i++) {
		struct refer *refer = &leg->refers.refer[i];
		if (*refer->id && refer->cseq == cseq && !refer->notify)
			return refer;
		if (!refer->open && !refer->notify &&
		    (!found || refer->cseq < found->cseq))
			found = refer;
	}
	return found;
}

static void tell(struct leg *leg, const struct refer *refer, const sip_t *sip,
		 char *refer_to)
{
	const sip_referred_by_t *by = sip->sip_referred_by;
	struct referred referred = {.refer_to = refer_to};
	char id[ID_BYTES];
	str_copy(referred.leg, sizeof(referred.leg), leg->id);
	str_copy(referred.refer, sizeof(referred.refer), refer->id);
	if (by)
		referred.referred_by = message_uri(by->b_url, 1024);
	referred.headers_count = message_headers(
		sip, referred.headers,
		sizeof(referred.headers) / sizeof(referred.headers[0]));
	id_keyed("SR", refer->id, "referred", "", "", id);
	metric_add(&heard, 1);
	log_info(leg->root, "leg %s: REFER to %s", leg->id, refer_to);
	report_as(leg, id, &referred_message, &referred);
	free(referred.referred_by);
	for (uint32_t i = 0; i < referred.headers_count; i++)
		free(referred.headers[i].value);
}

static void send_notify(struct leg *leg, struct refer *refer, int status,
			bool first);

static int accept_refer(struct leg *leg, nta_incoming_t *irq, const sip_t *sip,
			struct refer *refer, char *refer_to)
{
	bool silent = is_silent(sip);
	*refer = (struct refer){.cseq = sip->sip_cseq->cs_seq, .open = !silent};
	name(leg, refer->cseq, refer->id);
	if (!silent)
		store_put(leg, NULL);
	char *lines = extra_reply(leg);
	nta_incoming_treply(
		irq, SIP_202_ACCEPTED, SIPTAG_HEADER_STR(lines),
		SIPTAG_CONTACT_STR(agent_contact(leg)),
		SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED),
		TAG_IF(silent, SIPTAG_HEADER_STR("Refer-Sub: false")),
		TAG_END());
	free(lines);
	tell(leg, refer, sip, refer_to);
	auth_begin(leg->auth);
	if (!silent)
		send_notify(leg, refer, 100, true);
	return 202;
}

static bool may_be_referred_to(const url_t *url)
{
	return url->url_type == url_sip || url->url_type == url_sips ||
	       url->url_type == url_tel;
}

int refer_hear(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	const sip_refer_to_t *to = sip->sip_refer_to;
	const char *missing = message_unsupported(sip);
	char header[160];
	if (leg->state == LEG_ANSWERED)
		outbound_say_answered(leg); /* first things first */
	if (leg->state != LEG_UP)
		return 481;
	if (missing) {
		str_format(header, sizeof(header), "Unsupported: %s", missing);
		return refuse(leg, irq, SIP_420_BAD_EXTENSION, header);
	}
	if (!to || to->r_next)
		return refuse(leg, irq, 400, "One Refer-To Header, Please",
			      NULL);
	if (!may_be_referred_to(to->r_url))
		return refuse(leg, irq, SIP_416_UNSUPPORTED_URI, NULL);
	struct refer *refer = find_place(leg, sip->sip_cseq->cs_seq);
	if (!refer)
		return refuse(leg, irq, SIP_503_SERVICE_UNAVAILABLE,
			      "Retry-After: 5");
	char *uri = message_uri(to->r_url, 2048);
	if (!uri)
		return refuse(leg, irq, 400, "Bad Refer-To Header", NULL);
	int status = accept_refer(leg, irq, sip, refer, uri);
	free(uri);
	return status;
}

/* --- NOTIFY --- */

/* 'asked' is the status of the command; 'status' 0: no answer came. */
static void say(struct sipgw *gw, const struct talk_to *whom,
		const char *leg_id, const char *refer_id, int asked, int status)
{
	struct notified notified = {.status = status};
	struct talk_to to = *whom;
	char word[24], id[ID_BYTES];
	str_copy(notified.leg, sizeof(notified.leg), leg_id);
	str_copy(notified.refer, sizeof(notified.refer), refer_id);
	str_format(word, sizeof(word), "%d", asked);
	id_keyed("SN", refer_id, word, "", "", id);
	to.id = id;
	talk_say(gw->service, &to, &notified_message, &notified);
}

static void say_notified(struct leg *leg, const struct refer *refer, int asked,
			 int status)
{
	const struct talk_to to = {
		.call_sid = leg->root,
		.account_sid = *leg->account_sid ? leg->account_sid : NULL,
	};
	say(leg->gw, &to, leg->id, refer->id, asked, status);
}

/* After a restart it would be told of no more. */
static void end_subscription(struct leg *leg, struct refer *refer)
{
	if (refer->open && leg->state == LEG_UP) {
		refer->open = false;
		store_put(leg, NULL);
	}
	refer->open = false;
}

static int on_notified(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	int status = sip->sip_status->st_status;
	struct refer *refer = NULL;
	for (unsigned i = 0; i < REFER_MAX; i++)
		if (leg->refers.refer[i].notify == orq)
			refer = &leg->refers.refer[i];
	if (status < 200 || !refer)
		return 0;
	nta_outgoing_destroy(orq);
	refer->notify = NULL;
	if ((status == 401 || status == 407) &&
	    auth_challenged(leg->auth, sip)) {
		send_notify(leg, refer, refer->sent, refer->first);
		return 0;
	}
	if (!refer->first)
		say_notified(leg, refer, refer->sent,
			     nta_sip_is_internal(sip) ? 0 : status);
	/* RFC 6665 4.2.2: no answer or a refusal ends the subscription. */
	if (status >= 300 || refer->sent >= 200)
		end_subscription(leg, refer);
	int next = refer->next;
	refer->next = 0;
	if (next && refer->open)
		send_notify(leg, refer, next, false);
	else if (next)
		say_notified(leg, refer, next, 0);
	return 0;
}

static void send_notify(struct leg *leg, struct refer *refer, int status,
			bool first)
{
	char hop[AGENT_HOP_BYTES], state[160], body[160];
	bool last = status >= 200;
	dialog_hop(leg, hop);
	str_format(state, sizeof(state),
		   "Event: refer;id=%u\r\nSubscription-State: %s", refer->cseq,
		   last ? "terminated;reason=noresource"
			: "active;expires=" EXPIRES);
	str_format(body, sizeof(body), "SIP/2.0 %d %s\r\n", status,
		   sip_status_phrase(status));
	char *lines = extra_request(leg, "NOTIFY", body, state);
	refer->sent = status;
	refer->first = first;
	refer->notify = nta_outgoing_tcreate(
		leg->dialog, on_notified, leg, URL_STRING_MAKE(hop),
		SIP_METHOD_NOTIFY, NULL, SIPTAG_CONTACT_STR(agent_contact(leg)),
		SIPTAG_HEADER_STR(lines),
		SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"),
		SIPTAG_PAYLOAD_STR(body), TAG_END());
	free(lines);
	if (refer->notify)
		return;
	log_warn(leg->root, ERR_INTERNAL, "leg %s: no NOTIFY was made",
		 leg->id);
	end_subscription(leg, refer);
	if (!first)
		say_notified(leg, refer, status, 0);
}

static void notify(struct leg *leg, struct refer *refer, int status)
{
	if (!refer->open)
		say_notified(leg, refer, status, 0);
	else if (refer->notify && (refer->first || refer->sent != status))
		refer->next = status;
	if (!refer->open || refer->notify)
		return;
	auth_begin(leg->auth);
	send_notify(leg, refer, status, false);
}

void refer_notify(void *daemon, const struct envelope *envelope,
		  const void *message)
{
	struct sipgw *gw = daemon;
	const struct notify *asked = message;
	struct leg *leg = leg_find(gw, asked->leg);
	const struct talk_to to = {
		.call_sid = envelope->call_sid,
		.account_sid =
			*envelope->account_sid ? envelope->account_sid : NULL,
	};
	if (early_hold(gw, refer_notify, &notify_message, envelope, message,
		       asked->leg))
		return;
	struct refer *refer = leg ? find(leg, asked->refer) : NULL;
	if (leg && leg->state == LEG_UP && refer &&
	    !talk_is_late(&notify_message, envelope))
		notify(leg, refer, (int)asked->status);
	else
		say(gw, &to, asked->leg, asked->refer, (int)asked->status, 0);
}

/* --- the end --- */

void refer_release(struct leg *leg)
{
	for (unsigned i = 0; i < REFER_MAX; i++) {
		struct refer *refer = &leg->refers.refer[i];
		bool waits = refer->notify && !refer->first;
		nta_outgoing_destroy(refer->notify);
		refer->notify = NULL;
		if (waits)
			say_notified(leg, refer, refer->sent, 0);
		if (refer->next)
			say_notified(leg, refer, refer->next, 0);
		*refer = (struct refer){.cseq = 0};
	}
}

void refer_forget(struct leg *leg)
{
	for (unsigned i = 0; i < REFER_MAX; i++)
		leg->refers.refer[i] = (struct refer){.cseq = 0};
}

/* --- the record --- */

void refer_write(const struct leg *leg, struct dialog *record)
{
	for (unsigned i = 0; i < REFER_MAX; i++) {
		const struct refer *refer = &leg->refers.refer[i];
		if (*refer->id && refer->open)
			record->subscriptions[record->subscriptions_count++] =
				(struct subscription){.cseq = refer->cseq};
	}
}

void refer_read(struct leg *leg, const struct dialog *record)
{
	for (uint32_t i = 0; i < record->subscriptions_count; i++) {
		struct refer *refer = &leg->refers.refer[i];
		refer->cseq = (uint32_t)record->subscriptions[i].cseq;
		refer->open = true;
		name(leg, refer->cseq, refer->id);
	}
}
