/*
 * setup.h - what must exist on the bus before a daemon starts: streams,
 * buckets, the number of shards, the installation's secret.
 *
 * Contract: begun once the bus is up for the first time. Every step is tried
 * again until it is done; whoever comes first makes a thing, by compare-and-set
 * where it is a value. 'done' is called once; 'failed' when this daemon's
 * settings contradict the installation. Loop's thread; never blocks.
 */
#pragma once

#include <stdint.h>

#define SETUP_SECRET_BYTES 65

struct bus;
struct loop;
struct setup;

struct setup_wish {
	int64_t shards;
	int64_t record_hours;
	int64_t record_mb;
	void (*done)(void *owner, const char *secret);
	void (*failed)(void *owner, const char *why);
	void *owner;
};

struct setup *setup_new(struct loop *loop, struct bus *bus,
			const struct setup_wish *wish);
struct setup *setup_free(struct setup *setup);
/* What is being done, in words. */
const char *setup_step(const struct setup *setup);
