/*
 * step_random_test.c - calls whose events come in any legal order, with
 * repeats, crossings, restarts and lost outcomes. Whatever happens: each leg
 * has exactly one terminal callback, numbers have no gap, what was opened is
 * closed, the call closes once; and the same events give the same commands,
 * byte for byte.
 *
 * VOXBUS_TEST_SEED and VOXBUS_TEST_CALLS choose another run,
 * VOXBUS_TEST_TRACE=1 prints it.
 */
#include "services/interpreter/step.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "CA00000000000000000000000000000001"
#define LEGS_MAX 64
#define WAITING_MAX 256
#define EVENTS_MAX 4000

/* What a command's receiver will answer: one line of the world's to-do list. */
struct waiting {
	const struct proto_message *command;
	char leg[35];
	char fetch[35];
	void *message; /* borrowed copy of the command */
};

struct heard { /* for the second run */
	const struct proto_message *desc;
	void *message;
	char from[33];
	int64_t now;
};

enum side { SIDE_NONE, SIDE_OUT, SIDE_RANG, SIDE_UP, SIDE_GONE };

struct world_leg {
	char sid[35];
	enum side side;
	bool media_open, media_closed, ending;
	char caller[35]; /* whom it was bridged to */
	unsigned posts, completed;
};

struct world {
	struct call *call;
	struct commands out;
	uint64_t seed;
	int64_t now;
	uint64_t sequence;
	struct world_leg legs[LEGS_MAX];
	unsigned leg_count;
	struct waiting waiting[WAITING_MAX];
	unsigned waiting_count;
	struct heard *heard;
	unsigned heard_count;
	unsigned closed, documents, lossy, boot;
	bool bad, traced;
};

static bool fine(struct world *world, bool good, const char *what)
{
	if (!good) {
		if (!world->bad)
			fprintf(stderr, "call with seed %llu: %s\n",
				(unsigned long long)world->seed, what);
		world->bad = true;
	}
	return good;
}

/* xorshift: the world's dice. */
static uint64_t dice_state;
static unsigned dice(unsigned sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (unsigned)((dice_state >> 20) % sides);
}

static struct world_leg *world_leg(struct world *world, const char *sid)
{
	for (unsigned i = 0; i < world->leg_count; i++) {
		if (strcmp(world->legs[i].sid, sid) == 0)
			return &world->legs[i];
	}
	if (!fine(world, world->leg_count < LEGS_MAX, "too many legs"))
		return &world->legs[0];
	struct world_leg *leg = &world->legs[world->leg_count++];
	(void)str_copy(leg->sid, sizeof(leg->sid), sid);
	return leg;
}

/* --- what the call says --- */

static void will_answer(struct world *world, const struct command *command,
			const char *leg)
{
	for (unsigned i = 0; i < world->waiting_count; i++) {
		struct waiting *old = &world->waiting[i];
		if (old->command == command->desc && !strcmp(old->leg, leg)) {
			/* Asked again: the thing's present state follows. */
			proto_clear(command->desc, old->message);
			proto_copy(command->desc, command->message,
				   old->message);
			return;
		}
	}
	if (!fine(world, world->waiting_count < WAITING_MAX, "too many asked"))
		return;
	struct waiting *waiting = &world->waiting[world->waiting_count++];
	memset(waiting, 0, sizeof(*waiting));
	waiting->command = command->desc;
	(void)str_copy(waiting->leg, sizeof(waiting->leg), leg);
	waiting->message = proto_new(command->desc);
	proto_copy(command->desc, command->message, waiting->message);
}

static void check_post(struct world *world, const struct post *post)
{
	struct world_leg *leg = world_leg(world, post->leg);
	if (strcmp(post->event, "recording") == 0)
		return;
	fine(world, post->sequence == leg->posts, "a gap in the numbers");
	fine(world, leg->completed == 0, "a callback after the last");
	leg->posts++;
	leg->completed += strcmp(post->event, "completed") == 0;
}

static bool is_terminal(int status)
{
	return status >= CALL_COMPLETED && status <= CALL_CANCELED;
}

static void check_closed(struct world *world, const struct call_closed *closed)
{
	world->closed++;
	fine(world, is_terminal(closed->status), "closed, but not terminal");
	for (uint32_t i = 0; i < closed->legs_count; i++)
		fine(world, is_terminal(closed->legs[i].status),
		     "a leg's outcome is not terminal");
}

