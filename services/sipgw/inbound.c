/*
 * inbound.c - requests that belong to no dialog; see inbound.h.
 *
 * In order: source, dialog, method, and for an INVITE rate, readiness, backlog,
 * grammar. Strangers get one stateless 403 a request and, above the rate of a
 * source, nothing.
 */
#include "services/sipgw/inbound.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/admit.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/caller.h"
#include "services/sipgw/door.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/message.h"
#include "services/sipgw/session.h"
#include "services/sipgw/session_id.h"
#include "services/sipgw/sipgw.h"

#include <string.h>

#define REFUSAL_LINE_MS 1000

enum refusal {
#define REFUSAL(constant, status, phrase, header, label) constant,
#include "services/sipgw/refusals.def"
#undef REFUSAL
	REFUSALS
};

static const struct {
	int status;
	const char *phrase; /* NULL: the standard one */
	const char *header;
	const char *label;
} refusals[] = {
#define REFUSAL(constant, status, phrase, header, label)                       \
	{status, phrase, header, label},
#include "services/sipgw/refusals.def"
#undef REFUSAL
};

#define REFUSAL(constant, status, phrase, header, label)                       \
	METRIC_COUNTER(count_##constant, "sip_refused_total",                  \
		       "reason=\"" label "\"",                                 \
		       "Requests refused before they cost a transaction.")
#include "services/sipgw/refusals.def"
#undef REFUSAL
static struct metric *const counters[] = {
#define REFUSAL(constant, status, phrase, header, label) &count_##constant,
#include "services/sipgw/refusals.def"
#undef REFUSAL
};
METRIC_COUNTER(dropped, "sip_dropped_total", "",
	       "Requests that got no answer: a stranger's above the rate, ACKs "
	       "of nothing, late copies.")

/* One request that is being judged. */
struct visit {
	struct sipgw *gw;
	msg_t *msg;
	sip_t *sip;
	struct sockaddr_storage source;
	char source_text[64];
	struct admission admission;
};

/* Whoever wonders why his phone is refused finds a line; a flood of refusals
 * leaves one a second for each reason. */
static bool is_worth_a_line(enum refusal why)
{
	static int64_t said_ms[REFUSALS];
	int64_t now_ms = clock_mono_ms();
	if (said_ms[why] && now_ms - said_ms[why] < REFUSAL_LINE_MS)
		return false;
	said_ms[why] = now_ms > 0 ? now_ms : 1;
	return true;
}

static void refuse_with(struct visit *visit, enum refusal why,
			const char *phrase, const char *header)
{
	int status = refusals[why].status;
	if (!phrase)
		phrase = refusals[why].phrase;
	if (!phrase)
		phrase = sip_status_phrase(status);
	metric_add(counters[why], 1);
	const char *method = visit->sip->sip_request->rq_method_name;
	if (is_worth_a_line(why))
		log_info(NULL, "%s from %s refused: %d %s", method,
			 visit->source_text, status, phrase);
	else
		log_debug(NULL, "%s from %s refused: %d %s", method,
			  visit->source_text, status, phrase);
	if (!header)
		header = refusals[why].header;
	char session[SESSION_ID_LINE_BYTES];
	extra_stranger_line(visit->gw, visit->sip, session);
	nta_msg_treply(visit->gw->agent, visit->msg, status, phrase,
		       SIPTAG_HEADER_STR(session),
		       TAG_IF(header, SIPTAG_HEADER_STR(header)),
		       TPTAG_SDWN_AFTER(why == REFUSE_SOURCE), TAG_END());
}

static void refuse(struct visit *visit, enum refusal why)
{
	refuse_with(visit, why, NULL, NULL);
}

static void drop(struct visit *visit)
{
	metric_add(&dropped, 1);
	msg_destroy(visit->msg);
}

/* RFC 3261 8.2.2.3: what it requires and we do not have. True: it was refused.
 */
static bool refuse_extension(struct visit *visit)
{
	const char *missing = message_unsupported(visit->sip);
	char header[160];
	if (!missing)
		return false;
	bool good =
		str_format(header, sizeof(header), "Unsupported: %s", missing);
	refuse_with(visit, REFUSE_EXTENSION, NULL, good ? header : NULL);
	return true;
}

