/*
 * str.h - bounded strings and strict number parsing.
 *
 * Contract: nothing here writes past 'size' bytes, every result is terminated,
 * and a result that does not fit is reported, never cut silently. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies 'from' (NULL: empty). False, and an empty result, if it does not fit.
 */
bool str_copy(char *to, size_t size, const char *from);
bool str_copy_bytes(char *to, size_t size, const char *from, size_t length);
/* Formats. False, and an empty result, if it does not fit. */
bool str_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Equality; NULL equals only NULL. The second ignores ASCII case. */
bool str_equal(const char *a, const char *b);
bool str_same(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
/* The whole text is a decimal number within [lo, hi]: no space, no sign but -.
 */
bool str_number(const char *text, int64_t lo, int64_t hi, int64_t *number_out);
/*
 * Edits from one text to the other (Levenshtein's distance), to guess what was
 * meant; STR_FAR when one is longer than STR_NEAR_MAX bytes.
 */
#define STR_NEAR_MAX 64
#define STR_FAR 1000
int str_distance(const char *a, const char *b);
/* Skips ASCII white space at both ends: returns the start, gives the length. */
const char *str_trim(const char *text, size_t length, size_t *length_out);
/* What a hexadecimal digit of either case is worth; -1 if it is none. */
int str_hex_digit(char c);
/* Bytes of the UTF-8 character at 'text'; 0 if it is none, or NUL. */
size_t str_utf8_length(const char *text, size_t left);
/* Valid UTF-8 without NUL. */
bool str_is_utf8(const char *text, size_t length);
/* Bytes below 0x20 or 0x7f are inside. */
bool str_has_control(const char *text);
