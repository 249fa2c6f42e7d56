/*
 * facts.h - one message of a call as a few words for people.
 *
 * Contract: 'legs' gives each leg a letter in the order of their appearance (A
 * is the caller). Words may hold what strangers sent: the ladder that prints
 * them makes control characters harmless. Messages must have been masked
 * before. Any thread.
 */
#pragma once

#include "lib/base/id.h"
#include "proto/proto.h"

#include <stdbool.h>

struct buf;

#define FACTS_LEGS_MAX 26

struct facts_legs {
	char sids[FACTS_LEGS_MAX][ID_BYTES];
	unsigned count;
};

/* 'A' … 'Z'; '?' when there are too many. */
char facts_leg(struct facts_legs *legs, const char *leg);
/* Adds the words; true if they tell of something that went wrong. */
bool facts_add(struct facts_legs *legs, const struct proto_message *desc,
	       const void *message, struct buf *to);
