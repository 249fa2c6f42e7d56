/*
 * transcoder_test.c - a tone goes in by one codec and comes out of another:
 * it must be as high and as loud as before, whatever the packets' length, and
 * whatever is lost on the way.
 */
#include "services/mediad/codec/transcoder.h"

#include "lib/test/test.h"
#include "services/mediad/codec/noise.h"
#include "services/mediad/codec/setup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 2
#define AMPLITUDE 8000
#define HERTZ 440

static const enum codec audio[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722,
				   CODEC_OPUS, CODEC_G729};
#define AUDIO (sizeof(audio) / sizeof(audio[0]))

/* What a listener at the far end hears. */
struct heard {
	int16_t pcm[48000 * (SECONDS + 1)];
	size_t samples;
	uint32_t rate_hz;
};

static void begin(void)
{
	static bool done;

	if (!done)
		CHECK(codec_setup(&(struct codec_setup){
			.opus_complexity = CODEC_OPUS_COMPLEXITY}));
	done = true;
}

static double level_db(const int16_t *pcm, size_t samples)
{
	double power = 0;

	for (size_t i = 0; i < samples; i++)
		power += (double)pcm[i] * pcm[i];
	return 10 * log10(power / (double)samples + 1e-9);
}

/* Rising crossings of zero, by straight lines between the samples. */
static double pitch_hz(const int16_t *pcm, size_t samples, uint32_t rate_hz)
{
	double first = -1, last = -1;
	int count = 0;

	for (size_t i = 1; i < samples; i++) {
		if (pcm[i - 1] >= 0 || pcm[i] < 0)
			continue;
		last = (double)i - pcm[i] / (double)(pcm[i] - pcm[i - 1]);
		if (first < 0)
			first = last;
		else
			count++;
	}
	return count ? count * (double)rate_hz / (last - first) : 0;
}

static void tone(int16_t *pcm, size_t samples, size_t from, double hertz,
		 uint32_t rate_hz)
{
	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)(AMPLITUDE *
				   sin(2 * M_PI * hertz * (double)(from + i) /
				       rate_hz));
}

/* The second half, when every filter has settled. */
static bool is_near(const char *what, const struct heard *heard, double hertz,
		    double within_db)
{
	size_t half = heard->samples / 2;
	double loud = level_db(heard->pcm + half, half) -
		      20 * log10(AMPLITUDE / sqrt(2));
	double high = pitch_hz(heard->pcm + half, half, heard->rate_hz);

	if (CHECK(heard->samples > heard->rate_hz) &&
	    CHECK(fabs(loud) < within_db) &&
	    CHECK(fabs(high / hertz - 1) < 0.01))
		return true;
	printf("%s: %.2f dB, %.1f of %.1f Hz, %zu samples\n", what, loud, high,
	       hertz, heard->samples);
	return false;
}

static bool is_tone(const char *what, const struct heard *heard, double hertz)
{
	return is_near(what, heard, hertz, 1);
}

struct line {
	struct encoder *phone; /* who speaks */
	struct transcoder *middle;
	struct decoder *listener;
	struct heard *heard;
	unsigned packets_in, packets_out;
	uint32_t timestamp_next;
	unsigned lose_every; /* packets; 0: none */
};

static void hear(struct line *line)
{
	uint8_t out[ENCODER_BYTES_MAX];
	struct encoded encoded;

	while (transcoder_next(line->middle, out, sizeof(out), &encoded)) {
		struct heard *heard = line->heard;
		int samples;

		if (line->packets_out++)
			CHECK_INT(encoded.timestamp, line->timestamp_next);
		CHECK_INT(encoded.starts, line->packets_out == 1);
		samples = decoder_decode(
			line->listener, encoded.codec, out, encoded.size,
			heard->pcm + heard->samples,
			sizeof(heard->pcm) / sizeof(heard->pcm[0]) -
				heard->samples);
		if (!CHECK(samples > 0))
			return;
		heard->samples += (size_t)samples;
		line->timestamp_next =
			encoded.timestamp +
			(uint32_t)samples * codec_rows[encoded.codec].clock_hz /
				heard->rate_hz;
	}
}

static void speak(struct line *line, const struct codec_terms *from,
		  double hertz)
{
	uint32_t rate_hz = encoder_rate(line->phone);
	uint8_t out[ENCODER_BYTES_MAX];
	int16_t pcm[480];
	struct encoded encoded;

	for (size_t at = 0; at < (size_t)SECONDS * rate_hz;) {
		size_t samples = rate_hz / 100;
		struct sound sound = {pcm, samples};

		tone(pcm, samples, at, hertz, rate_hz);
		at += samples;
		while (encoder_next(line->phone, &sound, out, sizeof(out),
				    &encoded)) {
			if (line->lose_every &&
			    line->packets_in % line->lose_every == 9)
				transcoder_lost(line->middle, from->ptime_ms,
						NULL, 0);
			else
				CHECK(transcoder_take(line->middle,
						      encoded.codec, out,
						      encoded.size));
			line->packets_in++;
			hear(line);
		}
	}
}

