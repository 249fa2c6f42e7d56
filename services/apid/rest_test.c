/*
 * rest_test.c - shapes that the SDKs expect, and who gets them.
 */
#include "services/apid/rest_test.h"

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

TEST_MAIN()
