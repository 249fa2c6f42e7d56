/*
 * callbackd.h - every 'post' is delivered at least once, or told as given up.
 *
 * Contract: first attempts are pulled from the record, what has failed from the
 * queue HOOKS, by consumers that all instances share. A webhook is settled only
 * after a 2xx, or at the end of its schedule, or once it waits in HOOKS, and
 * after 'posted' is on the record; see docs/adr/0010. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct envelope;
struct service;
struct talk_route;

void *callbackd_new(struct service *service, const struct talk_route *routes);
void callbackd_free(void *callbackd);
/* A 'post' was heard; handler of main.c's table. */
void callbackd_post(void *callbackd, const struct envelope *envelope,
		    const void *message);
/* A 'retry': one that has failed before. */
void callbackd_retry(void *callbackd, const struct envelope *envelope,
		     const void *message);
/* Takes nothing new, hands back what is not on its way, and shortly before the
 * time to drain is over the rest, too. */
void callbackd_drain(void *callbackd);
/* Not before the tokens of all accounts are known. */
bool callbackd_ready(void *callbackd, char *reason, size_t size);
bool callbackd_drained(void *callbackd);
