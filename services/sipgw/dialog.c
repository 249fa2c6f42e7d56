/*
 * dialog.c - requests inside a dialog, and its end; see dialog.h.
 *
 * re-INVITE and UPDATE are in offer.c, INFO in info.c, REFER in refer.c.
 */
#include "services/sipgw/dialog.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/caller.h"
#include "services/sipgw/early.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/info.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/report.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

bool dialog_create(struct leg *leg, const char *remote_tag, uint32_t local_cseq,
		   uint32_t remote_cseq)
{
	char local[1400], remote[2400], cseq[32];
	str_format(local, sizeof(local), "%s;tag=%s", leg->local_uri,
		   leg->local_tag);
	str_format(remote, sizeof(remote), remote_tag ? "%s;tag=%s" : "%s",
		   leg->remote_uri, remote_tag);
	str_format(cseq, sizeof(cseq), "%u", local_cseq);
	leg->dialog = nta_leg_tcreate(
		leg->gw->agent, dialog_request, leg,
		SIPTAG_CALL_ID_STR(leg->call_id), SIPTAG_FROM_STR(local),
		SIPTAG_TO_STR(remote), SIPTAG_CSEQ_STR(cseq),
		NTATAG_REMOTE_CSEQ(remote_cseq), TAG_END());
	return leg->dialog != NULL;
}

/* --- where requests go --- */

/* The numeric address of a URI that we may send to. */
static bool usable(const struct leg *leg, const url_t *url,
		   struct sockaddr_storage *address)
{
	int64_t port = leg->transport == SIP_TLS ? 5061 : 5060;
	if (!url || !url->url_host ||
	    (url->url_port && *url->url_port &&
	     !str_number(url->url_port, 1, 65535, &port)) ||
	    !resolve_numeric(url->url_host, (uint16_t)port, address) ||
	    address->ss_family != leg->gw->family)
		return false;
	return cidr_same_host(address, &leg->peer) ||
	       guard_may_reach(leg->gw->guard, (struct sockaddr *)address);
}

static enum sip_transport transport_of(const struct leg *leg, const url_t *url)
{
	char word[8];
	if (url->url_params &&
	    url_param(url->url_params, "transport", word, sizeof(word)) > 0) {
		if (str_same(word, "tcp"))
			return SIP_TCP;
		if (str_same(word, "udp"))
			return SIP_UDP;
	}
	return leg->transport;
}

void dialog_hop(struct leg *leg, char *to)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *target = NULL;
	nta_leg_get_route(leg->dialog, &route, &target);
	dialog_hop_by(leg,
		      route    ? route->r_url
		      : target ? target->m_url
			       : NULL,
		      to);
}

void dialog_hop_by(struct leg *leg, const url_t *url, char *to)
{
	struct sockaddr_storage address;
	if (!leg->bye_to_peer && usable(leg, url, &address))
		agent_leg_hop(leg, &address, transport_of(leg, url),
			      url->url_host, to);
	else
		agent_peer_hop(leg, to);
}

/* A Contact that could not be stored is none. */
void dialog_retarget(struct leg *leg, const sip_contact_t *contact, bool client)
{
	char *target = contact ? message_address(contact->m_url, 2048) : NULL;
	if (target && client)
		nta_leg_client_reroute(leg->dialog, NULL, contact, 0);
	else if (target)
		nta_leg_server_route(leg->dialog, NULL, contact);
	free(target);
}

void dialog_ack(struct leg *leg, uint32_t cseq, const char *branch)
{
	char hop[AGENT_HOP_BYTES], number[32];
	/* The credentials of its INVITE (RFC 3261 13.2.2.4). */
	char *lines = extra_bare(leg, NULL);
	const char *answers =
		leg->credentials && *leg->credentials ? leg->credentials : NULL;
	dialog_hop(leg, hop);
	str_format(number, sizeof(number), "%u ACK", cseq);
	nta_outgoing_t *ack = nta_outgoing_tcreate(
		leg->dialog, NULL, NULL, URL_STRING_MAKE(hop), SIP_METHOD_ACK,
		NULL, SIPTAG_CSEQ_STR(number), SIPTAG_HEADER_STR(lines),
		TAG_IF(answers, SIPTAG_HEADER_STR(answers)),
		TAG_IF(branch, NTATAG_ACK_BRANCH(branch)), TAG_END());
	free(lines);
	if (!ack)
		log_warn(leg->root, ERR_INTERNAL, "leg %s: no ACK was made",
			 leg->id);
	nta_outgoing_destroy(ack);
}

