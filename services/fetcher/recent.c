/*
 * recent.c - answers of late; see recent.h.
 */
#include "services/fetcher/recent.h"

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

struct recent {
	size_t answers_max, bytes_max, bytes;
	struct map *by_name;
	struct list answers; /* oldest first */
};

struct remembered {
	struct list link;
	size_t bytes;
	struct fetched answer;
};

static size_t length(const char *text)
{
	return text ? strlen(text) : 0;
}

static void forget(struct recent *recent, struct remembered *one)
{
	recent->bytes -= one->bytes;
	map_remove(recent->by_name, one->answer.fetch);
	list_remove(&one->link);
	proto_clear(&fetched_message, &one->answer);
	free(one);
}

struct recent *recent_new(size_t answers_max, size_t bytes_max)
{
	struct recent *recent = mem_new(1, sizeof(*recent));
	recent->answers_max = answers_max;
	recent->bytes_max = bytes_max;
	recent->by_name = map_new();
	list_init(&recent->answers);
	return recent;
}

struct recent *recent_free(struct recent *recent)
{
	if (recent) {
		list_each (link, &recent->answers)
			forget(recent, list_of(link, struct remembered, link));
		map_free(recent->by_name);
		free(recent);
	}
	return NULL;
}

void recent_put(struct recent *recent, const struct fetched *answer)
{
	struct remembered *one = map_get(recent->by_name, answer->fetch);
	if (one)
		forget(recent, one);
	one = mem_new(1, sizeof(*one));
	proto_copy(&fetched_message, answer, &one->answer);
	one->bytes = sizeof(*one) + length(answer->url) + length(answer->body) +
		     length(answer->body_base64) + length(answer->sent) +
		     length(answer->headers) + length(answer->excerpt) +
		     length(answer->earlier);
	recent->bytes += one->bytes;
	map_put(recent->by_name, answer->fetch, one);
	list_add_tail(&recent->answers, &one->link);
	while (map_count(recent->by_name) > recent->answers_max ||
	       recent->bytes > recent->bytes_max)
		forget(recent,
		       list_of(recent->answers.next, struct remembered, link));
}

const struct fetched *recent_get(const struct recent *recent, const char *fetch)
{
	const struct remembered *one = map_get(recent->by_name, fetch);
	return one ? &one->answer : NULL;
}
