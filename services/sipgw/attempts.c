/*
 * attempts.c - the addresses of a callee, one after the other; see attempts.h.
 */
#include "services/sipgw/attempts.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/sipgw.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(failed_over, "sip_failovers_total", "",
	       "Addresses of a callee that were given up for the next one.")

#define EXPLAINED_MAX 176 /* an address stands before it */

struct attempts {
	struct targets targets;
	unsigned next; /* of the targets */
	struct attempt tried[ATTEMPTS_MAX];
	uint32_t count;
	int64_t began_ms; /* steady; 0: none is under way */
	struct loop_timer limit;
	struct leg *leg;
	void (*silent)(struct leg *leg);
};

static void on_silent(struct loop_timer *timer)
{
	struct attempts *attempts = timer->owner;
	metric_add(&failed_over, 1);
	attempts->silent(attempts->leg);
}

void attempts_set(struct leg *leg, const struct targets *targets)
{
	if (!leg->attempts) {
		leg->attempts = mem_new(1, sizeof(*leg->attempts));
		leg->attempts->leg = leg;
		leg->attempts->limit.due = on_silent;
		leg->attempts->limit.owner = leg->attempts;
	}
	leg->attempts->targets = *targets;
	leg->attempts->next = 0;
}

void attempts_free(struct leg *leg)
{
	if (!leg->attempts)
		return;
	loop_timer_stop(leg->gw->service->loop, &leg->attempts->limit);
	free(leg->attempts);
	leg->attempts = NULL;
}

/* It is read alone, in a note: so it names where. */
static void explain(struct attempt *to, const char *why)
{
	const struct proto_error *error = proto_error((int)to->error);
	char text[EXPLAINED_MAX + 1];
	if (*why)
		(void)str_copy_bytes(text, sizeof(text), why,
				     strnlen(why, EXPLAINED_MAX));
	else
		(void)str_format(text, sizeof(text), "%s. %s", error->name,
				 error->advice);
	const char *over = proto_word(&sip_transport_set, (int)to->transport);
	(void)str_format(to->error_text, sizeof(to->error_text),
			 "%s over %s: %s", to->address, over, text);
}

/* Writes one line of what was tried; the last one stands for all beyond. */
static void note(struct attempts *attempts, const struct target *target,
		 const struct attempt *how)
{
	struct attempt *to = &attempts->tried[attempts->count < ATTEMPTS_MAX
						      ? attempts->count++
						      : ATTEMPTS_MAX - 1];
	*to = *how;
	resolve_text((const struct sockaddr *)&target->address, to->address);
	to->transport = (int)target->transport;
	if (to->error)
		explain(to, how->error_text);
}

/* 0, or why the address must not be used. */
static int forbidden(const struct leg *leg, const struct target *target)
{
	const struct sockaddr *address = (const void *)&target->address;
	if (target->address.ss_family != leg->gw->family)
		return ERR_SIP_UNREACHABLE;
	if (!guard_may_reach(leg->gw->guard, address))
		return ERR_SIP_OUT_FORBIDDEN;
	if (!limits_may_reach(leg, address))
		return ERR_SIP_DESTINATION;
	return 0;
}

bool attempts_next(struct leg *leg, int *error_out)
{
	struct attempts *attempts = leg->attempts;
	while (attempts && attempts->next < attempts->targets.count) {
		const struct target *target =
			&attempts->targets.at[attempts->next++];
		struct attempt how = {.error = forbidden(leg, target)};
		if (!how.error) {
			leg->peer = target->address;
			leg->transport = target->transport;
			return true;
		}
		*error_out = (int)how.error;
		note(attempts, target, &how);
	}
	return false;
}

bool attempts_left(const struct leg *leg)
{
	return leg->attempts &&
	       leg->attempts->next < leg->attempts->targets.count;
}

void attempts_sent(struct leg *leg, void (*silent)(struct leg *leg))
{
	struct attempts *attempts = leg->attempts;
	if (!attempts)
		return;
	if (!attempts->began_ms)
		attempts->began_ms = clock_mono_ms();
	attempts->silent = silent;
	if (attempts_left(leg))
		loop_timer_start(leg->gw->service->loop, &attempts->limit,
				 ATTEMPT_SILENT_MS);
}

void attempts_heard(struct leg *leg)
{
	if (leg->attempts)
		loop_timer_stop(leg->gw->service->loop, &leg->attempts->limit);
}

void attempts_end(struct leg *leg, int status, const char *phrase, int error,
		  const char *error_text)
{
	struct attempts *attempts = leg->attempts;
	struct attempt how = {.status = status, .error = error};
	if (!attempts || !attempts->began_ms)
		return;
	attempts_heard(leg);
	how.total_ms = clock_mono_ms() - attempts->began_ms;
	attempts->began_ms = 0;
	str_copy(how.phrase, sizeof(how.phrase), phrase);
	str_copy(how.error_text, sizeof(how.error_text), error_text);
	note(attempts, &(struct target){leg->peer, leg->transport}, &how);
}

const char *attempts_why(const struct leg *leg, int error)
{
	const struct attempts *attempts = leg->attempts;
	for (uint32_t i = attempts ? attempts->count : 0; i-- > 0;)
		if (attempts->tried[i].error == error)
			return attempts->tried[i].error_text;
	return NULL;
}

uint32_t attempts_tell(const struct leg *leg, struct attempt *to)
{
	if (!leg->attempts)
		return 0;
	memcpy(to, leg->attempts->tried,
	       leg->attempts->count * sizeof(struct attempt));
	return leg->attempts->count;
}