/* Nobody talks to two at once. */
static void check_bridge(struct world *world, const struct bridge *bridge)
{
	struct world_leg *callee = world_leg(world, bridge->b);
	callee->caller[0] = '\0';
	if (bridge->apart)
		return;
	for (unsigned i = 0; i < world->leg_count; i++) {
		const struct world_leg *other = &world->legs[i];
		fine(world,
		     strcmp(other->caller, bridge->a) != 0 || other->ending ||
			     other->side == SIDE_GONE,
		     "two callees talk to one caller");
	}
	(void)str_copy(callee->caller, sizeof(callee->caller), bridge->a);
}

static void check_close(struct world *world, const struct command *command)
{
	const struct leg_close *close = command->message;
	for (uint32_t i = 0; i < close->legs_count; i++)
		world_leg(world, close->legs[i].leg)->media_closed = true;
	will_answer(world, command, close->legs[0].leg);
}

static void check_command(struct world *world, const struct command *command)
{
	const struct proto_message *desc = command->desc;
	fine(world, world->closed == 0, "something was said after the end");
	if (desc == &post_message) {
		check_post(world, command->message);
	} else if (desc == &call_closed_message) {
		check_closed(world, command->message);
	} else if (desc == &leg_close_message) {
		check_close(world, command);
	} else if (desc == &get_message) {
		will_answer(world, command,
			    ((const struct get *)command->message)->fetch);
	} else if (desc == &leg_open_message) {
		const struct leg_open *open = command->message;
		will_answer(world, command, open->legs[0].leg);
	} else if (desc == &bridge_message) {
		check_bridge(world, command->message);
		will_answer(world, command,
			    ((const struct bridge *)command->message)->b);
	} else if (desc->use == PROTO_COMMAND) {
		/* 'leg' is the first field of all others */
		will_answer(world, command, command->message);
		world_leg(world, command->message)->ending |=
			desc == &hangup_message || desc == &cancel_message;
		if (desc == &dial_message &&
		    world_leg(world, command->message)->side == SIDE_NONE)
			world_leg(world, command->message)->side = SIDE_OUT;
	}
}

static void check_encoding(struct world *world, const struct command *command)
{
	struct envelope envelope = {.time = 1}, back;
	char error[PROTO_ERROR_BYTES];
	(void)str_copy(envelope.type, sizeof(envelope.type),
		       command->desc->name);
	(void)str_copy(envelope.id, sizeof(envelope.id), command->id);
	(void)str_copy(envelope.call_sid, sizeof(envelope.call_sid), ROOT);
	(void)str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		       "AC1");
	(void)str_copy(envelope.from, sizeof(envelope.from), "interpreter/i");
	char *json =
		proto_encode(command->desc, &envelope, command->message, error);
	void *again = proto_new(command->desc);
	bool good = json && proto_decode(command->desc, json, strlen(json),
					 &back, again, error);
	if (!fine(world, good, "a message breaks its table"))
		fprintf(stderr, "%s: %s\n", json ? json : "", error);
	proto_free(command->desc, again);
	free(json);
}

/* --- what happens to the call --- */

/* VOXBUS_TEST_TRACE=1: what happened, and what was said to it. */
static void trace_one(const struct proto_message *desc, const void *message,
		      const char *mark)
{
	struct envelope envelope = {.time = 1};
	char error[PROTO_ERROR_BYTES];
	(void)str_copy(envelope.type, sizeof(envelope.type), desc->name);
	char *json = proto_encode(desc, &envelope, message, error);
	fprintf(stderr, "%s %s\n", mark, json ? json : error);
	free(json);
}

static void trace(const struct world *world, const struct proto_message *desc,
		  const void *message)
{
	trace_one(desc, message, "---");
	for (uint32_t i = 0; i < world->out.count; i++)
		trace_one(world->out.list[i].desc, world->out.list[i].message,
			  "   ");
}

static void happens(struct world *world, const char *from,
		    const struct proto_message *desc, const void *message)
{
	struct envelope envelope = {0};
	if (!fine(world, world->heard_count < EVENTS_MAX, "it never ends"))
		return;
	struct heard *heard = &world->heard[world->heard_count++];
	heard->desc = desc;
	heard->message = proto_new(desc);
	heard->now = world->now;
	proto_copy(desc, message, heard->message);
	(void)str_copy(heard->from, sizeof(heard->from), from);
	(void)str_copy(envelope.from, sizeof(envelope.from), from);
	(void)str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		       "AC1");
	world->now += dice(50);
	heard->now = world->now;
	commands_clear(&world->out);
	step(world->call, &envelope, world->now, ++world->sequence, desc,
	     message, &world->out);
	if (world->traced)
		trace(world, desc, message);
	for (uint32_t i = 0; i < world->out.count; i++) {
		check_command(world, &world->out.list[i]);
		if (world->seed % 64 == 0)
			check_encoding(world, &world->out.list[i]);
	}
}

