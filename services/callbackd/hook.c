/*
 * hook.c - one webhook's life: in line, at its host, posting, telling.
 *
 * Each arrival is one attempt. Only first attempts stand in line: a retry waits
 * for nobody and holds nobody up. What was attempted is told ('posted') before
 * the queue hears of it, so that an attempt that is not on the record is made
 * again rather than lost.
 */
#include "services/callbackd/daemon.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/recorded.h"
#include "lib/http/keys.h"
#include "lib/http/overrides.h"
#include "lib/http/url.h"
#include "lib/runtime/metrics.h"
#include "services/callbackd/again.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 5000
#define TOTAL_MS 15000

#define COUNTED(variable, result)                                              \
	METRIC_COUNTER(                                                        \
		variable, "webhooks_total", "result=\"" result "\"",           \
		"Attempts to deliver a webhook, by what became of them.")
COUNTED(count_delivered, "delivered")
COUNTED(count_failed, "failed")
COUNTED(count_given_up, "given_up")
METRIC_COUNTER(count_delay_ms, "webhook_delay_ms_total", "",
	       "From asking for webhooks to their delivery, summed up.")
METRIC_GAUGE(gauge_in_hand, "webhooks_in_hand", "",
	     "Webhooks taken from the queue and not settled.")

/* --- states --- */
static const uint8_t next_states[HOOK_STATES] = {
	[HOOK_NEW] = 1 << HOOK_IN_LINE | 1 << HOOK_AT_HOST | 1 << HOOK_REFUSED,
	[HOOK_IN_LINE] = 1 << HOOK_AT_HOST,
	[HOOK_AT_HOST] = 1 << HOOK_POSTING | 1 << HOOK_REFUSED,
	[HOOK_POSTING] = 1 << HOOK_TELLING,
	[HOOK_REFUSED] = 1 << HOOK_TELLING,
	[HOOK_TELLING] = 1 << HOOK_KEEPING,
	[HOOK_KEEPING] = 0,
};

static void enter(struct hook *hook, enum hook_state to)
{
	assert(next_states[hook->state] & 1 << to);
	hook->state = to;
}

static void begin_report(struct hook *hook, int64_t attempt)
{
	struct posted *report = &hook->report;
	proto_clear(&posted_message, report);
	str_copy(report->hook, sizeof(report->hook), hook->post.hook);
	str_copy(report->leg, sizeof(report->leg), hook->post.leg);
	str_copy(report->event, sizeof(report->event), hook->post.event);
	str_copy(report->again_of, sizeof(report->again_of),
		 hook->post.again_of);
	report->sequence = hook->post.sequence;
	report->attempt = attempt;
}

/* --- the end of an attempt --- */
static int64_t age_of(const struct hook *hook)
{
	return hook->age_ms + clock_mono_ms() - hook->since_ms;
}

static void leave_line(struct hook *hook)
{
	struct callbackd *daemon = hook->daemon;
	bool was_in_line = hook->place.lane;
	order_leave(daemon->order, &hook->place);
	if (was_in_line)
		peers_left(daemon->peers, hook->key);
}

static void settle(struct hook *hook)
{
	struct callbackd *daemon = hook->daemon;
	const struct posted *report = &hook->report;
	if (report->delivered) {
		memory_set(daemon->delivered, report->hook, 1);
		bus_work_done(hook->work);
		hook_free(hook);
		return;
	}
	enter(hook, HOOK_KEEPING);
	if (report->given_up) {
		again_bury(hook);
		return;
	}
	hook->post.step++;
	again_keep(hook);
}

static void on_record(void *owner, int error, uint64_t sequence, bool repeat)
{
	(void)error, (void)sequence, (void)repeat;
	settle(owner);
}

/* No retry helps a URL that is none, or a webhook that is too old. */
static bool is_hopeless(int64_t error)
{
	return error == ERR_URL_INVALID || error == ERR_LATE;
}

