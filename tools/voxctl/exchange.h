/*
 * exchange.h - an HTTP request and its answer as people want to read them who
 * look for what went wrong: parameters, headers, times, bodies.
 *
 * Contract: adds lines, each ended by "\n", for the messages that tell of HTTP
 * (get, fetched, post, posted), and nothing for others. Bodies are cut to
 * EXCHANGE_LINES lines. Words may hold what strangers sent: see facts.h.
 * Messages must have been masked before. Any thread.
 */
#pragma once

#include "proto/proto.h"

struct buf;

#define EXCHANGE_LINES 40

void exchange_add(const struct proto_message *desc, const void *message,
		  struct buf *to);