/* --- methods --- */

static void visit_options(struct visit *visit)
{
	if (service_refuses(visit->gw->service) || !visit->gw->open) {
		refuse(visit, REFUSE_SERVICE);
		return;
	}
	if (refuse_extension(visit))
		return;
	char session[SESSION_ID_LINE_BYTES];
	extra_stranger_line(visit->gw, visit->sip, session);
	nta_msg_treply(visit->gw->agent, visit->msg, SIP_200_OK,
		       SIPTAG_HEADER_STR(session),
		       SIPTAG_ALLOW_STR(SIPGW_ALLOW),
		       SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED),
		       SIPTAG_ACCEPT_STR(SIPGW_ACCEPT), TAG_END());
}

/* A transfer of no call. */
static void visit_refer(struct visit *visit)
{
	refuse(visit, REFUSE_REFER);
}

static void visit_no_dialog(struct visit *visit)
{
	refuse(visit, REFUSE_NO_DIALOG);
}

/* Our 200 is out: the call goes on (RFC 3261 9.2). */
static void visit_cancel(struct visit *visit)
{
	nta_incoming_t *invite = door_invite_of(visit->gw->agent, visit->sip);
	if (!invite) {
		refuse(visit, REFUSE_NO_DIALOG);
		return;
	}
	sip_to_tag(msg_home(visit->msg), visit->sip->sip_to,
		   nta_incoming_gettag(invite));
	nta_msg_treply(visit->gw->agent, visit->msg, SIP_200_OK, TAG_END());
}

/* The grammar of an INVITE that sofia leaves to us. NULL: fine. */
static const char *wrong_with(const sip_t *sip)
{
	const sip_contact_t *contact = sip->sip_contact;
	if (!sip->sip_from->a_tag || !*sip->sip_from->a_tag ||
	    strlen(sip->sip_from->a_tag) > 255)
		return "Bad From Header";
	if (!contact || contact->m_next || contact->m_url->url_type == url_any)
		return "Bad Contact Header";
	if (!sip->sip_via->v_branch || strlen(sip->sip_via->v_branch) > 255)
		return "Bad Via Header";
	return NULL;
}

/* What of an INVITE is not supported. True: it was refused. */
static bool refuse_unsupported(struct visit *visit)
{
	const sip_t *sip = visit->sip;
	const sip_content_type_t *type = sip->sip_content_type;
	const sip_content_encoding_t *encoding = sip->sip_content_encoding;
	bool body = sip->sip_payload && sip->sip_payload->pl_len;
	char header[160];
	int scheme = sip->sip_request->rq_url->url_type;
	bool secure = agent_transport(visit->gw, visit->msg) == SIP_TLS;
	if (scheme != url_sip && !(scheme == url_sips && secure)) {
		refuse(visit, REFUSE_SCHEME);
	} else if (sip->sip_max_forwards &&
		   sip->sip_max_forwards->mf_count == 0) {
		refuse(visit, REFUSE_HOPS);
	} else if (refuse_extension(visit)) {
		return true;
	} else if (session_refusal(visit->gw, sip, header, sizeof(header))) {
		refuse_with(visit, REFUSE_SESSION, NULL, header);
	} else if (body &&
		   (!type || !str_same(type->c_type, "application/sdp") ||
		    (encoding && encoding->k_items && encoding->k_items[0]))) {
		refuse(visit, REFUSE_TYPE);
	} else if (body && sip->sip_payload->pl_len > SIPGW_SDP_MAX) {
		refuse(visit, REFUSE_SIZE);
	} else {
		return false;
	}
	return true;
}

