/*
 * speak_test.c - the words of the command that speaks.
 */
#include "services/mediad/sound/speak.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#define FLITE "flite -voice {voice} -t {text} -o /dev/stdout"

static struct speak speak;

static const char *read(const char *command, const char *text,
			const char *voice, const char *language)
{
	speak_clear(&speak);
	return speak_read(command, &(struct speak_wish){text, voice, language},
			  &speak);
}

TEST(a_text_is_one_word_whatever_is_in_it)
{
	CHECK(!read(FLITE, "rm -rf $(x); \"{voice}\" 'y'", "man", ""));
	CHECK_TEXT(speak.argv[0], "flite");
	CHECK_TEXT(speak.argv[2], "rms");
	CHECK_TEXT(speak.argv[4], "rm -rf $(x); \"{voice}\" 'y'");
	CHECK_TEXT(speak.argv[6], "/dev/stdout");
	CHECK(!speak.argv[7]);
	CHECK(!speak.text_is_input);
	speak_clear(&speak);
}

TEST(a_text_is_never_an_option)
{
	CHECK(!read(FLITE, "-o /etc/passwd", "", ""));
	CHECK_TEXT(speak.argv[4], " -o /etc/passwd");
	CHECK(!read("say --text={text}", "-o", "", ""));
	CHECK_TEXT(speak.argv[1], "--text=-o");
	speak_clear(&speak);
}

TEST(voices_of_other_platforms_are_those_of_flite)
{
	CHECK(!read(FLITE, "x", "", ""));
	CHECK_TEXT(speak.argv[2], "slt");
	CHECK(!read(FLITE, "x", "Polly.Matthew-Neural", ""));
	CHECK_TEXT(speak.argv[2], "rms");
	CHECK(!read(FLITE, "x", "Polly.Somebody", ""));
	CHECK_TEXT(speak.argv[2], "slt");
	CHECK(!read(FLITE, "x", "kal16", ""));
	CHECK_TEXT(speak.argv[2], "kal16");
	speak_clear(&speak);
}

TEST(other_engines_get_the_documents_own_words)
{
	CHECK(!read("  espeak-ng --stdout  -v {language}+{voice}", "x", "f3",
		    "de-DE"));
	CHECK_TEXT(speak.argv[1], "--stdout");
	CHECK_TEXT(speak.argv[3], "de-DE+f3");
	CHECK(speak.text_is_input);
	CHECK(!read("espeak-ng -v {language}", "x", "", ""));
	CHECK_TEXT(speak.argv[2], "en-US");
	speak_clear(&speak);
}

TEST(names_that_would_be_options_or_paths_are_refused)
{
	CHECK(read(FLITE, "x", "-o", ""));
	CHECK(read(FLITE, "x", "../../x", ""));
	CHECK(read(FLITE, "x", "", "en US"));
	CHECK(read("", "x", "", ""));
	speak_clear(&speak);
}

TEST_MAIN()
