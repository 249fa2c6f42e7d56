/*
 * session.c - a command's talk with the bus; see session.h.
 */
#include "tools/voxctl/session.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "tools/voxctl/voxctl.h"

#include <string.h>

#define FLUSH_MS 300
#define RECORD_INFO "$JS.API.STREAM.INFO.VOX"

static void on_late(struct loop_timer *timer)
{
	struct session *session = timer->owner;
	session->late = true;
}

bool session_wait(struct session *session, const bool *done, int64_t wait_ms)
{
	session->late = false;
	session->timer = (struct loop_timer){.due = on_late, .owner = session};
	if (wait_ms >= 0)
		loop_timer_start(session->loop, &session->timer, wait_ms);
	while (!*done && !session->late)
		loop_turn(session->loop, -1);
	loop_timer_stop(session->loop, &session->timer);
	return *done;
}

struct upness {
	bool up;
};

static void on_state(void *owner, enum bus_state state, bool first)
{
	struct upness *upness = owner;
	(void)first;
	upness->up = state == BUS_UP;
}

int session_open(struct session *session, const char *command)
{
	static struct upness upness;
	memset(session, 0, sizeof(*session));
	session->command = command;
	if (!voxctl_settings(command, &session->settings))
		return VOXCTL_USAGE;
	log_init("voxctl", LOG_ERROR); /* the bus's own words are not asked */
	session->loop = loop_new();
	session->bus =
		bus_new(session->loop, session->settings.nats_url, "voxctl");
	bus_on_state(session->bus, on_state, &upness);
	upness.up = bus_state(session->bus) == BUS_UP;
	if (session_wait(session, &upness.up, SESSION_WAIT_MS))
		return VOXCTL_OK;
	const char *url = session->settings.nats_url;
	const char *at = strrchr(url, '@'); /* hides user and password */
	voxctl_say(command,
		   "no nats-server answers at VOXBUS_NATS_URL=\"%s\": type "
		   "voxctl up, or set VOXBUS_NATS_URL to where it runs",
		   at ? at + 1 : url);
	session_close(session);
	return VOXCTL_AWAY;
}

static void on_flushed(void *owner)
{
	bool *flushed = owner;
	*flushed = true;
}

void session_close(struct session *session)
{
	/* The process ends now, and its connection with it: what was said last
	 * is told to have arrived, and nobody needs a good-bye. */
	static const struct bus *left_open;
	bool flushed = false;
	left_open = session->bus;
	if (left_open && bus_state(left_open) == BUS_UP) {
		bus_flush(session->bus, on_flushed, &flushed);
		session_wait(session, &flushed, FLUSH_MS);
	}
}

/* --- questions --- */

struct question {
	bool answered;
	int error;
	struct buf *to;
};

static void on_answer(void *owner, int error, const char *data, size_t size)
{
	struct question *question = owner;
	question->error = error;
	if (!error)
		buf_add(question->to, data, size);
	question->answered = true;
}

bool session_ask(struct session *session, const char *subject,
		 const char *question, struct buf *to)
{
	struct question asked = {.to = to};
	buf_clear(to);
	bus_ask(session->bus, subject, question, strlen(question),
		SESSION_WAIT_MS, on_answer, &asked);
	/* the bus answers or reports a time-out, so this ends */
	session_wait(session, &asked.answered, -1);
	if (!asked.error && !to->full)
		return true;
	voxctl_say(session->command,
		   "nats-server did not answer: does it run with JetStream?");
	return false;
}

static bool no_record(const struct session *session, struct json whole)
{
	struct json error, code;
	int64_t number = 0;
	if (json_get(whole, "error", &error) && json_get(error, "code", &code))
		json_number(code, &number);
	if (number == 404)
		voxctl_say(session->command,
			   "there is no record on this nats-server yet: type "
			   "voxctl up");
	else
		voxctl_say(session->command,
			   "nats-server's answer about the record is not "
			   "understood: %.*s",
			   (int)(whole.size < 200 ? whole.size : 200),
			   whole.text);
	return false;
}

bool session_record(struct session *session, const char *filter, int64_t offset,
		    struct session_record *record)
{
	struct json whole, state, value;
	struct buf question = BUF_INIT(1024);
	buf_addf(&question, "{\"offset\":%lld", (long long)offset);
	if (filter)
		buf_addf(&question, ",\"subjects_filter\":\"%s\"", filter);
	buf_add_text(&question, "}");
	bool good = session_ask(session, RECORD_INFO, buf_text(&question),
				record->text);
	buf_free(&question);
	if (!good)
		return false;
	whole = json_of(buf_text(record->text), record->text->length);
	record->subjects = json_of("{}", 2);
	record->total = 0;
	if (!json_get(whole, "state", &state) ||
	    !json_get(state, "first_seq", &value) ||
	    !json_number(value, &record->first) ||
	    !json_get(state, "last_seq", &value) ||
	    !json_number(value, &record->last))
		return no_record(session, whole);
	json_get(state, "subjects", &record->subjects);
	if (json_get(whole, "total", &value))
		json_number(value, &record->total);
	return true;
}
