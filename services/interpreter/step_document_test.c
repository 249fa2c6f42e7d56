/*
 * step_document_test.c - stories of what documents say: where they lead, how
 * they are read, and which slips in them are noted.
 */
#include "services/interpreter/story_dial_test.h"

TEST(a_pause_waits_without_answering)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Pause length=\"3\"/><Pause "
			      "length=\"0\"/><Reject/></Response>");
	says_nothing_more(&story);
	int64_t begun = story.now;
	CHECK_TEXT(hear_timer(&story), "pause.0");
	CHECK_INT(story.now - begun, 3010);
	SAYS(&story, reject);
	story_stop(&story);
}

TEST(redirects_resolve_against_where_the_document_came_from)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	struct fetched fetched = {
		.status = 200,
		.content_type = "text/xml",
		.url = "https://cdn.example/a/b/voice.xml",
		.body = "<Response><Redirect method=\"GET\">../c?x=1&amp;y=2"
			"</Redirect></Response>",
	};
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story.fetch);
	hear_from(&story, fetched_from, &fetched_message, &fetched);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "https://cdn.example/a/c?x=1&y=2");
	CHECK_INT(get->method, HTTP_GET);
	hear_document(&story, "<Response><Redirect/></Response>");
	get = SAYS(&story, get);
	CHECK_TEXT(get->url, "https://cdn.example/a/c?x=1&y=2");
	CHECK_INT(get->method, HTTP_POST);
	story_stop(&story);
}

TEST(a_body_in_another_character_set_is_read)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	struct fetched fetched = {
		.status = 200,
		.content_type = "text/xml; charset=iso-8859-1",
		/* <Response><!--é--><Reject/></Response> in Latin-1 */
		.body_base64 = "PFJlc3BvbnNlPjwhLS3pLS0+PFJlamVjdC8+"
			       "PC9SZXNwb25zZT4=",
	};
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story.fetch);
	hear_from(&story, fetched_from, &fetched_message, &fetched);
	SAYS(&story, reject);
	story_stop(&story);
}

TEST(a_dial_without_a_target_fails_and_the_next_verb_runs)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Dial>+15551234</Dial><Reject/>"
			      "</Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_DIAL_NOUN);
	SAYS(&story, reject);
	story_stop(&story);
}

TEST(slips_in_a_document_are_noted_and_do_not_stop_it)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(
		&story,
		"<Response>\n<Email>hi</Email><Foo/>\n<Dial timeout=\"999\" "
		"record=\"true\" bogus=\"1\" callerId=\"a b\"><Sip>"
		"sip:b@h;transport=udp?a=1&b=2</Sip></Dial></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_DOCUMENT_PARSE); /* & */
	CHECK_INT(SAYS(&story, noted)->code, ERR_UNKNOWN_VERB);   /* Email */
	CHECK_INT(SAYS(&story, noted)->code, ERR_UNKNOWN_VERB);   /* Foo */
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_DIAL_TIMEOUT);
	CHECK(strstr(noted->text, "line 3, column 7") != NULL);
	SAYS(&story, noted); /* bogus */
	CHECK_INT(SAYS(&story, noted)->code, ERR_DIAL_CALLER_ID);
	SAYS(&story, leg_open);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
