/*
 * outbound_stray.c - answers that no transaction knows: those to an INVITE of
 * before a restart, repeated 200s, and 200s that nobody waits for any more.
 */
#include "services/sipgw/outbound_private.h"

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/invite.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/tls.h"

/* A 200 to an INVITE of ours (the branch proves it) whose leg is over: no ghost
 * may stay. */
static void end_ghost(struct sipgw *gw, msg_t *msg, const sip_t *sip)
{
	char branch[INVITE_BRANCH_BYTES];
	struct leg ghost = {.gw = gw, .state = LEG_OVER};
	invite_branch(gw, sip->sip_call_id->i_id, sip->sip_from->a_tag,
		      sip->sip_cseq->cs_seq, branch);
	if (!str_equal(branch, sip->sip_via->v_branch) ||
	    sip->sip_via->v_next || !agent_source(msg, &ghost.peer))
		return;
	outbound_count_late();
	log_info(NULL, "late 200 for Call-ID %s: ended",
		 sip->sip_call_id->i_id);
	ghost.transport = agent_transport(gw, msg);
	ghost.tls_link = tls_link_of(gw->tls, msg);
	ghost.dialog = nta_leg_tcreate(
		gw->agent, NULL, NULL, SIPTAG_CALL_ID(sip->sip_call_id),
		SIPTAG_FROM(sip->sip_from), SIPTAG_TO(sip->sip_to),
		SIPTAG_CSEQ(sip->sip_cseq), TAG_END());
	if (!ghost.dialog)
		return;
	nta_leg_client_reroute(ghost.dialog, sip->sip_record_route,
			       sip->sip_contact, 1);
	dialog_ack(&ghost, sip->sip_cseq->cs_seq, branch);
	dialog_bye_ghost(&ghost);
	nta_leg_destroy(ghost.dialog);
}

static void stray_of_leg(struct leg *leg, const sip_t *sip)
{
	int status = sip->sip_status->st_status;
	bool open = leg->state == LEG_LOST || leg->state == LEG_RESOLVING ||
		    leg->state == LEG_PREPARING || leg->state == LEG_CANCELLING;
	if (session_hear_again(leg, sip))
		return;
	if (leg->inbound || sip->sip_cseq->cs_seq != leg->cseq)
		return;
	if (status >= 300 && open) {
		invite_ack_lost(leg, sip);
		if (leg->state == LEG_LOST || leg->state == LEG_CANCELLING)
			outbound_refuse(leg, sip);
	} else if (status >= 200 && status < 300 && open) {
		outbound_accept(leg, sip, sip->sip_via->v_branch);
	} else if (status >= 200 && status < 300 &&
		   (leg->state == LEG_UP || leg->state == LEG_ANSWERED)) {
		dialog_ack(leg, leg->cseq, sip->sip_via->v_branch);
	}
}

void outbound_stray(struct sipgw *gw, msg_t *msg, const sip_t *sip)
{
	const char *to_tag = sip->sip_to ? sip->sip_to->a_tag : NULL;
	const char *from_tag = sip->sip_from ? sip->sip_from->a_tag : NULL;
	if (sip->sip_cseq && sip->sip_cseq->cs_method == sip_method_invite &&
	    sip->sip_call_id && sip->sip_via && to_tag && from_tag) {
		nta_leg_t *dialog =
			nta_leg_by_dialog(gw->agent, NULL, sip->sip_call_id,
					  to_tag, NULL, from_tag, NULL);
		struct leg *leg =
			dialog ? nta_leg_magic(dialog, dialog_request) : NULL;
		bool other = leg && !leg->inbound && !leg_is_over(leg) &&
			     sip->sip_cseq->cs_seq < leg->cseq;
		if (leg && !other)
			stray_of_leg(leg, sip);
		else if (sip->sip_status->st_status / 100 == 2)
			end_ghost(gw, msg, sip); /* or given up for the next */
	}
	msg_destroy(msg);
}
