/*
 * decode_test.c - files of every kind that Play takes, and some that it does
 * not; the program too.
 */
#include "services/mediad/sound/decode.h"

#include "lib/base/str.h"
#include "lib/test/test.h"
#include "services/mediad/sound/child.h"
#include "services/mediad/sound/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 2
#define RATE 8000

static int16_t pcm[RATE * (SECONDS + 1)];
static size_t got;
static bool enough;

static bool keep(void *owner, const int16_t *data, size_t samples)
{
	(void)owner;
	CHECK(got + samples <= sizeof(pcm) / 2);
	memcpy(pcm + got, data, samples * 2);
	got += samples;
	return !enough;
}

/* Two seconds of 440 Hz at a quarter of full scale. */
static int tone_file(int format, int rate, int channels)
{
	SF_INFO info = {
		.samplerate = rate, .channels = channels, .format = format};
	int fd = child_file("tone");
	SNDFILE *file = sf_open_fd(fd, SFM_WRITE, &info, SF_FALSE);
	float frame[8];

	CHECK(file);
	for (int i = 0; file && i < SECONDS * rate; i++) {
		for (int c = 0; c < channels; c++)
			frame[c] = (float)(0.25 * sin(2 * acos(-1.0) * 440 * i /
						      rate));
		sf_writef_float(file, frame, 1);
	}
	if (file)
		sf_close(file);
	return fd;
}

static const char *run(int fd, enum decode_hint hint)
{
	struct decode decode = {.file = fd,
				.rate_hz = RATE,
				.seconds_max = SECONDS + 1,
				.hint = hint,
				.output = keep};
	const char *wrong;

	got = 0;
	lseek(fd, 0, SEEK_SET);
	wrong = decode_run(&decode);
	close(fd);
	return wrong;
}

/* Level against 0.25, in dB; 99 when something else is louder. */
static double level(void)
{
	double re = 0, im = 0, all = 0, turn = 2 * acos(-1.0) * 440 / RATE;
	size_t from = RATE / 2, count = RATE;

	for (size_t i = 0; i < count; i++) {
		double value = pcm[from + i] / 32768.0;

		re += value * cos(turn * (double)i);
		im += value * sin(turn * (double)i);
		all += value * value;
	}
	double power = 2 * (re * re + im * im) / (double)count;
	return power < 0.9 * all
		       ? 99
		       : 20 * log10(sqrt(2 * all / (double)count) / 0.25);
}

static void holds_the_tone(int format, int rate, int channels,
			   enum decode_hint hint)
{
	const char *wrong = run(tone_file(format, rate, channels), hint);

	CHECK(wrong == NULL);
	CHECK(fabs(level()) < 1);
	CHECK(got >= (size_t)(RATE * SECONDS) &&
	      got < (size_t)(RATE * SECONDS + RATE / 10));
}

TEST(wav_of_any_width_rate_and_number_of_channels)
{
	holds_the_tone(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 0);
	holds_the_tone(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 2, 0);
	holds_the_tone(SF_FORMAT_WAV | SF_FORMAT_PCM_24, 48000, 6, 0);
	holds_the_tone(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 1, 0);
	holds_the_tone(SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1, 0);
	holds_the_tone(SF_FORMAT_WAV | SF_FORMAT_GSM610, 8000, 1, 0);
}

TEST(mp3_ogg_opus_flac_and_aiff)
{
	holds_the_tone(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 2, 0);
	holds_the_tone(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 2, 0);
	holds_the_tone(SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000, 1, 0);
	holds_the_tone(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 22050, 1, 0);
	holds_the_tone(SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 32000, 1, 0);
	holds_the_tone(SF_FORMAT_AU | SF_FORMAT_ULAW, 8000, 1, DECODE_ULAW);
}

TEST(raw_files_by_their_type)
{
	holds_the_tone(SF_FORMAT_RAW | SF_FORMAT_ULAW, 8000, 1, DECODE_ULAW);
	holds_the_tone(SF_FORMAT_RAW | SF_FORMAT_ALAW, 8000, 1, DECODE_ALAW);
	holds_the_tone(SF_FORMAT_RAW | SF_FORMAT_GSM610, 8000, 1, DECODE_GSM);
}

TEST(what_is_no_sound_says_so)
{
	int fd = child_file("page");

	CHECK_INT(write(fd, "<html>no</html>", 15), 15);
	CHECK_TEXT(run(fd, 0), "it is no sound file that can be read");
	CHECK_TEXT(run(child_file("empty"), 0),
		   "it is no sound file that can be read");
	CHECK_TEXT(run(child_file("empty"), DECODE_ULAW),
		   "there is no sound in it");
}

TEST(a_file_that_breaks_off_is_played_as_far_as_it_goes)
{
	int fd = tone_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1);

	CHECK_INT(ftruncate(fd, 44 + 16000), 0);
	CHECK(!run(fd, 0));
	CHECK_INT(got, 8000);
}

TEST(no_more_is_given_than_is_wanted)
{
	enough = true;
	CHECK(!run(tone_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 1), 0));
	CHECK(got < 2 * RATE);
	enough = false;
}

TEST(one_that_is_confined_can_open_neither_files_nor_sockets)
{
#if defined(__SANITIZE_ADDRESS__)
	return;
#endif
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		char byte;
		bool good =
			confine_self() && open("/etc/passwd", O_RDONLY) < 0 &&
			errno == EPERM && socket(AF_INET, SOCK_STREAM, 0) < 0 &&
			errno == EPERM && fork() < 0 &&
			read(-1, &byte, 1) < 0 && errno == EBADF;

		_exit(good ? 0 : 1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST_MAIN()
