/*
 * press.h - keys that are pressed for a leg's other side, in whatever form it
 * understands: RTP events if they were agreed on, tones in its sound otherwise.
 *
 * Contract: keys of one leg stand in one row. While one is down nothing else is
 * sent to the leg (press_mutes); between pauses of the row what it hears goes
 * on. Memory is taken with the first key, and kept. The worker's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PRESS_MS 100
#define PRESS_NAMES 8

struct leg;

/* Whether the other side is told by events. */
bool press_by_event(const struct leg *leg);
/* False: no key, too many, or nothing was agreed yet. 'ms' 0: until press_up.
 */
bool press_key(struct leg *leg, char key, unsigned ms);
void press_up(struct leg *leg);
/*
 * A row of keys, PRESS_MS each, 'w' half a second of pause and 'W' a whole one;
 * what is neither is left out. Said again under one of its last PRESS_NAMES
 * names nothing is pressed. False: there is no room, or nothing agreed.
 */
bool press_row(struct leg *leg, const char *name, const char *row);
bool press_busy(const struct leg *leg);
/* Nothing but the key is to be sent now. */
bool press_mutes(const struct leg *leg);
/* 20 ms have passed. */
void press_tick(struct leg *leg, int64_t now_ns);
void press_free(struct leg *leg);
