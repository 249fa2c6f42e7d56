/*
 * step_api_test.c - calls that the API starts, and what it asks of live ones.
 */
#include "services/interpreter/story_dial_test.h"

#define call_start_from "apid/ap0"
#define call_change_from "apid/ap0"
#define TO "sip:bob@127.0.0.1:5080;transport=udp"
#define URL "http://app.example/voice"
#define OTHER "http://app.example/other"

static struct call_start usual(void)
{
	return (struct call_start){.leg = ROOT,
				   .gateway = "gw1",
				   .to = TO,
				   .caller_id = "alice",
				   .voice_url = URL,
				   .status_callback = "http://app.example/s",
				   .status_events = 15,
				   .ring_ms = 20000,
				   .dialect = DIALECT_SIGNALWIRE,
				   .logic = 1};
}

static void begin_with(const struct call_start *start)
{
	story_init(&story);
	hear_from(&story, call_start_from, &call_start_message, start);
}

/* mediad has an offer for the root: it is dialled. */
static void hear_root_opened(void)
{
	(void)str_copy(story.callee, sizeof(story.callee), ROOT);
	hear_opened(&story, false);
}

static void dial_root(void)
{
	const struct call_start start = usual();
	begin_with(&start);
	SAYS(&story, leg_open);
	hear_root_opened();
	SAYS(&story, dial);
	SAYS(&story, post);
}

/* ... until it is up, and its document was asked for. */
static void answer_root(void)
{
	dial_root();
	HEAR(&story, answered, .leg = ROOT, .status = 200, .phrase = "OK",
	     .sdp = "v=0 bob's answer");
	SAYS(&story, leg_change);
	SAYS(&story, get);
	SAYS(&story, post);
}

/* ... until it talks to a callee. */
static void talk_from_root(void)
{
	answer_root();
	hear_document(&story, DIAL_PLAIN);
	SAYS(&story, leg_open);
	hear_opened(&story, false);
	SAYS(&story, dial);
	HEAR_CALLEE(&story, ringing, .status = 180);
	SAYS(&story, tone);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 callee's answer");
	SAYS(&story, bridge);
	hear_bridged(&story);
}

static const struct call_closed *end_root(enum leg_end by)
{
	HEAR(&story, ended, .leg = ROOT, .by = (int)by);
	SAYS(&story, leg_close);
	hear_closed(&story);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "completed");
	return SAYS(&story, call_closed);
}

TEST(a_call_that_the_api_starts_from_the_request_to_its_last_webhook)
{
	struct call_start start = usual();
	(void)str_copy(start.caller_name, sizeof(start.caller_name), "Al");
	(void)str_copy(start.username, sizeof(start.username), "u");
	(void)str_copy(start.password, sizeof(start.password), "p");
	begin_with(&start);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 1);
	CHECK_TEXT(open->legs[0].leg, ROOT);
	CHECK_INT(open->legs[0].role, LEG_ROLE_OFFER);
	says_nothing_more(&story);

	hear_root_opened();
	const struct dial *dial = SAYS(&story, dial);
	CHECK_TEXT(said_to(&story), "gw1");
	CHECK_TEXT(dial->leg, ROOT);
	CHECK_TEXT(dial->uri, TO);
	CHECK_TEXT(dial->from_user, "alice");
	CHECK_TEXT(dial->from_name, "Al");
	CHECK_TEXT(dial->username, "u");
	CHECK_TEXT(dial->password, "p");
	CHECK_TEXT(dial->headers[0].name, "X-SignalWire-CallSid");
	CHECK_TEXT(dial->headers[0].value, ROOT);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(post->url, "http://app.example/s");
	CHECK_TEXT(PARAM(post, "CallStatus"), "initiated");
	CHECK_TEXT(PARAM(post, "Direction"), "outbound-api");
	CHECK_TEXT(PARAM(post, "CallSid"), ROOT);
	CHECK(!PARAM(post, "ParentCallSid"));
	says_nothing_more(&story);

	HEAR(&story, ringing, .leg = ROOT, .status = 180, .phrase = "Ringing");
	post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "ringing");
	says_nothing_more(&story);

	HEAR(&story, answered, .leg = ROOT, .status = 200, .phrase = "OK",
	     .sdp = "v=0 bob's answer");
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_TEXT(change->answer, "v=0 bob's answer");
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, URL);
	CHECK_INT(get->method, HTTP_POST);
	CHECK_TEXT(PARAM(get, "CallSid"), ROOT);
	CHECK_TEXT(PARAM(get, "CallStatus"), "in-progress");
	CHECK_TEXT(PARAM(get, "Direction"), "outbound-api");
	CHECK_TEXT(PARAM(get, "From"), "alice");
	CHECK_TEXT(PARAM(get, "To"), TO);
	post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "in-progress");
	CHECK_TEXT(PARAM(post, "SequenceNumber"), "2");
	says_nothing_more(&story);

	story.now += 5000;
	hear_document(&story, "<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	const struct call_closed *closed = end_root(LEG_END_LOCAL);
	CHECK_INT(closed->status, CALL_COMPLETED);
	CHECK_INT(closed->legs_count, 1);
	CHECK_TEXT(closed->legs[0].direction, "outbound-api");
	CHECK_TEXT(closed->legs[0].from, "alice");
	CHECK_TEXT(closed->legs[0].to, TO);
	story_end(&story);
}

