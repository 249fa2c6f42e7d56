/*
 * types.h - whether a file may be sound, and of which kind.
 *
 * Contract: by its Content-Type (sound_types.def); one that says nothing
 * (application/octet-stream, or none) by the end of the URL's path. Pure.
 */
#pragma once

#include "services/mediad/sound/decode.h"

#include <stdbool.h>

/* False: it is no sound. */
bool types_hint(const char *content_type, const char *url,
		enum decode_hint *hint_out);
