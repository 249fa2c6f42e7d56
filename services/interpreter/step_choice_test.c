/*
 * step_choice_test.c - stories of a Dial whose first answer decides, of
 * screening documents with a time of their own, and of accounts that set how
 * much a Dial may ask for.
 */
#include "services/interpreter/dialect.h"
#include "services/interpreter/story_fork_test.h"

#define ELSEWHERE "SIP;cause=200;text=\"Call completed elsewhere\""
#define THREE_SCREENED SCREENED SCREENED SCREENED
#define FIRST_ANSWER(nouns)                                                    \
	"<Response><Dial action=\"/a\" cancelOnAnswer=\"true\">" nouns         \
	"</Dial></Response>"

/* An INVITE for an account with these limits comes in. */
static void begin_with(struct incoming limits)
{
	struct incoming incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.dial_max = limits.dial_max;
	incoming.sip_uri_max = limits.sip_uri_max;
	incoming.sip_headers_max = limits.sip_headers_max;
	story_init(&story);
	hear_from(&story, incoming_from, &incoming_message, &incoming);
	SAYS(&story, get);
}

TEST(cancel_on_answer_ends_the_others_before_the_screening)
{
	fork_with(FIRST_ANSWER(THREE_SCREENED), 3);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0 theirs");
	const struct cancel *cancel = SAYS(&story, cancel);
	CHECK_TEXT(cancel->leg, callees[0].sid);
	CHECK_TEXT(cancel->reason, ELSEWHERE);
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[2].sid);
	SAYS(&story, leg_change);
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/screen");
	says_nothing_more(&story);
	HEAR_NTH(0, failed, .status = 487);
	HEAR_NTH(2, answered, .status = 200, .sdp = "v=0 late");
	CHECK_TEXT(SAYS(&story, hangup)->reason, ELSEWHERE);
	HEAR_NTH(2, failed, .status = 487);
	says_nothing_more(&story);
	hear_document(&story, "<Response/>");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[1].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(when_the_first_to_answer_declines_the_dial_is_over)
{
	fork_with(FIRST_ANSWER(THREE_SCREENED), 3);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[1].sid);
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[2].sid);
	HEAR_NTH(1, failed, .status = 487);
	HEAR_NTH(2, failed, .status = 487);
	says_nothing_more(&story);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_document(&story, "<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "no-answer");
	CHECK_TEXT(PARAM(get, "DialDeclined"), "true");
	CHECK_TEXT(PARAM(get, "DialCallSid"), callees[0].sid);
	story_stop(&story);
}

TEST(cancel_on_answer_without_screening_does_not_wait_for_mediad)
{
	fork_with(FIRST_ANSWER(NOUN NOUN), 2);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[0].sid);
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[1].sid);
	says_nothing_more(&story);
	hear_bridged(&story);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(an_answer_without_sdp_cancels_nobody)
{
	fork_with(FIRST_ANSWER(NOUN NOUN), 2);
	HEAR_NTH(0, answered, .status = 200);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_SDP);
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	says_nothing_more(&story);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[1].sid);
	story_stop(&story);
}

TEST(one_after_another_nobody_follows_who_has_answered)
{
	fork_with("<Response><Dial action=\"/a\" cancelOnAnswer=\"true\" "
		  "sequential=\"true\">" SCREENED NOUN "</Dial></Response>",
		  1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	hear_document(&story, "<Response><Hangup/></Response>");
	SAYS(&story, hangup);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "DialDeclined"), "true");
	story_stop(&story);
}

/* After how long a screening document that does not end is given up. */
static int64_t given_up_after(char *document)
{
	fork_with(document, 1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	hear_document(&story, "<Response><Pause length=\"1000\"/></Response>");
	int64_t began = story.now;
	CHECK_TEXT(hear_timer(&story), "screen.1");
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_SCREENING);
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	int64_t after = story.now - began;
	story_stop(&story);
	return after;
}

#define SCREENED_FOR(seconds)                                                  \
	"<Response><Dial><Sip url=\"/screen\" screeningTimeout=\"" seconds     \
	"\">sip:x@127.0.0.1;transport=udp</Sip></Dial></Response>"

