/*
 * bus_publish.c - lanes: messages leave in order and are sent until they are
 * acknowledged; docs/adr/0005-publishing-in-order.md says why it is done so.
 *
 * A lane is a queue. From its front up to 'next' its letters are in flight; an
 * acknowledgement settles one letter, and those settled at the front leave the
 * queue. Whatever fails takes 'next' back to the front: what was not settled is
 * sent again, in order, the first one alone until it gets through.
 */
#include "lib/runtime/bus_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/metrics.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLIGHT_MAX 4096U
#define FLIGHT_BYTES_MAX ((size_t)8 << 20)
#define WAITING_MAX 200000U
#define WAITING_BYTES_MAX ((size_t)256 << 20)
#define ACK_MS 2000
#define ACK_GRACE_MS 50 /* we may have been stopped ourselves: read first */
#define AGAIN_MIN_MS 50
#define AGAIN_MAX_MS 2000
#define ROOM_MIN 64U

#define ERR_CODE_WRONG_LAST_SEQUENCE 10071
#define ERR_CODE_ACCOUNT_IS_FULL 10002 /* a 400, but it passes */

METRIC_COUNTER(acked, "bus_acknowledged_total", "",
	       "Messages that the record acknowledged.")
METRIC_COUNTER(resent, "bus_resent_total", "",
	       "Times that unacknowledged messages were sent again.")
METRIC_COUNTER(refused, "bus_refused_total", "",
	       "Messages that the record will never take, or had no room.")
METRIC_GAUGE(waiting, "bus_backlog", "",
	     "Messages published and not yet acknowledged.")

struct letter {
	char *subject, *id, *data; /* behind the struct */
	size_t size;
	int64_t expected;
	int64_t sent_ms;
	bus_done_fn *done;
	void *owner;
	uint64_t after; /* of the keys' lane: to be settled before it leaves */
	bool may_wait, is_delete;
	bool settled;
};

enum lane_state {
	LANE_AWAY,    /* no connection */
	LANE_OPEN,    /* as many in flight as allowed */
	LANE_PROBING, /* the first one alone, after a failure */
	LANE_RESTING  /* waits before it probes */
};

struct lane {
	struct bus *bus;
	enum lane_kind kind;
	enum lane_state state;
	struct letter **ring;
	uint64_t room;  /* a power of two */
	uint64_t first; /* number of the oldest letter */
	uint64_t next;  /* number of the next to be sent */
	uint64_t end;   /* number that the next new letter gets */
	size_t bytes, flight_bytes;
	int64_t rest_ms;
	bool suspect; /* the oldest is late; it gets a last moment */
	bool room_told;
	struct loop_timer timer;
};

static void push(struct lane *lane);

static struct letter **slot(const struct lane *lane, uint64_t number)
{
	return &lane->ring[number & (lane->room - 1)];
}

/* --- letters --- */

static char *append(char **to, const char *data, size_t size)
{
	char *start = *to;
	memcpy(start, data, size);
	start[size] = '\0';
	*to += size + 1;
	return start;
}

static struct letter *letter_new(const struct bus_letter *from)
{
	size_t subject = strlen(from->subject), id = strlen(from->id);
	struct letter *letter =
		mem_new(1, sizeof(*letter) + subject + id + from->size + 3);
	char *to = (char *)(letter + 1);
	letter->subject = append(&to, from->subject, subject);
	letter->id = append(&to, from->id, id);
	letter->data = append(&to, from->size ? from->data : "", from->size);
	letter->size = from->size;
	letter->expected = from->expected;
	letter->is_delete = from->is_delete;
	letter->may_wait = from->may_wait;
	letter->done = from->done;
	letter->owner = from->owner;
	return letter;
}

/* Settles one: told to its owner; the settled ones at the front leave. */
static void settle(struct lane *lane, uint64_t number, int error,
		   uint64_t sequence, bool repeat)
{
	struct letter *letter = *slot(lane, number);
	bus_done_fn *done = letter->done;
	void *owner = letter->owner;
	letter->settled = true;
	if (number < lane->next)
		lane->flight_bytes -= letter->size;
	while (lane->first < lane->end && (*slot(lane, lane->first))->settled) {
		struct letter *front = *slot(lane, lane->first);
		lane->bytes -= front->size;
		*slot(lane, lane->first++) = NULL;
		metric_add(&waiting, -1);
		free(front);
	}
	if (lane->next < lane->first)
		lane->next = lane->first;
	if (done)
		done(owner, error, sequence, repeat);
}

/* It can never succeed: it must not hold up the others. */
static void refuse(struct lane *lane, uint64_t number, int error,
		   const char *why)
{
	const struct letter *letter = *slot(lane, number);
	metric_add(&refused, 1);
	log_error(NULL, 0, "bus: %s is not taken for the record: %s",
		  letter->subject, why);
	settle(lane, number, error, 0, false);
}

