/*
 * limits.c - what an account may do outbound; see limits.h.
 */
#include "services/sipgw/limits.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/sipgw.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENTRY_BYTES 256

METRIC_COUNTER(refused, "sip_limited_total", "limit=\"calls\"",
	       "Calls that an account's limits refused or ended.")
METRIC_COUNTER(ended, "sip_limited_total", "limit=\"length\"",
	       "Calls that an account's limits refused or ended.")

/* What an account is doing here now. */
struct use {
	struct limits_bucket bucket;
	int64_t live;
};

struct limits {
	struct map *uses; /* by AccountSid; those of accounts that dialled */
};

struct limits *limits_new(void)
{
	struct limits *limits = mem_new(1, sizeof(*limits));
	limits->uses = map_new();
	return limits;
}

struct limits *limits_free(struct limits *limits)
{
	size_t cursor = 0;
	const char *name;
	void *use;
	if (!limits)
		return NULL;
	while (map_next(limits->uses, &cursor, &name, &use))
		free(use);
	map_free(limits->uses);
	free(limits);
	return NULL;
}

/* --- pure --- */

bool limits_take(struct limits_bucket *bucket, int64_t per_second,
		 int64_t now_ms)
{
	int64_t full = per_second * 1000, age_ms = now_ms - bucket->seen_ms;
	if (!bucket->seen_ms || age_ms >= 1000)
		bucket->tokens = full;
	else
		bucket->tokens += age_ms * per_second;
	if (bucket->tokens > full)
		bucket->tokens = full;
	bucket->seen_ms = now_ms > 0 ? now_ms : 1;
	if (bucket->tokens < 1000)
		return false;
	bucket->tokens -= 1000;
	return true;
}

static bool entry_has(const char *entry, const char *host,
		      const struct sockaddr *address)
{
	char error[160];
	size_t length = strlen(host);
	if (entry[0] == '*' && entry[1] == '.') {
		size_t tail = strlen(entry + 1);
		return length > tail &&
		       str_same(host + length - tail, entry + 1);
	}
	if (str_same(entry, host))
		return true;
	struct cidrs *networks = cidrs_parse(entry, error);
	bool found = networks && cidrs_match(networks, address);
	cidrs_free(networks);
	return found;
}

bool limits_list_has(const char *list, const char *host,
		     const struct sockaddr *address)
{
	char bare[ENTRY_BYTES], entry[ENTRY_BYTES];
	size_t length = strlen(host);
	if (length > 1 && host[length - 1] == '.')
		length--; /* example.com. is example.com */
	if (!str_copy_bytes(bare, sizeof(bare), host, length))
		return false;
	for (const char *at = list;; at++) {
		size_t size = strcspn(at, ",");
		const char *start = str_trim(at, size, &length);
		if (length &&
		    str_copy_bytes(entry, sizeof(entry), start, length) &&
		    entry_has(entry, bare, address))
			return true;
		at += size;
		if (!*at)
			return false;
	}
}

/* --- of legs --- */

static struct use *use_of(struct leg *leg)
{
	struct map *uses = leg->gw->limits->uses;
	struct use *use = map_get(uses, leg->account_sid);
	if (!use) {
		use = mem_new(1, sizeof(*use));
		map_put(uses, leg->account_sid, use);
	}
	return use;
}

static void count(struct leg *leg, struct use *use)
{
	leg->counted = true;
	use->live++;
}

int limits_enter(struct leg *leg)
{
	const struct account_config *config = leg_account(leg);
	struct use *use = use_of(leg);
	int error = 0;
	if (config && config->suspended)
		error = ERR_ACCOUNT_SUSPENDED;
	else if (config && config->calls_max && use->live >= config->calls_max)
		error = ERR_SIP_LIMIT;
	else if (config && config->calls_per_second &&
		 !limits_take(&use->bucket, config->calls_per_second,
			      clock_mono_ms()))
		error = ERR_SIP_LIMIT;
	if (error)
		metric_add(&refused, 1);
	else
		count(leg, use);
	return error;
}

void limits_resume(struct leg *leg)
{
	count(leg, use_of(leg));
}

void limits_leave(struct leg *leg)
{
	loop_timer_stop(leg->gw->service->loop, &leg->longest);
	if (!leg->counted)
		return;
	leg->counted = false;
	use_of(leg)->live--;
}

static void on_longest(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	if (leg->state != LEG_UP)
		return;
	metric_add(&ended, 1);
	log_warn(leg->root, ERR_SIP_LIMIT,
		 "leg %s: as long as its account allows", leg->id);
	leg->end_by = LEG_END_LOCAL;
	leg->end_error = ERR_SIP_LIMIT;
	dialog_end(leg);
}

void limits_answered(struct leg *leg, int64_t answered_ms)
{
	const struct account_config *config = leg_account(leg);
	leg->answered_ms = answered_ms;
	if (!config || !config->call_seconds_max || leg->inbound)
		return;
	int64_t left_ms =
		answered_ms + config->call_seconds_max * 1000 - clock_wall_ms();
	leg->longest = (struct loop_timer){.due = on_longest, .owner = leg};
	loop_timer_start(leg->gw->service->loop, &leg->longest,
			 left_ms > 1 ? left_ms : 1);
}

bool limits_may_reach(const struct leg *leg, const struct sockaddr *address)
{
	const struct account_config *config = leg_account(leg);
	return !config || !*config->destinations ||
	       limits_list_has(config->destinations, leg->host, address);
}
