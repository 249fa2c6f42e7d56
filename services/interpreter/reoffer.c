/*
 * reoffer.c - the other side of a leg changes its media inside the dialog:
 * hold, resume, another codec or address, or it wants an offer of ours. mediad
 * decides, sipgw carries the answer; what is in force stays known, so that
 * media can be stated again after a crash. It may do so in its answer to our
 * refresh, too: that holds, and mediad is told of it.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define NO_SUCH_DIALOG 481
#define NOT_ACCEPTABLE 488
#define PENDING 491
#define SERVER_ERROR 500

enum reoffer_state {
	REOFFER_ASKED,    /* mediad: leg_changed is awaited */
	REOFFER_ANSWERED, /* sipgw: reconfirmed is awaited */
	REOFFER_ACCEPTED, /* their answer is at mediad */
	REOFFER_UNDONE,   /* void after all: mediad is told what was before */
	REOFFER_OVER      /* kept: it may be said again */
};

/* The last new offer of a leg. */
struct reoffer {
	char offer[ID_BYTES]; /* its name */
	enum reoffer_state state;
	int status;             /* that it was answered with */
	char *theirs;           /* offer, or late answer */
	char *ours;             /* offer, until it is answered */
	char *before;           /* theirs, as it was in force */
	bool wanted;            /* they had none */
	bool refreshed;         /* it is an answer to our refresh */
	struct reoffered *next; /* such an answer, which waits for the end */
};

void reoffer_free(struct leg *leg)
{
	if (leg->reoffer) {
		free(leg->reoffer->theirs);
		free(leg->reoffer->ours);
		free(leg->reoffer->before);
		proto_free(&reoffered_message, leg->reoffer->next);
		free(leg->reoffer);
	}
	leg->reoffer = NULL;
}

static bool is_open(const struct reoffer *reoffer)
{
	return reoffer && reoffer->state != REOFFER_OVER;
}

static void hear_refreshed(struct call *call, struct leg *leg,
			   const struct reoffered *reoffered);

static void finish(struct call *call, struct leg *leg)
{
	struct reoffer *reoffer = leg->reoffer;
	struct reoffered *next = reoffer->next;
	reoffer->state = REOFFER_OVER;
	proto_set_long(&reoffer->theirs, NULL);
	proto_set_long(&reoffer->ours, NULL);
	proto_set_long(&reoffer->before, NULL);
	leg_timer_stop(leg, TIMER_CHANGE);
	settle(call, leg, &reanswer_message);
	reoffer->next = NULL;
	if (next)
		hear_refreshed(call, leg, next);
	proto_free(&reoffered_message, next);
}

static struct reanswer *new_reanswer(const char *leg, const char *offer,
				     int status, const char *sdp)
{
	struct reanswer *reanswer = proto_new(&reanswer_message);
	(void)str_copy(reanswer->leg, sizeof(reanswer->leg), leg);
	(void)str_copy(reanswer->offer, sizeof(reanswer->offer), offer);
	reanswer->status = status;
	if (sdp)
		proto_set_long(&reanswer->sdp, sdp);
	return reanswer;
}

static void reanswer(struct call *call, struct leg *leg, int status,
		     const char *sdp)
{
	struct reoffer *reoffer = leg->reoffer;
	reoffer->state = REOFFER_ANSWERED;
	reoffer->status = status;
	leg_timer_set(call, leg, TIMER_CHANGE, GUARD_END_MS);
	ask(call, leg, &reanswer_message,
	    new_reanswer(leg->sid, reoffer->offer, status, sdp), call->gateway);
}

/* Taking it back is another change than the offer was. */
static void name_change(const struct reoffer *reoffer,
			char change_out[ID_BYTES])
{
	const char *offer = reoffer->offer;
	bool undo = reoffer->state == REOFFER_UNDONE;
	if (undo && strlen(offer) > 2)
		(void)str_format(change_out, ID_BYTES, "UN%s", offer + 2);
	else
		(void)str_copy(change_out, ID_BYTES, offer);
}

static void ask_mediad(struct call *call, struct leg *leg, const char *offer,
		       const char *answer)
{
	struct leg_change *change = proto_new(&leg_change_message);
	(void)str_copy(change->leg, sizeof(change->leg), leg->sid);
	name_change(leg->reoffer, change->change);
	if (offer)
		proto_set_long(&change->offer, offer);
	if (answer)
		proto_set_long(&change->answer, answer);
	change->refreshed = leg->reoffer->refreshed;
	leg_timer_set(call, leg, TIMER_CHANGE, GUARD_MEDIA_MS);
	ask(call, leg, &leg_change_message, change, call->mediad);
}