/* --- sending --- */

static void reply_subject(const struct lane *lane, uint64_t number, char *to,
			  size_t size)
{
	static const char *const kinds[LANE_COUNT] = {"", ".k", ".f"};
	const struct bus *bus = lane->bus;
	str_format(to, size, "%s%s.%llu",
		   lane->kind == LANE_RECORD ? bus->pen_inbox : bus->inbox,
		   kinds[lane->kind], (unsigned long long)number);
}

static enum wire_result send_letter(struct lane *lane, uint64_t number)
{
	struct letter *letter = *slot(lane, number);
	struct bus *bus = lane->bus;
	struct wire *wire = lane->kind == LANE_RECORD ? bus->pen : bus->wire;
	char reply[BUS_INBOX_BYTES + 32], expected[24];
	struct wire_pair headers[4] = {{NULL, NULL}};
	unsigned count = 0;
	if (*letter->id)
		headers[count++] =
			(struct wire_pair){"Nats-Msg-Id", letter->id};
	if (letter->expected != BUS_KV_ANY) {
		str_format(expected, sizeof(expected), "%lld",
			   (long long)letter->expected);
		headers[count++] = (struct wire_pair){
			"Nats-Expected-Last-Subject-Sequence", expected};
	}
	if (letter->is_delete)
		headers[count++] = (struct wire_pair){"KV-Operation", "DEL"};
	reply_subject(lane, number, reply, sizeof(reply));
	letter->sent_ms = clock_mono_ms();
	return (letter->may_wait ? wire_send_soon : wire_send)(
		wire, letter->subject, reply, count ? headers : NULL,
		letter->data, letter->size);
}

static bool may_send(const struct lane *lane)
{
	if (lane->next == lane->end ||
	    (*slot(lane, lane->next))->after >
		    lane->bus->lanes[LANE_KEYS]->first)
		return false;
	if (lane->state == LANE_PROBING)
		return lane->next == lane->first;
	return lane->state == LANE_OPEN &&
	       lane->next - lane->first < FLIGHT_MAX &&
	       lane->flight_bytes < FLIGHT_BYTES_MAX;
}

static void push(struct lane *lane)
{
	while (may_send(lane)) {
		uint64_t number = lane->next;
		const struct letter *letter = *slot(lane, number);
		if (letter->settled) {
			lane->next++;
			continue;
		}
		enum wire_result result = send_letter(lane, number);
		if (result == WIRE_AWAY)
			return; /* lane_down follows */
		lane->next++;
		lane->flight_bytes += letter->size;
		if (result == WIRE_TOO_LARGE)
			refuse(lane, number, -EMSGSIZE, "above max_payload");
		else if (result == WIRE_REFUSED)
			refuse(lane, number, -EINVAL, "no subject or header");
		else if (!lane->timer.position)
			loop_timer_start(lane->bus->loop, &lane->timer, ACK_MS);
	}
}

static void rewind_to_front(struct lane *lane, enum lane_state state)
{
	lane->state = state;
	lane->next = lane->first;
	lane->flight_bytes = 0;
	lane->suspect = false;
}

/* Everything unsettled again, after a rest. */
void lane_failed(struct lane *lane)
{
	if ((lane->state != LANE_OPEN && lane->state != LANE_PROBING) ||
	    lane->next == lane->first)
		return;
	metric_add(&resent, 1);
	rewind_to_front(lane, LANE_RESTING);
	loop_timer_start(lane->bus->loop, &lane->timer, lane->rest_ms);
	lane->rest_ms *= 2;
	if (lane->rest_ms > AGAIN_MAX_MS)
		lane->rest_ms = AGAIN_MAX_MS;
}

/* The oldest in flight may be late. */
static void check_late(struct lane *lane)
{
	if (lane->next == lane->first)
		return; /* nothing in flight; the next one starts the timer */
	int64_t left_ms =
		(*slot(lane, lane->first))->sent_ms + ACK_MS - clock_mono_ms();
	if (left_ms <= 0 && lane->suspect) {
		lane_failed(lane);
		return;
	}
	lane->suspect = left_ms <= 0;
	loop_timer_start(lane->bus->loop, &lane->timer,
			 lane->suspect ? ACK_GRACE_MS : left_ms);
}

static void on_timer(struct loop_timer *timer)
{
	struct lane *lane = timer->owner;
	if (lane->state == LANE_RESTING)
		rewind_to_front(lane, LANE_PROBING);
	else
		check_late(lane);
	push(lane);
}

/* --- acknowledgements --- */

