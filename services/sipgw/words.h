/*
 * words.h - the grammar of what crosses between SIP and the bus: names and
 * values of header fields, user parts, display names.
 *
 * Contract: pure; results are terminated and never longer than their buffer; a
 * word that does not keep to its grammar is refused, never repaired, except
 * that folded lines are unfolded. No SIP library inside. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* RFC 3261's token: what a header's name, a method or a tag is made of. */
bool words_is_token(const char *text);
/* Header fields of others' requests that the application is told. */
bool words_header_is_told(const char *name);
/* Header fields that a command may add to our requests: X- and a few standard
 * ones. */
bool words_header_may_be_added(const char *name);
/* A header's value as one line: folds become a blank, ends are trimmed. False:
 * control characters, no UTF-8, or too long. */
bool words_value(const char *raw, size_t length, char *to, size_t size);
/* The user part as people write it: %2B becomes +. False as above. */
bool words_unescape(const char *raw, char *to, size_t size);
/* The user part as RFC 3261 25.1 wants it in a URI. */
bool words_escape_user(const char *user, char *to, size_t size);
/* "Ann \"A\" Lee" in quotes, for a From; control characters are refused. */
bool words_quote(const char *text, char *to, size_t size);
/* The inside of a quoted string, or the bare tokens. */
bool words_unquote(const char *raw, char *to, size_t size);