/* --- the end --- */

/* What a callee says with its end; few say anything. */
static void keep_headers(struct leg *leg, const sip_t *sip)
{
	const uint32_t most =
		sizeof(((struct ended *)NULL)->headers) / sizeof(struct header);
	if (leg->inbound || leg->end_headers || !sip->sip_unknown)
		return;
	leg->end_headers = mem_new(most, sizeof(*leg->end_headers));
	leg->end_header_count = message_headers(sip, leg->end_headers, most);
}

static void over(struct leg *leg)
{
	if (leg->cancelled) {
		outbound_failed(leg, leg->end_status ? leg->end_status : 487,
				leg->end_error);
		return;
	}
	report_ended(leg);
	leg_over(leg);
}

static int on_bye_answered(struct leg *leg, nta_outgoing_t *orq,
			   const sip_t *sip);

static bool send_bye(struct leg *leg)
{
	char hop[AGENT_HOP_BYTES], header[160];
	bool reason = *leg->end_reason && leg->end_by == LEG_END_LOCAL &&
		      str_format(header, sizeof(header), "Reason: %s",
				 leg->end_reason);
	char *lines = extra_request(leg, "BYE", NULL, reason ? header : NULL);
	dialog_hop(leg, hop);
	leg->bye = nta_outgoing_tcreate(
		leg->dialog, on_bye_answered, leg, URL_STRING_MAKE(hop),
		SIP_METHOD_BYE, NULL, SIPTAG_HEADER_STR(lines), TAG_END());
	free(lines);
	return leg->bye != NULL;
}

/* Any final answer, and none at all, is the end (RFC 3261 15.1.1); but a
 * challenge is answered, and who cannot be reached at his Contact is tried
 * where we hear him from. */
static int on_bye_answered(struct leg *leg, nta_outgoing_t *orq,
			   const sip_t *sip)
{
	int status = nta_outgoing_status(orq);
	if (status < 200)
		return 0;
	bool unsent = status == 503 && sip && nta_sip_is_internal(sip) &&
		      !leg->bye_to_peer;
	bool again = (status == 401 || status == 407) && sip &&
		     auth_challenged(leg->auth, sip);
	if (unsent || again) {
		leg->bye_to_peer = leg->bye_to_peer || unsent;
		nta_outgoing_destroy(leg->bye);
		if (send_bye(leg))
			return 0;
	}
	if (sip && !nta_sip_is_internal(sip))
		keep_headers(leg, sip);
	over(leg);
	return 0;
}

void dialog_end(struct leg *leg)
{
	session_stop(leg);
	offer_release(leg);
	leg_enter(leg, LEG_ENDING);
	auth_begin(leg->auth);
	if (!send_bye(leg)) {
		log_warn(leg->root, ERR_INTERNAL, "leg %s: no BYE was made",
			 leg->id);
		over(leg);
	}
}

void dialog_bye_ghost(struct leg *ghost)
{
	char hop[AGENT_HOP_BYTES];
	dialog_hop(ghost, hop);
	nta_outgoing_tcreate(ghost->dialog, NULL, NULL, URL_STRING_MAKE(hop),
			     SIP_METHOD_BYE, NULL, TAG_END());
}

/* The session is over with the BYE, not with its answer (RFC 3261 15.1.1): who
 * cannot be reached keeps nobody else waiting. nta repeats it to the end. */
void dialog_unended(struct leg *leg)
{
	over(leg);
}

static void ends_here(struct leg *leg, const struct hangup *hangup)
{
	leg->end_by = LEG_END_LOCAL;
	words_value(hangup->reason, strlen(hangup->reason), leg->end_reason,
		    sizeof(leg->end_reason));
}

