/*
 * owner_verify.c - what was said again after a takeover, beside what is on
 * record.
 *
 * A command that the record has already is acknowledged as a repeat, with the
 * sequence of the one that stands there. That one is read and compared. If they
 * differ, another build of the interpreter has decided differently: the record
 * stands (it kept its own), and somebody should know.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 5000

METRIC_COUNTER(compared, "replay_commands_total", "result=\"same\"",
	       "Commands said again after a takeover that were on record.")
METRIC_COUNTER(differed, "replay_commands_total", "result=\"differs\"",
	       "Commands said again after a takeover that were on record.")

struct verify {
	struct list link;
	struct owner *owner;
	const struct proto_message *desc;
	char sid[ID_BYTES];
	char *text; /* as it was said, without time, epoch and sayer */
	bus_done_fn *done;
	void *done_owner;
};

/* The part of a message that a replay has to give again. */
static char *essence(const struct proto_message *desc,
		     const struct envelope *from, const void *message)
{
	struct envelope envelope = {0};
	char error[PROTO_ERROR_BYTES];
	str_copy(envelope.type, sizeof(envelope.type), desc->name);
	str_copy(envelope.id, sizeof(envelope.id), from->id);
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), from->call_sid);
	str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		 from->account_sid);
	str_copy(envelope.from, sizeof(envelope.from), "interpreter/-");
	return proto_encode(desc, &envelope, message, error);
}

static void verify_free(struct verify *verify)
{
	list_remove(&verify->link);
	free(verify->text);
	free(verify);
}

static bool is_same(const struct verify *verify, const char *data, size_t size)
{
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	void *recorded = proto_new(verify->desc);
	bool same = false;
	if (proto_decode(verify->desc, data, size, &envelope, recorded,
			 error)) {
		char *text = essence(verify->desc, &envelope, recorded);
		same = text && str_equal(text, verify->text);
		free(text);
	}
	proto_free(verify->desc, recorded);
	return same;
}

static void on_recorded(void *data, int error, const char *text, size_t size)
{
	struct verify *verify = data;
	if (!error && size && is_same(verify, text, size)) {
		metric_add(&compared, 1);
	} else if (!error && size) {
		metric_add(&differed, 1);
		log_error(verify->sid, ERR_INTERNAL,
			  "replay and record differ in %s: the record stands",
			  verify->desc->name);
	}
	verify_free(verify);
}

static void on_said(void *data, int error, uint64_t sequence, bool repeat)
{
	struct verify *verify = data;
	struct bus *bus = verify->owner->service->bus;
	char request[48];
	verify->done(verify->done_owner, error, sequence, repeat);
	if (error || !repeat || !verify->text) {
		verify_free(verify);
		return;
	}
	str_format(request, sizeof(request), "{\"seq\":%llu}",
		   (unsigned long long)sequence);
	bus_ask(bus, "$JS.API.DIRECT.GET.VOX", request, strlen(request),
		PATIENCE_MS, on_recorded, verify);
}

void verify_say(struct owner *owner, const struct talk_to *to,
		const struct proto_message *desc, const void *message)
{
	struct verify *verify = mem_new(1, sizeof(*verify));
	struct envelope envelope = {0};
	struct talk_to mine = *to;
	const struct service *service = owner->service;
	verify->owner = owner;
	verify->desc = desc;
	verify->done = to->done;
	verify->done_owner = to->owner;
	str_copy(verify->sid, sizeof(verify->sid), to->call_sid);
	str_copy(envelope.id, sizeof(envelope.id), to->id);
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), to->call_sid);
	str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		 to->account_sid ? to->account_sid : service->account_sid);
	verify->text = essence(desc, &envelope, message);
	list_add_tail(&owner->verifies, &verify->link);
	mine.done = on_said;
	mine.owner = verify;
	talk_say(owner->service, &mine, desc, message);
}

void verify_end(struct owner *owner)
{
	list_each (link, &owner->verifies)
		verify_free(list_of(link, struct verify, link));
}
