/*
 * ops.c - which codec is done by whom.
 */
#include "services/mediad/codec/ops.h"

const struct codec_ops *codec_ops(enum codec codec)
{
	static const struct codec_ops *const table[CODEC_COUNT] = {
		[CODEC_PCMU] = &ops_pcmu,
		[CODEC_PCMA] = &ops_pcma,
		[CODEC_G722] = &ops_g722,
		[CODEC_OPUS] = &ops_opus,
	};

	if (codec == CODEC_G729)
		return ops_g729();
	return codec < CODEC_COUNT ? table[codec] : NULL;
}