/* An INVITE that its source and its rate let in. */
static void judge_invite(struct visit *visit)
{
	struct sipgw *gw = visit->gw;
	const char *why = service_refuses(gw->service);
	if (!why && !gw->open)
		why = "not ready";
	/* A copy of a call that we know is no new call. */
	if (why && !caller_is_known(gw, visit->sip)) {
		log_debug(NULL, "no new calls: %s", why);
		refuse(visit, REFUSE_SERVICE);
		return;
	}
	if (gw->waiting >= gw->service->settings.sip_backlog &&
	    !caller_is_known(gw, visit->sip)) {
		refuse(visit, REFUSE_BACKLOG);
		return;
	}
	const char *wrong = wrong_with(visit->sip);
	if (wrong) {
		refuse_with(visit, REFUSE_MALFORMED, wrong, NULL);
		return;
	}
	if (refuse_unsupported(visit))
		return;
	if (admit_number(gw, visit->sip, &visit->admission) != ADMIT_GOOD) {
		refuse(visit, REFUSE_ACCOUNT);
		return;
	}
	switch (caller_take(gw, visit->msg, visit->sip, &visit->admission,
			    &wrong)) {
	case CALLER_TAKEN: return;
	case CALLER_COPY: drop(visit); return;
	case CALLER_MALFORMED:
		refuse_with(visit, REFUSE_MALFORMED, wrong, NULL);
		return;
	}
}

static void visit_invite(struct visit *visit)
{
	if (guard_takes(visit->gw->guard, (struct sockaddr *)&visit->source,
			clock_mono_ms()))
		judge_invite(visit);
	else
		refuse(visit, REFUSE_RATE);
}

/* An INVITE of a source that needs credentials; a copy of a call that we know
 * has shown them. */
static void visit_stranger(struct visit *visit)
{
	char header[ADMIT_HEADER_BYTES];
	enum admit admit = ADMIT_GOOD;
	const char *wrong = wrong_with(visit->sip);
	if (wrong) {
		refuse_with(visit, REFUSE_MALFORMED, wrong, NULL);
		return;
	}
	if (visit->gw->open && !caller_is_known(visit->gw, visit->sip))
		admit = admit_stranger(visit->gw, visit->sip,
				       (struct sockaddr *)&visit->source,
				       &visit->admission, header);
	switch (admit) {
	case ADMIT_GOOD: judge_invite(visit); return;
	case ADMIT_CHALLENGED:
		refuse_with(visit, REFUSE_CHALLENGE, NULL, header);
		return;
	case ADMIT_BARRED: refuse(visit, REFUSE_WRONG); return;
	case ADMIT_FORBIDDEN:
	case ADMIT_FOREIGN: refuse(visit, REFUSE_SOURCE); return;
	}
}

static void visit_unknown(struct visit *visit)
{
	refuse(visit, REFUSE_METHOD);
}

static const struct {
	sip_method_t method;
	void (*visit)(struct visit *visit);
} methods[] = {
	{sip_method_invite, visit_invite},
	{sip_method_options, visit_options},
	{sip_method_bye, visit_no_dialog},
	{sip_method_refer, visit_refer},
	{sip_method_update, visit_no_dialog},
	{sip_method_prack, visit_no_dialog},
	{sip_method_info, visit_no_dialog},
	{sip_method_cancel, visit_cancel},
	{sip_method_ack, drop},
};

void inbound_request(struct sipgw *gw, msg_t *msg, sip_t *sip)
{
	struct visit visit = {.gw = gw, .msg = msg, .sip = sip};
	sip_method_t method = sip->sip_request->rq_method;
	void (*handle)(struct visit *) = visit_unknown;
	if (!agent_source(msg, &visit.source)) {
		drop(&visit);
		return;
	}
	struct sockaddr *source = (struct sockaddr *)&visit.source;
	cidr_text(source, visit.source_text);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].method == method)
			handle = methods[i].visit;
	if (handle == drop)
		drop(&visit);
	else if (guard_knows(gw->guard, source))
		sip->sip_to->a_tag ? visit_no_dialog(&visit) : handle(&visit);
	else if (!guard_takes(gw->guard, source, clock_mono_ms()))
		drop(&visit);
	else if (method == sip_method_invite && !sip->sip_to->a_tag)
		visit_stranger(&visit);
	else if (method == sip_method_cancel && door_invite_of(gw->agent, sip))
		visit_cancel(&visit);
	else
		refuse(&visit, REFUSE_SOURCE);
}
