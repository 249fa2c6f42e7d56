/*
 * overrides.c - what a customer's URL says about its own request; see
 * overrides.h.
 */
#include "lib/http/overrides.h"

#include "lib/base/str.h"
#include "lib/http/form.h"

#include <stddef.h>
#include <string.h>

#define PART_BYTES 64 /* of a name, and of a value; longer ones are unknown */

/* What reads a value. 'lo' and 'hi' are a number's range. */
enum kind { TIME, COUNT, POLICY, ACCEPTED };

static const struct row {
	const char *name;
	enum kind kind;
	int64_t lo, hi;
	size_t offset; /* in struct overrides */
} rows[] = {
	{"ct", TIME, 100, 10000, offsetof(struct overrides, connect_ms)},
	{"ot", TIME, 100, 10000, offsetof(struct overrides, connect_ms)},
	{"rt", TIME, 100, 15000, offsetof(struct overrides, read_ms)},
	{"tt", TIME, 100, 15000, offsetof(struct overrides, total_ms)},
	{"rc", COUNT, 0, 5, offsetof(struct overrides, retries)},
	{"rp", POLICY, 0, 0, offsetof(struct overrides, policy)},
	{"sni", ACCEPTED, 0, 0, 0},
	{"e", ACCEPTED, 0, 0, 0},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *word;
	unsigned bits;
} policies[] = {{"4xx", RETRY_4XX},
		{"5xx", RETRY_5XX},
		{"ct", RETRY_CT},
		{"rt", RETRY_RT},
		{"all", RETRY_ALL}};
#define POLICIES (sizeof(policies) / sizeof(policies[0]))

/* The first complaint is the one that is told. */
struct reading {
	struct overrides *to;
	char *error_out; /* or NULL */
	bool fine;
};

static void complain(struct reading *reading, const char *name,
		     const char *value, const char *why)
{
	if (reading->fine && reading->error_out &&
	    !str_format(reading->error_out, OVERRIDES_ERROR_BYTES,
			"'%s=%.40s' in the URL's fragment: %s", name, value,
			why))
		str_copy(reading->error_out, OVERRIDES_ERROR_BYTES, why);
	reading->fine = false;
}

static void complain_of_number(struct reading *reading, const struct row *row,
			       const char *value, const char *what)
{
	char why[96];
	(void)str_format(why, sizeof(why), "%s: write %lld to %lld%s", what,
			 (long long)row->lo, (long long)row->hi,
			 row->kind == TIME ? " (ms)" : "");
	complain(reading, row->name, value, why);
}

static void read_number(struct reading *reading, const struct row *row,
			const char *value)
{
	char *field = (char *)reading->to + row->offset;
	int64_t number;
	if (!str_number(value, INT64_MIN, INT64_MAX, &number)) {
		complain_of_number(reading, row, value, "no number");
		return;
	}
	if (number < row->lo || number > row->hi) {
		complain_of_number(reading, row, value,
				   number < row->lo
					   ? "too small, the smallest is taken"
					   : "too large, the largest is taken");
		number = number < row->lo ? row->lo : row->hi;
	}
	if (row->kind == TIME)
		memcpy(field, &number, sizeof(number));
	else
		memcpy(field, &(unsigned){(unsigned)number}, sizeof(unsigned));
}

/* 0: no such word. */
static unsigned policy_of(const char *word, size_t length)
{
	char text[PART_BYTES];
	const char *trimmed = str_trim(word, length, &length);
	str_copy_bytes(text, sizeof(text), trimmed, length);
	for (size_t i = 0; i < POLICIES; i++)
		if (str_same(policies[i].word, text))
			return policies[i].bits;
	return 0;
}

static void read_policy(struct reading *reading, const struct row *row,
			const char *value)
{
	unsigned policy = 0;
	for (const char *at = value; *at;) {
		size_t length = strcspn(at, ",");
		unsigned bits = policy_of(at, length);
		if (!bits)
			complain(reading, row->name, value,
				 "words are 4xx, 5xx, ct, rt and all");
		policy |= bits;
		at += length + (at[length] == ',');
	}
	if (policy)
		reading->to->policy = policy;
	else if (!*value)
		complain(reading, row->name, value, "no word");
}

static void read_pair(struct reading *reading, const char *name,
		      const char *value)
{
	size_t i = 0;
	while (i < ROWS && !str_same(rows[i].name, name))
		i++;
	if (i == ROWS)
		complain(reading, name, value,
			 "known are ct, ot, rt, tt, rc and rp");
	else if (rows[i].kind == POLICY)
		read_policy(reading, &rows[i], value);
	else if (rows[i].kind != ACCEPTED)
		read_number(reading, &rows[i], value);
}

/* "name=value", percent-encoded. */
static void read_field(struct reading *reading, const char *field,
		       size_t length)
{
	char name[PART_BYTES], value[PART_BYTES];
	const char *equals = memchr(field, '=', length);
	size_t name_length = equals ? (size_t)(equals - field) : length;
	if (!form_decode(field, name_length, name, sizeof(name)) ||
	    !form_decode(equals + 1, length - name_length - 1, value,
			 sizeof(value)))
		complain(reading, "...", "...",
			 "longer than any that is known");
	else
		read_pair(reading, name, value);
}

bool overrides_read(const char *url, struct overrides *overrides,
		    char *error_out)
{
	struct reading reading = {overrides, error_out, true};
	const char *at = strchr(url, '#');
	if (error_out)
		error_out[0] = '\0';
	while (at) {
		size_t length = strcspn(++at, "&");
		if (memchr(at, '=', length))
			read_field(&reading, at, length);
		at = at[length] ? at + length : NULL;
	}
	return reading.fine;
}
