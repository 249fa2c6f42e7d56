/*
 * step_fuzz.c - any event at any time, legal or not: a call must survive what a
 * faulty daemon says, since it would meet it again at each replay. Four bytes
 * make an event: what, which leg, and two for its fields.
 */
#include "services/interpreter/step.h"

#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define TRANSFERS                                                              \
	"<Response><Dial referUrl='/r' hangupOnStar='true'>"                   \
	"<Sip>sip:a@h;transport=udp</Sip></Dial><Pause/></Response>"
#define ROOT "CA00000000000000000000000000000001"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzzed {
	struct call *call;
	struct commands out;
	uint64_t sequence;
	int64_t now;
	char fetch[35];
	const uint8_t *bytes; /* of the present event */
	char leg[35];
};

static void say(struct fuzzed *fuzzed, const char *from,
		const struct proto_message *desc, const void *event)
{
	struct envelope envelope = {.call_sid = ROOT, .account_sid = "AC1"};
	(void)str_copy(envelope.from, sizeof(envelope.from), from);
	commands_clear(&fuzzed->out);
	step(fuzzed->call, &envelope, fuzzed->now, ++fuzzed->sequence, desc,
	     event, &fuzzed->out);
	for (uint32_t i = 0; i < fuzzed->out.count; i++) {
		const struct command *command = &fuzzed->out.list[i];
		if (command->desc == &get_message)
			(void)str_copy(fuzzed->fetch, sizeof(fuzzed->fetch),
				       ((struct get *)command->message)->fetch);
	}
}

