/*
 * player_test.c - pieces one after another, as often as was asked, whatever
 * comes late or not at all.
 */
#include "services/mediad/sound/player.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 8000
#define FRAME 160

static struct play play;
static struct player *player;
static int16_t pcm[RATE * 30];
static size_t heard;
static char pressed[16];
static bool can_press;

static struct prompt *ask(int kind)
{
	struct prompt *prompt = &play.items[play.items_count++];

	prompt->kind = kind;
	return prompt;
}

static void set_up(void)
{
	memset(&play, 0, sizeof(play));
	pressed[0] = '\0';
	heard = 0;
}

static void begin(void)
{
	player = player_new(&play);
}

static void tear_down(void)
{
	for (unsigned i = 0; i < player->piece_count; i++)
		clip_free(player->pieces[i].clip);
	player = player_free(player);
}

static bool press(void *owner, char key, int ms)
{
	size_t length = strlen(pressed);

	(void)owner;
	CHECK_INT(ms, PLAYER_KEY_MS);
	pressed[length] = key;
	pressed[length + 1] = '\0';
	return can_press;
}

/* Frame by frame, to its end; at most 30 s. */
static void hear_all(void)
{
	size_t count;

	do {
		count = player_next(player, pcm + heard, FRAME, RATE);
		heard += count;
	} while (count == FRAME && heard + FRAME <= sizeof(pcm) / 2);
}

static struct clip *clip_of(uint32_t rate, size_t samples, double hz)
{
	struct clip *clip = clip_new(rate, 10);
	int16_t *data = calloc(samples, sizeof(*data));

	for (size_t i = 0; i < samples; i++)
		data[i] = (int16_t)lround(
			10000 * sin(2 * acos(-1.0) * hz * (double)i / rate));
	CHECK(clip_add(clip, data, samples));
	free(data);
	return clip;
}

/* Power at one frequency over that of everything. */
static double share(double hz, size_t from, size_t samples)
{
	double re = 0, im = 0, all = 0, turn = 2 * acos(-1.0) * hz / RATE;

	for (size_t i = 0; i < samples; i++) {
		re += pcm[from + i] * cos(turn * (double)i);
		im += pcm[from + i] * sin(turn * (double)i);
		all += (double)pcm[from + i] * pcm[from + i];
	}
	return all > 0 ? 2 * (re * re + im * im) / all / (double)samples : 0;
}

static bool is_silent(size_t from, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		if (pcm[from + i])
			return false;
	return true;
}

TEST(a_pause_is_silence_of_its_length)
{
	set_up();
	ask(PROMPT_PAUSE)->ms = 1010;
	begin();
	hear_all();
	CHECK_INT(heard, 8080);
	CHECK(is_silent(0, heard));
	CHECK_INT(player->items_done, 1);
	CHECK_INT(player->heard_us, 1010000);
	tear_down();
}

TEST(a_clip_is_played_as_often_as_asked)
{
	set_up();
	ask(PROMPT_FILE)->times = 3;
	begin();
	player->pieces[0].clip = clip_of(RATE, 1000, 440);
	clip_end(player->pieces[0].clip);
	hear_all();
	CHECK_INT(heard, 3000);
	CHECK(memcmp(pcm, pcm + 1000, 2000) == 0);
	CHECK_INT(player->items_done, 1);
	tear_down();
}

TEST(a_clip_that_is_still_coming_is_waited_for_in_silence)
{
	set_up();
	ask(PROMPT_FILE);
	begin();
	CHECK_INT(player_next(player, pcm, FRAME, RATE), FRAME);
	CHECK(is_silent(0, FRAME));
	player->pieces[0].clip = clip_of(RATE, FRAME + 10, 440);
	CHECK_INT(player_next(player, pcm, FRAME, RATE), FRAME);
	CHECK(!is_silent(0, FRAME));
	CHECK_INT(player_next(player, pcm, FRAME, RATE), FRAME);
	CHECK(is_silent(10, FRAME - 10));
	clip_end(player->pieces[0].clip);
	CHECK_INT(player_next(player, pcm, FRAME, RATE), 0);
	CHECK_INT(player->heard_us, (FRAME + 10) * 1000000 / RATE);
	tear_down();
}

