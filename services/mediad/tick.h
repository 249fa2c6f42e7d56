/*
 * tick.h - 20 ms after 20 ms, for the legs that are heard or spoken to as
 * samples: one timer for all of a worker's.
 *
 * Contract: a leg that was added is ticked every TICK_MS, by leg_tick. Legs are
 * spread over the 20 ms, so that a worker's load is even; the timer runs only
 * while there are some. After a stall, ticks that nobody can use any more are
 * left out. A leg may leave, and be freed, inside its own tick; another one's
 * may not. The worker's thread.
 */
#pragma once

#include <stdbool.h>

struct leg;
struct media;

#define TICK_AHEAD 4 /* legs that are looked at before their turn */
#define TICK_MS 20
#define TICK_SLOTS 10

void tick_init(struct media *media);
/* Once is enough; the first tick comes within TICK_MS. */
void tick_add(struct leg *leg);
void tick_remove(struct leg *leg);
/* What is due at the clock's time; the timer's work. Returns ticks. */
unsigned tick_run(struct media *media);
