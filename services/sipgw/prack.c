/*
 * prack.c - provisional answers to an INVITE of ours; see prack.h.
 *
 * All early dialogs count on in the one sequence of numbers that the leg has,
 * so that whichever wins has seen none of ours twice. nta repeats a PRACK until
 * it is answered; the answer changes nothing.
 */
#include "services/sipgw/prack.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/sipgw.h"

#include <stdlib.h>
#include <string.h>

#define SKIP 100

METRIC_COUNTER(sent, "sip_pracks_sent_total", "",
	       "Reliable provisional answers that were acknowledged.")
METRIC_COUNTER(dropped, "sip_reliable_dropped_total", "",
	       "Reliable provisional answers out of order, or of too many "
	       "forks.")

struct fork {
	char *tag;
	uint32_t rseq; /* of the last one that was acknowledged */
	char *sdp;
};

struct forks {
	struct fork fork[PRACK_FORKS];
	unsigned count;
	bool skipped;
};

static struct forks *forks_of(struct leg *leg)
{
	if (!leg->forks)
		leg->forks = mem_new(1, sizeof(*leg->forks));
	return leg->forks;
}

static struct fork *find(const struct leg *leg, const char *tag)
{
	for (unsigned i = 0; leg->forks && i < leg->forks->count; i++)
		if (str_same(leg->forks->fork[i].tag, tag))
			return &leg->forks->fork[i];
	return NULL;
}

static struct fork *add(struct leg *leg, const char *tag)
{
	struct forks *forks = forks_of(leg);
	if (forks->count == PRACK_FORKS)
		return NULL;
	struct fork *fork = &forks->fork[forks->count++];
	fork->tag = mem_copy_text(tag);
	return fork;
}

void prack_skip(struct leg *leg)
{
	if (!leg->resumed || forks_of(leg)->skipped)
		return;
	leg->forks->skipped = true;
	for (unsigned i = 0; i < SKIP; i++) {
		msg_t *msg = nta_msg_create(leg->gw->agent, 0);
		nta_msg_request_complete(msg, leg->dialog, SIP_METHOD_OPTIONS,
					 URL_STRING_MAKE("sip:127.0.0.1"));
		msg_destroy(msg);
	}
}

static int on_answered(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip);

/* What a PRACK is made of. */
struct prack {
	const url_t *target; /* NULL: the INVITE's */
	sip_route_t *routes;
	sip_to_t *to;
	const char *rack;
};

static void send_prack(struct leg *leg, su_home_t *home,
		       const struct prack *prack)
{
	char hop[AGENT_HOP_BYTES];
	const char *uri =
		prack->target ? url_as_string(home, prack->target) : NULL;
	if (!uri)
		uri = leg->target;
	char *lines = extra_request_to(leg, "PRACK", uri);
	dialog_hop_by(leg, prack->routes ? prack->routes->r_url : prack->target,
		      hop);
	nta_outgoing_t *orq = nta_outgoing_tcreate(
		leg->dialog, on_answered, leg, URL_STRING_MAKE(hop),
		SIP_METHOD_PRACK, URL_STRING_MAKE(uri), SIPTAG_TO(prack->to),
		TAG_IF(prack->routes, SIPTAG_ROUTE(prack->routes)),
		SIPTAG_RACK_STR(prack->rack), SIPTAG_HEADER_STR(lines),
		TAG_END());
	if (!orq)
		log_warn(leg->root, ERR_INTERNAL, "leg %s: no PRACK was made",
			 leg->id);
	metric_add(&sent, 1);
	free(lines);
}

/* Only a challenge matters: the callee may want one even of a PRACK. */
static int on_answered(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	int status = nta_outgoing_status(orq);
	if (status < 200)
		return 0;
	if ((status == 401 || status == 407) && sip && leg->dialog &&
	    auth_challenged(leg->auth, sip)) {
		su_home_t *home = su_home_new(sizeof(*home));
		msg_t *msg = nta_outgoing_getrequest(orq);
		const sip_t *was = msg ? sip_object(msg) : NULL;
		if (was && was->sip_rack)
			send_prack(
				leg, home,
				&(struct prack){
					was->sip_request->rq_url,
					was->sip_route,
					was->sip_to,
					sip_header_as_string(
						home,
						(sip_header_t *)was->sip_rack),
				});
		msg_destroy(msg);
		su_home_unref(home);
	}
	nta_outgoing_destroy(orq);
	return 0;
}

static void acknowledge(struct leg *leg, const sip_t *sip)
{
	char rack[64];
	su_home_t *home = su_home_new(sizeof(*home));
	struct prack prack = {
		.target = sip->sip_contact ? sip->sip_contact->m_url : NULL,
		.to = sip->sip_to,
		.rack = rack,
	};
	if (sip->sip_record_route)
		prack.routes = sip_route_reverse(home, sip->sip_record_route);
	str_format(rack, sizeof(rack), "%lu %u INVITE",
		   sip->sip_rseq->rs_response, sip->sip_cseq->cs_seq);
	prack_skip(leg);
	auth_begin(leg->auth);
	send_prack(leg, home, &prack);
	su_home_unref(home);
}

static bool is_reliable(const sip_t *sip)
{
	return sip->sip_rseq && sip_has_feature(sip->sip_require, "100rel") &&
	       sip->sip_to->a_tag && sip->sip_cseq;
}

bool prack_hear(struct leg *leg, const sip_t *sip)
{
	if (!is_reliable(sip))
		return true;
	uint32_t rseq = (uint32_t)sip->sip_rseq->rs_response;
	struct fork *fork = find(leg, sip->sip_to->a_tag);
	if (fork && rseq == fork->rseq)
		return false; /* our PRACK is on its way */
	if (!fork)
		fork = add(leg, sip->sip_to->a_tag);
	if (!fork || (fork->rseq && rseq != fork->rseq + 1)) {
		metric_add(&dropped, 1);
		return false;
	}
	fork->rseq = rseq;
	if (!fork->sdp)
		message_body(sip, &fork->sdp);
	acknowledge(leg, sip);
	return true;
}

const char *prack_sdp(const struct leg *leg, const char *tag)
{
	const struct fork *fork = tag ? find(leg, tag) : NULL;
	return fork ? fork->sdp : NULL;
}

bool prack_has_answer(const struct leg *leg)
{
	for (unsigned i = 0; leg->forks && i < leg->forks->count; i++)
		if (leg->forks->fork[i].sdp)
			return true;
	return false;
}

void prack_release(struct leg *leg)
{
	for (unsigned i = 0; leg->forks && i < leg->forks->count; i++) {
		free(leg->forks->fork[i].tag);
		free(leg->forks->fork[i].sdp);
	}
	free(leg->forks);
	leg->forks = NULL;
}
