/*
 * story_sound_test.h - the beginnings of stories about prompts and keys.
 * For *_test.c files.
 */
#pragma once

#include "services/interpreter/story_fork_test.h"

/* The media of a caller who dials nobody. */
static inline void hear_caller_opened(void)
{
	struct leg_opened opened = {
		.mediad = "md0", .boot = BOOT, .legs_count = 1};
	(void)str_copy(opened.legs[0].leg, sizeof(opened.legs[0].leg), ROOT);
	opened.legs[0].sdp = "v=0 answer to the caller";
	hear_from(&story, "mediad/md0", &leg_opened_message, &opened);
}

/* From the INVITE until the first verb, which needs media, has it. */
static inline void begin_in(enum dialect_name dialect, char *document)
{
	story_begin(&story, dialect);
	SAYS(&story, get);
	hear_document(&story, document);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 1);
	CHECK_TEXT(open->legs[0].leg, ROOT);
	says_nothing_more(&story);
	hear_caller_opened();
	CHECK_TEXT(SAYS(&story, answer)->leg, ROOT);
}

static inline void begin(char *document)
{
	begin_in(DIALECT_SIGNALWIRE, document);
}

/* The prompt that was said last; its name is kept. */
static char playing[35];
static inline const struct play *plays(void)
{
	const struct play *play = SAYS(&story, play);
	(void)str_copy(playing, sizeof(playing), play->play);
	return play;
}

static inline void hear_played_of(const char *leg, int end, int error)
{
	struct played played = {
		.end = end, .error = error, .total_ms = 2000, .items = 1};
	(void)str_copy(played.leg, sizeof(played.leg), leg);
	(void)str_copy(played.play, sizeof(played.play), playing);
	hear_from(&story, "mediad/md0", &played_message, &played);
}

static inline void hear_played(int end)
{
	hear_played_of(ROOT, end, end == PLAY_FAILED ? ERR_PLAY : 0);
}

static inline void press_of(const char *leg, const char *keys)
{
	for (; *keys; keys++) {
		struct digit digit = {.duration_ms = 100};
		digit.digit[0] = *keys;
		(void)str_copy(digit.leg, sizeof(digit.leg), leg);
		hear_from(&story, "mediad/md0", &digit_message, &digit);
	}
}

static inline void press(const char *keys)
{
	press_of(ROOT, keys);
}