/* Returns what is heard at the far end; its use ends with the next call. */
static const struct heard *through(const struct codec_terms *from,
				   const struct codec_terms *to, double hertz,
				   struct line *line)
{
	static struct heard heard;

	memset(&heard, 0, sizeof(heard));
	line->heard = &heard;
	line->phone = encoder_new(from, codec_rows[from->codec].rate_hz);
	line->middle = transcoder_new(from->codec, to);
	line->listener = decoder_new(to->codec, codec_rows[to->codec].rate_hz);
	heard.rate_hz = decoder_rate(line->listener);
	speak(line, from, hertz);
	encoder_free(line->phone);
	transcoder_free(line->middle);
	decoder_free(line->listener);
	return &heard;
}

static struct codec_terms plain(enum codec codec, unsigned ptime_ms)
{
	return (struct codec_terms){.codec = codec, .ptime_ms = ptime_ms};
}

TEST(a_tone_goes_through_every_pair_of_codecs)
{
	begin();
	for (size_t a = 0; a < AUDIO; a++)
		for (size_t b = 0; b < AUDIO; b++) {
			struct codec_terms from = plain(audio[a], 20);
			struct codec_terms to = plain(audio[b], 20);
			struct line line = {0};
			char what[40];

			if (!codec_is_there(audio[a]) ||
			    !codec_is_there(audio[b]))
				continue;
			snprintf(what, sizeof(what), "%s to %s",
				 codec_rows[audio[a]].name,
				 codec_rows[audio[b]].name);
			is_tone(what, through(&from, &to, HERTZ, &line), HERTZ);
			CHECK_INT(line.packets_out, line.packets_in);
		}
}

TEST(packets_are_as_long_as_their_side_wants_them)
{
	static const unsigned lengths[] = {10, 20, 40, 60};

	begin();
	for (size_t a = 0; a < AUDIO; a++)
		for (size_t i = 0; i < 4; i++)
			for (size_t j = 0; j < 4; j++) {
				struct codec_terms from =
					plain(audio[a], lengths[i]);
				struct codec_terms to =
					plain(CODEC_PCMA, lengths[j]);
				struct line line = {0};

				if (!codec_is_there(audio[a]))
					continue;
				is_tone(codec_rows[audio[a]].name,
					through(&from, &to, HERTZ, &line),
					HERTZ);
				CHECK(abs((int)line.packets_out -
					  (int)(SECONDS * 1000 / lengths[j])) <
				      7);
			}
}

TEST(a_wide_sound_stays_wide_where_both_sides_are_and_is_cut_elsewhere)
{
	struct codec_terms wide = plain(CODEC_G722, 20);
	struct codec_terms opus = plain(CODEC_OPUS, 20);
	struct codec_terms narrow = plain(CODEC_PCMU, 20);
	struct line line = {0};
	const struct heard *heard;
	double loud;

	begin();
	is_tone("G722 to OPUS", through(&wide, &opus, 5000, &line), 5000);
	line = (struct line){0};
	is_tone("OPUS to G722", through(&opus, &wide, 5000, &line), 5000);
	line = (struct line){0};
	heard = through(&opus, &narrow, 5500, &line);
	loud = level_db(heard->pcm + heard->samples / 2, heard->samples / 2);
	CHECK(loud < 20 * log10(AMPLITUDE) - 25);
}

TEST(one_lost_packet_in_twenty_is_hardly_heard)
{
	begin();
	for (size_t a = 0; a < AUDIO; a++) {
		struct codec_terms from = plain(audio[a], 20);
		struct codec_terms to = plain(CODEC_PCMU, 20);
		struct line line = {.lose_every = 20};
		/* G.729 tells each frame by how it differs from those before:
		 * a steady tone never finds back to where it was. */
		double within_db = audio[a] == CODEC_G729 ? 20 : 1;

		if (!codec_is_there(audio[a]))
			continue;
		is_near(codec_rows[audio[a]].name,
			through(&from, &to, HERTZ, &line), HERTZ, within_db);
	}
}

TEST(what_is_lost_for_long_falls_silent_after_a_tenth_of_a_second)
{
	int16_t pcm[DECODER_SAMPLES_MAX];
	uint8_t out[ENCODER_BYTES_MAX];
	struct encoded encoded;

	begin();
	for (size_t a = 0; a < AUDIO; a++) {
		struct codec_terms terms = plain(audio[a], 20);
		uint32_t rate_hz = codec_rows[audio[a]].rate_hz;
		struct encoder *phone = encoder_new(&terms, rate_hz);
		struct decoder *decoder = decoder_new(audio[a], rate_hz);
		size_t frame = rate_hz / 50;

		if (!codec_is_there(audio[a]))
			continue;
		for (size_t i = 0; i < 25; i++) {
			struct sound sound = {pcm, frame};

			tone(pcm, frame, i * frame, HERTZ, rate_hz);
			CHECK(encoder_next(phone, &sound, out, sizeof(out),
					   &encoded));
			CHECK_INT(decoder_decode(decoder, audio[a], out,
						 encoded.size, pcm,
						 DECODER_SAMPLES_MAX),
				  frame);
		}
		decoder_conceal(decoder, pcm, frame);
		CHECK(level_db(pcm, frame) > 60);
		for (int i = 1; i < 5; i++)
			decoder_conceal(decoder, pcm, frame);
		decoder_conceal(decoder, pcm, frame);
		CHECK(level_db(pcm, frame) < -80);
		encoder_free(phone);
		decoder_free(decoder);
	}
}

