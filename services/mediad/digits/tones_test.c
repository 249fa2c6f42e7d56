/*
 * tones_test.c - keys that are made are found, once each; a voice is none.
 */
#include "services/mediad/digits/tones.h"

#include "lib/test/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALL "0123456789*#ABCD"
#define SAMPLES_MAX 960

static char downs[64], ups[64];
static uint32_t lengths[64];
static struct tones *tones;
static uint32_t rate_hz;

static void set_up(uint32_t rate)
{
	memset(downs, 0, sizeof(downs));
	memset(ups, 0, sizeof(ups));
	rate_hz = rate;
	tones = tones_new(rate);
}

static void hear(const int16_t *pcm, size_t samples)
{
	struct tones_news news;

	if (!tones_find(tones, pcm, samples, &news))
		return;
	if (news.up) {
		lengths[strlen(ups)] = news.duration_ms;
		ups[strlen(ups)] = news.up_key;
	}
	if (news.down)
		downs[strlen(downs)] = news.key;
}

static void hear_key(char key, unsigned ms, unsigned gap_ms, unsigned lose)
{
	int16_t pcm[SAMPLES_MAX];
	size_t samples = rate_hz / 50;

	for (unsigned t = 0; t < ms; t += 20) {
		CHECK(tones_make(key, rate_hz, t / 20 * samples, pcm, samples));
		if (lose && t / 20 == lose)
			memset(pcm, 0, sizeof(pcm));
		hear(pcm, samples);
	}
	memset(pcm, 0, sizeof(pcm));
	for (unsigned t = 0; t < gap_ms; t += 20)
		hear(pcm, samples);
}

TEST(each_key_is_found_once_at_any_rate)
{
	static const uint32_t rates[] = {8000, 16000, 48000};

	for (unsigned r = 0; r < 3; r++) {
		set_up(rates[r]);
		for (const char *key = ALL; *key; key++)
			hear_key(*key, 100, 100, 0);
		CHECK_TEXT(downs, ALL);
		CHECK_TEXT(ups, ALL);
		for (unsigned i = 0; i < 16; i++)
			CHECK(lengths[i] >= 70 && lengths[i] <= 130);
		tones_free(tones);
	}
}

TEST(a_key_held_for_long_is_one_press_and_the_same_twice_is_two)
{
	set_up(8000);
	hear_key('5', 3000, 60, 0);
	hear_key('5', 60, 60, 0);
	hear_key('5', 60, 60, 0);
	CHECK_TEXT(ups, "555");
	CHECK(lengths[0] > 2950 && lengths[0] < 3050);
	tones_free(tones);
}

static int16_t noise_then_tone(unsigned frame, unsigned i)
{
	double turns = 697.0 * (frame * 160 + i) / 8000;

	if (frame < 1500)
		return (int16_t)(rand() % 20000 - 10000);
	return (int16_t)(10000 * sin(2 * M_PI * turns));
}

TEST(noise_and_a_single_tone_are_no_key)
{
	int16_t pcm[160];

	set_up(8000);
	srand(1);
	for (unsigned n = 0; n < 3000; n++) {
		for (unsigned i = 0; i < 160; i++)
			pcm[i] = noise_then_tone(n, i);
		hear(pcm, 160);
	}
	CHECK_TEXT(downs, "");
	CHECK(!tones_make('x', 8000, 0, pcm, 160));
	CHECK(!tones_make(0, 8000, 0, pcm, 160));
	tones_free(tones);
}

TEST_MAIN()
