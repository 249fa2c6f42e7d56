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

struct bus_message;
struct store;

/* True: it changed something. */
bool projection_hear(struct store *store, const struct bus_message *message);
