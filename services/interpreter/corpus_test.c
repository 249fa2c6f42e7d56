/*
 * corpus_test.c - documents that others wrote: what npm's builders can emit,
 * and the examples of the two vendors' pages as they are printed
 * (tests/documents).
 */
#include "services/interpreter/lint.h"
#include "services/interpreter/verbs.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/documents/"
#define TYPE "text/xml; charset=utf-8"

static struct findings findings;

static char *read_file(const char *folder, const char *name, size_t *size_out)
{
	char path[400];
	char *text = mem_new(DOCUMENT_BYTES_MAX + 1, 1);
	*size_out = 0;
	if (!CHECK(str_format(path, sizeof(path), FOLDER "%s/%s", folder,
			      name)))
		return text;
	FILE *file = fopen(path, "re");
	if (CHECK(file != NULL)) {
		*size_out = fread(text, 1, DOCUMENT_BYTES_MAX, file);
		(void)fclose(file);
	}
	return text;
}

/* Calls 'check' for each document of the folder; how many there were. */
static unsigned each(const char *folder,
		     void (*check)(const char *name, const char *text,
				   size_t size))
{
	char path[400];
	unsigned count = 0;
	(void)str_format(path, sizeof(path), FOLDER "%s", folder);
	DIR *open = opendir(path);
	if (!CHECK(open != NULL))
		return 0;
	for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
		size_t size;
		if (!strstr(entry->d_name, ".xml"))
			continue;
		char *text = read_file(folder, entry->d_name, &size);
		check(entry->d_name, text, size);
		free(text);
		count++;
	}
	closedir(open);
	return count;
}

static unsigned errors(void)
{
	unsigned count = 0;
	for (unsigned i = 0; i < findings.count; i++)
		count += findings.list[i].level == NOTE_ERROR;
	return count;
}

/* Well-formed, so read strictly; in no dialect does anything end the call. */
static void is_read(const char *name, const char *text, size_t size)
{
	struct document *document =
		document_parse(text, size, TYPE, true, &findings);
	if (!CHECK(document != NULL) || !CHECK_INT(findings.count, 0))
		CHECK_TEXT(findings.count ? findings.list[0].text : "", name);
	for (enum dialect_name dialect = DIALECT_SIGNALWIRE;
	     document && dialect <= DIALECT_TWILIO; dialect++) {
		verbs_check(document, dialect_row(dialect), false, &findings);
		if (!CHECK_INT(errors(), 0))
			CHECK_TEXT(findings.list[0].text, name);
		findings_clear(&findings);
	}
	document_free(document);
	findings_clear(&findings);
}

TEST(all_that_the_builder_of_twilio_emits_is_read)
{
	CHECK(each("twilio", is_read) >= 20);
}

TEST(all_that_the_builder_of_signalwire_emits_is_read)
{
	CHECK(each("signalwire", is_read) >= 20);
}

/* What Dial and Sip can have in those builders is known, each attribute. */
static void is_known(const char *name, const char *text, size_t size)
{
	struct document *document =
		document_parse(text, size, TYPE, true, &findings);
	if (!CHECK(document != NULL))
		return;
	for (uint32_t i = 0; i < document->node_count; i++) {
		const struct node *node = &document->nodes[i];
		const char *element = document_name(document, i);
		if (strcmp(element, "Dial") != 0 && strcmp(element, "Sip") != 0)
			continue;
		for (uint32_t j = 0; j < node->attribute_count; j++) {
			uint32_t at = node->first_attribute + j;
			const char *word =
				document->pool + document->attributes[at].name;
			const struct attribute_rule *rule = verbs_attributes;
			while (rule->name &&
			       (strcmp(rule->element, element) != 0 ||
				strcmp(rule->name, word) != 0))
				rule++;
			if (!CHECK(rule->name != NULL))
				CHECK_TEXT(word, name);
		}
	}
	document_free(document);
}

static void is_known_if_dial(const char *name, const char *text, size_t size)
{
	if (str_starts(name, "dial."))
		is_known(name, text, size);
}

TEST(each_attribute_of_dial_and_sip_is_a_row)
{
	CHECK(each("twilio", is_known_if_dial) > 0);
	CHECK(each("signalwire", is_known_if_dial) > 0);
}

/* As printed, in its own dialect: slips are mended, nothing is wrong. */
static void runs(const char *name, const char *text, size_t size)
{
	enum dialect_name dialect = str_starts(name, "restcomm")
					    ? DIALECT_RESTCOMM
					    : DIALECT_SIGNALWIRE;
	document_lint(text, size, TYPE, (struct lint_rules){.dialect = dialect},
		      &findings);
	if (!CHECK_INT(errors(), 0))
		CHECK_TEXT(findings.list[0].text, name);
	unsigned mended = 0;
	for (unsigned i = 0; i < findings.count; i++) {
		mended += findings.list[i].code == ERR_DOCUMENT_PARSE;
		CHECK(findings.list[i].line > 0 && findings.list[i].column > 0);
	}
	findings_clear(&findings);
	struct document *document =
		document_parse(text, size, TYPE, true, &findings);
	if (!CHECK_INT(document == NULL, mended > 0)) /* strictly */
		CHECK_TEXT(name, "");
	if (mended)
		CHECK_INT(findings.list[0].level, NOTE_ERROR);
	document_free(document);
	findings_clear(&findings);
}

TEST(the_examples_of_the_vendors_pages_run_as_printed)
{
	CHECK_INT(each("seeds", runs), 12);
}

TEST_MAIN()
