/*
 * random_outcomes_test.h - how the random world's daemons and phones answer
 * what a call has asked for: well, badly, twice, or not at all.
 */
#pragma once

#include "services/interpreter/random_said_test.h"

/* Absolute: a document of the API has no base. */
#define HOOK "http://app/e"
#define ALL "initiated ringing answered completed"
#define SIP                                                                    \
	"<Sip statusCallback=\"" HOOK "\" statusCallbackEvent=\"" ALL "\">"    \
	"sip:a@h;transport=udp</Sip>"
#define SCREENED                                                               \
	"<Sip statusCallback=\"" HOOK "\" url=\"/screen\">sip:a@h</Sip>"
static char *documents[] = {
	"<Response/>",
	"<Response><Hangup/></Response>",
	"<Response><Reject reason=\"busy\"/></Response>",
	"<Response><Redirect>/next</Redirect></Response>",
	"<Response><Pause length=\"2\"/><Redirect/></Response>",
	"<Response><Dial><Sip statusCallback=\"" HOOK "\">sip:a@h</Sip></Dial>"
	"</Response>",
	"<Response><Dial action=\"/after\">5551234</Dial></Response>",
	"<Response><Dial timeout=\"5\"><Sip statusCallback=\"" HOOK "\">"
	"sip:a@h;transport=udp?x=1&y=2</Sip></Dial></Response>",
	"<Response><Dial timeout=\"5\" action=\"/after\" timeLimit=\"9\"><Sip "
	"statusCallback=\"" HOOK "\" statusCallbackEvent=\"initiated ringing "
	"answered completed\">sip:a@h;transport=udp</Sip></Dial></Response>",
	"<Response><Dial><Sip statusCallback=\"" HOOK
	"\" statusCallbackEvent=\""
	"ringing answered completed\">sip:a@h;transport=tcp</Sip></Dial>"
	"<Dial><Sip statusCallback=\"" HOOK
	"\">sip:b@h;transport=tcp</Sip></Dial>"
	"<Pause/></Response>",
	"<Response><Dial timeout=\"5\" answerOnBridge=\"true\">"
	"<Sip statusCallback=\"" HOOK "\" statusCallbackEvent=\"" ALL "\" "
	"url=\"/screen\">sip:a@h</Sip>"
	"<Sip statusCallback=\"" HOOK "\">sip:b@h</Sip>"
	"<Number>5551234</Number></Dial><Pause/></Response>",
	"<Response><Dial sequential=\"true\" timeout=\"5\" action=\"/a\" "
	"record=\"record-from-ringing\" recordingStatusCallback=\"/r\">"
	"<Sip statusCallback=\"" HOOK "\" url=\"/screen\">sip:a@h</Sip>"
	"<Sip statusCallback=\"" HOOK "\" statusCallbackEvent=\"" ALL "\">"
	"mailto:b@h</Sip><Sip statusCallback=\"" HOOK "\">sip:c@h</Sip></Dial>"
	"</Response>",
	"<Response><Dial hangupOnStar=\"true\" referUrl=\"/refer\" "
	"action=\"/after\">" SIP SIP SIP SIP SIP SIP SIP SIP SIP SIP SIP
	"</Dial></Response>",
	"<Response><Dial>" SCREENED SCREENED SCREENED "</Dial></Response>",
	"<Response><Dial cancelOnAnswer=\"true\" action=\"/a\">" SCREENED SIP
	"<Sip statusCallback=\"" HOOK "\" url=\"/screen\" "
	"screeningTimeout=\"2\">sip:c@h</Sip></Dial></Response>",
	"<Response><Dial cancelOnAnswer=\"true\" sequential=\"true\">" SCREENED
		SIP "</Dial></Response>",
	"<Response><Say>hello</Say><Play loop=\"0\">/a.wav</Play></Response>",
	"<Response><Gather numDigits=\"2\"><Say>press</Say></Gather><Play "
	"digits=\"1\"/><Hangup/></Response>",
	"<Response><Gather timeout=\"2\" actionOnEmptyResult=\"true\"/>"
	"</Response>",
	"<Response><Record recordingStatusCallback=\"/r\"/><Say>x</Say>"
	"</Response>",
	"<Response><Record playBeep=\"false\" action=\"/a\"/></Response>",
	"<Response><Dial record=\"true\" referUrl=\"/refer\">" SIP SCREENED
	"</Dial></Response>",
	"<Response><Dial",
};
#define DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

static void fetched(struct world *world, const struct waiting *waiting)
{
	struct fetched event = {.status = 200, .content_type = "text/xml"};
	event.cookies = dice(4) ? NULL : "a cookie\n";
	(void)str_copy(event.fetch, sizeof(event.fetch), waiting->leg);
	if (dice(20) == 0) {
		event.status = 0;
		event.error = ERR_HTTP_RETRIEVAL;
	} else {
		event.body =
			documents[world->documents++ > 30 ? 0
							  : dice(DOCUMENTS)];
	}
	happens(world, "fetcher/fe0", &fetched_message, &event);
}

