/*
 * door.c - what nta would do with a message before it asks us; see door.h.
 *
 * nta matches messages with its transactions by itself and has no callback
 * before that. Two places of the library serve as one: sip_sanity_check(),
 * which it calls for each message before that, and which is found here, in the
 * program, before the library's own; and the reader of the body in the class of
 * messages, of which we have a copy.
 *
 *  - ACK for a final answer that could not be sent (the caller's TCP connection
 *    refused): nta keeps the transaction in a queue that its handling of ACK
 *    asserts not to meet. An ACK before any final answer is dropped.
 *  - CANCEL after our 200: nta says 481 to a transaction that it knows. RFC
 * 3261 9.2 wants 200 and no other effect.
 *  - 200 that no leg waits for (another fork's, or a late one): nta
 * acknowledges and ends it wherever its Contact leads. outbound_stray() does,
 * within VOXBUS_SIP_OUT_ALLOW.
 *  - maddr of a Via: nta sends the answer there, whoever that is. It goes to
 *    where the request came from.
 */
#include "services/sipgw/door.h"

#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/tls.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(early_acks, "sip_early_acks_total", "",
	       "ACKs dropped because the INVITE had no final answer.")

/* One a process, as sofia has it. */
static nta_agent_t *nta;
static const struct tls *tls;
static int (*sane)(const sip_t *sip);
static msg_mclass_t *messages;

/* --- Via --- */

static void strip(const sip_t *sip)
{
	if (sip->sip_request && sip->sip_via && sip->sip_via->v_maddr)
		msg_header_remove_param(sip->sip_via->v_common, "maddr");
}

/* The header has been read. */
static issize_t read_body(msg_t *msg, msg_pub_t *message, char *bytes,
			  isize_t size, int end)
{
	strip((const sip_t *)message);
	if (tls) /* so that Via gets who it really is */
		tls_unmask(tls, &msg_addr(msg)->su_sa);
	return sip_default_mclass()->mc_extract_body(msg, message, bytes, size,
						     end);
}

/* --- transactions --- */

nta_incoming_t *door_invite_of(nta_agent_t *agent, const sip_t *sip)
{
	sip_t invite = *sip;
	sip_cseq_t cseq = *sip->sip_cseq;
	cseq.cs_method = sip_method_invite;
	cseq.cs_method_name = "INVITE";
	invite.sip_cseq = &cseq;
	return nta_incoming_find(agent, &invite, sip->sip_via);
}

static int request_status(const sip_t *sip)
{
	const nta_incoming_t *invite = door_invite_of(nta, sip);
	return invite ? nta_incoming_status(invite) : -1;
}

/* Under another branch nta finds no transaction. */
static const char hidden[] = "";

static void hide(const sip_t *sip)
{
	sip->sip_via->v_branch = hidden;
}

void door_undo(sip_t *sip)
{
	sip_via_t *via = sip->sip_via;
	if (via && via->v_branch == hidden)
		via->v_branch = msg_params_find(via->v_params, "branch=");
}

static int judge_request(const sip_t *sip)
{
	int status;
	switch ((int)sip->sip_request->rq_method) {
	case sip_method_ack:
		status = request_status(sip);
		if (status < 0 || status >= 200)
			return 0;
		metric_add(&early_acks, 1);
		return -1;
	case sip_method_cancel:
		status = request_status(sip);
		if (status / 100 == 2 && !sip->sip_to->a_tag)
			hide(sip);
		return 0;
	default: return 0;
	}
}

/* Not of an address that was given up for the next. */
static bool is_awaited(const struct leg *leg, const sip_t *sip)
{
	if (leg->invite_out)
		return sip->sip_via &&
		       str_equal(sip->sip_via->v_branch, leg->branch);
	return session_is_offering(leg) &&
	       sip->sip_cseq->cs_seq == nta_outgoing_cseq(leg->session.request);
}

static void judge_response(const sip_t *sip)
{
	if (sip->sip_cseq->cs_method != sip_method_invite ||
	    sip->sip_status->st_status / 100 != 2)
		return;
	nta_leg_t *dialog = nta_leg_by_dialog(nta, NULL, sip->sip_call_id,
					      sip->sip_to->a_tag, NULL,
					      sip->sip_from->a_tag, NULL);
	const struct leg *leg =
		dialog ? nta_leg_magic(dialog, dialog_request) : NULL;
	if (!leg || !is_awaited(leg, sip))
		hide(sip);
}

/* The library's own check, behind ours. */
static void find_check(void)
{
	void *found = dlsym(RTLD_NEXT, "sip_sanity_check");
	if (!found)
		abort(); /* linked with another library than compiled with */
	memcpy(&sane, &found, sizeof(sane));
}

int sip_sanity_check(const sip_t *sip)
{
	if (!sane)
		find_check();
	int insane = sane(sip);
	if (sip && !insane)
		strip(sip); /* it may have ended without an empty line */
	if (insane || !nta)
		return insane;
	if (sip->sip_request)
		return judge_request(sip);
	judge_response(sip);
	return 0;
}

/* --- */

void door_open(nta_agent_t *agent, const struct tls *links)
{
	find_check();
	nta = agent;
	tls = links;
}

const msg_mclass_t *door_messages(void)
{
	if (!messages) {
		messages = msg_mclass_clone(sip_default_mclass(), 0, 0);
		if (!messages)
			abort();
		messages->mc_extract_body = read_body;
	}
	return messages;
}

void door_close(void)
{
	nta = NULL;
	tls = NULL;
	free(messages);
	messages = NULL;
}
