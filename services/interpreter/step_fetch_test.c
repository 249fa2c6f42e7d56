/*
 * step_fetch_test.c - stories of documents that are asked for: with which
 * limits, cookies and credentials, and what is asked for in their place.
 */
#include "services/interpreter/story_dial_test.h"

#define FALLBACK "https://backup.example/sorry"

static void begin(enum dialect_name dialect)
{
	struct incoming incoming = story_incoming(dialect);
	incoming.fallback_url = FALLBACK;
	incoming.fallback_method = HTTP_GET;
	story_init(&story);
	hear_from(&story, incoming_from, &incoming_message, &incoming);
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/voice?tenant=1");
}

static void hear_fetched(struct fetched fetched)
{
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story.fetch);
	hear_from(&story, fetched_from, &fetched_message, &fetched);
}

/* What went wrong is told, and the fallback is asked for. */
static const struct get *falls(int error)
{
	CHECK_INT(SAYS(&story, noted)->code, error);
	const struct noted *goes_on = SAYS(&story, noted);
	CHECK_INT(goes_on->level, NOTE_WARNING);
	CHECK_TEXT(goes_on->url, FALLBACK);
	const struct get *get = SAYS(&story, get);
	char code[12];
	str_format(code, sizeof(code), "%d", error);
	CHECK_TEXT(get->url, FALLBACK);
	CHECK_TEXT(PARAM(get, "ErrorCode"), code);
	says_nothing_more(&story);
	return get;
}

TEST(a_document_is_asked_for_with_the_dialects_patience)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	const struct get *get = SAYS(&story, get);
	CHECK_INT(get->connect_ms, 5000);
	CHECK_INT(get->read_ms, 10000);
	CHECK_INT(get->total_ms, 15000);
	CHECK_INT(get->retries, 1);
	CHECK(!get->cookies);
	CHECK(!PARAM(get, "ErrorCode"));
	story_stop(&story);
	story_begin(&story, DIALECT_TWILIO);
	CHECK_INT(SAYS(&story, get)->read_ms, 15000);
	story_stop(&story);
}

TEST(whatever_is_wrong_with_a_document_its_fallback_is_asked_for)
{
	static const struct {
		struct fetched fetched;
		int error;
	} rows[] = {
		{{.error = ERR_HTTP_RETRIEVAL}, ERR_HTTP_RETRIEVAL},
		{{.error = ERR_HTTP_CONNECTION}, ERR_HTTP_CONNECTION},
		{{.status = 404, .error = ERR_HTTP_STATUS}, ERR_HTTP_STATUS},
		{{.status = 500}, ERR_HTTP_STATUS},
		{{.status = 204}, ERR_DOCUMENT_PARSE},
		{{.status = 200, .content_type = "text/xml", .body = "<R"},
		 ERR_DOCUMENT_PARSE},
		{{.status = 200, .content_type = "image/png", .body = "x"},
		 ERR_DOCUMENT_TYPE},
		{{.status = 200, .content_type = "text/xml", .body = "<R/>"},
		 ERR_DOCUMENT_ROOT},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(DIALECT_SIGNALWIRE);
		hear_fetched(rows[i].fetched);
		const struct get *get = falls(rows[i].error);
		CHECK_INT(get->method, HTTP_GET);
		CHECK_TEXT(get->leg, ROOT);
		CHECK_TEXT(PARAM(get, "CallSid"), ROOT);
		CHECK_TEXT(PARAM(get, "ErrorUrl"),
			   "http://app.example/voice?tenant=1");
		hear_document(&story, "<Response><Reject/></Response>");
		SAYS(&story, reject);
		story_stop(&story);
	}
}

TEST(a_fallback_that_fails_ends_the_call)
{
	begin(DIALECT_SIGNALWIRE);
	hear_fetched((struct fetched){.status = 500});
	falls(ERR_HTTP_STATUS);
	hear_fetched((struct fetched){.error = ERR_HTTP_CONNECTION});
	CHECK_INT(SAYS(&story, noted)->code, ERR_HTTP_CONNECTION);
	CHECK_INT(SAYS(&story, reject)->status, 503);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 503);
	CHECK_INT(SAYS(&story, call_closed)->error, ERR_HTTP_CONNECTION);
	story_end(&story);
}

TEST(no_answer_of_the_fetchers_leads_to_the_fallback_too)
{
	begin(DIALECT_SIGNALWIRE);
	CHECK_TEXT(hear_timer(&story), "fetch.0");
	falls(ERR_HTTP_RETRIEVAL);
	story_stop(&story);
}

