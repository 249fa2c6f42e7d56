/*
 * play.c - what a leg hears of its document: prompts, one at a time, that
 * mediad plays; and keys that came by SIP INFO, pressed on for the other side.
 *
 * A prompt that plays stays a command without outcome until it is over, so that
 * a mediad without memory is asked for it again, from its beginning.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

#include <string.h>

void play_begin(struct call *call, struct leg *leg, struct play *play)
{
	(void)str_copy(play->leg, sizeof(play->leg), leg->sid);
	id_derive("PL", leg->sid, leg->plays++, play->play);
	(void)str_copy(leg->play, sizeof(leg->play), play->play);
	leg->tone = TONE_NONE; /* the prompt ends it */
	settle(call, leg, &tone_message);
	settle(call, leg, &play_stop_message);
	ask(call, leg, &play_message, play, call->mediad);
}

void play_end(struct call *call, struct leg *leg)
{
	if (!leg->play[0])
		return;
	struct play_stop *stop = proto_new(&play_stop_message);
	(void)str_copy(stop->leg, sizeof(stop->leg), leg->sid);
	(void)str_copy(stop->play, sizeof(stop->play), leg->play);
	leg->play[0] = '\0';
	settle(call, leg, &play_message);
	ask(call, leg, &play_stop_message, stop, call->mediad);
}

/* It was ended by us: nobody waits for it. */
static void on_stopped(struct call *call, struct leg *leg, const char *name)
{
	const struct play_stop *stop =
		pending_message(call, leg, &play_stop_message);
	if (stop && strcmp(stop->play, name) == 0)
		settle(call, leg, &play_stop_message);
}

void on_played(struct call *call, const void *event)
{
	const struct played *played = event;
	struct leg *leg = call_leg(call, played->leg);
	if (!leg || leg->state == LEG_GONE)
		return;
	if (strcmp(leg->play, played->play) != 0) {
		on_stopped(call, leg, played->play);
		return;
	}
	leg->play[0] = '\0';
	settle(call, leg, &play_message);
	if (played->error)
		note(call, leg, NOTE_ERROR, (int)played->error,
		     leg->runner ? leg->runner->url : NULL, "%s",
		     played->error_text
			     ? played->error_text
			     : proto_error((int)played->error)->advice);
	if (leg->state < LEG_CANCELING)
		runner_played(call, leg, played);
}

/* --- keys for the other side --- */

static struct leg *partner_of(struct call *call, struct leg *leg)
{
	if (leg->bridged)
		return leg->parent;
	struct leg *other = call->root;
	while (other && !(other->bridged && other->parent == leg))
		other = other->next;
	return other;
}

void play_digit_on(struct call *call, struct leg *leg, const char *digit)
{
	const struct leg *partner = partner_of(call, leg);
	if (!partner || partner->state != LEG_UP)
		return;
	struct play *play = proto_new(&play_message);
	(void)str_copy(play->leg, sizeof(play->leg), partner->sid);
	id_derive("PI", leg->sid, leg->plays++, play->play);
	play->beside = true;
	play->items_count = 1;
	play->items[0].kind = PROMPT_DIGITS;
	(void)str_copy(play->items[0].digits, sizeof(play->items[0].digits),
		       digit);
	say(call, &play_message, play, call->mediad);
}
