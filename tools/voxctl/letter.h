/*
 * letter.h - a webhook that was given up (stream DEAD) or that waits for its
 * next attempt (stream HOOKS).
 *
 * Contract: pure. A letter owns its message, and borrows 'json'. Any thread.
 */
#pragma once

#include "proto/proto.h"

struct letter {
	bool waiting; /* in HOOKS; otherwise in DEAD */
	uint64_t sequence;
	struct envelope envelope; /* 'time': when it was asked for */
	struct dead dead;         /* waiting: 'at' is its next attempt */
	const char *json;         /* as it stands there */
};

struct letter_filter {
	const char *call, *host, *event; /* NULL: any */
	const char *hook;                /* its beginning; NULL: any */
};

/* False: it is none, and the letter is empty. */
bool letter_decode(bool waiting, const char *json, size_t size,
		   struct letter *letter_out);
void letter_clear(struct letter *letter);
/* Whether the letter is one that was asked for. */
bool letter_matches(const struct letter_filter *filter,
		    const struct letter *letter);