#define EVENT(type, from, ...)                                                 \
	do {                                                                   \
		struct type event = {__VA_ARGS__};                             \
		(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);     \
		say(fuzzed, from, &type##_message, &event);                    \
	} while (0)

static void fetched(struct fuzzed *fuzzed)
{
	static char *const bodies[] = {
		"<Response/>",
		"<Response><Pause/><Redirect/></Response>",
		"<Response><Dial action=\"/a\"><Sip statusCallback=\"/e\">"
		"sip:a@h;transport=udp</Sip></Dial><Dial><Sip>sip:b@h;"
		"transport=tcp?x=1</Sip></Dial></Response>",
		"<Response><Dial><Sip>sips:x</Sip></Dial><Reject/></Response>",
		TRANSFERS,
		"<Response><Say>x</Say><Gather numDigits=\"2\"><Play loop="
		"\"0\">/a</Play></Gather><Record/></Response>",
		"<Response><Record playBeep=\"false\" "
		"recordingStatusCallback=\"/r\"/></Response>",
		"<Response><Dial record=\"record-from-ringing\"><Sip "
		"url=\"/s\">sip:a@h;transport=udp</Sip></Dial></Response>",
	};
	struct fetched event = {.status = 200, .content_type = "text/xml"};
	(void)str_copy(event.fetch, sizeof(event.fetch), fuzzed->fetch);
	event.body = bodies[fuzzed->bytes[2] % 8];
	event.error = fuzzed->bytes[3] % 8 == 7 ? ERR_LATE : 0;
	say(fuzzed, "fetcher/fe0", &fetched_message, &event);
}

static void leg_opened(struct fuzzed *fuzzed)
{
	struct leg_opened event = {.mediad = "md0", .boot = "BT1"};
	event.mediad[2] = (char)('0' + fuzzed->bytes[2] % 2);
	event.legs_count = 1 + fuzzed->bytes[2] / 2 % 2;
	for (uint32_t i = 0; i < event.legs_count; i++) {
		(void)str_copy(event.legs[i].leg, sizeof(event.legs[i].leg),
			       i ? ROOT : fuzzed->leg);
		event.legs[i].sdp = fuzzed->bytes[3] >> i & 1 ? NULL : "v=0";
		event.legs[i].error = fuzzed->bytes[3] >> 4;
	}
	say(fuzzed, "mediad/md0", &leg_opened_message, &event);
}

static void leg_closed(struct fuzzed *fuzzed)
{
	struct leg_closed event = {.legs_count = 1};
	(void)str_copy(event.legs[0].leg, sizeof(event.legs[0].leg),
		       fuzzed->leg);
	say(fuzzed, "mediad/md0", &leg_closed_message, &event);
}

static void bridged(struct fuzzed *fuzzed)
{
	struct bridged event = {.a = ROOT,
				.error = fuzzed->bytes[2] % 2,
				.early = fuzzed->bytes[3] % 2};
	(void)str_copy(event.b, sizeof(event.b), fuzzed->leg);
	say(fuzzed, "mediad/md0", &bridged_message, &event);
}

static void timer_fired(struct fuzzed *fuzzed)
{
	struct timer_fired event = {0};
	if (!call_next_timer(fuzzed->call, event.timer, &event.due))
		return;
	fuzzed->now = event.due;
	say(fuzzed, "interpreter/in0", &timer_fired_message, &event);
}

static void instance_restarted(struct fuzzed *fuzzed)
{
	struct instance_restarted event = {.hello = fuzzed->bytes[3]};
	bool mediad = fuzzed->bytes[2] % 2;
	(void)str_copy(event.service, sizeof(event.service),
		       mediad ? "mediad" : "sipgw");
	(void)str_copy(event.instance, sizeof(event.instance),
		       mediad ? "md0" : "gw0");
	event.boot[0] = (char)('a' + fuzzed->bytes[2] % 16);
	say(fuzzed, "interpreter/in0", &instance_restarted_message, &event);
}

/* One of four names of offers and transfers. */
static void name(char *to, const char *kind, unsigned number)
{
	(void)str_format(to, ID_BYTES, "%s%u", kind, number % 4);
}

/* The outcome of whatever was asked of the leg last. */
static void leg_changed(struct fuzzed *fuzzed)
{
	struct leg_changed event = {
		.error = fuzzed->bytes[3] % 4 ? 0 : ERR_MEDIA_SDP,
		.sdp = fuzzed->bytes[3] % 8 == 1 ? NULL : "v=0"};
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	if (fuzzed->bytes[2] % 4)
		name(event.change, fuzzed->bytes[2] % 4 == 3 ? "UN" : "OF",
		     fuzzed->bytes[2] / 4);
	else
		id_derive("ME", fuzzed->leg, 0, event.change);
	say(fuzzed, "mediad/md0", &leg_changed_message, &event);
}

static void offered(struct fuzzed *fuzzed)
{
	struct reoffered event = {.sdp = fuzzed->bytes[3] % 2 ? "v=0" : NULL,
				  .refreshed = fuzzed->bytes[3] % 8 > 5};
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	name(event.offer, "OF", fuzzed->bytes[2]);
	say(fuzzed, "sipgw/gw0", &reoffered_message, &event);
}

static void reconfirmed(struct fuzzed *fuzzed)
{
	struct reconfirmed event = {.sdp = fuzzed->bytes[3] % 2 ? "v=0" : NULL};
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	name(event.offer, "OF", fuzzed->bytes[2]);
	event.status = fuzzed->bytes[3] % 4 == 3 ? 487 : 0;
	say(fuzzed, "sipgw/gw0", &reconfirmed_message, &event);
}

static void referred(struct fuzzed *fuzzed)
{
	struct referred event = {.refer_to = "sip:c@h", .headers_count = 1};
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	name(event.refer, "RF", fuzzed->bytes[2]);
	(void)str_copy(event.headers[0].name, sizeof(event.headers[0].name),
		       "X-a");
	event.headers[0].value = "1";
	say(fuzzed, "sipgw/gw0", &referred_message, &event);
}

static void notified(struct fuzzed *fuzzed)
{
	struct notified event = {.status = fuzzed->bytes[3] % 2 ? 200 : 0};
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	name(event.refer, "RF", fuzzed->bytes[2]);
	say(fuzzed, "sipgw/gw0", &notified_message, &event);
}

/* One of the leg's first prompts. */
static void played(struct fuzzed *fuzzed)
{
	struct played event = {.end = fuzzed->bytes[3] % 4 + 1,
			       .total_ms = fuzzed->bytes[3] * 20,
			       .error = fuzzed->bytes[3] % 4 == 2 ? ERR_PLAY
								  : 0};
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	id_derive("PL", fuzzed->leg, fuzzed->bytes[2] % 4, event.play);
	say(fuzzed, "mediad/md0", &played_message, &event);
}

/* One of the call's first recordings. */
static void recorded(struct fuzzed *fuzzed)
{
	const uint8_t *b = fuzzed->bytes;
	struct record_started started = {.error = b[3] % 8 ? 0
							   : ERR_RECORD_WRITE};
	struct recording_done done = {.end = b[3] % 5 + 1,
				      .duration_ms = b[3] * 10,
				      .absent = b[3] % 4 == 3};
	struct recording_stored stored = {.url = b[3] % 2 ? "http://s/x" : NULL,
					  .bytes = 44};
	struct record_wish wish = {.status = b[3] % 3 + 1, .silent = b[3] & 8};
	struct record_changed changed = {
		.paused = b[3] & 1, .error = b[3] % 4 ? 0 : ERR_MEDIA_UNKNOWN};
	id_derive("RE", ROOT, b[2] / 6 % 3, started.recording);
	(void)str_copy(wish.recording, sizeof(wish.recording),
		       started.recording);
	(void)str_copy(changed.recording, sizeof(changed.recording),
		       started.recording);
	(void)str_copy(done.recording, sizeof(done.recording),
		       started.recording);
	(void)str_copy(stored.recording, sizeof(stored.recording),
		       started.recording);
	switch (b[2] % 6) {
	case 4: say(fuzzed, "apid/ap0", &record_wish_message, &wish); break;
	case 5:
		say(fuzzed, "mediad/md0", &record_changed_message, &changed);
		break;
	case 0:
		say(fuzzed, "mediad/md0", &record_started_message, &started);
		break;
	case 1:
		say(fuzzed, "mediad/md0", &recording_done_message, &done);
		break;
	default:
		say(fuzzed, "mediad/md0", &recording_stored_message, &stored);
		break;
	}
}

static void pressed(struct fuzzed *fuzzed)
{
	struct digit event = {.duration_ms = 100};
	event.digit[0] = "0123456789*#ABCD"[fuzzed->bytes[2] % 16];
	(void)str_copy(event.leg, sizeof(event.leg), fuzzed->leg);
	say(fuzzed, "mediad/md0", &digit_message, &event);
}

/* What phones do inside of a dialog. */
static void happens_inside(struct fuzzed *fuzzed)
{
	const uint8_t *b = fuzzed->bytes;
	switch (b[0] % 26) {
	case 16: offered(fuzzed); break;
	case 17: reconfirmed(fuzzed); break;
	case 18: pressed(fuzzed); break;
	case 19: EVENT(digit_info, "sipgw/gw0", .digit = "*"); break;
	case 20: EVENT(media_silent, "mediad/md0", .for_ms = 60000); break;
	case 21: referred(fuzzed); break;
	case 22: notified(fuzzed); break;
	case 23: played(fuzzed); break;
	case 24: recorded(fuzzed); break;
	case 25: EVENT(leg_keyed, "mediad/md0", .keys = "sealed"); break;
	default: fetched(fuzzed); break;
	}
}

static void happens(struct fuzzed *fuzzed)
{
	const uint8_t *b = fuzzed->bytes;
	(void)str_copy(fuzzed->leg, sizeof(fuzzed->leg), ROOT);
	if (b[1] % 4)
		id_derive("CA", ROOT, b[1] % 4, fuzzed->leg);
	switch (b[0] % 26) {
	case 0: fetched(fuzzed); break;
	case 1: leg_opened(fuzzed); break;
	case 2: leg_closed(fuzzed); break;
	case 3: bridged(fuzzed); break;
	case 4: timer_fired(fuzzed); break;
	case 5: instance_restarted(fuzzed); break;
	case 6: EVENT(confirmed, "sipgw/gw0", .sdp = NULL); break;
	case 7:
		EVENT(ringing, "sipgw/gw0", .status = 180,
		      .sdp = b[2] % 2 ? "v=0" : NULL);
		break;
	case 8:
		EVENT(answered, "sipgw/gw0", .status = 200,
		      .sdp = b[2] % 2 ? "v=0" : NULL);
		break;
	case 9:
		EVENT(failed, "sipgw/gw0", .status = 300 + b[2],
		      .error = b[3] % 4 ? 0 : ERR_SIP_LOST);
		break;
	case 10:
		EVENT(ended, "sipgw/gw0", .by = b[2] % 3 + 1,
		      .status = b[3] % 2 ? 487 : 0);
		break;
	case 11: EVENT(tone_changed, "mediad/md0", .kind = b[2] % 2 + 1); break;
	case 12: fuzzed->now += b[2] * 100; break;
	case 13: EVENT(restored, "sipgw/gw0", .leg = ""); break;
	case 14:
		EVENT(call_change, "apid/ap0", .wish = b[2] % 3 + 1,
		      .url = b[3] % 2 ? "http://h/other" : NULL,
		      .document = b[3] % 2 ? NULL
					   : "<Response><Dial><Sip>"
					     "sip:a@h;transport=udp"
					     "</Sip></Dial></Response>");
		break;
	case 15: leg_changed(fuzzed); break;
	default: happens_inside(fuzzed); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzzed fuzzed = {.now = 1000};
	struct incoming incoming = {
		.leg = ROOT,
		.gateway = "gw0",
		.from_uri = "sip:a@h",
		.to_uri = "sip:b@h",
		.sip_call_id = "x",
		.source_ip = "127.0.0.1",
		.transport = SIP_UDP,
		.offer = "v=0",
		.voice_url = "http://h/voice",
		.fallback_url = size % 8 ? "http://h/fallback" : NULL,
		.dialect = DIALECT_TWILIO,
		.logic = 1,
	};
	fuzzed.call = call_new();
	struct call_start start = {
		.leg = ROOT,
		.gateway = "gw0",
		.to = "sip:b@h;transport=udp",
		.caller_id = "a",
		.voice_url = "http://h/voice",
		.status_callback = "http://h/status",
		.status_events = 15,
		.ring_ms = 1000,
		.dialect = DIALECT_TWILIO,
		.logic = 1,
	};
	if (size % 16 > 8)
		say(&fuzzed, "apid/ap0", &call_start_message, &start);
	else if (size % 16)
		say(&fuzzed, "sipgw/gw0", &incoming_message, &incoming);
	for (size_t i = 0; i + 4 <= size && i < 4 * 400; i += 4) {
		fuzzed.bytes = data + i;
		happens(&fuzzed);
	}
	/* Left alone, every call comes to its end by its guards. */
	for (int i = 0;
	     i < 2000 && call_begun(fuzzed.call) && !call_over(fuzzed.call);
	     i++)
		timer_fired(&fuzzed);
	if (call_begun(fuzzed.call) && !call_over(fuzzed.call))
		abort();
	commands_clear(&fuzzed.out);
	call_free(fuzzed.call);
	return 0;
}
