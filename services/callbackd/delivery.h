/*
 * delivery.h - what is to be delivered, and what became of it so far.
 *
 * Why: messages have room for 64 parameters and 32 attempts; what is in hand,
 * thousands at a time, has only what it needs.
 *
 * Contract: a struct delivery owns what it points to. Messages that are written
 * from it borrow from it. A zeroed one may be cleared. Any thread, one at a
 * time.
 */
#pragma once

#include "proto/proto.h"

struct delivery {
	char hook[35], leg[35], event[33], again_of[35]; /* as in retry */
	char *url;
	int method;
	int64_t sequence;
	struct param *params;
	uint32_t params_count;
	int64_t tried, step;
	struct delivery_try *tries;
	uint32_t tries_count;
};

void delivery_of_post(const struct post *post, struct delivery *to);
void delivery_of_retry(const struct retry *retry, struct delivery *to);
void delivery_clear(struct delivery *delivery);
/* One more attempt; of too many the oldest is forgotten. */
void delivery_tried(struct delivery *delivery,
		    const struct delivery_try *attempt);
/* The rest of the messages is left as it is. */
void delivery_to_retry(const struct delivery *delivery, struct retry *to);
void delivery_to_dead(const struct delivery *delivery, struct dead *to);
