/*
 * story_fork_test.h - the beginnings that stories about a Dial with several
 * callees share. For *_test.c files.
 */
#pragma once

#include "services/interpreter/story_dial_test.h"

#define NOUN "<Sip>sip:x@127.0.0.1;transport=udp</Sip>"
#define SCREENED "<Sip url=\"/screen\">sip:x@127.0.0.1;transport=udp</Sip>"
#define CALLEES_MAX 32

static struct {
	char sid[35];
} callees[CALLEES_MAX];
static unsigned callee_count;

/* The callees of a leg_open that was just said, in order. */
static inline void remember_callees(const struct leg_open *open)
{
	callee_count = 0;
	for (uint32_t i = 0; i < open->legs_count; i++) {
		if (open->legs[i].role == LEG_ROLE_OFFER)
			(void)str_copy(callees[callee_count++].sid, 35,
				       open->legs[i].leg);
	}
}

static inline void hear_all_opened(const struct leg_open *open)
{
	struct leg_opened opened = {.mediad = "md0", .boot = BOOT};
	remember_callees(open);
	for (uint32_t i = 0; i < open->legs_count; i++) {
		struct leg_sdp *made = &opened.legs[opened.legs_count++];
		(void)str_copy(made->leg, sizeof(made->leg), open->legs[i].leg);
		made->sdp = "v=0 ours";
	}
	hear_from(&story, leg_opened_from, &leg_opened_message, &opened);
}

#define HEAR_NTH(number, type, ...)                                            \
	do {                                                                   \
		(void)str_copy(story.callee, sizeof(story.callee),             \
			       callees[number].sid);                           \
		HEAR_CALLEE(&story, type, __VA_ARGS__);                        \
	} while (0)

/* From the INVITE until all have been dialled. */
static inline void fork_with(char *document, unsigned dialled)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	SAYS(&story, get);
	hear_document(&story, document);
	hear_all_opened(SAYS(&story, leg_open));
	SAYS(&story, answer);
	for (unsigned i = 0; i < dialled; i++)
		CHECK_TEXT(SAYS(&story, dial)->leg, callees[i].sid);
	says_nothing_more(&story);
	HEAR(&story, confirmed, .leg = ROOT);
}

/* The same where the caller is answered late. */
static inline void fork_unanswered(char *document, unsigned dialled)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	SAYS(&story, get);
	hear_document(&story, document);
	hear_all_opened(SAYS(&story, leg_open));
	for (unsigned i = 0; i < dialled; i++)
		CHECK_TEXT(SAYS(&story, dial)->leg, callees[i].sid);
	says_nothing_more(&story);
}

/* mediad cannot do with the callee's answer. */
static inline void hear_not_bridged(struct story *at)
{
	struct bridged bridged = {.a = ROOT, .error = ERR_MEDIA_CODEC};
	(void)str_copy(bridged.b, sizeof(bridged.b), at->callee);
	hear_from(at, bridged_from, &bridged_message, &bridged);
}
