/*
 * projection.h - from messages of the record to rows of the store.
 *
 * Contract: messages are heard once each, in the record's order; the same
 * record always gives the same rows. Most messages mean nothing here and are
 * told by their first bytes. URIs are masked before they are stored. Loop's
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bus_message;
struct call_start;
struct record_wish;
struct store;

/* True: it changed something. */
bool projection_hear(struct store *store, const struct bus_message *message);
/* The row of a call that the API asked for, before the record has told of it.
 */
void projection_put_start(struct store *store, const char *account,
			  int64_t time_ms, const struct call_start *start);
/* What the API asks of a recording: likewise. */
void projection_put_wish(struct store *store, const char *account,
			 const struct record_wish *wish);