TEST(a_call_may_bring_its_document_with_it)
{
	struct call_start start = usual();
	start.voice_url = NULL;
	start.document = "<Response><Hangup/></Response>";
	start.status_events = 8;
	begin_with(&start);
	SAYS(&story, leg_open);
	hear_root_opened();
	SAYS(&story, dial);
	HEAR(&story, answered, .leg = ROOT, .status = 200, .sdp = "v=0");
	SAYS(&story, leg_change);
	SAYS(&story, hangup);
	says_nothing_more(&story);
	end_root(LEG_END_LOCAL);
	story_end(&story);
}

TEST(what_becomes_of_a_call_that_nobody_answers_is_told_once)
{
	static const struct {
		int64_t status;
		const char *word;
		enum call_status means;
	} cases[] = {
		{486, "busy", CALL_BUSY},
		{480, "no-answer", CALL_NO_ANSWER},
		{503, "failed", CALL_FAILED},
	};
	for (unsigned i = 0; i < 3; i++) {
		dial_root();
		HEAR(&story, failed, .leg = ROOT, .status = cases[i].status);
		const struct post *post = SAYS(&story, post);
		CHECK_TEXT(PARAM(post, "CallStatus"), cases[i].word);
		CHECK_TEXT(post->event, "completed");
		SAYS(&story, leg_close);
		hear_closed(&story);
		CHECK_INT(SAYS(&story, call_closed)->status, cases[i].means);
		story_end(&story);
	}
}

TEST(a_call_that_rings_too_long_is_cancelled_and_was_not_answered)
{
	dial_root();
	CHECK_TEXT(hear_timer(&story), "ring.0");
	CHECK_TEXT(SAYS(&story, cancel)->leg, ROOT);
	HEAR(&story, failed, .leg = ROOT, .status = 487);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "no-answer");
	SAYS(&story, leg_close);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_NO_ANSWER);
	story_end(&story);
}

TEST(a_target_that_cannot_be_dialled_is_a_call_that_begins_and_fails)
{
	struct call_start start = usual();
	start.to = "sip:";
	begin_with(&start);
	SAYS(&story, noted);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "initiated");
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "failed");
	const struct call_closed *closed = SAYS(&story, call_closed);
	CHECK_INT(closed->status, CALL_FAILED);
	CHECK_INT(closed->error, ERR_SIP_URI);
	story_end(&story);
}

TEST(what_the_api_was_given_for_nothing_is_noted)
{
	struct call_start start = usual();
	(void)str_copy(start.ignored, sizeof(start.ignored), "FallbackUrl");
	start.unknown = "Ulr (did you mean Url?)";
	begin_with(&start);
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_API_IGNORED);
	CHECK_INT(noted->level, NOTE_WARNING);
	CHECK_TEXT(noted->text, "nothing is done with FallbackUrl");
	CHECK_TEXT(SAYS(&story, noted)->text,
		   "the API has no parameter Ulr (did you mean Url?)");
	SAYS(&story, leg_open);
	story_stop(&story);
}

TEST(a_time_limit_counts_from_the_answer)
{
	struct call_start start = usual();
	start.limit_ms = 30000;
	start.status_events = 8;
	begin_with(&start);
	SAYS(&story, leg_open);
	hear_root_opened();
	SAYS(&story, dial);
	HEAR(&story, answered, .leg = ROOT, .status = 200, .sdp = "v=0");
	int64_t answered = story.now;
	SAYS(&story, leg_change);
	SAYS(&story, get);
	hear_document(&story, "<Response><Pause length='100'/></Response>");
	CHECK_TEXT(hear_timer(&story), "limit.0");
	CHECK_INT(story.now - answered, 30010);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	end_root(LEG_END_LOCAL);
	story_end(&story);
}

TEST(a_call_that_the_api_started_dials_on_and_the_two_talk)
{
	talk_from_root();
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 2);
	hear_closed(&story);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallSid"), ROOT);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallSid"), story.callee);
	const struct call_closed *closed = SAYS(&story, call_closed);
	CHECK_TEXT(closed->legs[1].direction, "outbound-dial");
	CHECK_TEXT(closed->legs[1].parent, ROOT);
	story_end(&story);
}

