/*
 * retry.c - the schedule of a webhook; see retry.h.
 */
#include "lib/runtime/retry.h"

#include "lib/base/id.h"
#include "lib/base/str.h"

#include <stddef.h>
#include <string.h>

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define JITTER_PERCENT 20
#define ALL_MAX (6 * 24 * HOUR) /* a 'post' is too old after seven days */
#define WORD_BYTES 16

static const struct retry_schedule usual = {
	.delays_ms = {5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE,
		      30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR},
	.count = 9,
};

/* The longest delay of each class but the last. */
static const int64_t classes[RETRY_CLASSES - 1] = {
	10 * SECOND, 60 * SECOND, 5 * MINUTE, 20 * MINUTE,
	75 * MINUTE, 4 * HOUR,    9 * HOUR,   18 * HOUR,
};

static bool add(struct retry_schedule *schedule, const char *word,
		int64_t *all_ms)
{
	int64_t seconds;
	if (schedule->count == RETRY_DELAYS_MAX ||
	    !str_number(word, 1, ALL_MAX / SECOND, &seconds))
		return false;
	*all_ms += seconds * SECOND;
	schedule->delays_ms[schedule->count++] = seconds * SECOND;
	return *all_ms <= ALL_MAX;
}

static bool read_list(const char *text, struct retry_schedule *schedule)
{
	int64_t all_ms = 0;
	char word[WORD_BYTES];
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		if (!str_copy_bytes(word, sizeof(word), at, length) ||
		    !add(schedule, word, &all_ms))
			return false;
		at += length;
		if (!*at)
			return true;
	}
}

bool retry_schedule_read(const char *text, struct retry_schedule *schedule_out,
			 char *error_out)
{
	*schedule_out = (struct retry_schedule){0};
	if (str_equal(text, "twilio")) {
		schedule_out->twilio = true;
		return true;
	}
	if (str_equal(text, "long")) {
		*schedule_out = usual;
		return true;
	}
	if (read_list(text, schedule_out))
		return true;
	str_format(error_out, RETRY_ERROR_BYTES,
		   "\"%.60s\" is neither long nor twilio nor a list of at most "
		   "%d delays in seconds, six days in all",
		   text, RETRY_DELAYS_MAX);
	return false;
}

/* From -20 to +20 percent. */
static int64_t jitter(const struct retry_facts *facts, int64_t delay_ms)
{
	char id[ID_BYTES];
	id_derive("RT", facts->hook, (uint64_t)facts->step + 1, id);
	int64_t percent =
		(int64_t)id_shard(id, 2 * JITTER_PERCENT + 1) - JITTER_PERCENT;
	return delay_ms + delay_ms * percent / 100;
}

bool retry_next(const struct retry_schedule *schedule,
		const struct retry_facts *facts, int64_t *delay_ms_out)
{
	if (facts->step < 0 || facts->step >= (int64_t)schedule->count)
		return false;
	int64_t delay_ms = jitter(facts, schedule->delays_ms[facts->step]);
	int64_t wish_ms = facts->retry_after_ms;
	if (wish_ms > RETRY_AFTER_MAX_MS)
		wish_ms = RETRY_AFTER_MAX_MS;
	*delay_ms_out = delay_ms > wish_ms ? delay_ms : wish_ms;
	return true;
}

unsigned retry_class(int64_t delay_ms)
{
	unsigned class = 0;
	while (class < RETRY_CLASSES - 1 && delay_ms > classes[class])
		class ++;
	return class;
}
