/*
 * story_test.h - a call told in tests: what happens to it, and what it says.
 *
 *   story_begin(&story, DIALECT_SIGNALWIRE);
 *   hear_document(&story, "<Response>...");
 *   const struct leg_open *open = SAYS(&story, leg_open);
 *   ...
 *   says_nothing_more(&story);
 *
 * Header only, for *_test.c files. Time moves by story.now alone.
 */
#pragma once

#include "services/interpreter/step.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdio.h>
#include <string.h>

#define ROOT "CA00000000000000000000000000000001"
#define BOOT "BT00000000000000000000000000000001"
#define BOOT_2 "BT00000000000000000000000000000002"
#define OFFER "v=0 caller's offer"

struct story {
	struct call *call;
	struct commands out;
	uint32_t read; /* commands that the test has looked at */
	int64_t now;
	uint64_t sequence;
	char callee[35]; /* the latest */
	char fetch[35];
};

#define SAYS(story, type)                                                      \
	((const struct type *)says(story, &type##_message, __FILE__, __LINE__))

/* The next command, which must be of this type; a zeroed one if it is not. */
static inline const void *says(struct story *story,
			       const struct proto_message *desc,
			       const char *file, int line)
{
	static union {
		struct post post;
		struct get get;
		struct dial dial;
		struct call_closed call_closed;
		struct noted noted;
	} nothing;
	const char *got = story->read < story->out.count
				  ? story->out.list[story->read].desc->name
				  : "nothing";
	if (!test_check_text(got, desc->name, file, line, "what it says"))
		return &nothing;
	return story->out.list[story->read++].message;
}

static inline const char *said_to(const struct story *story)
{
	return story->read ? story->out.list[story->read - 1].target : "";
}

#define says_nothing_more(story) nothing_more(story, __FILE__, __LINE__)
static inline void nothing_more(struct story *story, const char *file, int line)
{
	const char *next = story->read < story->out.count
				   ? story->out.list[story->read].desc->name
				   : "nothing";
	(void)test_check_text(next, "nothing", file, line, "what it says");
}

/* Remembers names that later events need. */
static inline void remember(struct story *story)
{
	for (uint32_t i = 0; i < story->out.count; i++) {
		const struct command *command = &story->out.list[i];
		if (command->desc == &get_message)
			(void)str_copy(story->fetch, sizeof(story->fetch),
				       ((struct get *)command->message)->fetch);
		if (command->desc != &leg_open_message)
			continue;
		struct leg_open *open = command->message;
		for (uint32_t n = 0; n < open->legs_count; n++) {
			if (open->legs[n].role == LEG_ROLE_OFFER)
				(void)str_copy(story->callee,
					       sizeof(story->callee),
					       open->legs[n].leg);
		}
	}
}

static inline void hear_from(struct story *story, const char *from,
			     const struct proto_message *desc,
			     const void *message)
{
	struct envelope envelope = {0};
	commands_clear(&story->out);
	story->read = 0;
	(void)str_copy(envelope.type, sizeof(envelope.type), desc->name);
	(void)str_copy(envelope.call_sid, sizeof(envelope.call_sid), ROOT);
	(void)str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		       "AC1");
	(void)str_copy(envelope.from, sizeof(envelope.from), from);
	story->now += 10;
	step(story->call, &envelope, story->now, ++story->sequence, desc,
	     message, &story->out);
	remember(story);
}

#define HEAR(story, type, ...)                                                 \
	hear_from(story, type##_from, &type##_message,                         \
		  &(struct type){__VA_ARGS__})
#define incoming_from "sipgw/gw0"
#define reoffered_from "sipgw/gw0"
#define reconfirmed_from "sipgw/gw0"
#define referred_from "sipgw/gw0"
#define notified_from "sipgw/gw0"
#define digit_info_from "sipgw/gw0"
#define confirmed_from "sipgw/gw0"
#define restored_from "sipgw/gw0"
#define ringing_from "sipgw/gw0"
#define answered_from "sipgw/gw0"
#define failed_from "sipgw/gw0"
#define ended_from "sipgw/gw0"
#define digit_from "mediad/md0"
#define leg_changed_from "mediad/md0"
#define media_silent_from "mediad/md0"
#define leg_keyed_from "mediad/md0"
#define leg_opened_from "mediad/md0"
#define bridged_from "mediad/md0"
#define tone_changed_from "mediad/md0"
#define leg_closed_from "mediad/md0"
#define fetched_from "fetcher/fe0"
#define timer_fired_from "interpreter/in0"
#define instance_restarted_from "interpreter/in0"

static inline void story_init(struct story *story)
{
	memset(story, 0, sizeof(*story));
	story->call = call_new();
	story->now = 1712255535000; /* Thu, 04 Apr 2024 18:32:15 +0000 */
}

static inline struct incoming story_incoming(enum dialect_name dialect)
{
	static struct header headers[] = {{"X-Tenant", "blue"}};
	struct incoming incoming = {
		.leg = ROOT,
		.gateway = "gw0",
		.from_user = "alice",
		.from_uri = "sip:alice@phones.example",
		.from_name = "Alice A.",
		.to_user = "1000",
		.to_uri = "sip:1000@voxbus.example",
		.sip_call_id = "call-1@phone",
		.source_ip = "127.0.0.9",
		.transport = SIP_UDP,
		.offer = OFFER,
		.voice_url = "http://app.example/voice?tenant=1",
		.voice_method = HTTP_POST,
		.api_url = "http://api.example",
		.dialect = (int)dialect,
		.logic = 1,
		.headers_count = 1,
	};
	incoming.headers[0] = headers[0];
	return incoming;
}

/* An INVITE comes in; the document is asked for. */
static inline void story_begin(struct story *story, enum dialect_name dialect)
{
	struct incoming incoming = story_incoming(dialect);
	story_init(story);
	hear_from(story, incoming_from, &incoming_message, &incoming);
}

static inline void hear_document(struct story *story, char *body)
{
	struct fetched fetched = {
		.status = 200, .content_type = "text/xml", .body = body};
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story->fetch);
	hear_from(story, fetched_from, &fetched_message, &fetched);
}

