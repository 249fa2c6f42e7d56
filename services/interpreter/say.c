/*
 * say.c - commands: with derived ids, and kept as long as they have no outcome;
 * and notes on the call's record.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room that notes leave for commands: two callbacks of each leg, and more. */
#define COMMANDS_RESERVED 160

void commands_clear(struct commands *commands)
{
	for (uint32_t i = 0; i < commands->count; i++)
		proto_free(commands->list[i].desc, commands->list[i].message);
	commands->count = 0;
}

void say(struct call *call, const struct proto_message *desc, void *message,
	 const char *target)
{
	assert(call->out->count < COMMANDS_MAX);
	struct command *command = &call->out->list[call->out->count++];
	command->desc = desc;
	command->message = message;
	command->asked = false;
	(void)str_copy(command->target, sizeof(command->target), target);
	id_derive("CM", call->sid, call->said++, command->id);
}

static void say_asking(struct call *call, const struct proto_message *desc,
		       void *message, const char *target)
{
	say(call, desc, message, target);
	call->out->list[call->out->count - 1].asked = true;
}

static struct pending *find(const struct call *call, unsigned thing,
			    const struct proto_message *desc)
{
	list_each (link, &call->pendings) {
		struct pending *pending = list_of(link, struct pending, link);
		if (pending->desc == desc && pending->thing == thing)
			return pending;
	}
	return NULL;
}

static void drop(struct pending *pending)
{
	list_remove(&pending->link);
	proto_free(pending->desc, pending->message);
	free(pending);
}

void ask_thing(struct call *call, unsigned thing,
	       const struct proto_message *desc, void *message,
	       const char *target)
{
	settle_thing(call, thing, desc); /* a newer one takes its place */
	struct pending *pending = mem_new(1, sizeof(*pending));
	pending->desc = desc;
	pending->thing = thing;
	pending->number = call->said;
	pending->message = proto_new(desc);
	proto_copy(desc, message, pending->message);
	(void)str_copy(pending->target, sizeof(pending->target), target);
	list_add_tail(&call->pendings, &pending->link);
	say_asking(call, desc, message, target);
}

void settle_thing(struct call *call, unsigned thing,
		  const struct proto_message *desc)
{
	struct pending *pending = find(call, thing, desc);
	if (pending)
		drop(pending);
}

void ask(struct call *call, const struct leg *leg,
	 const struct proto_message *desc, void *message, const char *target)
{
	ask_thing(call, leg->number, desc, message, target);
}

void settle(struct call *call, const struct leg *leg,
	    const struct proto_message *desc)
{
	settle_thing(call, leg->number, desc);
}

bool is_pending(const struct call *call, const struct leg *leg,
		const struct proto_message *desc)
{
	return find(call, leg->number, desc) != NULL;
}

const void *pending_message(const struct call *call, const struct leg *leg,
			    const struct proto_message *desc)
{
	const struct pending *pending = find(call, leg->number, desc);
	return pending ? pending->message : NULL;
}

bool call_awaits(const struct call *call, const char *id)
{
	char asked[ID_BYTES];
	list_each (link, &call->pendings) {
		id_derive("CM", call->sid,
			  list_of(link, struct pending, link)->number, asked);
		if (strcmp(asked, id) == 0)
			return true;
	}
	return false;
}

void ask_again(struct call *call, const char *service, const char *instance)
{
	list_each (link, &call->pendings) {
		struct pending *pending = list_of(link, struct pending, link);
		if (strcmp(pending->desc->to, service) != 0 ||
		    pending->number >= call->said_before ||
		    (strcmp(pending->target, instance) != 0 &&
		     strcmp(pending->target, "any") != 0))
			continue;
		void *message = proto_new(pending->desc);
		proto_copy(pending->desc, pending->message, message);
		pending->number = call->said;
		say_asking(call, pending->desc, message, pending->target);
	}
}

void pendings_free(struct call *call)
{
	while (!list_empty(&call->pendings))
		drop(list_of(call->pendings.next, struct pending, link));
}

void note(struct call *call, const struct leg *leg, enum note_level level,
	  int code, const char *url, const char *format, ...)
{
	char text[sizeof(((struct noted *)0)->text)];
	va_list arguments;
	if (call->out->count >= COMMANDS_MAX - COMMANDS_RESERVED)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	finding_make_printable(text);
	struct noted *noted = proto_new(&noted_message);
	(void)str_copy(noted->leg, sizeof(noted->leg), leg->sid);
	noted->level = level;
	noted->code = code ? code : ERR_INTERNAL; /* refused without a word */
	(void)str_copy(noted->text, sizeof(noted->text), text);
	if (url && *url)
		proto_set_long(&noted->url, url);
	say(call, &noted_message, noted, "any");
}

void note_findings(struct call *call, const struct leg *leg,
		   const struct findings *findings, const char *url)
{
	for (unsigned i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];
		if (finding->line)
			note(call, leg, finding->level, finding->code, url,
			     "line %u, column %u: %s", finding->line,
			     finding->column, finding->text);
		else
			note(call, leg, finding->level, finding->code, url,
			     "%s", finding->text);
	}
	if (findings->dropped)
		note(call, leg, NOTE_WARNING, ERR_DOCUMENT_SCHEMA, url,
		     "%u more warnings are left out: run voxctl lint on the "
		     "document",
		     findings->dropped);
}
