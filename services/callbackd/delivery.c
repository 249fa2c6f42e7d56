/*
 * delivery.c - what is to be delivered; see delivery.h.
 */
#include "services/callbackd/delivery.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

/* Their names are proto/hook.def's: fields of the same name are the same. */
#define TEXT_FIELD(to, from, field)                                            \
	str_copy((to)->field, sizeof((to)->field), (from)->field)
#define SAME_FIELDS(to, from)                                                  \
	do {                                                                   \
		TEXT_FIELD(to, from, hook);                                    \
		TEXT_FIELD(to, from, leg);                                     \
		TEXT_FIELD(to, from, event);                                   \
		(to)->method = (from)->method;                                 \
		(to)->sequence = (from)->sequence;                             \
		(to)->params_count = (from)->params_count;                     \
	} while (0)

static void *copy_of(const void *items, size_t count, size_t size)
{
	return count ? mem_copy_bytes(items, count * size) : NULL;
}

static void copy_params(struct delivery *to, const struct param *params)
{
	to->params = copy_of(params, to->params_count, sizeof(*params));
	for (uint32_t i = 0; i < to->params_count; i++)
		to->params[i].value = mem_copy_text(params[i].value);
}

void delivery_of_post(const struct post *post, struct delivery *to)
{
	memset(to, 0, sizeof(*to));
	SAME_FIELDS(to, post);
	to->url = mem_copy_text(post->url);
	copy_params(to, post->params);
}

void delivery_of_retry(const struct retry *retry, struct delivery *to)
{
	memset(to, 0, sizeof(*to));
	SAME_FIELDS(to, retry);
	TEXT_FIELD(to, retry, again_of);
	to->url = mem_copy_text(retry->url);
	copy_params(to, retry->params);
	to->tried = retry->tried;
	to->step = retry->step;
	to->tries_count = retry->tries_count;
	to->tries = copy_of(retry->tries, retry->tries_count,
			    sizeof(*retry->tries));
}

void delivery_clear(struct delivery *delivery)
{
	for (uint32_t i = 0; i < delivery->params_count; i++)
		free(delivery->params[i].value);
	free(delivery->params);
	free(delivery->tries);
	free(delivery->url);
	memset(delivery, 0, sizeof(*delivery));
}

void delivery_tried(struct delivery *delivery,
		    const struct delivery_try *attempt)
{
	const size_t max = sizeof(((struct retry *)0)->tries) /
			   sizeof(((struct retry *)0)->tries[0]);
	if (delivery->tries_count == max)
		memmove(delivery->tries, delivery->tries + 1,
			--delivery->tries_count * sizeof(*attempt));
	delivery->tries = mem_grow(delivery->tries, (delivery->tries_count +
						     1) * sizeof(*attempt));
	delivery->tries[delivery->tries_count++] = *attempt;
	delivery->tried = attempt->number;
}

#define WRITE(to, delivery)                                                    \
	do {                                                                   \
		SAME_FIELDS(to, delivery);                                     \
		TEXT_FIELD(to, delivery, again_of);                            \
		(to)->url = (delivery)->url;                                   \
		(to)->tried = (delivery)->tried;                               \
		(to)->tries_count = (delivery)->tries_count;                   \
		if ((delivery)->params_count)                                  \
			memcpy((to)->params, (delivery)->params,               \
			       (delivery)->params_count *                      \
				       sizeof(*(to)->params));                 \
		if ((delivery)->tries_count)                                   \
			memcpy((to)->tries, (delivery)->tries,                 \
			       (delivery)->tries_count *                       \
				       sizeof(*(to)->tries));                  \
	} while (0)

void delivery_to_retry(const struct delivery *delivery, struct retry *to)
{
	WRITE(to, delivery);
	to->step = delivery->step;
}

void delivery_to_dead(const struct delivery *delivery, struct dead *to)
{
	WRITE(to, delivery);
}
