/*
 * story_dial_test.h - the beginnings that stories about <Dial> share. For
 * *_test.c files, after story_test.h.
 */
#pragma once

#include "services/interpreter/story_test.h"

static struct story story;

#define DIAL                                                                   \
	"<Response><Dial timeout=\"20\" action=\"/after\"><Sip "               \
	"statusCallback=\"/events\" statusCallbackEvent=\"initiated "          \
	"ringing answered completed\">sip:bob@127.0.0.1:5080;"                 \
	"transport=udp?x-a=1</Sip></Dial></Response>"
#define DIAL_PLAIN                                                             \
	"<Response><Dial><Sip statusCallback=\"/events\">"                     \
	"sip:bob@127.0.0.1;transport=udp</Sip></Dial></Response>"

/* From the INVITE until the callee has been dialled. */
static inline void dial_with(enum dialect_name dialect, char *document)
{
	story_begin(&story, dialect);
	SAYS(&story, get);
	hear_document(&story, document);
	SAYS(&story, leg_open);
	hear_opened(&story, true);
	SAYS(&story, answer);
	SAYS(&story, dial);
}

/* ... until caller and callee talk. */
static inline void talk(char *document)
{
	dial_with(DIALECT_SIGNALWIRE, document);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, ringing, .status = 180);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 callee's answer");
	hear_bridged(&story);
}

/* The caller's leg is over and its media closed: the call is closed. */
static inline const struct call_closed *end(void)
{
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	return SAYS(&story, call_closed);
}
