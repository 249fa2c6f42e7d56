/*
 * g711.h - PCMU and PCMA (ITU-T G.711), by table on the packet path.
 *
 * Contract: linear samples are 16 bit, left-justified as everywhere. Any
 * thread.
 */
#pragma once

#include "services/mediad/codec/codec.h"

#include <stddef.h>
#include <stdint.h>

#define G711_FRAME_MAX 160 /* samples, and bytes, of 20 ms */

uint8_t g711_ulaw(int16_t sample);
uint8_t g711_alaw(int16_t sample);
int16_t g711_from_ulaw(uint8_t byte);
int16_t g711_from_alaw(uint8_t byte);
void g711_encode_ulaw(const int16_t *pcm, size_t samples, uint8_t *out);
void g711_encode_alaw(const int16_t *pcm, size_t samples, uint8_t *out);
void g711_decode_ulaw(const uint8_t *bytes, size_t size, int16_t *pcm);
void g711_decode_alaw(const uint8_t *bytes, size_t size, int16_t *pcm);
/* In place; the same codec on both sides changes nothing. */
void g711_recode(enum codec from, enum codec to, uint8_t *bytes, size_t size);
