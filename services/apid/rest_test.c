/*
 * rest_test.c - shapes that the SDKs expect, and who gets them.
 */
#include "services/apid/rest.h"

#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "lib/test/test.h"
#include "services/apid/accounts.h"
#include "services/apid/date.h"
#include "services/apid/projection.h"
#include "services/apid/store.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT "AC00000000000000000000000000000001"
#define BASE "/2010-04-01/Accounts/" ACCOUNT
#define CALLS 5

#define CALL "CA00000000000000000000000000000009"
#define LEG "CA0000000000000000000000000000000a"

static struct store *store;
static struct httpd_answer answer;
static const char *parameters[24]; /* name, value, … */
static enum dialect_name dialect = DIALECT_TWILIO;
static bool strict;

/* What the house was asked for. */
static const char *refusal, *gateway;
static struct call_start *start;
static struct call_change *change;
static char order_root[40], order_account[65];

static const char *why_refused(void *owner)
{
	(void)owner;
	return refusal;
}

static const char *gateway_for(void *owner, const char *call_sid)
{
	(void)owner;
	CHECK(id_is("CA", call_sid));
	return gateway;
}

static void take_order(void *owner, const struct rest_order *order,
		       const void *lookup, struct httpd_answer *to)
{
	(void)owner, (void)lookup;
	bool starts = order->desc == &call_start_message;
	proto_clear(order->desc, starts ? (void *)start : (void *)change);
	proto_copy(order->desc, order->message,
		   starts ? (void *)start : (void *)change);
	str_copy(order_root, sizeof(order_root), order->root);
	str_copy(order_account, sizeof(order_account), order->account);
	if (starts)
		projection_put_start(store, order->account, 60000, start);
	CHECK(rest_ordered(
		&(const struct rest){.store = store, .dialect = dialect}, order,
		to));
}

static const char *field(const void *lookup, const char *name, unsigned n)
{
	const char *const *list = lookup;
	for (; *list; list += 2)
		if (strcmp(list[0], name) == 0 && n-- == 0)
			return list[1];
	return NULL;
}

static const char *field_name(const void *lookup, unsigned n)
{
	const char *const *list = lookup;
	for (; list[0] && list[1]; list += 2)
		if (n-- == 0)
			return list[0];
	return NULL;
}

static const char *look_up(const void *lookup, const char *name)
{
	const char *const *list = lookup;
	for (; *list; list += 2)
		if (strcmp(list[0], name) == 0)
			return list[1];
	return NULL;
}

static const char *ask_as(const char *user, const char *password,
			  const char *method, const char *path)
{
	struct accounts *accounts = accounts_new(ACCOUNT, "token");
	const struct rest rest = {
		.store = store,
		.accounts = accounts,
		.dialect = dialect,
		.strict = strict,
		.house = {NULL, why_refused, gateway_for, take_order, NULL}};
	free(answer.body);
	memset(&answer, 0, sizeof(answer));
	rest_answer(&rest,
		    &(struct rest_request){.method = method,
					   .path = path,
					   .user = user,
					   .password = password,
					   .has_form = true,
					   .query = {look_up, parameters},
					   .form = {.value = field,
						    .name = field_name,
						    .lookup = parameters}},
		    &answer);
	accounts_free(accounts);
	return answer.body;
}

static const char *get(const char *path)
{
	return ask_as(ACCOUNT, "token", "GET", path);
}

static void open_store(void)
{
	char error[STORE_ERROR_BYTES];
	dialect = DIALECT_TWILIO;
	strict = false;
	refusal = NULL;
	gateway = "gw0";
	start = proto_new(&call_start_message);
	change = proto_new(&call_change_message);
	memset(parameters, 0, sizeof(parameters));
	store = store_open(":memory:", error);
	for (int i = 1; i <= CALLS; i++) {
		char sid[8];
		str_format(sid, sizeof(sid), "CA%d", i);
		store_put_call(store,
			       &(struct store_call){.sid = sid,
						    .root = sid,
						    .account = ACCOUNT,
						    .from = "al",
						    .to = "sip:b@h",
						    .direction = "inbound",
						    .status = CALL_COMPLETED,
						    .started_ms = 60000 * i,
						    .answered_ms = 61000 * i,
						    .ended_ms = 62400 * i,
						    .updated_ms = 62400 * i});
	}
	store_commit(store, 1);
}