static void on_error(struct lane *lane, uint64_t number,
		     const struct wire_message *answer)
{
	int64_t code = 0, error = 0;
	char why[160] = "";
	bus_json_number(answer->data, answer->size, "error.code", &code);
	bus_json_number(answer->data, answer->size, "error.err_code", &error);
	bus_json_text(answer->data, answer->size, "error.description", why,
		      sizeof(why));
	if (error == ERR_CODE_WRONG_LAST_SEQUENCE)
		settle(lane, number, -EEXIST, 0, false);
	else if (code == 400 && error != ERR_CODE_ACCOUNT_IS_FULL)
		/* what we said is wrong, and stays wrong */
		refuse(lane, number, -EINVAL, why);
	else
		lane_failed(lane);
}

static bool answered_well(const struct lane *lane,
			  const struct wire_message *answer,
			  int64_t *sequence_out)
{
	return lane->kind == LANE_FORGET
		       ? bus_json_true(answer->data, answer->size, "success")
		       : bus_json_number(answer->data, answer->size, "seq",
					 sequence_out);
}

void lane_answered(struct lane *lane, uint64_t number,
		   const struct wire_message *answer)
{
	int64_t sequence = 0;
	if (number < lane->first || number >= lane->end ||
	    (*slot(lane, number))->settled)
		return; /* of an earlier attempt */
	if (bus_json_has(answer->data, answer->size, "error")) {
		on_error(lane, number, answer);
	} else if (answered_well(lane, answer, &sequence)) {
		metric_add(&acked, 1);
		lane->rest_ms = AGAIN_MIN_MS;
		lane->suspect = false;
		if (lane->state == LANE_PROBING)
			lane->state = LANE_OPEN;
		settle(lane, number, 0, (uint64_t)sequence,
		       bus_json_true(answer->data, answer->size, "duplicate"));
	} else {
		lane_failed(lane);
	}
	push(lane);
	if (lane->kind == LANE_KEYS) /* what waited for this one */
		push(lane->bus->lanes[LANE_FORGET]);
}

/* --- from outside --- */

void lane_up(struct lane *lane)
{
	if (lane->first != lane->end)
		metric_add(&resent, 1);
	lane->rest_ms = AGAIN_MIN_MS;
	rewind_to_front(lane, LANE_OPEN);
	push(lane);
}

void lane_down(struct lane *lane)
{
	loop_timer_stop(lane->bus->loop, &lane->timer);
	rewind_to_front(lane, LANE_AWAY);
}

size_t lane_count(const struct lane *lane)
{
	return lane->end - lane->first;
}

static void grow(struct lane *lane)
{
	uint64_t room = lane->room * 2;
	struct letter **ring = mem_new(room, sizeof(struct letter *));
	for (uint64_t i = lane->first; i < lane->end; i++)
		ring[i & (room - 1)] = *slot(lane, i);
	free(lane->ring);
	lane->ring = ring;
	lane->room = room;
}

static bool has_room(struct lane *lane, size_t size)
{
	bool room = lane_count(lane) < WAITING_MAX &&
		    lane->bytes + size <= WAITING_BYTES_MAX;
	if (!room && !lane->room_told)
		log_error(NULL, 0, "bus: %zu messages wait, no room for more",
			  lane_count(lane));
	lane->room_told = !room;
	return room;
}

void lane_add(struct lane *lane, const struct bus_letter *letter)
{
	if (!has_room(lane, letter->size)) {
		metric_add(&refused, 1);
		if (letter->done)
			letter->done(letter->owner, -ENOBUFS, 0, false);
		return;
	}
	if (lane->end - lane->first == lane->room)
		grow(lane);
	*slot(lane, lane->end) = letter_new(letter);
	if (lane->kind == LANE_FORGET)
		(*slot(lane, lane->end))->after =
			lane->bus->lanes[LANE_KEYS]->end;
	lane->end++;
	lane->bytes += letter->size;
	metric_add(&waiting, 1);
	push(lane);
}

void bus_publish(struct bus *bus, const struct bus_record *record)
{
	struct bus_letter letter = {.subject = record->subject,
				    .id = record->id,
				    .data = record->data,
				    .size = record->size,
				    .expected = BUS_KV_ANY,
				    .may_wait = record->may_wait,
				    .done = record->done,
				    .owner = record->owner};
	lane_add(bus->lanes[LANE_RECORD], &letter);
}

struct lane *lane_new(struct bus *bus, enum lane_kind kind)
{
	struct lane *lane = mem_new(1, sizeof(*lane));
	lane->bus = bus;
	lane->kind = kind;
	lane->room = ROOM_MIN;
	lane->ring = mem_new(ROOM_MIN, sizeof(struct letter *));
	lane->rest_ms = AGAIN_MIN_MS;
	lane->timer = (struct loop_timer){.due = on_timer, .owner = lane};
	return lane;
}

struct lane *lane_free(struct lane *lane)
{
	if (!lane)
		return NULL;
	loop_timer_stop(lane->bus->loop, &lane->timer);
	for (; lane->first < lane->end; lane->first++) {
		free(*slot(lane, lane->first));
		metric_add(&waiting, -1);
	}
	free(lane->ring);
	free(lane);
	return NULL;
}
