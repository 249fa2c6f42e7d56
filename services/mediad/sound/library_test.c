/*
 * library_test.c - who gets which sound, and what is kept of it; fetchers are a
 * few functions here, and decoding is done by this program's other self.
 */
#include "services/mediad/sound/library.h"

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/service.h"
#include "lib/test/test.h"
#include "proto/sound.h"
#include "services/mediad/sound/decode.h"
#include "services/mediad/sound/player.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTES 160000 /* of raw u-law: 20 s, and two pieces */

struct question {
	struct list link;
	struct loop_timer timer;
	bus_answer_fn *answered;
	void *owner;
	struct buf answer;
	int error;
};

static struct service service;
static struct library *library;
static struct play play;
/* What the fetcher does. */
static unsigned opens, reads, sames;
static const char *version, *type;
static int64_t error;
static bool deaf, forgets, slow;
static struct list questions;

static void question_free(struct question *question)
{
	list_remove(&question->link);
	loop_timer_stop(service.loop, &question->timer);
	buf_free(&question->answer);
	free(question);
}

static void on_time(struct loop_timer *timer)
{
	struct question *question = timer->owner;

	list_remove(&question->link);
	question->answered(question->owner, question->error,
			   buf_text(&question->answer),
			   question->answer.length);
	question_free(question);
}

static void answer_open(struct question *question)
{
	struct sound_opened opened = {.fetcher = "fe0", .object = "SO1"};

	opens++;
	sound_write_opened(&question->answer, &opened);
}

static void answer_read(struct question *question, const char *data,
			size_t size)
{
	static char bytes[BYTES];
	struct sound_piece piece = {.state = SOUND_DATA, .total = BYTES};
	struct sound_read read;

	reads++;
	CHECK(sound_read_read(data, size, &read));
	memset(bytes, 0x55, sizeof(bytes));
	str_copy(piece.version, sizeof(piece.version), version);
	str_copy(piece.type, sizeof(piece.type), type);
	piece.data = bytes;
	piece.size = (size_t)(BYTES - read.offset);
	if (piece.size > SOUND_PIECE_BYTES)
		piece.size = SOUND_PIECE_BYTES;
	if (str_equal(read.have, version)) {
		sames++;
		piece = (struct sound_piece){.state = SOUND_SAME};
	} else if (error) {
		piece = (struct sound_piece){.state = SOUND_FAILED,
					     .error = error,
					     .error_text = "HTTP status 404"};
	} else if (forgets && read.offset) {
		forgets = false;
		piece = (struct sound_piece){.state = SOUND_GONE};
	}
	sound_write_piece(&question->answer, &piece);
}

void bus_ask(struct bus *bus, const char *subject, const char *data,
	     size_t size, int timeout_ms, bus_answer_fn *answered, void *owner)
{
	struct question *question = mem_new(1, sizeof(*question));

	(void)bus, (void)timeout_ms;
	*question =
		(struct question){.timer = {.due = on_time, .owner = question},
				  .answered = answered,
				  .owner = owner,
				  .answer = BUF_INIT(SOUND_MESSAGE_BYTES)};
	if (deaf) {
		deaf = false;
		question->error = -ETIMEDOUT;
	} else if (str_equal(subject, SOUND_OPEN_SUBJECT)) {
		answer_open(question);
	} else {
		CHECK_TEXT(subject, "sound.read.fe0");
		answer_read(question, data, size);
	}
	list_add_tail(&questions, &question->link);
	loop_timer_start(service.loop, &question->timer, slow ? 60000 : 0);
}

void bus_ask_cancel(struct bus *bus, const void *owner)
{
	(void)bus;
	list_each (link, &questions) {
		struct question *question =
			list_of(link, struct question, link);

		if (question->owner == owner)
			question_free(question);
	}
}

static void set_up(int64_t memory_mb)
{
	memset(&service, 0, sizeof(service));
	memset(&play, 0, sizeof(play));
	service.loop = loop_new();
	service.settings.sound_memory_mb = memory_mb;
	service.settings.sound_max_mb = 8;
	service.settings.sound_seconds = 60;
	service.settings.tts_command = "cat /nonexistent";
	library = library_new(&service);
	opens = reads = sames = 0;
	version = "v1";
	type = "audio/ulaw";
	error = 0;
	deaf = forgets = slow = false;
	list_init(&questions);
}

static void tear_down(void)
{
	library_free(library);
	CHECK(list_empty(&questions));
	loop_free(service.loop);
}

static struct player *player_of(const char *url)
{
	struct player *player;

	play.items_count = 1;
	play.items[0].kind = PROMPT_FILE;
	play.items[0].url = (char *)url;
	player = player_new(&play);
	play.items[0].url = NULL;
	return player;
}

static enum clip_state state_of(struct player *player)
{
	struct clip *clip = player->pieces[0].clip;

	return clip ? clip_state(clip) : CLIP_COMING;
}

static struct library_wish *want(struct player *player)
{
	return library_want(library, player, 8000, "AC1", "CA1");
}

static void wait_for(struct player *player)
{
	while (state_of(player) == CLIP_COMING)
		loop_turn(service.loop, 100);
}

static struct clip *get(const char *url, struct library_wish **wish)
{
	struct player *player = player_of(url);

	*wish = want(player);
	wait_for(player);
	return player->pieces[0].clip;
}

static void give_back(struct library_wish *wish)
{
	library_return(wish);
	loop_turn(service.loop, 100);
}

TEST(a_file_is_fetched_decoded_and_kept_and_asked_for_each_time)
{
	struct library_wish *first, *second;

	set_up(16);
	struct clip *clip = get("http://a/1", &first);
	CHECK_INT(clip_state(clip), CLIP_WHOLE);
	CHECK_INT(clip_samples(clip), BYTES);
	give_back(first);
	CHECK(get("http://a/1", &second) == clip);
	CHECK_INT(opens, 2);
	CHECK_INT(sames, 1);
	give_back(second);
	tear_down();
}

