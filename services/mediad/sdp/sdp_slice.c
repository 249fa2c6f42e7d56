/*
 * sdp_slice.c - words and numbers inside one line of an SDP.
 */
#include "services/mediad/sdp/sdp_parser.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool sdp_slice_word(struct sdp_slice *rest, struct sdp_slice *word_out)
{
	while (rest->length > 0 && is_blank(*rest->at)) {
		rest->at++;
		rest->length--;
	}
	word_out->at = rest->at;
	word_out->length = 0;
	while (rest->length > 0 && !is_blank(*rest->at)) {
		rest->at++;
		rest->length--;
		word_out->length++;
	}
	return word_out->length > 0;
}

struct sdp_slice sdp_slice_trimmed(struct sdp_slice slice)
{
	while (slice.length > 0 && is_blank(slice.at[0])) {
		slice.at++;
		slice.length--;
	}
	while (slice.length > 0 && is_blank(slice.at[slice.length - 1]))
		slice.length--;
	return slice;
}

bool sdp_slice_is(struct sdp_slice slice, const char *text)
{
	return slice.length == strlen(text) &&
	       memcmp(slice.at, text, slice.length) == 0;
}

bool sdp_slice_same(struct sdp_slice slice, const char *text)
{
	return slice.length == strlen(text) &&
	       strncasecmp(slice.at, text, slice.length) == 0;
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`{|}~", c));
}

bool sdp_slice_is_token(struct sdp_slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		if (!is_token_char(slice.at[i]))
			return false;
	return slice.length > 0;
}

bool sdp_slice_is_proto(struct sdp_slice slice)
{
	if (slice.length == 0)
		return false;
	while (slice.length > 0)
		if (!sdp_slice_is_token(sdp_slice_until(&slice, '/')))
			return false;
	return true;
}

bool sdp_slice_number(struct sdp_slice slice, uint32_t max,
		      uint32_t *number_out)
{
	uint64_t number = 0;

	if (slice.length == 0 || slice.length > 10)
		return false;
	for (size_t i = 0; i < slice.length; i++) {
		if (slice.at[i] < '0' || slice.at[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(slice.at[i] - '0');
	}
	if (number > max)
		return false;
	*number_out = (uint32_t)number;
	return true;
}

struct sdp_slice sdp_slice_until(struct sdp_slice *rest, char mark)
{
	const char *found =
		rest->length ? memchr(rest->at, mark, rest->length) : NULL;
	struct sdp_slice before = *rest;

	if (!found) {
		rest->at += rest->length;
		rest->length = 0;
		return before;
	}
	before.length = (size_t)(found - rest->at);
	rest->length -= before.length + 1;
	rest->at = found + 1;
	return before;
}
