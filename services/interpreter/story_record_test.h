/*
 * story_record_test.h - the beginnings of stories about recordings, and what
 * the API wishes of them. For *_test.c files.
 */
#pragma once

#include "services/interpreter/story_sound_test.h"

#define TOLD                                                                   \
	"recordingStatusCallback=\"/r\" recordingStatusCallbackEvent=\""       \
	"in-progress completed absent\""

static char taped[35]; /* the RecordingSid of record_start */
static inline const struct record_start *records(void)
{
	const struct record_start *start = SAYS(&story, record_start);
	(void)str_copy(taped, sizeof(taped), start->recording);
	return start;
}

#define HEAR_TAPE(type, ...)                                                   \
	do {                                                                   \
		struct type heard_event = {__VA_ARGS__};                       \
		(void)str_copy(heard_event.recording,                          \
			       sizeof(heard_event.recording), taped);          \
		hear_from(&story, "mediad/md0", &type##_message,               \
			  &heard_event);                                       \
	} while (0)

#define hear_started() HEAR_TAPE(record_started, .error = 0)
#define hear_done(ms)                                                          \
	HEAR_TAPE(recording_done, .end = RECORD_END_STOPPED,                   \
		  .duration_ms = (ms), .channels = 1)
#define hear_stored() HEAR_TAPE(recording_stored, .bytes = 32044)

/* <Record> until mediad records. */
static inline void record_in(enum dialect_name dialect, char *document)
{
	begin_in(dialect, document);
	CHECK_INT(plays()->items[0].kind, PROMPT_BEEP);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_played(PLAY_DONE);
	records();
	says_nothing_more(&story);
	hear_started();
}

/* The API asks for it. */
static inline void wish(enum record_status status, bool silent)
{
	struct record_wish asked = {
		.leg = ROOT, .status = (int)status, .silent = silent};
	(void)str_copy(asked.recording, sizeof(asked.recording), taped);
	hear_from(&story, "apid/ap0", &record_wish_message, &asked);
}