static void leg_opened(struct world *world, const struct waiting *waiting)
{
	const struct leg_open *open = waiting->message;
	struct leg_opened event = {.mediad = "md0"};
	(void)str_format(event.boot, sizeof(event.boot), "BT%u", world->boot);
	for (uint32_t i = 0; i < open->legs_count; i++) {
		struct leg_sdp *made = &event.legs[event.legs_count++];
		(void)str_copy(made->leg, sizeof(made->leg), open->legs[i].leg);
		if (dice(25) == 0) {
			made->error = ERR_MEDIA_CODEC;
			made->status = 488;
		} else {
			made->sdp = "v=0";
			world_leg(world, made->leg)->media_open = true;
		}
	}
	happens(world, "mediad/md0", &leg_opened_message, &event);
}

static void bridged(struct world *world, const struct waiting *waiting)
{
	const struct bridge *bridge = waiting->message;
	struct bridged event = {.error = dice(25) ? 0 : ERR_MEDIA_SDP};
	(void)str_copy(event.a, sizeof(event.a), bridge->a);
	(void)str_copy(event.b, sizeof(event.b), bridge->b);
	happens(world, "mediad/md0", &bridged_message, &event);
}

static void leg_changed(struct world *world, const struct waiting *waiting)
{
	const struct leg_change *change = waiting->message;
	struct leg_changed event = {.error = dice(25) ? 0 : ERR_MEDIA_SDP};
	(void)str_copy(event.leg, sizeof(event.leg), change->leg);
	(void)str_copy(event.change, sizeof(event.change), change->change);
	event.sdp = change->answer || dice(20) == 0 ? NULL : "v=0 ours";
	happens(world, "mediad/md0", &leg_changed_message, &event);
}

static void tone_changed(struct world *world, const struct waiting *waiting)
{
	const struct tone *tone = waiting->message;
	struct tone_changed event = {.kind = tone->kind};
	(void)str_copy(event.leg, sizeof(event.leg), tone->leg);
	happens(world, "mediad/md0", &tone_changed_message, &event);
}

static void leg_closed(struct world *world, const struct waiting *waiting)
{
	const struct leg_close *close = waiting->message;
	struct leg_closed event = {.legs_count = close->legs_count};
	for (uint32_t i = 0; i < close->legs_count; i++)
		(void)str_copy(event.legs[i].leg, sizeof(event.legs[i].leg),
			       close->legs[i].leg);
	happens(world, "mediad/md0", &leg_closed_message, &event);
}

static void confirmed(struct world *world, const struct waiting *waiting)
{
	struct world_leg *leg = world_leg(world, waiting->leg);
	if (leg->side == SIDE_GONE)
		return;
	leg->side = dice(30) ? SIDE_UP : SIDE_GONE;
	if (leg->side == SIDE_UP)
		SIP_LEG(leg->sid, confirmed, .sdp = NULL);
	else
		SIP_LEG(leg->sid, ended, .by = LEG_END_ERROR,
			.error = ERR_SIP_NO_ACK);
}

static void reconfirmed(struct world *world, const struct waiting *waiting)
{
	const struct reanswer *reanswer = waiting->message;
	struct reconfirmed event = {.sdp = dice(2) ? "v=0 theirs" : NULL,
				    .status = dice(8) ? 0 : 487};
	(void)str_copy(event.leg, sizeof(event.leg), reanswer->leg);
	(void)str_copy(event.offer, sizeof(event.offer), reanswer->offer);
	happens(world, "sipgw/gw0", &reconfirmed_message, &event);
}

static void notified(struct world *world, const struct waiting *waiting)
{
	const struct notify *notify = waiting->message;
	struct notified event = {.status = dice(8) ? 200 : 0};
	(void)str_copy(event.leg, sizeof(event.leg), notify->leg);
	(void)str_copy(event.refer, sizeof(event.refer), notify->refer);
	happens(world, "sipgw/gw0", &notified_message, &event);
}

/* reject and hangup */
static void ended(struct world *world, const struct waiting *waiting)
{
	struct world_leg *leg = world_leg(world, waiting->leg);
	if (leg->side == SIDE_GONE)
		return;
	bool early = leg->side != SIDE_UP;
	leg->side = SIDE_GONE;
	SIP_LEG(leg->sid, ended, .by = LEG_END_LOCAL,
		.status = early ? 480 : 0);
}