TEST(a_live_root_is_redirected_and_what_it_dialled_is_hung_up)
{
	talk_from_root();
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_REDIRECT,
	     .url = OTHER, .method = HTTP_GET);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, OTHER);
	CHECK_INT(get->method, HTTP_GET);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 1);
	hear_closed(&story);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "completed");
	hear_document(&story, "<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	story_stop(&story);
}

TEST(what_a_live_call_was_given_for_nothing_is_noted)
{
	talk_from_root();
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_COMPLETE,
	     .ignored = "TimeLimit",
	     .unknown = "Statsu (did you mean Status?)");
	CHECK_TEXT(SAYS(&story, noted)->text, "nothing is done with TimeLimit");
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_API_IGNORED);
	CHECK_TEXT(noted->leg, ROOT);
	CHECK_TEXT(noted->text,
		   "the API has no parameter Statsu (did you mean Status?)");
	story_stop(&story);
}

TEST(a_child_is_redirected_and_its_parents_dial_is_over)
{
	char child[35];
	talk_from_root();
	(void)str_copy(child, sizeof(child), story.callee);
	HEAR(&story, call_change, .leg = "", .wish = CALL_WISH_REDIRECT,
	     .url = OTHER);
	says_nothing_more(&story); /* nobody's */
	HEAR_CALLEE(&story, call_change, .wish = CALL_WISH_REDIRECT,
		    .url = OTHER);
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK(bridge->apart);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT); /* its document's end */
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, OTHER);
	CHECK_TEXT(PARAM(get, "CallSid"), child);
	CHECK_TEXT(PARAM(get, "ParentCallSid"), ROOT);
	CHECK_TEXT(PARAM(get, "CallStatus"), "in-progress");
	says_nothing_more(&story);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 1);
	hear_closed(&story);
	SAYS(&story, post);
	hear_document(&story, "<Response><Pause length='5'/></Response>");
	CHECK_TEXT(hear_timer(&story), "pause.1");
	CHECK_TEXT(SAYS(&story, hangup)->leg, child);
	story_stop(&story);
}

TEST(a_redirection_may_bring_its_document_with_it)
{
	answer_root();
	hear_document(&story, "<Response><Pause length='100'/></Response>");
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_REDIRECT,
	     .document = "<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	end_root(LEG_END_LOCAL);
	story_end(&story);
}

TEST(a_redirection_that_comes_too_early_or_is_none_is_noted)
{
	dial_root();
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_REDIRECT,
	     .url = OTHER);
	CHECK_INT(SAYS(&story, noted)->code, ERR_CALL_STATE);
	says_nothing_more(&story);
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_REDIRECT,
	     .url = "other");
	CHECK_INT(SAYS(&story, noted)->code, ERR_CALL_URL);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(the_api_ends_a_call_that_is_up)
{
	answer_root();
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_COMPLETE);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	says_nothing_more(&story);
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_COMPLETE);
	says_nothing_more(&story);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "completed");
	says_nothing_more(&story); /* the document is awaited */
	hear_document(&story, "<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, call_closed)->legs[0].end_reason,
		   "the API ended it");
	story_end(&story);
}

TEST(the_api_cancels_a_call_that_rings_but_none_that_is_up)
{
	dial_root();
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_CANCEL);
	CHECK_TEXT(SAYS(&story, cancel)->leg, ROOT);
	HEAR(&story, failed, .leg = ROOT, .status = 487);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "canceled");
	SAYS(&story, leg_close);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_CANCELED);
	story_end(&story);

	answer_root();
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_CANCEL);
	CHECK_INT(SAYS(&story, noted)->code, ERR_CALL_STATE);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_call_that_is_queued_is_ended_before_it_is_dialled)
{
	const struct call_start start = usual();
	begin_with(&start);
	SAYS(&story, leg_open);
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_COMPLETE);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "canceled");
	says_nothing_more(&story);
	hear_root_opened();
	SAYS(&story, leg_close);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_CANCELED);
	story_end(&story);
}

TEST(the_api_ends_a_callee_and_the_dial_goes_on)
{
	talk_from_root();
	HEAR_CALLEE(&story, call_change, .wish = CALL_WISH_COMPLETE);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT); /* the document's end */
	hear_closed(&story);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "completed");
	story_stop(&story);
}

TEST(a_second_beginning_of_a_call_changes_nothing)
{
	const struct call_start start = usual();
	dial_root();
	hear_from(&story, call_start_from, &call_start_message, &start);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_wish_about_a_call_that_is_gone_is_ignored)
{
	story_init(&story);
	HEAR(&story, call_change, .leg = ROOT, .wish = CALL_WISH_COMPLETE);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