TEST(every_document_has_the_fallback_and_it_learns_what_the_lost_one_would)
{
	begin(DIALECT_SIGNALWIRE);
	hear_document(&story, DIAL);
	SAYS(&story, leg_open);
	hear_opened(&story, true);
	HEAR_CALLEE(&story, failed, .status = 486);
	while (story.read < story.out.count &&
	       story.out.list[story.read].desc != &get_message)
		story.read++;
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/after");
	hear_fetched((struct fetched){.status = 503,
				      .url = "http://other.example/x?y"});
	const struct get *get = falls(ERR_HTTP_STATUS);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "busy");
	CHECK_TEXT(PARAM(get, "ErrorUrl"), "http://other.example/x?y");
	/* what it leads to is asked for as ever, and may fall back again */
	hear_document(&story,
		      "<Response><Redirect>/next</Redirect></Response>");
	CHECK_TEXT(SAYS(&story, get)->url, "https://backup.example/next");
	hear_fetched((struct fetched){.status = 500});
	get = falls(ERR_HTTP_STATUS);
	CHECK(!PARAM(get, "DialCallStatus"));
	story_stop(&story);
}

TEST(a_reference_that_is_no_url_leads_to_the_fallback)
{
	begin(DIALECT_SIGNALWIRE);
	hear_document(&story,
		      "<Response><Redirect>ftp://x/</Redirect></Response>");
	falls(ERR_URL_INVALID);
	hear_document(&story,
		      "<Response><Redirect>ftp://x/</Redirect></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_URL_INVALID);
	SAYS(&story, reject);
	story_stop(&story);
}

TEST(documents_and_fallbacks_do_not_go_on_for_ever)
{
	begin(DIALECT_SIGNALWIRE);
	unsigned asked = 1;
	for (; asked < 50; asked++) {
		if (asked % 2)
			hear_fetched((struct fetched){.status = 500});
		else
			hear_document(&story, "<Response><Redirect>http://"
					      "app.example/</Redirect>"
					      "</Response>");
		while (story.read < story.out.count &&
		       story.out.list[story.read].desc == &noted_message)
			story.read++;
		if (story.read == story.out.count ||
		    story.out.list[story.read].desc != &get_message)
			break;
	}
	CHECK_INT(asked, 11);
	SAYS(&story, reject);
	story_stop(&story);
}

/* The callee has answered, and its screening document is awaited. */
static void screen(void)
{
	begin(DIALECT_SIGNALWIRE);
	hear_document(&story,
		      "<Response><Dial><Sip url=\"/screen\">sip:b@127.0.0.1;"
		      "transport=udp</Sip></Dial></Response>");
	hear_opened(&story, true);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0 theirs");
	hear_fetched((struct fetched){.status = 500});
	CHECK_TEXT(falls(ERR_HTTP_STATUS)->leg, story.callee);
}

TEST(a_screening_documents_fallback_declines_at_its_end)
{
	screen();
	hear_document(&story, "<Response/>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	story_stop(&story);
}

TEST(a_screening_documents_fallback_may_lead_to_another_that_accepts)
{
	screen();
	hear_document(&story,
		      "<Response><Redirect>/accept</Redirect></Response>");
	CHECK_TEXT(SAYS(&story, get)->url, "https://backup.example/accept");
	hear_document(&story, "<Response/>");
	CHECK_TEXT(SAYS(&story, bridge)->b, story.callee);
	story_stop(&story);
}

TEST(a_fallback_that_is_no_url_is_told_and_the_call_goes_on)
{
	struct incoming incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.fallback_url = "/sorry";
	story_init(&story);
	hear_from(&story, incoming_from, &incoming_message, &incoming);
	CHECK_INT(SAYS(&story, noted)->code, ERR_URL_INVALID);
	SAYS(&story, get);
	hear_fetched((struct fetched){.status = 500});
	SAYS(&story, noted);
	SAYS(&story, reject);
	story_stop(&story);
}

TEST(what_an_application_sets_comes_back_to_it)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_fetched(
		(struct fetched){.status = 200,
				 .content_type = "text/xml",
				 .cookies = "app\tFALSE\t/\tFALSE\t0\tid\t7\n",
				 .body = "<Response><Redirect/></Response>"});
	CHECK_TEXT(SAYS(&story, get)->cookies,
		   "app\tFALSE\t/\tFALSE\t0\tid\t7\n");
	hear_fetched(
		(struct fetched){.status = 200,
				 .content_type = "text/xml",
				 .body = "<Response><Redirect/></Response>"});
	CHECK(!SAYS(&story, get)->cookies);
	story_stop(&story);
}

TEST(cookies_are_the_legs_own)
{
	begin(DIALECT_SIGNALWIRE);
	hear_fetched((struct fetched){
		.status = 200,
		.content_type = "text/xml",
		.cookies = "of the caller's\n",
		.body = "<Response><Dial><Sip url=\"/screen\">sip:b@127.0.0.1;"
			"transport=udp</Sip></Dial></Response>"});
	hear_opened(&story, true);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0 theirs");
	SAYS(&story, leg_change);
	CHECK(!SAYS(&story, get)->cookies);
	story_stop(&story);
}

/* An answer of that type; the caller then hears what it stands for. */
static const struct play *answered_by(enum dialect_name dialect, char *type,
				      char *body)
{
	static const struct play silence;
	struct fetched fetched = {.status = 200, .body = body};
	(void)str_copy(fetched.content_type, sizeof(fetched.content_type),
		       type);
	story_begin(&story, dialect);
	hear_fetched(fetched);
	while (story.read < story.out.count &&
	       story.out.list[story.read].desc == &noted_message)
		story.read++;
	if (story.read == story.out.count ||
	    story.out.list[story.read].desc != &leg_open_message)
		return &silence;
	struct leg_opened opened = {
		.mediad = "md0", .boot = BOOT, .legs_count = 1};
	(void)str_copy(opened.legs[0].leg, sizeof(opened.legs[0].leg), ROOT);
	opened.legs[0].sdp = "v=0 answer to the caller";
	hear_from(&story, leg_opened_from, &leg_opened_message, &opened);
	SAYS(&story, answer);
	return SAYS(&story, play);
}

TEST(text_is_spoken_and_sound_is_played_where_the_dialect_has_it)
{
	const struct play *play =
		answered_by(DIALECT_TWILIO, "text/plain; charset=utf-8",
			    "Fish & <chips>\n");
	CHECK_INT(play->items[0].kind, PROMPT_SPEECH);
	CHECK_TEXT(play->items[0].text, "Fish & <chips>");
	story_stop(&story);
	play = answered_by(DIALECT_RESTCOMM, "audio/x-wav", NULL);
	CHECK_INT(play->items[0].kind, PROMPT_FILE);
	CHECK_TEXT(play->items[0].url, "http://app.example/voice?tenant=1");
	story_stop(&story);
	play = answered_by(DIALECT_TWILIO, "TEXT/PLAIN",
			   "<Response><Play>a.wav</Play></Response>");
	CHECK_TEXT(play->items[0].url, "http://app.example/a.wav");
	story_stop(&story);
	CHECK_INT(answered_by(DIALECT_SIGNALWIRE, "text/plain", "Hi")
			  ->items_count,
		  0);
	CHECK_INT(SAYS(&story, reject)->status, 500);
	story_stop(&story);
	(void)answered_by(DIALECT_TWILIO, "text/plain", NULL);
	CHECK_INT(SAYS(&story, reject)->status, 500);
	story_stop(&story);
}

TEST(what_a_fragment_has_wrong_is_told_with_the_document)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_fetched((struct fetched){
		.status = 200,
		.content_type = "text/xml",
		.warning = "'rc=6' in the URL's fragment: too large",
		.body = "<Response><Redirect/></Response>"});
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_URL_OVERRIDE);
	CHECK_INT(noted->level, NOTE_WARNING);
	SAYS(&story, get);
	story_stop(&story);
}

TEST(credentials_of_a_url_hold_for_what_its_document_refers_to)
{
	struct incoming incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.voice_url = "https://u:p@app.example/voice";
	story_init(&story);
	hear_from(&story, incoming_from, &incoming_message, &incoming);
	hear_fetched((struct fetched){
		.status = 200,
		.url = "https://app.example/voice",
		.content_type = "text/xml",
		.body = "<Response><Redirect>/next</Redirect></Response>"});
	CHECK_TEXT(SAYS(&story, get)->url, "https://u:p@app.example/next");
	hear_fetched((struct fetched){
		.status = 200,
		.url = "https://other.example/led/away",
		.content_type = "text/xml",
		.body = "<Response><Redirect>on</Redirect></Response>"});
	CHECK_TEXT(SAYS(&story, get)->url, "https://other.example/led/on");
	story_stop(&story);
}

TEST_MAIN()
