/*
 * store_test.c - a store that takes recordings, refuses them, or comes back.
 */
#include "services/mediad/record/store.h"

#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/settings.h"
#include "lib/test/test.h"
#include "lib/test/web.h"
#include "services/mediad/record/spool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SID "RE0123456789abcdef0123456789abcdef"

static char folder[] = "/tmp/voxbus-store-XXXXXX";
static struct loop *loop;
static struct web *web;
static struct store *store;
static struct settings settings;
static unsigned refusals; /* before it takes anything */
static char request[4096];
static unsigned good, bad;
static char url[STORE_URL_BYTES], why[512], bucket[128];

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	(void)owner;
	str_copy_bytes(request, sizeof(request), text,
		       strlen(text) < 4000 ? strlen(text) : 4000);
	if (refusals == 0) {
		web_answer(peer, "200 OK", "", "");
		return;
	}
	refusals--;
	web_answer(peer, "503 Slow Down", "", "");
}

static void on_told(void *context, const struct store_news *news)
{
	(void)context;
	CHECK_TEXT(news->sid, SID);
	good += news->url != NULL;
	bad += news->why != NULL;
	str_copy(url, sizeof(url), news->url);
	str_copy(why, sizeof(why), news->why);
}

static void make_recording(void)
{
	struct wav wav = {.rate = 8000, .channels = 1};
	int fd = spool_open(folder, SID, &wav);

	CHECK(spool_keep(folder, SID, fd));
	close(fd);
}

static bool is_there(void)
{
	char path[SPOOL_PATH_BYTES];

	return spool_path(folder, SID, false, path) && access(path, F_OK) == 0;
}

static void begin(int64_t patience_ms)
{
	good = bad = 0;
	loop = loop_new();
	web = web_new(loop, on_request, NULL);
	str_format(bucket, sizeof(bucket), "http://127.0.0.1:%d/bucket/calls",
		   web_port(web));
	settings.record_store_url = bucket;
	settings.http_ca = "";
	settings.record_store_key = "";
	store = store_new(loop, &settings, folder, patience_ms, on_told, NULL);
	make_recording();
}

static void end(void)
{
	store = store_free(store);
	web = web_free(web);
	loop = loop_free(loop);
}

TEST(a_recording_is_stored_and_leaves_the_spool)
{
	char wanted[128];

	begin(60000);
	store_put(store, SID);
	while (!good)
		loop_turn(loop, 1000);
	str_format(wanted, sizeof(wanted),
		   "http://127.0.0.1:%d/bucket/calls/" SID ".wav",
		   web_port(web));
	CHECK_TEXT(url, wanted);
	CHECK(strncmp(request, "PUT /bucket/calls/" SID ".wav ", 57) == 0);
	CHECK(strstr(request, "RIFF") != NULL);
	CHECK(!is_there());
	end();
}

TEST(a_store_that_soon_comes_back_is_not_worth_a_word)
{
	begin(60000);
	refusals = 1;
	test_expect_log("the store says");
	store_put(store, SID);
	while (!good)
		loop_turn(loop, 1000);
	CHECK_INT(bad, 0);
	end();
}

TEST(a_store_that_refuses_is_told_once_and_asked_again)
{
	begin(0);
	refusals = 2;
	test_expect_log("the store says");
	test_expect_log("the store says");
	store_put(store, SID);
	while (!bad)
		loop_turn(loop, 1000);
	CHECK(strstr(why, "503") != NULL);
	CHECK(is_there());
	while (!good)
		loop_turn(loop, 1000);
	CHECK_INT(bad, 1);
	CHECK(!is_there());
	end();
}

TEST(what_an_earlier_process_left_is_found)
{
	begin(60000);
	CHECK_INT(store_put_left(store), 1);
	while (!good)
		loop_turn(loop, 1000);
	CHECK_INT(store_put_left(store), 0);
	end();
}

TEST(what_is_found_and_asked_for_is_brought_once)
{
	begin(60000);
	CHECK_INT(store_put_left(store), 1);
	store_put(store, SID);
	while (!good)
		loop_turn(loop, 1000);
	loop_turn(loop, 50);
	CHECK_INT(good, 1);
	CHECK_INT(bad, 0);
	end();
}

TEST(a_file_that_another_worker_has_brought_is_stored)
{
	char path[SPOOL_PATH_BYTES];

	begin(60000);
	CHECK(spool_path(folder, SID, false, path) && unlink(path) == 0);
	store_put(store, SID);
	CHECK_INT(good, 1);
	CHECK(strstr(url, "/bucket/calls/" SID ".wav") != NULL);
	loop_turn(loop, 50);
	CHECK_INT(bad, 0);
	end();
}

TEST(without_a_store_there_is_none)
{
	settings.record_store_url = "";
	CHECK(store_new(NULL, &settings, folder, 0, on_told, NULL) == NULL);
}

int main(int argc, char **argv)
{
	int result;

	if (!mkdtemp(folder))
		return 1;
	result = test_main(argc, argv);
	rmdir(folder);
	return result;
}