static void close_store(void)
{
	CHECK_TEXT(store_error(store), "");
	store = store_close(store);
	start = proto_free(&call_start_message, start);
	change = proto_free(&call_change_message, change);
	free(answer.body);
	memset(&answer, 0, sizeof(answer));
}

static bool has(const char *words)
{
	bool good = answer.body && strstr(answer.body, words);
	if (!good)
		CHECK_TEXT(answer.body, words);
	return good;
}

TEST(who_has_no_right_gets_401_in_the_shape_that_sdks_read)
{
	open_store();
	static const char *const wrong[][2] = {{NULL, NULL},
					       {ACCOUNT, ""},
					       {ACCOUNT, "tokentoken"},
					       {"AC2", "token"},
					       {ACCOUNT, NULL}};
	for (unsigned i = 0; i < 5; i++) {
		ask_as(wrong[i][0], wrong[i][1], "GET", BASE "/Calls.json");
		CHECK_INT(answer.status, 401);
		CHECK(has("\"code\":20003"));
		CHECK(has("\"status\":401"));
		CHECK(has("\"more_info\":"));
		CHECK_TEXT(answer.extra_name, "WWW-Authenticate");
	}
	close_store();
}

TEST(what_is_not_there_gets_404_and_what_is_not_taken_405)
{
	static const char *const nowhere[] = {
		BASE "/Nothing.json",
		BASE "/Calls/CA77.json",
		BASE "/Calls/CA1/Nothing.json",
		BASE "/Calls/CA1/Events/x.json",
		BASE "/Calls/CA77/Events.json",
		BASE "/Calls//.json",
		BASE "/Calls/.json",
		BASE "/Calls//Events",
		"/2010-04-01/Accounts/AC2/Calls.json",
		"/2010-04-01/Accounts/",
		"/2010-04-01/",
	};
	open_store();
	for (unsigned i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		get(nowhere[i]);
		CHECK_INT(answer.status, 404);
		CHECK(has("\"code\":20404"));
	}
	ask_as(ACCOUNT, "token", "DELETE", BASE "/Calls.json");
	CHECK_INT(answer.status, 405);
	CHECK(has("\"code\":20004"));
	CHECK_TEXT(answer.extra_value, "GET, HEAD, POST");
	ask_as(ACCOUNT, "token", "POST", BASE "/Calls/CA1/Events.json");
	CHECK_INT(answer.status, 405);
	CHECK_TEXT(answer.extra_value, "GET, HEAD");
	close_store();
}

TEST(a_call_has_every_field_that_sdks_read)
{
	open_store();
	CHECK_TEXT(get(BASE "/Calls/CA1.json"),
		   "{\"sid\":\"CA1\","
		   "\"date_created\":\"Thu, 01 Jan 1970 00:01:00 +0000\","
		   "\"date_updated\":\"Thu, 01 Jan 1970 00:01:02 +0000\","
		   "\"parent_call_sid\":null,\"account_sid\":\"" ACCOUNT "\","
		   "\"to\":\"sip:b@h\",\"to_formatted\":\"sip:b@h\","
		   "\"from\":\"al\",\"from_formatted\":\"al\","
		   "\"phone_number_sid\":null,\"status\":\"completed\","
		   "\"start_time\":\"Thu, 01 Jan 1970 00:01:00 +0000\","
		   "\"end_time\":\"Thu, 01 Jan 1970 00:01:02 +0000\","
		   "\"duration\":\"1\",\"price\":null,\"price_unit\":\"USD\","
		   "\"direction\":\"inbound\",\"answered_by\":null,"
		   "\"api_version\":\"2010-04-01\",\"forwarded_from\":null,"
		   "\"group_sid\":null,\"caller_name\":null,"
		   "\"queue_time\":\"0\",\"trunk_sid\":null,"
		   "\"uri\":\"" BASE "/Calls/CA1.json\",\"subresource_uris\":{"
		   "\"notifications\":\"" BASE
		   "/Calls/CA1/Notifications.json\","
		   "\"events\":\"" BASE "/Calls/CA1/Events.json\"}}\n");
	CHECK_TEXT(answer.type, "application/json");
	close_store();
}