/* Designated initialisers cannot copy arrays: the leg is set by name. */
#define SIP_LEG(sid, type, ...)                                                \
	do {                                                                   \
		struct type sip_event = {__VA_ARGS__};                         \
		(void)str_copy(sip_event.leg, sizeof(sip_event.leg), sid);     \
		happens(world, "sipgw/gw0", &type##_message, &sip_event);      \
	} while (0)

#define ALL "initiated ringing answered completed"
#define SIP                                                                    \
	"<Sip statusCallback=\"/e\" statusCallbackEvent=\"" ALL "\">"          \
	"sip:a@h;transport=udp</Sip>"
#define SCREENED "<Sip statusCallback=\"/e\" url=\"/screen\">sip:a@h</Sip>"
static char *documents[] = {
	"<Response/>",
	"<Response><Hangup/></Response>",
	"<Response><Reject reason=\"busy\"/></Response>",
	"<Response><Redirect>/next</Redirect></Response>",
	"<Response><Pause length=\"2\"/><Redirect/></Response>",
	"<Response><Dial><Sip>sip:a@h</Sip></Dial></Response>", /* TLS */
	"<Response><Dial action=\"/after\">5551234</Dial></Response>",
	"<Response><Dial timeout=\"5\"><Sip statusCallback=\"/e\">"
	"sip:a@h;transport=udp?x=1&y=2</Sip></Dial></Response>",
	"<Response><Dial timeout=\"5\" action=\"/after\" timeLimit=\"9\"><Sip "
	"statusCallback=\"/e\" statusCallbackEvent=\"initiated ringing "
	"answered completed\">sip:a@h;transport=udp</Sip></Dial></Response>",
	"<Response><Dial><Sip statusCallback=\"/e\" statusCallbackEvent=\""
	"ringing answered completed\">sip:a@h;transport=tcp</Sip></Dial>"
	"<Dial><Sip statusCallback=\"/e\">sip:b@h;transport=tcp</Sip></Dial>"
	"<Pause/></Response>",
	"<Response><Dial timeout=\"5\" answerOnBridge=\"true\">"
	"<Sip statusCallback=\"/e\" statusCallbackEvent=\"" ALL "\" "
	"url=\"/screen\">sip:a@h</Sip>"
	"<Sip statusCallback=\"/e\">sip:b@h</Sip>"
	"<Number>5551234</Number></Dial><Pause/></Response>",
	"<Response><Dial sequential=\"true\" timeout=\"5\" action=\"/a\" "
	"record=\"record-from-ringing\" recordingStatusCallback=\"/r\">"
	"<Sip statusCallback=\"/e\" url=\"/screen\">sip:a@h</Sip>"
	"<Sip statusCallback=\"/e\" statusCallbackEvent=\"" ALL "\">"
	"mailto:b@h</Sip><Sip statusCallback=\"/e\">sip:c@h</Sip></Dial>"
	"</Response>",
	"<Response><Dial hangupOnStar=\"true\" referUrl=\"/refer\" "
	"action=\"/after\">" SIP SIP SIP SIP SIP SIP SIP SIP SIP SIP SIP
	"</Dial></Response>",
	"<Response><Dial>" SCREENED SCREENED SCREENED "</Dial></Response>",
	"<Response><Dial",
};
#define DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

static void fetched(struct world *world, const struct waiting *waiting)
{
	struct fetched event = {.status = 200, .content_type = "text/xml"};
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
	struct reconfirmed event = {.sdp = NULL};
	(void)str_copy(event.leg, sizeof(event.leg), reanswer->leg);
	(void)str_copy(event.offer, sizeof(event.offer), reanswer->offer);
	happens(world, "sipgw/gw0", &reconfirmed_message, &event);
}

static void notified(struct world *world, const struct waiting *waiting)
{
	const struct notify *notify = waiting->message;
	struct notified event = {.status = 200};
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

/* Somebody who is up, or the caller at any time, hangs up. */
static void somebody_leaves(struct world *world)
{
	struct world_leg *leg = &world->legs[dice(world->leg_count)];
	bool root = leg == &world->legs[0];
	if (leg->side == SIDE_GONE || (!root && leg->side != SIDE_UP))
		return;
	int status = root && leg->side != SIDE_UP ? 487 : 0;
	leg->side = SIDE_GONE;
	SIP_LEG(leg->sid, ended, .by = LEG_END_REMOTE, .status = status);
}

static void a_timer(struct world *world)
{
	struct timer_fired fired = {0};
	if (!call_next_timer(world->call, fired.timer, &fired.due))
		return;
	if (fired.due > world->now)
		world->now = fired.due;
	if (dice(10) == 0)
		fired.due--; /* a stale one */
	happens(world, "interpreter/in0", &timer_fired_message, &fired);
}

static void a_restart(struct world *world)
{
	struct instance_restarted event = {.hello = 1};
	bool mediad = dice(2);
	world->boot++;
	(void)str_copy(event.service, sizeof(event.service),
		       mediad ? "mediad" : "sipgw");
	(void)str_copy(event.instance, sizeof(event.instance),
		       mediad ? "md0" : "gw0");
	(void)str_format(event.boot, sizeof(event.boot), "BT%u", world->boot);
	happens(world, "interpreter/in0", &instance_restarted_message, &event);
}

/* A phone that is up offers anew, or transfers its call. */
static void a_request(struct world *world)
{
	struct world_leg *leg = &world->legs[dice(world->leg_count)];
	char name[35];
	(void)str_format(name, sizeof(name), "RQ%u", world->heard_count);
	if (leg->side != SIDE_UP)
		return;
	if (dice(2)) {
		struct reoffered event = {.sdp = dice(4) ? "v=0 new" : NULL};
		(void)str_copy(event.leg, sizeof(event.leg), leg->sid);
		(void)str_copy(event.offer, sizeof(event.offer), name);
		happens(world, "sipgw/gw0", &reoffered_message, &event);
	} else {
		struct referred event = {.refer_to = "sip:c@h;transport=udp"};
		(void)str_copy(event.leg, sizeof(event.leg), leg->sid);
		(void)str_copy(event.refer, sizeof(event.refer), name);
		happens(world, "sipgw/gw0", &referred_message, &event);
	}
}

/* The API redirects or ends some leg, whether it is there or not. */
static void a_wish(struct world *world)
{
	struct world_leg *leg = &world->legs[dice(world->leg_count)];
	struct call_change wish = {.wish = 1 + (int)dice(3)};
	(void)str_copy(wish.leg, sizeof(wish.leg), leg->sid);
	if (wish.wish == CALL_WISH_REDIRECT && dice(3))
		wish.url = "http://app/redirected";
	else if (wish.wish == CALL_WISH_REDIRECT)
		wish.document = documents[dice(DOCUMENTS)];
	happens(world, "apid/ap0", &call_change_message, &wish);
}

static void a_digit(struct world *world)
{
	struct digit digit = {.digit = "*"};
	(void)str_copy(digit.leg, sizeof(digit.leg),
		       world->legs[dice(world->leg_count)].sid);
	happens(world, "mediad/md0", &digit_message, &digit);
}

static void a_repeat(struct world *world)
{
	struct heard *heard = &world->heard[dice(world->heard_count)];
	happens(world, heard->from, heard->desc, heard->message);
}

static void something_happens(struct world *world)
{
	unsigned what = dice(100);
	if (what < 4)
		somebody_leaves(world);
	else if (what < 6)
		a_restart(world);
	else if (what < 10)
		a_repeat(world);
	else if (what < 11)
		a_wish(world);
	else if (what < 12)
		a_digit(world);
	else if (what < 13)
		a_request(world);
	else if (what < 17 || world->waiting_count == 0)
		a_timer(world);
	else
		some_outcome(world);
}

/* A call that the API starts, in place of one that comes in. */
static void begin_by_api(struct world *world)
{
	struct call_start start = {
		.leg = ROOT,
		.gateway = "gw0",
		.to = dice(20) ? "sip:a@h;transport=udp" : "mailto:a@h",
		.voice_url = dice(4) ? "http://app/voice" : NULL,
		.status_callback = "http://app/status",
		.status_events = 15,
		.ring_ms = 5000,
		.dialect = (int)dice(3) + 1,
		.logic = 1,
	};
	if (!start.voice_url)
		start.document = documents[dice(DOCUMENTS)];
	happens(world, "apid/ap0", &call_start_message, &start);
}

static void begin(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	dice_state = seed * 0x9E3779B97F4A7C15ULL + 1;
	(void)dice(2), (void)dice(2);
	world->seed = seed;
	world->now = 1712255535000;
	world->call = call_new();
	world->heard = mem_new(EVENTS_MAX, sizeof(*world->heard));
	world->lossy = dice(4) == 0;
	world->traced = getenv("VOXBUS_TEST_TRACE") != NULL;
	world_leg(world, ROOT);
	struct incoming incoming = {
		.leg = ROOT,
		.gateway = "gw0",
		.from_user = "alice",
		.from_uri = "sip:alice@h",
		.to_uri = "sip:1@h",
		.sip_call_id = "x",
		.source_ip = "127.0.0.1",
		.transport = SIP_UDP,
		.offer = dice(50) ? "v=0" : NULL,
		.voice_url = "http://app/voice",
		.dialect = (int)dice(3) + 1,
		.logic = 1,
	};
	if (call_can_begin(&call_start_message) && dice(5) == 0)
		begin_by_api(world);
	else
		happens(world, "sipgw/gw0", &incoming_message, &incoming);
}

/* The same events, heard by another call: the same commands. */
static void check_again(struct world *world)
{
	struct call *one = call_new(), *two = call_new();
	struct commands a = {0}, b = {0};
	char error[PROTO_ERROR_BYTES];
	for (unsigned i = 0; i < world->heard_count && !world->bad; i++) {
		struct heard *heard = &world->heard[i];
		struct envelope envelope = {.account_sid = "AC1"};
		(void)str_copy(envelope.from, sizeof(envelope.from),
			       heard->from);
		step(one, &envelope, heard->now, i + 1, heard->desc,
		     heard->message, &a);
		step(two, &envelope, heard->now, i + 1, heard->desc,
		     heard->message, &b);
		fine(world, a.count == b.count, "another number of commands");
		for (uint32_t n = 0; n < a.count && n < b.count; n++) {
			char *x = proto_encode(a.list[n].desc, &envelope,
					       a.list[n].message, error);
			char *y = proto_encode(b.list[n].desc, &envelope,
					       b.list[n].message, error);
			fine(world,
			     str_equal(x, y) &&
				     !strcmp(a.list[n].id, b.list[n].id) &&
				     !strcmp(a.list[n].target,
					     b.list[n].target),
			     "another command in the second run");
			free(x);
			free(y);
		}
		commands_clear(&a);
		commands_clear(&b);
	}
	fine(world, call_over(one) && call_over(two), "the second run is open");
	call_free(one);
	call_free(two);
}

static void check_end(struct world *world)
{
	fine(world, world->closed == 1, "it was not closed once");
	for (unsigned i = 0; i < world->leg_count; i++) {
		struct world_leg *leg = &world->legs[i];
		fine(world, leg->posts == 0 || leg->completed == 1,
		     "a leg without its last callback");
		fine(world, !leg->media_open || leg->media_closed,
		     "media was left open");
	}
	fine(world,
	     !call_next_timer(world->call, (char[CALL_TIMER_BYTES]){0},
			      &(int64_t){0}),
	     "a timer outlived the call");
}

static void finish(struct world *world)
{
	for (unsigned i = 0; i < world->heard_count; i++)
		proto_free(world->heard[i].desc, world->heard[i].message);
	for (unsigned i = 0; i < world->waiting_count; i++)
		proto_free(world->waiting[i].command,
			   world->waiting[i].message);
	free(world->heard);
	commands_clear(&world->out);
	call_free(world->call);
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	int64_t number;
	return text && str_number(text, 0, INT64_MAX, &number)
		       ? (uint64_t)number
		       : fallback;
}

TEST(whatever_happens_every_call_ends_properly_and_repeatably)
{
	static struct world world;
	uint64_t seed = setting("VOXBUS_TEST_SEED", 1);
	uint64_t calls = setting("VOXBUS_TEST_CALLS", 100000);
	uint64_t events = 0;
	unsigned failures = 0;
	for (uint64_t i = 0; i < calls && failures < 5; i++) {
		begin(&world, seed + i);
		while (!call_over(world.call) && !world.bad)
			something_happens(&world);
		if (!world.bad)
			check_end(&world);
		if (i % 16 == 0 && !world.bad)
			check_again(&world);
		events += world.heard_count;
		failures += world.bad;
		finish(&world);
	}
	CHECK_INT(failures, 0);
	CHECK(events >= calls);
}

TEST_MAIN()