TEST(screening_timeout_is_how_long_its_document_may_take)
{
	CHECK_INT(given_up_after(SCREENED_FOR("7")), 7000);
	CHECK_INT(given_up_after(SCREENED_FOR("600")), 600000);
}

TEST(a_dial_has_as_many_sips_as_the_account_is_given)
{
	begin_with((struct incoming){.dial_max = 2});
	hear_document(&story,
		      "<Response><Dial>" NOUN NOUN NOUN "</Dial></Response>");
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_SIP_TOO_MANY);
	CHECK(strstr(noted->text, "<Sip> number 3 is not dialled: a <Dial> has "
				  "2 at most") != NULL);
	CHECK_INT(SAYS(&story, leg_open)->legs_count, 3);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(thirty_two_are_opened_and_closed_together)
{
	char document[4096] = "<Response><Dial>";
	for (int i = 0; i < DIALECT_SIPS_MAX + 1; i++)
		strncat(document, NOUN, 50);
	strncat(document, "</Dial></Response>", 20);
	begin_with((struct incoming){.dial_max = DIALECT_SIPS_MAX});
	hear_document(&story, document);
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_TOO_MANY);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 1 + DIALECT_SIPS_MAX);
	hear_all_opened(open);
	SAYS(&story, answer);
	for (unsigned i = 0; i < DIALECT_SIPS_MAX; i++)
		CHECK_TEXT(SAYS(&story, dial)->leg, callees[i].sid);
	HEAR(&story, confirmed, .leg = ROOT);
	for (unsigned i = 1; i < DIALECT_SIPS_MAX; i++)
		HEAR_NTH(i, failed, .status = 486);
	HEAR_NTH(0, failed, .status = 486);
	SAYS(&story, hangup);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 1 + DIALECT_SIPS_MAX);
	hear_closed(&story);
	SAYS(&story, call_closed);
	story_end(&story);
}

/* The error of a leg that is dialled by this account; 0: it is dialled. */
static int dialled_with(struct incoming limits, const char *uri)
{
	char document[512];
	(void)str_format(document, sizeof(document),
			 "<Response><Dial><Sip>%s</Sip></Dial></Response>",
			 uri);
	begin_with(limits);
	hear_document(&story, document);
	bool opened = story.out.list[0].desc == &leg_open_message;
	const struct leg_open *open = opened ? SAYS(&story, leg_open) : NULL;
	bool dialled = open && open->legs_count == 2;
	if (open && !dialled)
		hear_all_opened(open);
	int code = 0;
	for (uint32_t i = 0; !dialled && i < story.out.count; i++) {
		const struct command *command = &story.out.list[i];
		if (command->desc == &noted_message)
			code = (int)((struct noted *)command->message)->code;
	}
	story_stop(&story);
	return code;
}

TEST(uris_and_their_headers_are_as_long_as_the_account_is_given)
{
	const char *uri = "sip:bob@127.0.0.1?X-Room=12345"; /* 17, 12 */
	CHECK_INT(dialled_with((struct incoming){0}, uri), 0);
	CHECK_INT(dialled_with((struct incoming){.sip_uri_max = 17}, uri), 0);
	CHECK_INT(dialled_with((struct incoming){.sip_uri_max = 16}, uri),
		  ERR_SIP_URI);
	CHECK_INT(dialled_with((struct incoming){.sip_headers_max = 12}, uri),
		  0);
	CHECK_INT(dialled_with((struct incoming){.sip_headers_max = 11}, uri),
		  ERR_SIP_URI);
}

TEST(a_call_of_the_api_has_the_same_limits)
{
	struct call_start start = {
		.leg = ROOT,
		.gateway = "gw0",
		.to = "sip:bob@127.0.0.1;transport=udp",
		.caller_id = "alice",
		.voice_url = "http://app.example/voice",
		.ring_ms = 60000,
		.dialect = DIALECT_SIGNALWIRE,
		.sip_uri_max = 16,
		.logic = 1,
	};
	story_init(&story);
	hear_from(&story, "apid/ap0", &call_start_message, &start);
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_SIP_URI);
	CHECK(strstr(noted->text, "write 16 at most") != NULL);
	story_stop(&story);
}

TEST_MAIN()