/* The callee's phone, and the end of a cancelled INVITE. */
static void dialled(struct world *world, const struct waiting *waiting)
{
	static const int statuses[] = {0,   302, 404, 408, 480,
				       486, 487, 500, 600, 603};
	struct world_leg *leg = world_leg(world, waiting->leg);
	bool canceled = waiting->command == &cancel_message;
	unsigned what = dice(4);
	if (leg->side == SIDE_GONE || (leg->side == SIDE_UP && !canceled))
		return;
	if (canceled && (what || leg->side == SIDE_UP)) {
		leg->side = SIDE_GONE;
		SIP_LEG(leg->sid, failed, .status = 487);
	} else if (what == 1 && leg->side == SIDE_OUT) {
		leg->side = SIDE_RANG;
		SIP_LEG(leg->sid, ringing, .status = 180,
			.sdp = dice(3) ? NULL : "v=0");
	} else if (what == 2) {
		leg->side = SIDE_GONE;
		SIP_LEG(leg->sid, failed, .status = statuses[dice(10)]);
	} else if (what == 0) {
		leg->side = SIDE_UP;
		SIP_LEG(leg->sid, answered, .status = 200,
			.sdp = dice(20) ? "v=0" : NULL);
	}
}

/* --- sound --- */

static void played_as(struct world *world, const char *leg, const char *play,
		      int end)
{
	struct played event = {.end = end, .total_ms = dice(3000)};
	(void)str_copy(event.leg, sizeof(event.leg), leg);
	(void)str_copy(event.play, sizeof(event.play), play);
	event.error = end == PLAY_FAILED ? ERR_PLAY : 0;
	happens(world, "mediad/md0", &played_message, &event);
}

static void played(struct world *world, const struct waiting *waiting)
{
	const struct play *play = waiting->message;
	played_as(world, play->leg, play->play,
		  dice(10) ? PLAY_DONE : PLAY_FAILED);
}

static void play_stopped(struct world *world, const struct waiting *waiting)
{
	const struct play_stop *stop = waiting->message;
	played_as(world, stop->leg, stop->play, PLAY_STOPPED);
}

static void record_over(struct world *world, const char *recording)
{
	struct recording_done event = {.end = RECORD_END_SILENCE,
				       .duration_ms = dice(3) ? 2000 : 0};
	(void)str_copy(event.recording, sizeof(event.recording), recording);
	event.absent = event.duration_ms == 0;
	event.error = dice(20) ? 0 : ERR_RECORD_WRITE;
	happens(world, "mediad/md0", &recording_done_message, &event);
	struct recording_stored stored = {.error = dice(20) ? 0
							    : ERR_RECORD_STORE};
	(void)str_copy(stored.recording, sizeof(stored.recording), recording);
	if (!call_over(world->call))
		happens(world, "mediad/md0", &recording_stored_message,
			&stored);
}

static void record_started(struct world *world, const struct waiting *waiting)
{
	const struct record_start *start = waiting->message;
	struct record_started event = {.error =
					       dice(20) ? 0 : ERR_RECORD_WRITE};
	(void)str_copy(event.recording, sizeof(event.recording),
		       start->recording);
	happens(world, "mediad/md0", &record_started_message, &event);
	if (!event.error && dice(4) == 0 && !call_over(world->call))
		record_over(world, event.recording);
}

static void record_changed(struct world *world, const struct waiting *waiting)
{
	const struct record_change *change = waiting->message;
	struct record_changed event = {.error = dice(20) ? 0
							 : ERR_MEDIA_UNKNOWN};
	event.paused = !event.error && change->paused;
	(void)str_copy(event.recording, sizeof(event.recording),
		       change->recording);
	happens(world, "mediad/md0", &record_changed_message, &event);
}

static void record_stopped(struct world *world, const struct waiting *waiting)
{
	const struct record_stop *stop = waiting->message;
	record_over(world, stop->recording);
}

static const struct {
	const struct proto_message *command;
	void (*happens)(struct world *world, const struct waiting *waiting);
} outcomes[] = {
	{&get_message, fetched},
	{&leg_open_message, leg_opened},
	{&bridge_message, bridged},
	{&tone_message, tone_changed},
	{&leg_close_message, leg_closed},
	{&answer_message, confirmed},
	{&reject_message, ended},
	{&hangup_message, ended},
	{&dial_message, dialled},
	{&cancel_message, dialled},
	{&leg_change_message, leg_changed},
	{&reanswer_message, reconfirmed},
	{&notify_message, notified},
	{&play_message, played},
	{&play_stop_message, play_stopped},
	{&record_start_message, record_started},
	{&record_change_message, record_changed},
	{&record_stop_message, record_stopped},
};

static void some_outcome(struct world *world)
{
	unsigned number = dice(world->waiting_count);
	struct waiting waiting = world->waiting[number];
	struct world_leg *leg = NULL;
	if (waiting.command == &dial_message ||
	    waiting.command == &cancel_message)
		leg = world_leg(world, waiting.leg);
	/* A dialled phone may do several things; others answer once. */
	bool stays = leg && (leg->side == SIDE_OUT || leg->side == SIDE_RANG);
	if (!stays)
		world->waiting[number] = world->waiting[--world->waiting_count];
	bool lost = world->lossy && dice(8) == 0 && !stays;
	for (size_t i = 0; !lost && i < sizeof(outcomes) / sizeof(*outcomes);
	     i++) {
		if (outcomes[i].command == waiting.command)
			outcomes[i].happens(world, &waiting);
	}
	if (!stays)
		proto_free(waiting.command, waiting.message);
}
