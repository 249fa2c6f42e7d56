/*
 * replay.h - a recorded call through this build's interpreter: does it say the
 * same?
 *
 * The interpreter is a pure function of its events, so its commands must be the
 * recorded ones, in the same order, with the same ids and content. Compared are
 * masked messages; the time of saying, the epoch and the speaker's name are not
 * compared.
 *
 * Contract: messages are fed in the record's order, of one call, or of several
 * one after the other, in whatever order. Nothing is read or written. Main
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct recorded;
struct replay;

struct replay *replay_new(void);
struct replay *replay_free(struct replay *replay);
void replay_hear(struct replay *replay, const struct recorded *recorded);
/* True: identical. Adds "31/31 commands identical …" or the first difference.
 */
bool replay_judge(const struct replay *replay, struct buf *to);
/* How many events it has heard. */
size_t replay_events(const struct replay *replay);
/* From the first to the last event; of several calls, summed up. */
int64_t replay_recorded_ms(const struct replay *replay);
