/*
 * decode.c - libsndfile, mixed to mono and resampled; see decode.h.
 */
#include "services/mediad/sound/decode.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/mediad/codec/resampler.h"
#include "services/mediad/sound/confine.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHANNELS_MAX 16
#define FRAMES 2048
/* What a resampler holds back at the end, in parts of a second. */
#define TAIL_PART 50
#define OUTPUT_SAMPLES (FRAMES * 16)

struct run {
	const struct decode *decode;
	SNDFILE *file;
	SF_INFO info;
	struct resampler *resampler; /* NULL: the rate is right */
	int64_t left;                /* samples that may still be given */
	bool unwanted;
};

/* --- what kind of file --- */

static bool has_head(int file)
{
	static const char *const heads[] = {"RIFF", "RIFX", "RF64", ".snd",
					    "FORM", "OggS", "fLaC", "ID3"};
	char bytes[4] = "";

	if (pread(file, bytes, sizeof(bytes), 0) < 4)
		return false;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (memcmp(heads[i], bytes, strlen(heads[i])) == 0)
			return true;
	return false;
}

static void set_format(const struct decode *decode, SF_INFO *info)
{
	static const int codecs[] = {
		[DECODE_PLAIN] = 0,
		[DECODE_ULAW] = SF_FORMAT_ULAW,
		[DECODE_ALAW] = SF_FORMAT_ALAW,
		[DECODE_GSM] = SF_FORMAT_GSM610,
	};

	memset(info, 0, sizeof(*info));
	if (decode->hint == DECODE_PLAIN || has_head(decode->file))
		return;
	info->format = SF_FORMAT_RAW | codecs[decode->hint];
	info->channels = 1;
	info->samplerate = 8000;
}

static const char *open_file(struct run *run)
{
	const struct decode *decode = run->decode;

	set_format(decode, &run->info);
	run->file = sf_open_fd(decode->file, SFM_READ, &run->info, SF_FALSE);
	if (!run->file)
		return "it is no sound file that can be read";
	if (run->info.channels < 1 || run->info.channels > CHANNELS_MAX)
		return "it has too many channels";
	if (run->info.samplerate == (int)decode->rate_hz)
		return NULL;
	if (run->info.samplerate <= 0)
		return "it has no sample rate";
	run->resampler = resampler_new_fine((uint32_t)run->info.samplerate,
					    decode->rate_hz);
	return run->resampler ? NULL : "its sample rate is out of range";
}

/* --- samples --- */

static void give(struct run *run, const int16_t *pcm, size_t samples)
{
	const struct decode *decode = run->decode;

	if ((int64_t)samples > run->left)
		samples = (size_t)run->left;
	run->left -= (int64_t)samples;
	if (samples && !decode->output(decode->owner, pcm, samples))
		run->unwanted = true;
}

static void convert(struct run *run, const int16_t *pcm, size_t samples)
{
	static int16_t out[OUTPUT_SAMPLES];

	if (!run->resampler)
		give(run, pcm, samples);
	else
		give(run, out,
		     resampler_run(run->resampler, pcm, samples, out,
				   OUTPUT_SAMPLES));
}

static int16_t to_sample(float value)
{
	value *= 32767;
	if (isnan(value))
		return 0;
	if (value < INT16_MIN)
		return INT16_MIN;
	return value < INT16_MAX ? (int16_t)lrintf(value) : INT16_MAX;
}

static void mix(const float *frames, size_t count, int channels, int16_t *pcm)
{
	for (size_t i = 0; i < count; i++) {
		float sum = 0;

		for (int channel = 0; channel < channels; channel++)
			sum += *frames++;
		pcm[i] = to_sample(sum / (float)channels);
	}
}

static void read_all(struct run *run)
{
	static float frames[FRAMES * CHANNELS_MAX];
	static int16_t pcm[FRAMES];

	while (run->left > 0 && !run->unwanted) {
		sf_count_t count = sf_readf_float(run->file, frames, FRAMES);

		if (count <= 0)
			break;
		mix(frames, (size_t)count, run->info.channels, pcm);
		convert(run, pcm, (size_t)count);
	}
	if (!run->resampler || run->unwanted)
		return;
	memset(pcm, 0, sizeof(pcm));
	for (int left = run->info.samplerate / TAIL_PART; left > 0;
	     left -= FRAMES)
		convert(run, pcm, left < FRAMES ? (size_t)left : FRAMES);
}

const char *decode_run(const struct decode *decode)
{
	struct run run = {.decode = decode,
			  .left = decode->seconds_max * decode->rate_hz};
	int64_t most = run.left;
	const char *wrong = open_file(&run);

	if (!wrong) {
		read_all(&run);
		if (run.left == most)
			wrong = "there is no sound in it";
	}
	if (run.file)
		sf_close(run.file);
	resampler_free(run.resampler);
	return wrong;
}

/* --- the program --- */

static bool write_all(const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t done = write(STDOUT_FILENO, at, size);

		if (done <= 0)
			return false;
		at += done;
		size -= (size_t)done;
	}
	return true;
}

static bool on_output(void *owner, const int16_t *pcm, size_t samples)
{
	(void)owner;
	return write_all(pcm, samples * sizeof(*pcm));
}

int decode_main(int argc, char **argv)
{
	struct decode decode = {.file = STDIN_FILENO, .output = on_output};
	char head[DECODE_HEAD_BYTES] = DECODE_HEAD;
	const char *wrong;
	int64_t rate, hint;

	if (argc != 5 || !str_number(argv[2], 8000, 48000, &rate) ||
	    !str_number(argv[3], 1, 86400, &decode.seconds_max) ||
	    !str_number(argv[4], DECODE_PLAIN, DECODE_GSM, &hint))
		return 2;
	decode.rate_hz = (uint32_t)rate;
	decode.hint = (enum decode_hint)hint;
	memcpy(head + 4, &decode.rate_hz, 4);
	if (!confine_self() || !write_all(head, sizeof(head)))
		return 3;
	wrong = decode_run(&decode);
	if (wrong && write(STDERR_FILENO, wrong, strlen(wrong)) < 0)
		return 3;
	_exit(wrong ? 1 : 0); /* libraries' last words are not needed */
}
