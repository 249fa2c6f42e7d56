/*
 * wav.c - see wav.h.
 */
#include "services/mediad/record/wav.h"

#include <string.h>

#define FORMAT_PCM 1
#define FORMAT_BYTES 16
#define RIFF_BEFORE_SIZE 8 /* "RIFF" and the size itself do not count */

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value);
	put16(to + 2, value >> 16);
}

static uint32_t get16(const uint8_t *from)
{
	return from[0] | (uint32_t)from[1] << 8;
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) | get16(from + 2) << 16;
}

void wav_head(const struct wav *wav, uint8_t head_out[WAV_HEAD_BYTES])
{
	uint32_t frame = wav->channels * (uint32_t)WAV_SAMPLE_BYTES;

	memcpy(head_out, "RIFF----WAVEfmt ", 16);
	put32(head_out + 4, wav->sound + WAV_HEAD_BYTES - RIFF_BEFORE_SIZE);
	put32(head_out + 16, FORMAT_BYTES);
	put16(head_out + 20, FORMAT_PCM);
	put16(head_out + 22, wav->channels);
	put32(head_out + 24, wav->rate);
	put32(head_out + 28, wav->rate * frame);
	put16(head_out + 32, frame);
	put16(head_out + 34, 8 * WAV_SAMPLE_BYTES);
	memcpy(head_out + 36, "data", 4);
	put32(head_out + 40, wav->sound);
}

bool wav_look(const uint8_t *head, size_t size, struct wav *wav_out)
{
	uint8_t same[WAV_HEAD_BYTES];

	if (size < WAV_HEAD_BYTES)
		return false;
	*wav_out = (struct wav){.rate = get32(head + 24),
				.channels = (uint16_t)get16(head + 22),
				.sound = get32(head + 40)};
	if (wav_out->channels < 1 || wav_out->channels > 2 ||
	    wav_out->rate == 0 || wav_out->rate > 48000 ||
	    wav_out->sound > WAV_SOUND_MAX)
		return false;
	wav_head(wav_out, same);
	return memcmp(same, head, WAV_HEAD_BYTES) == 0;
}

int64_t wav_ms(const struct wav *wav)
{
	int64_t bytes = (int64_t)wav->rate * wav->channels * WAV_SAMPLE_BYTES;

	return bytes ? (int64_t)wav->sound * 1000 / bytes : 0;
}
