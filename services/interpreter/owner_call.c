/*
 * owner_call.c - one event, one step, what it says; a call's timers.
 *
 * A call is found by its CallSid and costs the same however many there are. It
 * is freed when it is over; its entry stays until all that it said is
 * acknowledged, because the lease's 'first' must not pass it before.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <stdlib.h>
#include <string.h>

METRIC_GAUGE(calls, "calls", "", "Root calls that live.")
METRIC_COUNTER(begun, "calls_begun_total", "", "Root calls that began here.")
METRIC_COUNTER(events, "events_total", "", "Events that calls heard.")
METRIC_COUNTER(commands, "commands_total", "", "Things that calls said.")
METRIC_COUNTER(lost, "calls_history_lost_total", "",
	       "Events of calls whose first event is gone.")
METRIC_COUNTER(said_again, "commands_said_again_total", "",
	       "Commands said again after a takeover.")

/* What one event made a call say, until the replay is over. */
struct held_back {
	struct list link;
	struct entry *entry; /* NULL: of no call that we know */
	uint64_t sequence;
	char sid[ID_BYTES];
	char account[65];
	uint32_t count;
	struct command said[];
};

/* --- entries --- */

static struct entry *entry_new(struct shard *shard, const char *sid)
{
	struct entry *entry = mem_new(1, sizeof(*entry));
	entry->shard = shard;
	entry->call = call_new();
	str_copy(entry->sid, sizeof(entry->sid), sid);
	return entry;
}

static void entry_free(struct entry *entry)
{
	if (entry->call) {
		map_remove(entry->shard->calls, entry->sid);
		metric_add(&calls, -1);
	}
	list_remove(&entry->link);
	loop_timer_stop(entry->shard->owner->service->loop, &entry->timer);
	call_free(entry->call);
	free(entry);
}

/* Calls begin in the stream's order; only older ones, read before, may stand
 * behind: they are few. */
static void entry_insert(struct shard *shard, struct entry *entry)
{
	struct list *before = shard->entries.prev;
	while (before != &shard->entries &&
	       list_of(before, struct entry, link)->first_sequence >
		       entry->first_sequence)
		before = before->prev;
	list_add_tail(before->next, &entry->link);
}

/* --- saying --- */

static void on_said(void *data, int error, uint64_t sequence, bool repeat)
{
	struct tick *tick = data;
	struct entry *entry = tick->owner;
	(void)error, (void)sequence, (void)repeat;
	if (!tick_done(tick) || !entry)
		return;
	struct shard *shard = entry->shard;
	if (--entry->unacknowledged == 0 && !entry->call)
		entry_free(entry);
	if (shard->state == SHARD_RELEASING)
		lease_release(shard);
}

struct what_was_said {
	const struct command *list;
	uint32_t count;
	const char *sid;
	const char *account;
	bool again; /* after a takeover: it may be on record */
};

/* What the customer should know stands in the log too, with its number. */
static void log_note(const char *sid, const struct noted *note)
{
	log_warn(sid, (int)note->code, "leg %s: %s", note->leg, note->text);
}

static void say_all(struct shard *shard, const struct what_was_said *said,
		    struct tick *tick)
{
	struct service *service = shard->owner->service;
	for (uint32_t i = 0; i < said->count; i++) {
		const struct command *command = &said->list[i];
		const struct talk_to to = {
			.target = command->target,
			.call_sid = said->sid,
			.account_sid = *said->account ? said->account : NULL,
			.id = command->id,
			.epoch = shard->epoch,
			.done = on_said,
			.owner = tick,
		};
		if (command->desc == &noted_message)
			log_note(said->sid, command->message);
		if (said->again)
			verify_say(shard->owner, &to, command->desc,
				   command->message);
		else
			talk_say(service, &to, command->desc, command->message);
	}
	metric_add(&commands, said->count);
}

/* --- timers --- */

static void say_timer(struct entry *entry)
{
	struct service *service = entry->shard->owner->service;
	struct timer_fired *fired = proto_new(&timer_fired_message);
	char id[ID_BYTES], due[24];
	str_copy(fired->timer, sizeof(fired->timer), entry->timer_name);
	fired->due = entry->timer_due;
	str_format(due, sizeof(due), "%lld", (long long)fired->due);
	/* The same for whoever fires it: the record keeps one. */
	id_keyed("TF", entry->sid, fired->timer, due, "", id);
	const char *account = call_account(entry->call);
	const struct talk_to to = {
		.call_sid = entry->sid,
		.account_sid = *account ? account : NULL,
		.id = id,
	};
	talk_say(service, &to, &timer_fired_message, fired);
	proto_free(&timer_fired_message, fired);
}

