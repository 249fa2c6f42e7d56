/*
 * verbs_rules.h - what verbs.c and verbs_check.c share: the rules by name, and
 * how one value is judged.
 */
#pragma once

#include "services/interpreter/verbs.h"

#define WORD_SEPARATORS " ,\t\r\n"

enum number_fit { NUMBER_FITS, NUMBER_CLAMPED, NUMBER_NONE };

const struct element_rule *verbs_element(const char *name);
/* The element may stand in 'parent'. */
bool verbs_belongs(const struct element_rule *rule, const char *parent);
const struct attribute_rule *verbs_attribute(const char *element,
					     const char *name);
enum number_fit verbs_fit(const struct attribute_rule *rule, const char *text,
			  int64_t *number_out);
bool verbs_caller_id_is_good(const char *text, const struct dialect *dialect);
/* The next word of a list; NULL at its end. Words that are too long are cut. */
const char *verbs_next_word(const char **rest, const char *separators,
			    char *word_out, size_t size);
/* All of them are telephone keys, or of 'more'. */
bool verbs_are_keys(const char *text, const char *more);
bool verbs_word_of(const char *words, const char *word); /* "a|b" */
int verbs_hook_event(const char *word);                  /* or -1 */
/* Its name as mediad knows it; NULL: no codec that there is. */
const char *verbs_codec(const char *word);
/* At most 'characters' of them; false: control characters, nothing is left. */
bool verbs_cut_name(const char *text, size_t characters, char *to);
