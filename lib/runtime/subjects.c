/*
 * subjects.c - lists of subjects that documents may be asked on; see
 * subjects.h.
 */
#include "lib/runtime/subjects.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"

#include <stdlib.h>
#include <string.h>

struct subjects {
	struct {
		char prefix[SUBJECT_MAX + 1];
		bool below; /* "app.>", not "app" */
	} list[SUBJECTS_MAX];
	size_t count;
};

/* First tokens of what the platform says to itself. */
static bool is_fenced(const char *subject, size_t length)
{
	static const char *const own[] = {"vox", "hooks", "dead", "sound"};
	size_t token = strcspn(subject, ".");
	token = token < length ? token : length;
	if (!token || *subject == '$' || *subject == '_')
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == token &&
		    strncmp(own[i], subject, token) == 0)
			return true;
	return false;
}

static bool add(struct subjects *subjects, const char *word, size_t length,
		char *error_out)
{
	char url[SUBJECT_MAX + 8], subject[SUBJECT_MAX + 1];
	bool below = length > 2 && strncmp(word + length - 2, ".>", 2) == 0;
	size_t plain = below ? length - 2 : length;
	if (!str_copy_bytes(subject, sizeof(subject), word, plain) ||
	    !str_format(url, sizeof(url), "nats:%s", subject) ||
	    subject_in_url(url) != plain) {
		str_format(error_out, SUBJECTS_ERROR_BYTES,
			   "'%.*s' is no subject: write app.voice, or app.> "
			   "for all below",
			   (int)(length < 60 ? length : 60), word);
		return false;
	}
	if (is_fenced(subject, plain) || subjects->count == SUBJECTS_MAX) {
		str_format(error_out, SUBJECTS_ERROR_BYTES,
			   subjects->count == SUBJECTS_MAX
				   ? "more than 64 subjects: '%.60s'"
				   : "'%.60s' is the platform's own",
			   subject);
		return false;
	}
	str_copy(subjects->list[subjects->count].prefix,
		 sizeof(subjects->list[0].prefix), subject);
	subjects->list[subjects->count++].below = below;
	return true;
}

struct subjects *subjects_parse(const char *list, char *error_out)
{
	struct subjects *subjects = mem_new(1, sizeof(*subjects));
	while (*list) {
		size_t length = strcspn(list, ","), trimmed;
		const char *word = str_trim(list, length, &trimmed);
		if (trimmed && !add(subjects, word, trimmed, error_out))
			return subjects_free(subjects);
		list += length + (list[length] == ',');
	}
	return subjects;
}

struct subjects *subjects_free(struct subjects *subjects)
{
	free(subjects);
	return NULL;
}

bool subjects_match(const struct subjects *subjects, const char *subject)
{
	for (size_t i = 0; i < subjects->count; i++) {
		const char *prefix = subjects->list[i].prefix;
		size_t length = strlen(prefix);
		if (strncmp(subject, prefix, length) == 0 &&
		    (subjects->list[i].below ? subject[length] == '.'
					     : !subject[length]))
			return true;
	}
	return false;
}
