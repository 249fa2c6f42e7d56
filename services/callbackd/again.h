/*
 * again.h - what has failed waits in the stream HOOKS for its next attempt.
 *
 * Contract: the stream is a work queue of its own, so that a webhook outlives
 * the record's limits. A webhook that came from the record is copied there
 * before the record's consumer hears that it is settled. Loop's thread.
 */
#pragma once

struct hook;
struct post;
struct retry;

/* Settles and frees a webhook whose attempt failed. */
void again_keep(struct hook *hook);
/* The webhook that a 'retry' tells of; borrows from it. */
void again_read(const struct retry *retry, struct post *post_out);
