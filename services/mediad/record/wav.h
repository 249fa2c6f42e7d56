/*
 * wav.h - the head of a recording's file: RIFF/WAVE, linear 16 bit.
 *
 * Contract: a file of ours begins with WAV_HEAD_BYTES that name its length. It
 * is written anew whenever the file has grown, so that a file whose writer died
 * is playable; wav_look() tells what stands in one that is found. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAV_HEAD_BYTES 44
#define WAV_SAMPLE_BYTES 2
/* What the format's 32 bits can name, and a multiple of every frame. */
#define WAV_SOUND_MAX 0xffffff00u

struct wav {
	uint32_t rate;     /* samples of each channel in a second */
	uint16_t channels; /* 1 or 2 */
	uint32_t sound;    /* bytes after the head */
};

void wav_head(const struct wav *wav, uint8_t head_out[WAV_HEAD_BYTES]);
/* False: not a head that wav_head() writes. */
bool wav_look(const uint8_t *head, size_t size, struct wav *wav_out);
/* 0 for one of no rate, or no channels: there was no file. */
int64_t wav_ms(const struct wav *wav);