/* Said once more: sipgw forgot it, or never heard our answer. */
static void repeat(struct call *call, struct leg *leg)
{
	const struct reoffer *reoffer = leg->reoffer;
	bool good = reoffer->status < 300;
	if (reoffer->state == REOFFER_OVER)
		say(call, &reanswer_message,
		    new_reanswer(leg->sid, reoffer->offer, reoffer->status,
				 good ? leg->local_sdp : NULL),
		    call->gateway);
	else if (reoffer->state == REOFFER_ANSWERED)
		reanswer(call, leg, reoffer->status,
			 !good             ? NULL
			 : reoffer->wanted ? reoffer->ours
					   : leg->local_sdp);
}

/* Why it cannot be looked at now; 0: it can. */
static int hindrance(const struct call *call, const struct leg *leg)
{
	if (leg->state >= LEG_CANCELING)
		return NO_SUCH_DIALOG;
	if (is_open(leg->reoffer) || is_pending(call, leg, &leg_change_message))
		return PENDING;
	return leg->media == MEDIA_OPEN ? 0 : NOT_ACCEPTABLE;
}

static struct reoffer *begin(struct leg *leg, const struct reoffered *reoffered)
{
	reoffer_free(leg);
	leg->reoffer = mem_new(1, sizeof(*leg->reoffer));
	(void)str_copy(leg->reoffer->offer, sizeof(leg->reoffer->offer),
		       reoffered->offer);
	proto_set_long(&leg->reoffer->theirs, reoffered->sdp);
	return leg->reoffer;
}

static void take_refreshed(struct call *call, struct leg *leg,
			   const struct reoffered *reoffered)
{
	struct reoffer *reoffer = begin(leg, reoffered);
	reoffer->state = REOFFER_ACCEPTED;
	reoffer->refreshed = true;
	proto_set_long(&reoffer->ours, leg->local_sdp);
	ask_mediad(call, leg, NULL, reoffer->theirs);
}

/* Nobody can be told to say it again: while another change is on its way, the
 * last answer waits. */
static void hear_refreshed(struct call *call, struct leg *leg,
			   const struct reoffered *reoffered)
{
	int status = hindrance(call, leg);
	if (!status && reoffered->sdp) {
		take_refreshed(call, leg, reoffered);
	} else if (status == PENDING && is_open(leg->reoffer)) {
		proto_free(&reoffered_message, leg->reoffer->next);
		leg->reoffer->next = proto_new(&reoffered_message);
		proto_copy(&reoffered_message, reoffered, leg->reoffer->next);
	}
}

void on_reoffered(struct call *call, const void *event)
{
	const struct reoffered *reoffered = event;
	struct leg *leg = call_leg(call, reoffered->leg);
	if (!leg)
		return;
	if (leg->reoffer &&
	    strcmp(leg->reoffer->offer, reoffered->offer) == 0) {
		repeat(call, leg);
		return;
	}
	if (reoffered->refreshed) {
		hear_refreshed(call, leg, reoffered);
		return;
	}
	int status = hindrance(call, leg);
	if (status) {
		say(call, &reanswer_message,
		    new_reanswer(leg->sid, reoffered->offer, status, NULL),
		    call->gateway);
		return;
	}
	begin(leg, reoffered)->wanted = !reoffered->sdp;
	proto_set_long(&leg->reoffer->before, leg->remote_sdp);
	ask_mediad(call, leg, reoffered->sdp, NULL);
}

static void note_refusal(struct call *call, struct leg *leg,
			 const struct leg_changed *changed)
{
	note(call, leg, NOTE_WARNING, (int)changed->error, NULL,
	     "%s inside the dialog was refused, the call goes on as it was: "
	     "%s",
	     leg->reoffer->refreshed ? "the answer to our refresh"
				     : "a new offer",
	     changed->error_text[0] ? changed->error_text
				    : proto_error((int)changed->error)->advice);
}

/* Both descriptions are in force at mediad. */
static void keep(struct leg *leg, const char *ours, const char *theirs)
{
	proto_set_long(&leg->local_sdp, ours);
	proto_set_long(&leg->remote_sdp, theirs);
}

