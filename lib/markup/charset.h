/*
 * charset.h - what a body is written in, and the same in UTF-8.
 *
 * Contract: the charset of the Content-Type beats the XML declaration, which
 * beats UTF-8. UTF-8, US-ASCII and ISO-8859-1 are read. Any thread.
 */
#pragma once

#include "lib/markup/finding.h"

#include <stddef.h>

/* The media type is one of those that are read as markup. */
bool charset_type_is_markup(const char *content_type);
/*
 * The body in UTF-8 without byte order mark, owned by the caller; NULL if it is
 * none of the above or broken (findings say where).
 */
char *charset_to_utf8(const char *body, size_t size, const char *content_type,
		      struct findings *findings, size_t *size_out);