static inline void hear_opened(struct story *story, bool with_caller)
{
	struct leg_opened opened = {.mediad = "md0", .boot = BOOT};
	if (with_caller) {
		(void)str_copy(opened.legs[0].leg, sizeof(opened.legs[0].leg),
			       ROOT);
		opened.legs[0].sdp = "v=0 answer to the caller";
		opened.legs_count++;
	}
	struct leg_sdp *made = &opened.legs[opened.legs_count++];
	(void)str_copy(made->leg, sizeof(made->leg), story->callee);
	made->sdp = "v=0 offer to the callee";
	hear_from(story, leg_opened_from, &leg_opened_message, &opened);
}

/* An event of the latest callee's leg. */
#define HEAR_CALLEE(story, type, ...)                                          \
	do {                                                                   \
		struct type heard_event = {__VA_ARGS__};                       \
		(void)str_copy(heard_event.leg, sizeof(heard_event.leg),       \
			       (story)->callee);                               \
		hear_from(story, type##_from, &type##_message, &heard_event);  \
	} while (0)

static inline void hear_bridged(struct story *story)
{
	struct bridged bridged = {.a = ROOT};
	(void)str_copy(bridged.b, sizeof(bridged.b), story->callee);
	hear_from(story, bridged_from, &bridged_message, &bridged);
}

/* The call's mediad or sipgw says hello again: another process, or the same. */
static inline void hear_restart(struct story *story, const char *service,
				const char *boot, int hello)
{
	struct instance_restarted restarted = {.hello = hello};
	(void)str_copy(restarted.service, sizeof(restarted.service), service);
	(void)str_copy(restarted.instance, sizeof(restarted.instance),
		       strcmp(service, "mediad") == 0 ? "md0" : "gw0");
	(void)str_copy(restarted.boot, sizeof(restarted.boot), boot);
	hear_from(story, instance_restarted_from, &instance_restarted_message,
		  &restarted);
}

/* The timer that is due next fires; returns its name. */
static inline const char *hear_timer(struct story *story)
{
	static struct timer_fired fired;
	memset(&fired, 0, sizeof(fired));
	if (!CHECK(call_next_timer(story->call, fired.timer, &fired.due)))
		return "";
	if (fired.due > story->now)
		story->now = fired.due;
	hear_from(story, timer_fired_from, &timer_fired_message, &fired);
	return fired.timer;
}

/* Every leg whose media is being closed is closed. */
static inline void hear_closed(struct story *story)
{
	struct leg_closed closed = {0};
	for (uint32_t i = 0; i < story->out.count; i++) {
		if (story->out.list[i].desc != &leg_close_message)
			continue;
		struct leg_close *close = story->out.list[i].message;
		closed.legs_count = close->legs_count;
		for (uint32_t n = 0; n < close->legs_count; n++)
			(void)str_copy(closed.legs[n].leg,
				       sizeof(closed.legs[n].leg),
				       close->legs[n].leg);
	}
	hear_from(story, leg_closed_from, &leg_closed_message, &closed);
}

static inline const char *story_param(const struct param *params,
				      uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(params[i].name, name) == 0)
			return params[i].value ? params[i].value : "";
	}
	return NULL;
}

static inline const char *get_param(const struct get *get, const char *name)
{
	return story_param(get->params, get->params_count, name);
}

static inline const char *post_param(const struct post *post, const char *name)
{
	return story_param(post->params, post->params_count, name);
}

/* A parameter's value; NULL if it was not sent. */
#define PARAM(message, name)                                                   \
	_Generic((message),                           \
		const struct get *: get_param,        \
		const struct post *: post_param)(message, name)

static inline void story_end(struct story *story)
{
	says_nothing_more(story);
	CHECK(call_over(story->call));
	commands_clear(&story->out);
	story->call = call_free(story->call);
}

/* A story that is left in the middle. */
static inline void story_stop(struct story *story)
{
	commands_clear(&story->out);
	story->call = call_free(story->call);
}
