/*
 * prompts.h - 'play' and 'play_stop': what legs are played, and 'played'.
 *
 * Contract: handlers of main.c's table, on the thread of the call's worker. A
 * leg is played one prompt at a time; another one ends it. A command that comes
 * again while its prompt is heard is answered by the end of that, once; one
 * that comes after it with the same outcome again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct envelope;
struct leg;

void prompts_play(void *daemon, const struct envelope *envelope,
		  const void *message);
void prompts_stop(void *daemon, const struct envelope *envelope,
		  const void *message);
/* The leg is about to be freed: what it is played is gone with it. */
void prompts_gone(struct leg *leg);
