/*
 * again.h - what has failed waits in the stream HOOKS for its next attempt;
 * what was given up lies in the stream DEAD.
 *
 * Contract: both are streams of their own, so that a webhook outlives the
 * record's limits. A webhook is there before the queue that it came from hears
 * that it is settled. Loop's thread.
 */
#pragma once

struct hook;

/* Settles and frees a webhook whose attempt failed. */
void again_keep(struct hook *hook);
/* One that gets no further attempt. */
void again_bury(struct hook *hook);
