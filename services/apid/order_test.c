/*
 * order_test.c - what a POST to Calls asks for: names that have no effect, or
 * that nobody knows, and documents that come with it.
 */
#include "services/apid/rest_test.h"

TEST(parameters_without_effect_are_listed_and_events_are_forgiving)
{
	open_store();
	test_expect_log("no effect: CallReason, Trim");
	post(BASE "/Calls.json",
	     (const char *const[]){"To",
				   "SIP:bob@h",
				   "From",
				   "sip:al@h",
				   "Twiml",
				   "<Response/>",
				   "CallReason",
				   "x",
				   "Trim",
				   "x",
				   "FallbackUrl",
				   "http://b/",
				   "FallbackMethod",
				   "get",
				   "Record",
				   "false",
				   "StatusCallbackEvent",
				   "Ringing,ringing_queued completed",
				   "CallerId",
				   "+4930",
				   NULL});
	CHECK_INT(answer.status, 201);
	CHECK_TEXT(start->ignored, "CallReason, Trim");
	CHECK_TEXT(start->fallback_url, "http://b/");
	CHECK_INT(start->fallback_method, HTTP_GET);
	CHECK(start->unknown == NULL);
	CHECK_INT(start->status_events, 2 | 8);
	CHECK_TEXT(start->document, "<Response/>");
	CHECK_TEXT(start->caller_id, "+4930");
	CHECK_INT(start->ring_ms, 60000);
	close_store();
}

TEST(a_parameter_that_nobody_knows_is_named_with_what_may_be_meant)
{
	static const char *const form[] = {"To",
					   "sip:a@b",
					   "From",
					   "a",
					   "Url",
					   "http://a/",
					   "StatusCalback",
					   "http://a/",
					   "statuscallback",
					   "x",
					   "Nonsense",
					   "1",
					   "Nonsense",
					   "2",
					   "x\r\ny",
					   "",
					   NULL};
	open_store();
	test_expect_log("no parameter: StatusCalback");
	post(BASE "/Calls.json", form);
	CHECK_INT(answer.status, 201);
	CHECK_TEXT(start->ignored, "");
	CHECK_TEXT(start->unknown,
		   "StatusCalback (did you mean StatusCallback?), "
		   "statuscallback (did you mean StatusCallback?), Nonsense, "
		   "x? y");
	close_store();
}

TEST(the_names_of_many_that_nobody_knows_are_cut_with_their_number)
{
	static char names[200][64];
	static const char *form[2 * 200 + 7] = {"To", "sip:a@b", "From",
						"a",  "Url",     "http://a/"};
	for (unsigned i = 0; i < 200; i++) {
		memset(names[i], 'x', 60);
		str_format(names[i], 8, "P%06u", i);
		names[i][7] = '-';
		form[6 + 2 * i] = names[i];
		form[7 + 2 * i] = "";
	}
	struct order_wrong wrong;
	struct call_start *made = proto_new(&call_start_message);
	const struct order_ask ask = {
		.value = field, .name = field_name, .lookup = form};
	CHECK(order_start(&ask, made, &wrong));
	CHECK(strlen(made->unknown) <= 440);
	CHECK_TEXT(strrchr(made->unknown, ','), ", and 190 more");
	proto_free(&call_start_message, made);
}

TEST(a_misspelt_parameter_is_told_with_what_is_missing)
{
	open_store();
	post(BASE "/Calls.json",
	     (const char *const[]){"To", "sip:a@b", "From", "a", "Uri",
				   "http://a/", NULL});
	CHECK_INT(answer.status, 400);
	CHECK(has("\"Url is missing: give Url or Twiml; there is no parameter "
		  "Uri (did you mean Url?)\""));
	close_store();
}

TEST(a_document_that_is_none_is_refused_with_line_and_column)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"<Response><Dial></Response>",
		 "{\"code\":12100,\"message\":\"Twiml, line 1, column 28: "},
		{"<Response>\n <Pause length=1/>\n</Response>",
		 "{\"code\":12100,\"message\":\"Twiml, line 2, column 16: "},
		{"no markup", "{\"code\":12100,\"message\":\"Twiml, line 1, "},
		{"\n<Answer/>",
		 "{\"code\":12101,\"message\":\"Twiml, line 2, column 1: "},
	};
	open_store();
	put_live(CALL, CALL, CALL_IN_PROGRESS);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		post(BASE "/Calls.json",
		     (const char *const[]){"To", "sip:a@b", "From", "a",
					   "Twiml", cases[i].text, NULL});
		CHECK_INT(answer.status, 400);
		CHECK(has(cases[i].says));
		CHECK(has(",\"more_info\":\"/errors/1210"));
		CHECK(has(",\"status\":400}"));
		CHECK_TEXT(start->leg, "");
		post(BASE "/Calls/" CALL,
		     (const char *const[]){"Twiml", cases[i].text, NULL});
		CHECK_INT(answer.status, 400);
		CHECK(has(cases[i].says));
		CHECK_TEXT(change->leg, "");
	}
	close_store();
}

TEST(a_document_to_be_mended_is_refused_where_the_house_is_strict)
{
	static const char *const form[] = {
		"To",
		"sip:a@b",
		"From",
		"a",
		"Twiml",
		"<Response><Dial><Sip>sip:a@b?c=d&e=f</Sip></Dial>"
		"</Response>",
		NULL};
	open_store();
	post(BASE "/Calls.json", form);
	CHECK_INT(answer.status, 201);
	strict = true;
	post(BASE "/Calls.json", form);
	CHECK_INT(answer.status, 400);
	CHECK(has("\"code\":12100,\"message\":\"Twiml, line 1, column 33: "));
	close_store();
}

TEST(what_a_live_call_is_not_given_is_listed)
{
	open_store();
	test_expect_log("no effect: TimeLimit");
	test_expect_log("no parameter: To, Metod");
	put_live(CALL, CALL, CALL_IN_PROGRESS);
	post(BASE "/Calls/" CALL,
	     (const char *const[]){"Url", "http://a/", "TimeLimit", "9", "To",
				   "sip:x@y", "Metod", "GET", NULL});
	CHECK_INT(answer.status, 200);
	CHECK_TEXT(change->ignored, "TimeLimit");
	CHECK_TEXT(change->unknown, "To, Metod (did you mean Method?)");
	close_store();
}

TEST_MAIN()