TEST(the_same_resource_answers_with_and_without_json_and_laml)
{
	open_store();
	get(BASE "/Calls/CA1");
	CHECK_INT(answer.status, 200);
	get("/api/laml" BASE "/Calls/CA1.json");
	CHECK_INT(answer.status, 200);
	CHECK(has("\"uri\":\"" BASE "/Calls/CA1.json\""));
	get("/restcomm/2012-04-24/Accounts/" ACCOUNT "/Calls/CA1.json");
	CHECK(has("\"uri\":\"/restcomm/2012-04-24/Accounts/" ACCOUNT
		  "/Calls/CA1.json\""));
	CHECK(has("\"api_version\":\"2012-04-24\""));
	get(BASE ".json");
	CHECK_INT(answer.status, 200);
	CHECK(has("\"status\":\"active\""));
	close_store();
}

TEST(a_live_call_has_neither_end_nor_duration)
{
	open_store();
	store_put_call(store, &(struct store_call){.sid = "CA9",
						   .account = ACCOUNT,
						   .status = CALL_INITIATED,
						   .started_ms = 1});
	get(BASE "/Calls/CA9.json");
	CHECK(has("\"status\":\"queued\""));
	CHECK(has("\"end_time\":null,\"duration\":null"));
	close_store();
}

TEST(the_list_has_one_array_and_the_paging_keys_alone)
{
	open_store();
	get(BASE "/Calls.json");
	CHECK(has("{\"calls\":[{\"sid\":\"CA5\""));
	CHECK(has("],\"page\":0,\"page_size\":50,\"start\":0,\"end\":4,"
		  "\"uri\":\"" BASE "/Calls.json?PageSize=50&Page=0\","
		  "\"first_page_uri\":\"" BASE
		  "/Calls.json?PageSize=50&Page=0\","
		  "\"previous_page_uri\":null,\"next_page_uri\":null}\n"));
	close_store();
}

TEST(pages_follow_each_other_by_token_and_keep_the_filters)
{
	open_store();
	parameters[0] = "PageSize";
	parameters[1] = "2";
	parameters[2] = "StartTime>";
	parameters[3] = "1970-01-01T00:00:00Z";
	get(BASE "/Calls.json");
	CHECK(has("\"sid\":\"CA5\""));
	CHECK(has("\"next_page_uri\":\"" BASE
		  "/Calls.json?StartTime%3E=1970-01-01T00%3A00%3A00Z&"
		  "PageSize=2&Page=1&PageToken=PA240000-CA4\""));
	parameters[4] = "Page";
	parameters[5] = "1";
	parameters[6] = "PageToken";
	parameters[7] = "PA240000-CA4";
	get(BASE "/Calls.json");
	CHECK(has("{\"calls\":[{\"sid\":\"CA3\""));
	CHECK(has("\"previous_page_uri\":\"" BASE
		  "/Calls.json?StartTime%3E=1970-01-01T00%3A00%3A00Z&"
		  "PageSize=2&Page=0&PageToken=PB180000-CA3\""));
	parameters[5] = "0";
	parameters[7] = "PB180000-CA3";
	get(BASE "/Calls.json");
	CHECK(has("{\"calls\":[{\"sid\":\"CA5\""));
	CHECK(has("\"sid\":\"CA4\""));
	CHECK(has("\"previous_page_uri\":null"));
	close_store();
}

TEST(wrong_parameters_are_refused_with_what_would_be_right)
{
	static const char *const wrong[][2] = {
		{"PageSize", "1001"},   {"PageSize", "0"},
		{"Page", "-1"},         {"Page", "9999999"},
		{"PageToken", "x"},     {"PageToken", "PA-"},
		{"PageToken", "PA24-"}, {"Status", "gone"},
		{"StartTime<", "soon"}, {"EndTime", "2026-13-77x"}};
	open_store();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		parameters[0] = wrong[i][0];
		parameters[1] = wrong[i][1];
		get(BASE "/Calls.json");
		CHECK_INT(answer.status, 400);
		CHECK(has("\"code\":20001"));
	}
	close_store();
}

