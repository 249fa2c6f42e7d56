/*
 * owner.h - the interpreter's shell: it owns shards of calls and runs step().
 *
 * Contract: shards are leased in bucket leases (docs/adr/0006-shard-leases.md).
 * While this process holds a shard's lease it reads the shard's events from the
 * record in order, gives each to its call, and publishes what step() says.
 * Everything else, a clock, timers, ids of processes, is here and not in
 * step(). Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct envelope;
struct service;
struct talk_route;

/* The daemon's data. 'heard' are the events that calls understand, each with
 * owner_hear; it ends with a zeroed one and stays valid. */
void *owner_new(struct service *service, const struct talk_route *heard);
void owner_free(void *daemon);
/* One event of a call. */
void owner_hear(void *daemon, const struct envelope *envelope,
		const void *event);
/* Gives every shard away, floor and all. */
void owner_drain(void *daemon);
bool owner_drained(void *daemon);
/* Every shard is run by somebody. */
bool owner_ready(void *daemon, char *reason, size_t size);
