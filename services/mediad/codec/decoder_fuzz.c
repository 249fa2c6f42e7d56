/*
 * decoder_fuzz.c - payloads of strangers into every decoder, one after the
 * other into the same state, with losses and pauses between them.
 *
 * Input: a byte that chooses codec and rate, then for each packet a byte of
 * what happens, two of its size, and the payload.
 */
#include "services/mediad/codec/decoder.h"
#include "services/mediad/codec/setup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS_MAX 16
enum { HAPPENS_LOSS = 1, HAPPENS_PAUSE, HAPPENS_RECOVERY, HAPPENS_NOISE };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	codec_setup(&(struct codec_setup){.opus_complexity = 0});
	return 0;
}

/* In memory of its own, so that a byte too far is seen. */
static void packet(struct decoder *decoder, enum codec codec, uint8_t happens,
		   const uint8_t *from, size_t size)
{
	size_t cap = decoder_rate(decoder) / 1000 * DECODER_MS_MAX;
	size_t frame = decoder_rate(decoder) / 50;
	int16_t *pcm = malloc(cap * sizeof(*pcm));
	uint8_t *payload = malloc(size ? size : 1);
	int samples;

	memcpy(payload, from, size);
	switch (happens % 8) {
	case HAPPENS_LOSS: decoder_conceal(decoder, pcm, frame); break;
	case HAPPENS_PAUSE: decoder_pause(decoder, pcm, frame); break;
	case HAPPENS_RECOVERY:
		decoder_recover(decoder, payload, size, pcm, frame);
		break;
	case HAPPENS_NOISE: codec = CODEC_CN; break;
	default: break;
	}
	samples = decoder_decode(decoder, codec, payload, size, pcm, cap);
	assert(samples >= -1 && samples <= (int)cap);
	free(payload);
	free(pcm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum codec codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722,
					    CODEC_OPUS, CODEC_G729};
	static const uint32_t rates[] = {8000, 16000, 48000};
	struct decoder *decoder;
	enum codec codec;

	if (size < 1)
		return 0;
	codec = codecs[data[0] % 5];
	decoder = decoder_new(codec, rates[data[0] / 5 % 3]);
	data++;
	size--;
	for (int i = 0; decoder && i < PACKETS_MAX && size >= 3; i++) {
		size_t length = (size_t)data[1] << 8 | data[2];

		length = length < size - 3 ? length : size - 3;
		packet(decoder, codec, data[0], data + 3, length);
		data += 3 + length;
		size -= 3 + length;
	}
	decoder_free(decoder);
	return 0;
}