static void on_due(struct loop_timer *timer)
{
	struct entry *entry = timer->owner;
	struct shard *shard = entry->shard;
	char name[CALL_TIMER_BYTES];
	int64_t due_ms;
	if (!lease_is_fresh(shard)) {
		shard_stop(shard, "its lease was not renewed in time");
		return;
	}
	if (shard->state != SHARD_LIVE ||
	    !call_next_timer(entry->call, name, &due_ms))
		return;
	str_copy(entry->timer_name, sizeof(entry->timer_name), name);
	entry->timer_due = due_ms;
	say_timer(entry);
}

/* One that was published is not armed again: its event is on the way. */
static void arm(struct entry *entry)
{
	struct loop *loop = entry->shard->owner->service->loop;
	char name[CALL_TIMER_BYTES];
	int64_t due_ms;
	loop_timer_stop(loop, &entry->timer);
	if (!call_next_timer(entry->call, name, &due_ms) ||
	    (due_ms == entry->timer_due && str_equal(name, entry->timer_name)))
		return;
	entry->timer.due = on_due;
	entry->timer.owner = entry;
	loop_timer_start(loop, &entry->timer, due_ms - clock_wall_ms());
}

/* --- one event --- */

static void hold_back(struct shard *shard, struct entry *entry, const char *sid,
		      const char *account)
{
	struct commands *said = &shard->owner->said;
	size_t bytes = said->count * sizeof(said->list[0]);
	struct held_back *held = mem_new(1, sizeof(*held) + bytes);
	held->entry = entry;
	held->sequence = shard->owner->message->sequence;
	str_copy(held->sid, sizeof(held->sid), sid);
	str_copy(held->account, sizeof(held->account), account);
	held->count = said->count;
	memcpy(held->said, said->list, bytes);
	said->count = 0; /* its messages have moved */
	if (entry)
		entry->unacknowledged++;
	/* In the stream's order, on which the floor relies: calls that the
	 * lease names are read before the others. */
	struct list *before = shard->held_back.prev;
	while (before != &shard->held_back &&
	       list_of(before, struct held_back, link)->sequence >
		       held->sequence)
		before = before->prev;
	list_add_tail(before->next, &held->link);
}

/*
 * Does with what was said as the shard's state demands. What an event up to the
 * floor of the takeover makes a call say, an earlier owner has said.
 */
static void publish(struct shard *shard, struct entry *entry, const char *sid,
		    const char *account)
{
	struct commands *said = &shard->owner->said;
	uint64_t sequence = shard->owner->message->sequence;
	bool is_due =
		sequence > shard->old_floor || (!entry && shard->reads_older);
	if (is_due && shard->state == SHARD_LIVE) {
		struct tick *tick = floor_event(&shard->floor, sequence,
						said->count, entry);
		if (tick && entry)
			entry->unacknowledged++;
		say_all(shard,
			&(struct what_was_said){said->list, said->count, sid,
						account, false},
			tick);
	} else if (is_due && said->count) {
		hold_back(shard, entry, sid, account);
	}
	commands_clear(said);
}

/* A call that we do not know: it is over, or its first event is gone. */
static void hear_orphan(struct shard *shard, const struct envelope *envelope,
			const struct proto_message *desc, const void *event)
{
	struct owner *owner = shard->owner;
	const struct bus_message *message = owner->message;
	if (shard->state != SHARD_LIVE && !shard->reads_older &&
	    message->sequence <= shard->old_floor)
		return; /* of a call that was over before 'first' */
	struct call *call = call_new();
	step(call, envelope, message->time_ms, message->sequence, desc, event,
	     &owner->said);
	if (owner->said.count) {
		metric_add(&lost, 1);
		log_warn(envelope->call_sid, ERR_HISTORY_LOST,
			 "%s came for a call whose first event is gone",
			 desc->name);
	}
	publish(shard, NULL, envelope->call_sid, envelope->account_sid);
	call_free(call);
}

static void begin(struct shard *shard, struct entry *entry)
{
	entry->first_sequence = call_first_sequence(entry->call);
	entry->first_time = call_first_time(entry->call);
	entry_insert(shard, entry);
	map_put(shard->calls, entry->sid, entry);
	metric_add(&calls, 1);
	if (shard->state == SHARD_LIVE) {
		metric_add(&begun, 1);
		log_info(entry->sid, "call begins");
	}
}

static void finish(struct shard *shard, struct entry *entry)
{
	if (shard->state == SHARD_LIVE)
		log_info(entry->sid, "call is over: %s",
			 proto_word(&call_status_set,
				    call_root_status(entry->call)));
	map_remove(shard->calls, entry->sid);
	metric_add(&calls, -1);
	loop_timer_stop(shard->owner->service->loop, &entry->timer);
	entry->call = call_free(entry->call);
	if (!entry->unacknowledged)
		entry_free(entry);
}