TEST(notifications_and_events_are_those_of_the_call)
{
	open_store();
	store_put_notification(
		store, &(struct store_notification){.sid = "NO1",
						    .call = "CA1",
						    .account = ACCOUNT,
						    .level = NOTE_WARNING,
						    .code = 12200,
						    .time_ms = 1000,
						    .text = "\"x\"",
						    .url = "http://app/"});
	store_put_request(store,
			  &(struct store_request){.sequence = 3,
						  .name = "FE1",
						  .root = "CA1",
						  .call = "CA1",
						  .method = "POST",
						  .url = "http://app/",
						  .params = "{\"A\":\"b\"}"});
	store_put_attempt(store, &(struct store_attempt){.name = "FE1",
							 .root = "CA1",
							 .sequence = 4,
							 .time_ms = 1000,
							 .error = 11205,
							 .took_ms = 7});
	get(BASE "/Calls/CA1/Notifications.json");
	CHECK(has("{\"notifications\":[{\"sid\":\"NO1\""));
	CHECK(has("\"log\":\"1\",\"error_code\":\"12200\","
		  "\"message_text\":\"\\\"x\\\"\""));
	CHECK(has("\"more_info\":\"/errors/12200\""));
	CHECK(has("}],\"page\":0,"));
	get(BASE "/Calls/CA1/Events.json");
	CHECK(has("{\"events\":[{\"request\":{\"method\":\"POST\","
		  "\"url\":\"http://app/\",\"parameters\":{\"A\":\"b\"}},"
		  "\"response\":{\"response_code\":null,"
		  "\"request_duration\":7,\"content_type\":null,"));
	CHECK(has("\"error_code\":11205}}],\"page\":0,"));
	get(BASE "/Calls/CA2/Events.json");
	CHECK(has("{\"events\":[],\"page\":0,"));
	close_store();
}

static const char *post(const char *path, const char *const *form)
{
	for (unsigned i = 0; i < 24; i++)
		parameters[i] = NULL;
	for (unsigned i = 0; form[i]; i++)
		parameters[i] = form[i];
	return ask_as(ACCOUNT, "token", "POST", path);
}

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

TEST(parameters_without_effect_are_listed_and_events_are_forgiving)
{
	open_store();
	test_expect_log("no effect: FallbackUrl, CallReason");
	post(BASE "/Calls.json",
	     (const char *const[]){"To", "SIP:bob@h", "From", "sip:al@h",
				   "Twiml", "<Response/>", "CallReason", "x",
				   "FallbackUrl", "http://b/", "Record",
				   "false", "StatusCallbackEvent",
				   "Ringing,ringing_queued completed",
				   "CallerId", "+4930", NULL});
	CHECK_INT(answer.status, 201);
	CHECK_TEXT(start->ignored, "FallbackUrl, CallReason");
	CHECK(start->unknown == NULL);
	CHECK_INT(start->status_events, 2 | 8);
	CHECK_TEXT(start->document, "<Response/>");
	CHECK_TEXT(start->caller_id, "+4930");
	CHECK_INT(start->ring_ms, 60000);
	close_store();
}

static void put_live(const char *sid, const char *root, enum call_status status)
{
	store_put_call(store, &(struct store_call){.sid = sid,
						   .root = root,
						   .account = ACCOUNT,
						   .status = status,
						   .started_ms = 1});
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

TEST(dates_are_read_in_three_forms)
{
	int64_t ms, span;
	CHECK(date_parse("1970-01-02", &ms, &span));
	CHECK_INT(ms, DATE_DAY_MS);
	CHECK_INT(span, DATE_DAY_MS);
	CHECK(date_parse("1970-01-01T00:00:01.5Z", &ms, &span));
	CHECK_INT(ms, 1000);
	CHECK_INT(span, DATE_SECOND_MS);
	CHECK(date_parse("Thu, 01 Jan 1970 01:00:00 +0100", &ms, &span));
	CHECK_INT(ms, 0);
	CHECK(!date_parse("1970-01-01 and more", &ms, &span));
	CHECK(!date_parse("Thu, 01 Jan 1970 01:00:00 +01", &ms, &span));
	CHECK(!date_parse("", &ms, &span));
}

TEST_MAIN()