static void on_asked(struct call *call, struct leg *leg,
		     const struct leg_changed *changed)
{
	struct reoffer *reoffer = leg->reoffer;
	if (changed->error || !changed->sdp) {
		note_refusal(call, leg, changed);
		reanswer(call, leg,
			 changed->status >= 300 ? (int)changed->status
						: SERVER_ERROR,
			 NULL);
		return;
	}
	if (reoffer->wanted)
		proto_set_long(&reoffer->ours, changed->sdp);
	else
		keep(leg, changed->sdp, reoffer->theirs);
	reanswer(call, leg, 200, changed->sdp);
}

void on_leg_changed(struct call *call, const void *event)
{
	const struct leg_changed *changed = event;
	struct leg *leg = call_leg(call, changed->leg);
	struct reoffer *reoffer = leg ? leg->reoffer : NULL;
	char name[ID_BYTES];
	if (!is_open(reoffer) || !is_pending(call, leg, &leg_change_message))
		return;
	name_change(reoffer, name);
	if (strcmp(name, changed->change) != 0)
		return;
	settle(call, leg, &leg_change_message);
	if (reoffer->state == REOFFER_ASKED) {
		on_asked(call, leg, changed);
	} else if (reoffer->state == REOFFER_ACCEPTED) {
		if (changed->error)
			note_refusal(call, leg, changed);
		else
			keep(leg, reoffer->ours, reoffer->theirs);
		finish(call, leg);
	} else if (reoffer->state == REOFFER_UNDONE) {
		if (!changed->error && changed->sdp)
			keep(leg, changed->sdp, reoffer->before);
		finish(call, leg);
	}
}

/* It was taken back, or our answer came too late: what was before holds. */
static void undo(struct call *call, struct leg *leg)
{
	struct reoffer *reoffer = leg->reoffer;
	bool refused =
		reoffer->state == REOFFER_ANSWERED && reoffer->status >= 300;
	settle(call, leg, &reanswer_message);
	settle(call, leg, &leg_change_message);
	if (reoffer->wanted || refused || !reoffer->before) {
		finish(call, leg);
		return;
	}
	reoffer->state = REOFFER_UNDONE;
	ask_mediad(call, leg, reoffer->before, NULL);
}

void on_reconfirmed(struct call *call, const void *event)
{
	const struct reconfirmed *reconfirmed = event;
	struct leg *leg = call_leg(call, reconfirmed->leg);
	struct reoffer *reoffer = leg ? leg->reoffer : NULL;
	bool waits = reoffer && (reoffer->state == REOFFER_ANSWERED ||
				 reoffer->state == REOFFER_ASKED);
	if (!waits || strcmp(reoffer->offer, reconfirmed->offer) != 0)
		return;
	if (reconfirmed->status >= 300) {
		undo(call, leg);
		return;
	}
	if (reoffer->state != REOFFER_ANSWERED)
		return;
	settle(call, leg, &reanswer_message);
	if (!reoffer->wanted || reoffer->status >= 300 || !reconfirmed->sdp) {
		finish(call, leg);
		return;
	}
	reoffer->state = REOFFER_ACCEPTED;
	proto_set_long(&reoffer->theirs, reconfirmed->sdp);
	ask_mediad(call, leg, NULL, reoffer->theirs);
}

/* mediad or sipgw did not say how it ended. */
void reoffer_timer(struct call *call, struct leg *leg)
{
	if (!is_open(leg->reoffer))
		return;
	settle(call, leg, &leg_change_message);
	if (leg->reoffer->state == REOFFER_ASKED)
		reanswer(call, leg, SERVER_ERROR, NULL);
	else
		finish(call, leg);
}

/* --- silence --- */

void on_media_silent(struct call *call, const void *event)
{
	const struct media_silent *silent = event;
	struct leg *leg = call_leg(call, silent->leg);
	if (!leg || leg->state != LEG_UP || leg->media != MEDIA_OPEN)
		return;
	leg->error = ERR_MEDIA_SILENT;
	note(call, leg, NOTE_ERROR, ERR_MEDIA_SILENT, NULL,
	     "no sound has come from the other side for %lld s: the leg is "
	     "hung up",
	     (long long)(silent->for_ms / 1000));
	leg_end_for(call, leg, CALL_COMPLETED, END_SILENT);
}
