/*
 * rest_write_test.c - calls that are started and changed by POST.
 */
#include "services/apid/rest_test.h"

TEST(a_call_is_started_and_answered_as_queued_with_every_field)
{
	char path[128];
	open_store();
	post(BASE "/Calls.json",
	     (const char *const[]){"To",
				   "sip:bob@example.com;transport=udp?X-a=1",
				   "From",
				   "alice",
				   "Url",
				   "https://app.example/voice",
				   "Method",
				   "get",
				   "StatusCallback",
				   "http://app.example/s",
				   "StatusCallbackEvent",
				   "initiated",
				   "StatusCallbackEvent",
				   "answered",
				   "Timeout",
				   "20",
				   "TimeLimit",
				   "60",
				   "SipAuthUsername",
				   "u",
				   "SipAuthPassword",
				   "p",
				   NULL});
	CHECK_INT(answer.status, 201);
	CHECK_TEXT(start->to, "sip:bob@example.com;transport=udp?X-a=1");
	CHECK_TEXT(start->caller_id, "alice");
	CHECK_TEXT(start->voice_url, "https://app.example/voice");
	CHECK_INT(start->voice_method, HTTP_GET);
	CHECK_TEXT(start->status_callback, "http://app.example/s");
	CHECK_INT(start->status_events, 1 | 4);
	CHECK_INT(start->ring_ms, 20000);
	CHECK_INT(start->limit_ms, 60000);
	CHECK_TEXT(start->username, "u");
	CHECK_TEXT(start->password, "p");
	CHECK_TEXT(start->gateway, "gw0");
	CHECK_INT(start->dialect, DIALECT_TWILIO);
	CHECK_TEXT(order_root, start->leg);
	CHECK_TEXT(order_account, ACCOUNT);
	CHECK(has("\"status\":\"queued\""));
	CHECK(has("\"direction\":\"outbound-api\""));
	CHECK(has("\"to\":\"sip:bob@example.com;transport=udp\""));
	CHECK(has("\"from\":\"alice\""));
	CHECK(has("\"parent_call_sid\":null"));
	str_format(path, sizeof(path), BASE "/Calls/%s.json", start->leg);
	get(path);
	CHECK_INT(answer.status, 200);
	close_store();
}

TEST(a_call_has_the_limits_of_its_account_or_else_of_the_house)
{
	open_store();
	house_dial_max = 20;
	house_uri_max = 300;
	account_record = "{\"account_sid\":\"" ACCOUNT
			 "\",\"dial_max\":4,\"sip_headers_max\":99}";
	post(BASE "/Calls.json",
	     (const char *const[]){"To", "sip:bob@example.com", "From", "alice",
				   "Url", "https://app.example/voice", NULL});
	CHECK_INT(answer.status, 201);
	CHECK_INT(start->dial_max, 4);
	CHECK_INT(start->sip_uri_max, 300);
	CHECK_INT(start->sip_headers_max, 99);
	close_store();
}

TEST(a_call_that_cannot_be_started_is_refused_with_its_number)
{
	static const struct {
		int code;
		const char *form[9];
	} wrong[] = {
		{21201, {"From", "a", "Url", "http://a/"}},
		{21217, {"To", "+15550001", "From", "a", "Url", "http://a/"}},
		{21217, {"To", "sip:", "From", "a", "Url", "http://a/"}},
		{21217, {"To", "sip:a@", "From", "a", "Url", "http://a/"}},
		{21217,
		 {"To", "sip:a@b\r\nX: y", "From", "a", "Url", "http://a/"}},
		{21213, {"To", "sip:a@b", "Url", "http://a/"}},
		{21212, {"To", "sip:a@b", "From", "a b", "Url", "http://a/"}},
		{21212,
		 {"To", "sip:a@b", "From", "sip:@b", "Url", "http://a/"}},
		{21205, {"To", "sip:a@b", "From", "a"}},
		{21205, {"To", "sip:a@b", "From", "a", "Url", "ftp://a/"}},
		{21205, {"To", "sip:a@b", "From", "a", "Url", "/voice"}},
		{21205,
		 {"To", "sip:a@b", "From", "a", "Url", "http://a/", "Twiml",
		  "<Response/>"}},
		{21218,
		 {"To", "sip:a@b", "From", "a", "ApplicationSid", "AP1"}},
		{20001,
		 {"To", "sip:a@b", "From", "a", "Url", "http://a/", "Method",
		  "PUT"}},
		{20001,
		 {"To", "sip:a@b", "From", "a", "Url", "http://a/", "Timeout",
		  "601"}},
		{20001,
		 {"To", "sip:a@b", "From", "a", "Url", "http://a/",
		  "StatusCallbackEvent", "rang"}},
		{20001,
		 {"To", "sip:a@b", "From", "a", "Url", "http://a/", "Record",
		  "true"}},
		{21609,
		 {"To", "sip:a@b", "From", "a", "Url", "http://a/",
		  "StatusCallback", "x"}},
	};
	open_store();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char code[24];
		post(BASE "/Calls.json", wrong[i].form);
		CHECK_INT(answer.status, 400);
		str_format(code, sizeof(code), "{\"code\":%d,", wrong[i].code);
		CHECK(has(code));
		CHECK_TEXT(start->leg, "");
	}
	close_store();
}