void dialog_hangup(void *daemon, const struct envelope *envelope,
		   const void *message)
{
	struct sipgw *gw = daemon;
	const struct hangup *hangup = message;
	struct leg *leg = leg_find(gw, hangup->leg);
	if (early_hold(gw, dialog_hangup, &hangup_message, envelope, message,
		       hangup->leg))
		return;
	if (!leg) {
		report_refused(gw, envelope, hangup->leg, &ended_message,
			       ERR_SIP_LOST);
		return;
	}
	switch (leg->state) {
	case LEG_OFFERED:
		caller_refuse(leg, SIP_480_TEMPORARILY_UNAVAILABLE, NULL);
		return;
	case LEG_ACCEPTING:
	case LEG_ACCEPTED:
		ends_here(leg, hangup);
		leg->ends_confirmed = true;
		return;
	case LEG_ANSWERED:
	case LEG_UP:
		ends_here(leg, hangup);
		dialog_end(leg);
		return;
	case LEG_OVER: report_again(leg); return;
	case LEG_NEW:
	case LEG_RESOLVING:
	case LEG_PREPARING:
	case LEG_CALLING:
	case LEG_RINGING:
	case LEG_LOST: outbound_give_up(leg, hangup->reason); return;
	case LEG_ENDING:
	case LEG_CANCELLING:
	case LEG_STATES: return; /* its outcome is on its way */
	}
}

/* --- requests of the other side --- */

static int hear_ack(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	nta_incoming_destroy(irq); /* never answered */
	caller_confirmed(leg, sip);
	return 0;
}

static int hear_bye(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	(void)irq;
	if (leg->state == LEG_ANSWERED)
		outbound_say_answered(leg); /* first things first */
	switch (leg->state) {
	case LEG_ACCEPTED:
	case LEG_UP:
		leg->end_by = LEG_END_REMOTE;
		message_reason(sip, leg->end_reason, sizeof(leg->end_reason));
		keep_headers(leg, sip);
		over(leg);
		return 200;
	case LEG_ENDING: /* it crossed ours */ over(leg); return 200;
	case LEG_NEW:
	case LEG_OFFERED:
	case LEG_ACCEPTING:
	case LEG_RESOLVING:
	case LEG_PREPARING:
	case LEG_CALLING:
	case LEG_RINGING:
	case LEG_CANCELLING:
	case LEG_LOST:
	case LEG_ANSWERED:
	case LEG_OVER:
	case LEG_STATES: break;
	}
	return 481;
}

void dialog_reply_sdp(struct leg *leg, nta_incoming_t *irq)
{
	char session[SESSION_LINES_BYTES];
	char *lines = extra_reply(leg);
	session_reply_lines(leg, session);
	nta_incoming_treply(
		irq, SIP_200_OK, SIPTAG_CONTACT_STR(agent_contact(leg)),
		SIPTAG_ALLOW_STR(SIPGW_ALLOW),
		SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED), SIPTAG_HEADER_STR(lines),
		TAG_IF(*session, SIPTAG_HEADER_STR(session)),
		TAG_IF(leg->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(leg->sdp, SIPTAG_PAYLOAD_STR(leg->sdp)), TAG_END());
	free(lines);
}

static int hear_options(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	(void)sip;
	char *lines = extra_reply(leg);
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_HEADER_STR(lines),
			    SIPTAG_ALLOW_STR(SIPGW_ALLOW),
			    SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED),
			    SIPTAG_ACCEPT_STR(SIPGW_ACCEPT), TAG_END());
	free(lines);
	return 200;
}

static int hear_cancel(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	(void)leg, (void)irq, (void)sip;
	return 481; /* its INVITE would have taken it */
}

static int hear_other(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	(void)sip;
	extra_answer(leg, irq, 405, NULL, "Allow: " SIPGW_ALLOW);
	return 405;
}

static const struct {
	sip_method_t method;
	int (*hear)(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);
} methods[] = {
	{sip_method_ack, hear_ack},        {sip_method_bye, hear_bye},
	{sip_method_invite, offer_invite}, {sip_method_options, hear_options},
	{sip_method_cancel, hear_cancel},  {sip_method_update, offer_update},
	{sip_method_info, info_hear},      {sip_method_refer, refer_hear},
};

int dialog_request(struct leg *leg, nta_leg_t *dialog, nta_incoming_t *irq,
		   const sip_t *sip)
{
	int (*hear)(struct leg *, nta_incoming_t *, const sip_t *) = hear_other;
	(void)dialog;
	extra_hear(leg, sip);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].method == sip->sip_request->rq_method)
			hear = methods[i].hear;
	int status = hear(leg, irq, sip);
	/* A bare status becomes an answer of nta's that lacks our lines. */
	if (status >= 200 && nta_incoming_status(irq) < 200)
		extra_answer(leg, irq, status, NULL, NULL);
	return status;
}
