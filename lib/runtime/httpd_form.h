/*
 * httpd_form.h - fields of an application/x-www-form-urlencoded body.
 *
 * Contract: at most 256 fields are kept, further ones ignored; a field whose
 * name or value holds a NUL is left out; a broken escape stands for itself, as
 * browsers and servers have it. Any thread, one form at a time.
 */
#pragma once

#include <stddef.h>

#define FORM_TYPE "application/x-www-form-urlencoded"

struct form;

struct form *form_parse(const char *body, size_t size);
struct form *form_free(struct form *form);
/* The first value of that name; NULL if there is none. */
const char *form_value(const struct form *form, const char *name);
/* The value number 'n' of that name, from 0 on; NULL if there is none. */
const char *form_value_at(const struct form *form, const char *name,
			  unsigned n);
/* The name of field number 'n', in the body's order; NULL: there are no more.
 */
const char *form_name_at(const struct form *form, unsigned n);
