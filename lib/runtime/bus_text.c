/*
 * bus_text.c - the text that NATS speaks; see bus_text.h. The protocol is on
 * docs.nats.io, "Client Protocol".
 */
#include "lib/runtime/bus_text.h"

#include "lib/base/str.h"

#include <string.h>

#define WORDS_MAX 6
#define DIGITS_MAX 19

struct word {
	char *at;
	size_t length;
};

struct line {
	char *end; /* its '\r', or '\n' */
	size_t used;
	struct word words[WORDS_MAX];
	unsigned count;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* More words than there may be are told by a count that nobody takes. */
static void split(struct line *line, char *from)
{
	line->count = 0;
	while (from < line->end) {
		if (is_blank(*from)) {
			from++;
			continue;
		}
		char *start = from;
		while (from < line->end && !is_blank(*from))
			from++;
		if (line->count < WORDS_MAX)
			line->words[line->count] =
				(struct word){start, (size_t)(from - start)};
		line->count++;
	}
}

static bool number_of(const struct word *word, uint64_t *number_out)
{
	uint64_t number = 0;
	if (!word->length || word->length > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < word->length; i++) {
		if (word->at[i] < '0' || word->at[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(word->at[i] - '0');
	}
	*number_out = number;
	return true;
}

/* "NATS/1.0 503 No Responders": 503. */
static int status_of(const char *headers, size_t size)
{
	static const char front[] = "NATS/1.0 ";
	size_t length = sizeof(front) - 1;
	int status = 0;
	if (size < length + 3 || memcmp(headers, front, length) != 0)
		return 0;
	for (size_t i = length; i < length + 3; i++) {
		if (headers[i] < '0' || headers[i] > '9')
			return 0;
		status = status * 10 + (headers[i] - '0');
	}
	return status >= 100 && status <= 599 ? status : 0;
}

static void end_word(const struct word *word)
{
	word->at[word->length] = '\0';
}

/* MSG subject sub [reply] size; HMSG subject sub [reply] headers size. */
static enum text_kind read_message(char *bytes, size_t size, size_t max,
				   struct line *line, bool with_headers,
				   struct text_piece *piece)
{
	const struct word *words = line->words;
	unsigned fixed = with_headers ? 5 : 4;
	bool reply = line->count == fixed + 1;
	uint64_t sub, headers = 0, whole;
	if ((line->count != fixed && !reply) || !number_of(&words[2], &sub) ||
	    !number_of(&words[line->count - 1], &whole) ||
	    (with_headers && !number_of(&words[line->count - 2], &headers)) ||
	    headers > whole || whole > max)
		return TEXT_BROKEN;
	piece->wanted = line->used + (size_t)whole + 2;
	if (size < piece->wanted)
		return TEXT_NOTHING;
	char *payload = bytes + line->used;
	if (payload[whole] != '\r' || payload[whole + 1] != '\n')
		return TEXT_BROKEN;
	piece->sub = sub;
	piece->subject = words[1].at;
	piece->reply = reply ? words[3].at : NULL;
	piece->headers = with_headers ? payload : NULL;
	piece->headers_size = (size_t)headers;
	piece->data = payload + headers;
	piece->size = (size_t)(whole - headers);
	if (with_headers && !piece->size)
		piece->status = status_of(payload, piece->headers_size);
	end_word(&words[1]);
	if (reply)
		end_word(&words[3]);
	payload[whole] = '\0';
	piece->used = piece->wanted;
	return TEXT_MESSAGE;
}

/* Short lines: what the first word says; the rest is 'line'. */
static const struct {
	const char *word;
	enum text_kind kind;
} shorts[] = {
	{"PING", TEXT_PING}, {"PONG", TEXT_PONG},  {"+OK", TEXT_OK},
	{"INFO", TEXT_INFO}, {"-ERR", TEXT_ERROR},
};

static bool is_word(const struct word *word, const char *text)
{
	return strlen(text) == word->length &&
	       memcmp(word->at, text, word->length) == 0;
}

static enum text_kind read_short(struct line *line, struct text_piece *piece)
{
	const struct word *first = &line->words[0];
	for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		if (!is_word(first, shorts[i].word))
			continue;
		*line->end = '\0';
		piece->line = first->at + first->length;
		while (is_blank(*piece->line))
			piece->line++;
		piece->used = line->used;
		return shorts[i].kind;
	}
	return TEXT_BROKEN;
}

static enum text_kind read_piece(char *bytes, size_t size, size_t max,
				 struct text_piece *piece)
{
	struct line line;
	size_t limit = size < TEXT_LINE_MAX ? size : TEXT_LINE_MAX;
	char *feed = size ? memchr(bytes, '\n', limit) : NULL;
	if (!feed)
		return size < TEXT_LINE_MAX ? TEXT_NOTHING : TEXT_BROKEN;
	line.used = (size_t)(feed - bytes) + 1;
	line.end = feed > bytes && feed[-1] == '\r' ? feed - 1 : feed;
	split(&line, bytes);
	if (!line.count)
		return TEXT_BROKEN;
	if (is_word(&line.words[0], "MSG"))
		return line.count > WORDS_MAX
			       ? TEXT_BROKEN
			       : read_message(bytes, size, max, &line, false,
					      piece);
	if (is_word(&line.words[0], "HMSG"))
		return line.count > WORDS_MAX
			       ? TEXT_BROKEN
			       : read_message(bytes, size, max, &line, true,
					      piece);
	return read_short(&line, piece);
}

enum text_kind text_read(char *bytes, size_t size, size_t max,
			 struct text_piece *piece_out)
{
	*piece_out = (struct text_piece){.kind = TEXT_NOTHING};
	piece_out->kind = read_piece(bytes, size, max, piece_out);
	return piece_out->kind;
}

const char *text_header(char *headers, size_t size, const char *name)
{
	size_t length = strlen(name);
	char *at = headers, *end = headers + size;
	while (at < end) {
		char *feed = memchr(at, '\n', (size_t)(end - at));
		if (!feed)
			return NULL;
		if ((size_t)(feed - at) > length && at[length] == ':' &&
		    memcmp(at, name, length) == 0) {
			char *value = at + length + 1;
			while (value < feed && is_blank(*value))
				value++;
			/* its '\r' may be a zero byte already */
			if (feed > value && (feed[-1] == '\r' || !feed[-1]))
				feed--;
			*feed = '\0';
			return value;
		}
		at = feed + 1;
	}
	return NULL;
}

bool text_is_word(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}