/* The account's own, or the installation's. */
static const struct retry_schedule *schedule_of(const struct hook *hook,
						struct retry_schedule *room)
{
	const struct callbackd *daemon = hook->daemon;
	const struct account_config *account =
		keys_account(daemon->keys, hook->account_sid);
	char error[RETRY_ERROR_BYTES];
	if (!account || !account->webhook_retry[0])
		return &daemon->schedule;
	if (retry_schedule_read(account->webhook_retry, room, error))
		return room;
	log_warn(hook->call_sid, 0, "webhook_retry of account %s: %s",
		 hook->account_sid, error);
	return &daemon->schedule;
}

static void plan_retry(struct hook *hook)
{
	struct posted *report = &hook->report;
	struct retry_facts facts = {
		.hook = report->hook,
		.step = hook->post.step,
		.retry_after_ms = hook->retry_after_ms,
	};
	struct retry_schedule schedule;
	char why[sizeof(report->error_text)];
	if (!is_hopeless(report->error) &&
	    retry_next(schedule_of(hook, &schedule), &facts, &report->retry_ms))
		return;
	str_copy(why, sizeof(why), report->error_text);
	report->given_up = true;
	if (!is_hopeless(report->error))
		report->error = ERR_WEBHOOK_GIVEN_UP;
	str_format(report->error_text, sizeof(report->error_text),
		   "given up after attempt %lld: %.400s",
		   (long long)report->attempt, why);
}

static void log_report(const struct hook *hook)
{
	const struct posted *report = &hook->report;
	if (report->delivered)
		log_debug(hook->call_sid,
			  "webhook %s (%s, number %lld) delivered",
			  report->hook, report->event,
			  (long long)report->sequence);
	else if (report->given_up)
		log_error(hook->call_sid, (int)report->error,
			  "webhook %s (%s, number %lld): %s", report->hook,
			  report->event, (long long)report->sequence,
			  report->error_text);
	else
		log_warn(hook->call_sid, (int)report->error,
			 "webhook %s (%s, number %lld) attempt %lld failed, "
			 "next in %lld s: %s",
			 report->hook, report->event,
			 (long long)report->sequence,
			 (long long)report->attempt,
			 (long long)(report->retry_ms / 1000),
			 report->error_text);
}

static void count(const struct hook *hook)
{
	if (hook->report.delivered) {
		metric_add(&count_delivered, 1);
		metric_add(&count_delay_ms, age_of(hook));
	} else {
		metric_add(hook->report.given_up ? &count_given_up
						 : &count_failed,
			   1);
	}
}

static void note_try(struct hook *hook)
{
	const struct posted *report = &hook->report;
	struct delivery_try attempt = {.number = report->attempt,
				       .at = clock_wall_ms(),
				       .status = report->status,
				       .error = report->error,
				       .total_ms = report->total_ms,
				       .requests = hook->requests};
	str_copy(attempt.error_text, sizeof(attempt.error_text),
		 report->error_text);
	delivery_tried(&hook->post, &attempt);
}

/* The attempt is over: on record first, settled then. */
static void tell(struct hook *hook)
{
	char id[ID_BYTES];
	enter(hook, HOOK_TELLING);
	if (!hook->report.delivered) {
		note_try(hook);
		plan_retry(hook);
	}
	count(hook);
	log_report(hook);
	id_derive("ME", hook->report.hook, (uint64_t)hook->report.attempt, id);
	talk_say(hook->daemon->service,
		 &(struct talk_to){.call_sid = hook->call_sid,
				   .account_sid = hook->account_sid,
				   .id = id,
				   .done = on_record,
				   .owner = hook},
		 &posted_message, &hook->report);
}

/* There will be no request: told at the next turn, because whoever found out
 * may stand in the middle of others' webhooks. */
static void refuse(struct hook *hook, int error, const char *why)
{
	struct callbackd *daemon = hook->daemon;
	enter(hook, HOOK_REFUSED);
	hook->report.error = error;
	str_copy(hook->report.error_text, sizeof(hook->report.error_text), why);
	list_add_tail(&daemon->failed, &hook->failed);
	loop_timer_start(daemon->service->loop, &daemon->soon, 0);
}

void hook_tell_refused(struct hook *hook)
{
	list_remove(&hook->failed);
	if (hook->lost) {
		bus_work_again(hook->work, ACK_WAIT_MS);
		hook_free(hook);
		return;
	}
	hosts_leave(hook->daemon->hosts, &hook->seat, HOST_UNUSED);
	leave_line(hook);
	tell(hook);
}