TEST(signalwires_clients_are_told_errors_in_a_list_too)
{
	open_store();
	dialect = DIALECT_SIGNALWIRE;
	post(BASE "/Calls.json", (const char *const[]){"From", "a", NULL});
	CHECK(has("\"status\":400,\"errors\":[{\"code\":\"21201\","));
	get(BASE "/Calls/CA1.json");
	CHECK(has("\"duration\":1,"));
	close_store();
}

TEST(without_a_gateway_or_with_a_full_record_nothing_is_started)
{
	static const char *const form[] = {"To",  "sip:a@b",   "From", "a",
					   "Url", "http://a/", NULL};
	open_store();
	gateway = NULL;
	for (unsigned i = 0; i < 2; i++) {
		post(BASE "/Calls.json", form);
		CHECK_INT(answer.status, 503);
		CHECK(has("\"code\":66001"));
		CHECK_TEXT(answer.extra_name, "Retry-After");
		CHECK_TEXT(start->leg, "");
		gateway = "gw0";
		refusal = "the record is nearly full";
	}
	CHECK(has("nearly full"));
	close_store();
}

TEST(a_child_is_redirected_on_its_roots_subject)
{
	open_store();
	put_live(LEG, CALL, CALL_IN_PROGRESS);
	post(BASE "/Calls/" LEG ".json",
	     (const char *const[]){"Url", "http://app/other", "Method", "GET",
				   NULL});
	CHECK_INT(answer.status, 200);
	CHECK(has("{\"sid\":\"" LEG "\""));
	CHECK_TEXT(order_root, CALL);
	CHECK_TEXT(change->leg, LEG);
	CHECK_INT(change->wish, CALL_WISH_REDIRECT);
	CHECK_TEXT(change->url, "http://app/other");
	CHECK_INT(change->method, HTTP_GET);
	close_store();
}

TEST(a_wish_that_cannot_come_true_in_the_calls_state_is_21220)
{
	static const struct {
		enum call_status status;
		const char *form[3];
		int answer;
	} cases[] = {
		{CALL_RINGING, {"Url", "http://a/"}, 400},
		{CALL_INITIATED, {"Twiml", "<Response/>"}, 400},
		{CALL_IN_PROGRESS, {"Status", "canceled"}, 400},
		{CALL_COMPLETED, {"Status", "completed"}, 400},
		{CALL_BUSY, {"Url", "http://a/"}, 400},
		{CALL_IN_PROGRESS, {"Twiml", "<Response/>"}, 200},
		{CALL_IN_PROGRESS, {"Status", "completed"}, 200},
		{CALL_RINGING, {"Status", "completed"}, 200},
		{CALL_QUEUED, {"Status", "canceled"}, 200},
		{CALL_INITIATED, {"Status", "Canceled"}, 200},
	};
	open_store();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_live(CALL, CALL, cases[i].status);
		post(BASE "/Calls/" CALL, cases[i].form);
		CHECK_INT(answer.status, cases[i].answer);
		CHECK(answer.status == 200 || has("\"code\":21220"));
	}
	close_store();
}

TEST(a_change_that_is_none_or_of_no_call_is_refused)
{
	static const struct {
		const char *path;
		const char *form[5];
		int status, code;
	} cases[] = {
		{BASE "/Calls/" CALL, {NULL}, 400, 20001},
		{BASE "/Calls/" CALL, {"Status", "busy"}, 400, 20001},
		{BASE "/Calls/" CALL,
		 {"Url", "http://a/", "Status", "completed"},
		 400,
		 20001},
		{BASE "/Calls/" CALL, {"Url", "a"}, 400, 21205},
		{BASE "/Calls/" CALL, {"Mute", "true"}, 400, 20001},
		{BASE "/Calls/CA1", {"Url", "http://a/"}, 400, 21218},
		{BASE "/Calls/" LEG, {"Url", "http://a/"}, 404, 20404},
	};
	open_store();
	put_live(CALL, CALL, CALL_IN_PROGRESS);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char code[24];
		post(cases[i].path, cases[i].form);
		CHECK_INT(answer.status, cases[i].status);
		str_format(code, sizeof(code), "\"code\":%d", cases[i].code);
		CHECK(has(code));
		CHECK_TEXT(change->leg, "");
	}
	close_store();
}

TEST_MAIN()