TEST(a_piece_that_cannot_be_had_is_left_out_and_told)
{
	set_up();
	ask(PROMPT_FILE)->times = 1000;
	ask(PROMPT_PAUSE)->ms = 100;
	begin();
	player->pieces[0].clip = clip_new(RATE, 1);
	clip_fail(player->pieces[0].clip, ERR_PLAY, "http://a/: status 404");
	hear_all();
	CHECK_INT(heard, 800);
	CHECK_INT(player->items_done, 1);
	CHECK_INT(player->error, ERR_PLAY);
	CHECK_TEXT(player->text, "http://a/: status 404");
	tear_down();
}

TEST(a_clip_of_another_rate_keeps_its_pitch_and_length)
{
	static const uint32_t rates[] = {16000, 48000};

	for (int i = 0; i < 2; i++) {
		set_up();
		ask(PROMPT_FILE);
		begin();
		player->pieces[0].clip = clip_of(rates[i], rates[i], 440);
		clip_end(player->pieces[0].clip);
		hear_all();
		CHECK(heard >= 7990 && heard <= 8010);
		CHECK(share(440, 1000, 4000) > 0.98);
		tear_down();
	}
}

TEST(a_text_with_a_break_is_two_clips_and_a_pause)
{
	set_up();
	ask(PROMPT_SPEECH)->text = (char *)"one <break time=\"1s\"/> two";
	str_copy(play.items[0].voice, sizeof(play.items[0].voice), "man");
	begin();
	CHECK_INT(player->piece_count, 3);
	CHECK_TEXT(player->pieces[0].text, "one ");
	CHECK_TEXT(player->pieces[0].voice, "man");
	CHECK_INT(player->pieces[1].kind, PIECE_PAUSE);
	CHECK_TEXT(player->pieces[2].text, " two");
	tear_down();
}

TEST(keys_are_tones_where_events_were_not_agreed)
{
	set_up();
	str_copy(ask(PROMPT_DIGITS)->digits, 128, "5w#");
	begin();
	can_press = false;
	player->press = press;
	hear_all();
	CHECK_TEXT(pressed, "5#");
	CHECK_INT(heard, 1600 + 4000 + 1600);
	CHECK(share(770, 0, 800) > 0.3 && share(1336, 0, 800) > 0.5);
	CHECK(is_silent(800, 800 + 4000));
	CHECK(share(941, 5600, 800) > 0.3 && share(1477, 5600, 800) > 0.5);
	tear_down();
}

TEST(keys_that_were_sent_as_events_are_silence)
{
	set_up();
	str_copy(ask(PROMPT_DIGITS)->digits, 128, "1xD");
	begin();
	can_press = true;
	player->press = press;
	hear_all();
	CHECK_TEXT(pressed, "1D");
	CHECK_INT(heard, 3200);
	CHECK(is_silent(0, heard));
	tear_down();
}

TEST(the_beep_is_half_a_second_of_1000_hz)
{
	set_up();
	ask(PROMPT_BEEP);
	begin();
	hear_all();
	CHECK_INT(heard, 4000);
	CHECK(share(1000, 0, 4000) > 0.99);
	tear_down();
}

TEST(another_rate_in_the_middle_changes_neither_length_nor_place)
{
	set_up();
	ask(PROMPT_PAUSE)->ms = 1000;
	begin();
	CHECK_INT(player_next(player, pcm, 4000, 8000), 4000);
	CHECK_INT(player_next(player, pcm, 16000, 16000), 8000);
	tear_down();
}

TEST(a_prompt_without_anything_in_it_ends_at_once)
{
	set_up();
	ask(PROMPT_SPEECH)->text = (char *)" ";
	ask(PROMPT_DIGITS);
	ask(PROMPT_PAUSE);
	play.items[1].times = 1000;
	begin();
	hear_all();
	CHECK_INT(heard, 0);
	CHECK_INT(player->items_done, 3);
	tear_down();
}

TEST_MAIN()