/* --- the attempt --- */
/* Whoever says 404 lives; 429 and 5xx ask for rest as silence does. */
static enum host_end end_of(const struct http_result *result)
{
	return result->status && result->status < 500 && result->status != 429
		       ? HOST_ANSWERED
		       : HOST_FAILED;
}

static void on_answer(void *owner, const struct http_result *result)
{
	struct hook *hook = owner;
	struct posted *report = &hook->report;
	hook->transfer = NULL;
	hook->retry_after_ms = result->retry_after_ms;
	report->delivered = !result->error;
	report->status = result->status <= 999 ? result->status : 999;
	report->error = result->error;
	hook->requests = result->attempts;
	RECORDED_FILL(report, result);
	str_copy(report->error_text, sizeof(report->error_text), result->text);
	hosts_leave(hook->daemon->hosts, &hook->seat, end_of(result));
	leave_line(hook);
	tell(hook);
}

/* A process that was stopped holds what others have delivered meanwhile. */
static bool lose(struct hook *hook)
{
	if (clock_mono_ms() - hook->kept_ms <= ACK_WAIT_MS)
		return false;
	hook->lost = true;
	refuse(hook, 0, "");
	return true;
}

/* Requests that follow at once, by Twilio's rules, are part of an attempt. */
static void set_limits(const struct hook *hook, struct http_request *wanted)
{
	struct retry_schedule schedule;
	struct overrides limits = {
		.connect_ms = CONNECT_MS,
		.read_ms = TOTAL_MS,
		.total_ms = TOTAL_MS,
		.retries = schedule_of(hook, &schedule)->twilio ? 1 : 0,
		.policy = RETRY_CT,
	};
	overrides_read(hook->post.url, &limits, NULL);
	wanted->connect_ms = limits.connect_ms;
	wanted->read_ms = limits.read_ms;
	wanted->total_ms = limits.total_ms;
	wanted->retries = limits.retries;
	wanted->retry_after = limits.policy;
}

static void request(struct hook *hook)
{
	struct keys_pair keys = keys_of(hook->daemon->keys, hook->account_sid);
	char attempt[24];
	str_format(attempt, sizeof(attempt), "%lld",
		   (long long)hook->report.attempt);
	struct http_request wanted = {
		.url = hook->post.url,
		.method = (enum http_method)hook->post.method,
		.params = hook->post.params,
		.params_count = hook->post.params_count,
		.signing_key = keys.primary,
		.second_key = keys.secondary,
		.extra = {{"I-Twilio-Idempotency-Token", hook->post.hook},
			  {"X-Voxbus-Attempt", attempt}},
	};
	if (lose(hook))
		return;
	set_limits(hook, &wanted);
	enter(hook, HOOK_POSTING);
	hook->transfer =
		http_start(hook->daemon->http, &wanted, on_answer, hook);
}

void hook_passes_host(struct host_seat *seat)
{
	struct hook *hook = seat->owner;
	if (!hook->daemon->service->draining)
		request(hook);
}

void hook_turned_away(struct host_seat *seat)
{
	struct hook *hook = seat->owner;
	hook->retry_after_ms = seat->rest_ms;
	if (seat->resting)
		refuse(hook, ERR_WEBHOOK_HOST_OPEN,
		       "not tried: the host's last requests have all failed");
	else
		refuse(hook, ERR_WEBHOOK_HOST_BUSY,
		       "not tried: more wait for this host than it finishes");
}

static void go_to_host(struct hook *hook)
{
	struct callbackd *daemon = hook->daemon;
	enter(hook, HOOK_AT_HOST);
	switch (hosts_enter(daemon->hosts, hook->origin, &hook->seat)) {
	case HOST_RUNS: request(hook); break;
	case HOST_AWAY: hook_turned_away(&hook->seat); break;
	case HOST_WAITS: break;
	}
}

void hook_passes_line(struct order_place *place)
{
	struct hook *hook = place->owner;
	if (!hook->daemon->service->draining)
		go_to_host(hook);
}