TEST(a_new_version_is_for_newcomers_and_the_old_one_stays_where_it_is_heard)
{
	struct library_wish *first, *second;

	set_up(16);
	struct clip *old = get("http://a/1", &first);
	version = "v2";
	struct clip *new = get("http://a/1", &second);
	CHECK(old != new);
	CHECK_INT(clip_samples(old), BYTES);
	give_back(first);
	give_back(second);
	tear_down();
}

TEST(many_who_want_it_at_once_cause_one_fetch_and_one_decoder)
{
	struct library_wish *wishes[20];
	struct player *players[20];

	set_up(16);
	for (int i = 0; i < 20; i++) {
		players[i] = player_of("http://a/1");
		wishes[i] = want(players[i]);
	}
	for (int i = 0; i < 20; i++)
		wait_for(players[i]);
	CHECK_INT(opens, 1);
	CHECK(players[0]->pieces[0].clip == players[19]->pieces[0].clip);
	for (int i = 0; i < 20; i++)
		give_back(wishes[i]);
	tear_down();
}

TEST(what_cannot_be_had_says_why)
{
	struct library_wish *wish;

	set_up(16);
	error = ERR_HTTP_STATUS;
	test_expect_log("cannot be had");
	struct clip *clip = get("http://a/1", &wish);
	CHECK_INT(clip_state(clip), CLIP_FAILED);
	CHECK_INT(clip->error, ERR_PLAY);
	CHECK_TEXT(clip->text, "http://a/1: HTTP status 404 (11217)");
	give_back(wish);
	tear_down();
}

TEST(a_page_is_refused_by_its_type)
{
	struct library_wish *wish;

	set_up(16);
	type = "text/html";
	test_expect_log("cannot be had");
	struct clip *clip = get("http://a/1", &wish);
	CHECK(strstr(clip->text, "text/html"));
	give_back(wish);
	tear_down();
}

TEST(a_fetcher_that_is_silent_or_forgets_is_asked_again)
{
	struct library_wish *wish;

	set_up(16);
	deaf = forgets = true;
	struct clip *clip = get("http://a/1", &wish);
	CHECK_INT(clip_state(clip), CLIP_WHOLE);
	CHECK_INT(clip_samples(clip), BYTES);
	CHECK_INT(opens, 2);
	give_back(wish);
	tear_down();
}

TEST(what_nobody_hears_makes_room_and_what_is_heard_does_not)
{
	struct library_wish *wishes[4];
	char url[32];

	set_up(1); /* room for three of 320 kB, and no file beside them */
	for (int i = 0; i < 2; i++) {
		str_format(url, sizeof(url), "http://a/%d", i);
		CHECK_INT(clip_state(get(url, &wishes[i])), CLIP_WHOLE);
	}
	test_expect_log("cannot be had");
	struct clip *clip = get("http://a/2", &wishes[2]);
	CHECK_INT(clip_state(clip), CLIP_FAILED);
	CHECK(strstr(clip->text, "VOXBUS_SOUND_MEMORY_MB"));
	give_back(wishes[0]);
	CHECK_INT(clip_state(get("http://a/3", &wishes[3])), CLIP_WHOLE);
	for (int i = 1; i < 4; i++)
		give_back(wishes[i]);
	tear_down();
}

TEST(a_player_that_is_returned_early_leaves_nothing_behind)
{
	set_up(16);
	give_back(want(player_of("http://a/1")));
	for (int i = 0; i < 20; i++)
		loop_turn(service.loop, 20);
	give_back(want(player_of("http://a/1")));
	tear_down();
}

TEST(a_library_that_ends_while_a_fetcher_is_asked_waits_for_no_answer)
{
	struct library_wish *wish;

	set_up(16);
	slow = true;
	wish = want(player_of("http://a/1"));
	loop_turn(service.loop, 100);
	CHECK_INT(opens, 1);
	give_back(wish);
	tear_down();
}

TEST(a_speech_engine_that_fails_is_told_with_its_words)
{
	struct library_wish *wish;

	set_up(16);
	play.items_count = 1;
	play.items[0].kind = PROMPT_SPEECH;
	play.items[0].text = (char *)"hello";
	struct player *player = player_new(&play);
	play.items[0].text = NULL;
	test_expect_log("cannot be had");
	wish = want(player);
	wait_for(player);
	struct clip *clip = player->pieces[0].clip;
	CHECK_INT(clip->error, ERR_SPEECH);
	CHECK(strstr(clip->text, "cat ended with 1: "));
	give_back(wish);
	tear_down();
}

TEST(engines_that_hang_hold_up_no_file)
{
	static char texts[32][8];
	struct library_wish *spoken, *file;

	set_up(16);
	service.settings.tts_command = "sleep 60";
	for (play.items_count = 0; play.items_count < 32; play.items_count++) {
		struct prompt *prompt = &play.items[play.items_count];

		str_format(texts[play.items_count], 8, "n%u", play.items_count);
		prompt->kind = PROMPT_SPEECH;
		prompt->text = texts[play.items_count];
	}
	spoken = want(player_new(&play));
	memset(&play, 0, sizeof(play));
	CHECK_INT(clip_state(get("http://a/1", &file)), CLIP_WHOLE);
	give_back(file);
	give_back(spoken);
	tear_down();
}

int main(int argc, char **argv)
{
	if (argc > 1 && str_equal(argv[1], DECODE_ARGUMENT))
		return decode_main(argc, argv);
	return test_main(argc, argv);
}
