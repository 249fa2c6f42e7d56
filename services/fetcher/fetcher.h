/*
 * fetcher.h - every 'get' becomes one HTTP request and one 'fetched'.
 *
 * Contract: work is pulled from the consumer that all fetchers share, and is
 * settled only when its answer is on the record: a fetcher that dies leaves its
 * work to the next one. A 'get' that comes again while it is in hand or soon
 * after it was answered causes no second request. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct envelope;
struct service;
struct talk_route;

void *fetcher_new(struct service *service, const struct talk_route *routes);
void fetcher_free(void *fetcher);
/* A 'get' was heard; handler of main.c's table. */
void fetcher_get(void *fetcher, const struct envelope *envelope,
		 const void *message);
/* Takes nothing new; what is in hand is finished, or handed back shortly before
 * the time to drain is over. */
void fetcher_drain(void *fetcher);
/* Not before the tokens of all accounts are known. */
bool fetcher_ready(void *fetcher, char *reason, size_t size);
bool fetcher_drained(void *fetcher);
