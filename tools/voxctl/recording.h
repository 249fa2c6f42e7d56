/*
 * recording.h - a call's messages as JSON lines: what trace --raw and export
 * write and replay reads.
 *
 *   {"voxbus":1,"call_sid":"CA…","version":"0.1.0","masked":true}   export only
 *   {"seq":17,"subject":"vox.…","stream_time":1712…,"message":{…}}
 *
 * Contract: a message stays as it was published, but for the mask. Lines are at
 * most RECORDING_LINE_MAX bytes. 'message' of a parsed line borrows it. Any
 * thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define RECORDING_VERSION 1
#define RECORDING_LINE_MAX (4 * 1024 * 1024)
#define RECORDING_ERROR_BYTES 200

struct recorded {
	uint64_t sequence;
	int64_t time_ms; /* the stream's, since 1970 */
	char subject[PROTO_SUBJECT_BYTES];
	const char *message;
	size_t size;
};

/* With its line break. */
void recording_header(const char *call_sid, struct buf *to);
/* With its line break; 'masked': secrets replaced, by the tables. */
void recording_line(const struct recorded *recorded, bool masked,
		    struct buf *to);
enum recording_parsed { RECORDING_HEADER, RECORDING_MESSAGE, RECORDING_BAD };
enum recording_parsed recording_parse(const char *line, size_t size,
				      struct recorded *recorded_out,
				      char *error_out);