/* --- the line --- */
void hook_answered(void *owner, bool sure)
{
	struct hook *hook = owner;
	hook->question = NULL;
	if (!sure && !hook->unsettled && hook->place.doubts) {
		/* What the peer held comes again soon. */
		callbackd_unsettle(hook->daemon);
		hook->unsettled = true;
		return;
	}
	order_trust(hook->daemon->order, &hook->place);
}

/* One whose predecessor was never here may overtake it: at another instance,
 * or in the hands of one that died. */
static void doubt(struct hook *hook)
{
	struct callbackd *daemon = hook->daemon;
	int64_t sequence = hook->post.sequence, seen = -1;
	memory_get(daemon->seen, hook->post.leg, &seen);
	if (seen < sequence)
		memory_set(daemon->seen, hook->post.leg, sequence);
	if (!sequence || seen >= sequence - 1)
		return;
	hook->unsettled = clock_mono_ms() < daemon->unsettled_until_ms;
	hook->question = peers_ask(daemon->peers, hook->key, hook->post.leg,
				   sequence, hook);
	hook->place.doubts =
		(hook->unsettled ? 1 : 0) + (hook->question ? 1 : 0);
}

static void stand_in_line(struct hook *hook)
{
	struct callbackd *daemon = hook->daemon;
	bool unsettled = clock_mono_ms() < daemon->unsettled_until_ms;
	if (hook->again || (hook->report.attempt > 1 && !unsettled)) {
		go_to_host(hook);
		return;
	}
	order_key(hook->post.leg, hook->post.url, hook->key);
	hook->place.sequence = hook->post.sequence;
	hook->place.owner = hook;
	enter(hook, HOOK_IN_LINE);
	doubt(hook);
	order_enter(daemon->order, hook->key, &hook->place);
}

/* --- beginning and end --- */
static struct hook *hook_new(struct callbackd *daemon,
			     const struct envelope *envelope,
			     const struct delivery *delivery)
{
	struct hook *hook = mem_new(1, sizeof(*hook));
	int64_t age_ms = clock_wall_ms() - envelope->time;
	hook->daemon = daemon;
	hook->work = daemon->arriving;
	daemon->arriving = NULL;
	hook->asked_ms = envelope->time;
	hook->since_ms = hook->kept_ms = clock_mono_ms();
	hook->age_ms = age_ms > 0 ? age_ms : 0;
	hook->seat.owner = hook;
	hook->post = *delivery;
	str_copy(hook->call_sid, sizeof(hook->call_sid), envelope->call_sid);
	str_copy(hook->account_sid, sizeof(hook->account_sid),
		 envelope->account_sid);
	map_put(daemon->by_name, hook->post.hook, hook);
	list_add_tail(&daemon->hooks, &hook->link);
	metric_add(&gauge_in_hand, 1);
	return hook;
}

void hook_begin(struct callbackd *daemon, const struct envelope *envelope,
		const struct delivery *delivery, bool again, int64_t attempt)
{
	char error[URL_ERROR_BYTES];
	struct url url;
	struct hook *hook = hook_new(daemon, envelope, delivery);
	hook->again = again;
	begin_report(hook, attempt > 1 ? attempt : 1);
	if (talk_is_late(&post_message, envelope)) {
		refuse(hook, ERR_LATE, "asked for too long ago");
	} else if (!url_parse(NULL, hook->post.url, &url, error)) {
		refuse(hook, ERR_URL_INVALID, error);
	} else {
		hook->origin = mem_copy_text(url.origin);
		url_clear(&url);
		stand_in_line(hook);
	}
}

void hook_hand_back(struct hook *hook)
{
	bus_work_again(hook->work, 0);
	hook_free(hook);
}

void hook_free(struct hook *hook)
{
	struct callbackd *daemon = hook->daemon;
	if (hook->transfer)
		http_cancel(hook->transfer);
	map_remove(daemon->by_name, hook->post.hook);
	list_remove(&hook->link);
	list_remove(&hook->failed);
	peers_forget(hook->question);
	hosts_leave(daemon->hosts, &hook->seat, HOST_UNUSED);
	leave_line(hook);
	metric_add(&gauge_in_hand, -1);
	delivery_clear(&hook->post);
	proto_clear(&posted_message, &hook->report);
	free(hook->origin);
	free(hook);
}
