/*
 * httpd_form.c - fields of a form body; see httpd_form.h.
 *
 * The body is copied once and decoded in place: what is decoded is never
 * longer.
 */
#include "lib/runtime/httpd_form.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FORM_FIELDS_MAX 256

struct field {
	const char *name;
	const char *value;
};

struct form {
	char *text;
	size_t count;
	struct field fields[FORM_FIELDS_MAX];
};

/* In place; false if a NUL came out. */
static bool decode(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		int high = *from == '%' ? str_hex_digit(from[1]) : -1;
		int low = high >= 0 ? str_hex_digit(from[2]) : -1;
		if (low >= 0) {
			*to = (char)(high << 4 | low);
			from += 2;
		} else {
			*to = *from == '+' ? ' ' : *from;
		}
		if (!*to++)
			return false;
	}
	*to = '\0';
	return true;
}

static void add_field(struct form *form, char *text)
{
	char *value = strchr(text, '=');
	if (value)
		*value++ = '\0';
	if (!*text || form->count == FORM_FIELDS_MAX || !decode(text) ||
	    (value && !decode(value)))
		return;
	form->fields[form->count++] = (struct field){text, value ? value : ""};
}

struct form *form_parse(const char *body, size_t size)
{
	struct form *form = mem_new(1, sizeof(*form));
	form->text = mem_copy_bytes(body, size);
	if (strlen(form->text) != size)
		return form; /* a bare NUL: no form at all */
	for (char *text = form->text; text;) {
		char *next = strchr(text, '&');
		if (next)
			*next++ = '\0';
		add_field(form, text);
		text = next;
	}
	return form;
}

struct form *form_free(struct form *form)
{
	if (form) {
		free(form->text);
		free(form);
	}
	return NULL;
}

const char *form_value_at(const struct form *form, const char *name, unsigned n)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].name, name) == 0 && n-- == 0)
			return form->fields[i].value;
	return NULL;
}

const char *form_name_at(const struct form *form, unsigned n)
{
	return n < form->count ? form->fields[n].name : NULL;
}

const char *form_value(const struct form *form, const char *name)
{
	return form_value_at(form, name, 0);
}