TEST(opus_gets_a_lost_packet_out_of_the_next_one)
{
	struct codec_terms terms = {
		.codec = CODEC_OPUS, .ptime_ms = 20, .fmtp = {.fec = true}};
	struct encoder *phone;
	struct decoder *with, *without;
	uint8_t out[50][ENCODER_BYTES_MAX];
	size_t size[50];
	int16_t pcm[320], was[320];
	double error_with = 0, error_without = 0;

	begin();
	phone = encoder_new(&terms, 16000);
	with = decoder_new(CODEC_OPUS, 16000);
	without = decoder_new(CODEC_OPUS, 16000);
	encoder_expect_loss(phone, 20);
	/* A tone that glides, so that what comes cannot be guessed. */
	for (size_t i = 0; i < 50; i++) {
		struct sound sound = {pcm, 320};
		struct encoded encoded;

		tone(pcm, 320, 0, 300 + 40.0 * (double)(i % 20), 16000);
		CHECK(encoder_next(phone, &sound, out[i], sizeof(out[i]),
				   &encoded));
		size[i] = encoded.size;
	}
	for (size_t i = 0; i + 1 < 50; i++) {
		bool lost = i % 10 == 7;
		struct decoder *whole = NULL;

		if (!lost) {
			decoder_decode(with, CODEC_OPUS, out[i], size[i], pcm,
				       320);
			decoder_decode(without, CODEC_OPUS, out[i], size[i],
				       pcm, 320);
			continue;
		}
		/* What it would have been. */
		whole = decoder_new(CODEC_OPUS, 16000);
		for (size_t n = 0; n <= i; n++)
			decoder_decode(whole, CODEC_OPUS, out[n], size[n], was,
				       320);
		decoder_free(whole);
		decoder_recover(with, out[i + 1], size[i + 1], pcm, 320);
		for (size_t n = 0; n < 320; n++)
			error_with += pow(pcm[n] - was[n], 2);
		decoder_conceal(without, pcm, 320);
		for (size_t n = 0; n < 320; n++)
			error_without += pow(pcm[n] - was[n], 2);
	}
	CHECK(error_with * 2 < error_without);
	encoder_free(phone);
	decoder_free(with);
	decoder_free(without);
}

/* A phone that describes its pause, and what is heard at the other end. */
static unsigned pause_level(enum codec from, const struct codec_terms *to,
			    unsigned *packets_out)
{
	struct codec_terms terms = plain(from, 20);
	struct encoder *phone;
	struct transcoder *middle = transcoder_new(from, to);
	struct decoder *listener = decoder_new(to->codec, 8000);
	uint8_t out[ENCODER_BYTES_MAX];
	struct encoded encoded;
	int16_t pcm[160];
	unsigned level = 0;

	terms.noise = true;
	phone = encoder_new(&terms, 8000);
	*packets_out = 0;
	for (int i = 0; i < 100; i++) {
		bool heard = false;
		struct sound sound = {pcm, 160};

		tone(pcm, 160, (size_t)i * 160, HERTZ, 8000);
		if (i < 20 ? encoder_next(phone, &sound, out, sizeof(out),
					  &encoded)
			   : encoder_pause(phone, 160, 45, out, sizeof(out),
					   &encoded))
			CHECK(transcoder_take(middle, encoded.codec, out,
					      encoded.size));
		if (i >= 20)
			transcoder_pause(middle, 20);
		while (transcoder_next(middle, out, sizeof(out), &encoded)) {
			heard = decoder_decode(listener, encoded.codec, out,
					       encoded.size, pcm, 160) > 0;
			*packets_out += i >= 20;
		}
		if (!heard)
			decoder_pause(listener, pcm, 160);
		level = noise_level(pcm, 160);
	}
	encoder_free(phone);
	transcoder_free(middle);
	decoder_free(listener);
	return level;
}

TEST(a_pause_sounds_as_its_sender_describes_it_whatever_the_listener_speaks)
{
	static const enum codec from[] = {CODEC_PCMU, CODEC_G722, CODEC_G729};

	begin();
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < AUDIO; b++) {
			struct codec_terms to = plain(audio[b], 20);
			unsigned packets, level;

			if (!codec_is_there(from[a]) ||
			    !codec_is_there(audio[b]))
				continue;
			to.fmtp.annexb_no = true;
			level = pause_level(from[a], &to, &packets);
			CHECK(level > 40 && level < 52);
			CHECK_INT(packets, 80);
			to.fmtp.annexb_no = false;
			to.noise = true;
			level = pause_level(from[a], &to, &packets);
			CHECK(level > 40 && level < 52);
			if (audio[b] == CODEC_OPUS)
				CHECK_INT(packets, 80);
			else
				CHECK(packets >= 8 && packets <= 16);
		}
}

TEST_MAIN()
