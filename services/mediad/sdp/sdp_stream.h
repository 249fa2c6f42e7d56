/*
 * sdp_stream.h - what the files of offer and answer ask of one m= line; for
 * services/mediad/sdp alone.
 *
 * Contract: pointers go into the description. Any thread.
 */
#pragma once

#include "services/mediad/sdp/sdp_answer.h"

/* NULL: it is not among the stream's formats. */
const struct sdp_format *sdp_stream_format(const struct sdp_media *media,
					   enum codec codec);
/* The first that is a codec of sound that we speak; NULL. */
const struct sdp_format *sdp_stream_audio(const struct sdp_media *media);
/* Whether its address is one that we can send to. */
bool sdp_stream_address(const struct sdp_media *media, int family,
			struct refusal *why_out);
/* RFC 3264, 6.1 and 8.4: we do what is left to us. */
enum sdp_direction sdp_mirrored_direction(const struct sdp_media *media);
const char *sdp_direction_word(enum sdp_direction direction);
/* Audio that we can do, whoever wrote it. */
bool sdp_stream_acceptable(const struct sdp_media *media, int family,
			   struct refusal *why_out);
