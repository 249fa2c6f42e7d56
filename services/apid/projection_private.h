/*
 * projection_private.h - what the files of projection.h share: each has a table
 * of the messages that it makes rows of.
 *
 * projection.c             which table a message is for
 * projection_calls.c       calls, from the first message of a leg to its last
 * projection_requests.c    requests to the application; notifications
 * projection_recordings.c  recordings
 */
#pragma once

#include "proto/proto.h"
#include "services/apid/projection.h"
#include "services/apid/store.h"

struct heard {
	struct store *store;
	const struct envelope *envelope;
	int64_t time_ms; /* the stream's */
	uint64_t sequence;
};

/* The last row of a table has no 'desc'. */
struct projection_row {
	const struct proto_message *desc;
	void (*hear)(const struct heard *heard, const void *message);
};
extern const struct projection_row projection_calls[];
extern const struct projection_row projection_requests[];
extern const struct projection_row projection_recordings[];
