/*
 * rest_recording_test.c - who gets what of a recording, and when.
 */
#include "services/apid/rest.h"

#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "lib/test/test.h"
#include "services/apid/accounts.h"
#include "services/apid/store.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT "AC00000000000000000000000000000001"
#define SID "RE0123456789abcdef0123456789abcdef"
#define PATH "/2010-04-01/Accounts/" ACCOUNT "/Recordings/"

static struct store *store;
static struct httpd_answer answer;
static char handed_out[64];

static void hand_out(void *owner, const char *sid, const void *lookup,
		     struct httpd_answer *to)
{
	(void)owner, (void)lookup;
	str_copy(handed_out, sizeof(handed_out), sid);
	httpd_text(to, 200, "audio/wav", "RIFF");
}

static const char *get(const char *path)
{
	struct accounts *accounts = accounts_new(ACCOUNT, "token");
	const struct rest rest = {.store = store,
				  .accounts = accounts,
				  .house = {.sound = hand_out}};

	free(answer.body);
	memset(&answer, 0, sizeof(answer));
	handed_out[0] = '\0';
	rest_answer(&rest,
		    &(struct rest_request){.method = "GET",
					   .path = path,
					   .user = ACCOUNT,
					   .password = "token"},
		    &answer);
	accounts_free(accounts);
	return answer.body;
}

static void set_up(void)
{
	char error[STORE_ERROR_BYTES];

	store = store_open(":memory:", error);
	store_put_recording(store,
			    &(struct store_recording){.sid = SID,
						      .account = ACCOUNT,
						      .call = "CA1",
						      .started_ms = 1000});
}

static void end_it(bool absent, const char *url)
{
	store_put_recording(store,
			    &(struct store_recording){.sid = SID,
						      .account = ACCOUNT,
						      .duration_ms = 12345,
						      .channels = 2,
						      .over = true,
						      .absent = absent,
						      .url = url});
}

static void tear_down(void)
{
	free(answer.body);
	memset(&answer, 0, sizeof(answer));
	store = store_close(store);
}

TEST(the_sound_of_a_recording_that_is_over_is_handed_out)
{
	set_up();
	end_it(false, "");
	get(PATH SID);
	CHECK_INT(answer.status, 200);
	CHECK_TEXT(handed_out, SID);
	get(PATH SID ".wav");
	CHECK_TEXT(handed_out, SID);
	tear_down();
}

TEST(mediad_is_asked_before_the_record_says_that_it_is_over)
{
	set_up();
	get(PATH SID);
	CHECK_TEXT(handed_out, SID);
	tear_down();
}

TEST(what_is_known_of_it_is_json)
{
	set_up();
	CHECK(strstr(get(PATH SID ".json"), "\"status\":\"in-progress\""));
	end_it(false, "");
	get(PATH SID ".json");
	CHECK(strstr(answer.body, "\"sid\":\"" SID "\""));
	CHECK(strstr(answer.body, "\"call_sid\":\"CA1\""));
	CHECK(strstr(answer.body, "\"status\":\"completed\""));
	CHECK(strstr(answer.body, "\"channels\":2"));
	CHECK(strstr(answer.body, "\"duration\":\"12\""));
	tear_down();
}

TEST(what_is_not_there_is_404_with_the_reason)
{
	set_up();
	end_it(true, "");
	CHECK(strstr(get(PATH SID), "Nothing was recorded"));
	CHECK_INT(answer.status, 404);
	end_it(false, "https://store.example/a.wav");
	CHECK(strstr(get(PATH SID), "absent") == NULL);
	get(PATH "REffffffffffffffffffffffffffffffff");
	CHECK_INT(answer.status, 404);
	CHECK_TEXT(handed_out, "");
	tear_down();
}

TEST(another_accounts_recording_is_none)
{
	set_up();
	store_put_recording(store, &(struct store_recording){.sid = "RE2",
							     .account = "AC2",
							     .over = true});
	get(PATH "RE2");
	CHECK_INT(answer.status, 404);
	CHECK_TEXT(handed_out, "");
	tear_down();
}

TEST_MAIN()