static void hear_call(struct shard *shard, struct entry *entry,
		      const struct envelope *envelope,
		      const struct proto_message *desc, const void *event)
{
	struct owner *owner = shard->owner;
	const struct bus_message *message = owner->message;
	bool had_begun = call_begun(entry->call);
	step(entry->call, envelope, message->time_ms, message->sequence, desc,
	     event, &owner->said);
	if (!call_begun(entry->call)) {
		publish(shard, NULL, entry->sid, envelope->account_sid);
		call_free(entry->call);
		free(entry);
		return;
	}
	if (!had_begun)
		begin(shard, entry);
	publish(shard, entry, entry->sid, call_account(entry->call));
	if (call_over(entry->call))
		finish(shard, entry);
	else if (shard->state == SHARD_LIVE)
		arm(entry);
}

void owner_hear(void *daemon, const struct envelope *envelope,
		const void *event)
{
	struct owner *owner = daemon;
	struct shard *shard = owner->hearing;
	const struct proto_message *desc = proto_find(envelope->type);
	struct entry *entry = map_get(shard->calls, envelope->call_sid);
	metric_add(&events, 1);
	if (entry || (call_can_begin(desc) && id_is("CA", envelope->call_sid)))
		hear_call(shard,
			  entry ? entry : entry_new(shard, envelope->call_sid),
			  envelope, desc, event);
	else
		hear_orphan(shard, envelope, desc, event);
}

void owner_event(struct shard *shard, const struct bus_message *message)
{
	struct owner *owner = shard->owner;
	bool live = shard->state == SHARD_LIVE;
	owner->hearing = shard;
	owner->message = message;
	bool heard = talk_dispatch(owner->service, owner->heard, message);
	if (live && !heard) /* nothing can come of it */
		floor_event(&shard->floor, message->sequence, 0, NULL);
	if (message->sequence > shard->last_sequence && !shard->reads_older)
		shard->last_sequence = message->sequence;
	owner->hearing = NULL;
	owner->message = NULL;
}

/* --- after the replay --- */

/*
 * What has its outcome by now was heard, and is not said again: sipgw and
 * mediad remember for a minute what is over, and would begin anew after that.
 */
static void drop_heard(struct held_back *held)
{
	const struct call *call = held->entry ? held->entry->call : NULL;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < held->count; i++) {
		struct command *command = &held->said[i];
		if (held->entry && command->asked &&
		    !(call && call_awaits(call, command->id)))
			proto_free(command->desc, command->message);
		else
			held->said[kept++] = *command;
	}
	held->count = kept;
}

static void say_held_back(struct shard *shard, struct held_back *held)
{
	drop_heard(held);
	struct tick *tick = floor_event(&shard->floor, held->sequence,
					held->count, held->entry);
	if (!tick && held->entry && --held->entry->unacknowledged == 0 &&
	    !held->entry->call)
		entry_free(held->entry);
	metric_add(&said_again, held->count);
	say_all(shard,
		&(struct what_was_said){held->said, held->count, held->sid,
					held->account, true},
		tick);
}

static void held_back_free(struct held_back *held)
{
	list_remove(&held->link);
	for (uint32_t i = 0; i < held->count; i++)
		proto_free(held->said[i].desc, held->said[i].message);
	free(held);
}

void owner_go_live(struct shard *shard)
{
	list_each (link, &shard->held_back) {
		struct held_back *held = list_of(link, struct held_back, link);
		say_held_back(shard, held);
		held_back_free(held);
	}
	floor_event(&shard->floor, shard->last_sequence, 0, NULL);
	list_each (at, &shard->entries) {
		struct entry *entry = list_of(at, struct entry, link);
		if (entry->call)
			arm(entry);
	}
}

void owner_forget_calls(struct shard *shard)
{
	list_each (link, &shard->held_back)
		held_back_free(list_of(link, struct held_back, link));
	list_each (at, &shard->entries)
		entry_free(list_of(at, struct entry, link));
}

/* --- what the lease tells --- */

void owner_describe(struct shard *shard, struct shard_lease *record)
{
	int64_t old_ms = clock_wall_ms() - OWNER_OLD_MS;
	uint64_t first = shard->last_sequence + 1;
	list_each (link, &shard->entries) {
		const struct entry *entry = list_of(link, struct entry, link);
		if (entry->first_time > old_ms ||
		    record->older_count == OWNER_OLDER_MAX) {
			first = entry->first_sequence;
			break;
		}
		str_copy(record->older[record->older_count++].call_sid,
			 sizeof(record->older[0].call_sid), entry->sid);
	}
	record->floor = (int64_t)shard->floor.value;
	if (first > shard->floor.value + 1)
		first = shard->floor.value + 1;
	record->first = (int64_t)first;
}
