/*
 * speech_text_test.c - what is left of a text once SSML is taken out of it.
 */
#include "services/mediad/sound/speech_text.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

static struct speech speech;

static const char *part(unsigned n)
{
	static char text[SPEECH_TEXT_BYTES];

	str_copy_bytes(text, sizeof(text), speech.text + speech.parts[n].at,
		       speech.parts[n].length);
	return text;
}

TEST(a_plain_text_is_one_part)
{
	speech_read("Hello, a < b & \xc3\xa4.", &speech);
	CHECK_INT(speech.count, 1);
	CHECK_TEXT(part(0), "Hello, a < b & \xc3\xa4.");
	CHECK_INT(speech.parts[0].pause_ms, 0);
}

TEST(an_empty_text_has_no_parts)
{
	speech_read("", &speech);
	CHECK_INT(speech.count, 0);
	speech_read("  <prosody rate=\"slow\"> </prosody>", &speech);
	CHECK_INT(speech.count, 0);
	speech_read(NULL, &speech);
	CHECK_INT(speech.count, 0);
}

TEST(a_break_is_a_pause_of_its_length)
{
	speech_read("one<break time=\"1.5s\"/>two<break time='200ms'/>",
		    &speech);
	CHECK_INT(speech.count, 2);
	CHECK_TEXT(part(0), "one");
	CHECK_INT(speech.parts[0].pause_ms, 1500);
	CHECK_TEXT(part(1), "two");
	CHECK_INT(speech.parts[1].pause_ms, 200);
	speech_read("<break/>", &speech);
	CHECK_INT(speech.parts[0].pause_ms, 500);
	CHECK_INT(speech.parts[0].length, 0);
	speech_read("<break strength=\"strong\"/>", &speech);
	CHECK_INT(speech.parts[0].pause_ms, 1000);
	speech_read("<break time=\"99999999999s\"/>", &speech);
	CHECK_INT(speech.parts[0].pause_ms, SPEECH_BREAK_MAX_MS);
}

TEST(emphasis_and_the_like_leave_their_text)
{
	speech_read("<speak>so <emphasis level=\"strong\">very</emphasis> "
		    "<prosody rate='slow'>slow</prosody></speak>",
		    &speech);
	CHECK_INT(speech.count, 1);
	CHECK_TEXT(part(0), "so very slow");
}

TEST(an_alias_is_said_instead)
{
	speech_read("the <sub alias=\"World Wide Web\">WWW</sub>!", &speech);
	CHECK_TEXT(part(0), "the World Wide Web!");
}

TEST(digits_are_said_one_after_another)
{
	speech_read("code <say-as interpret-as=\"digits\">123</say-as>",
		    &speech);
	CHECK_TEXT(part(0), "code 1 2 3 ");
	speech_read("<say-as interpret-as=\"date\">123</say-as>", &speech);
	CHECK_TEXT(part(0), "123");
}

TEST(what_is_no_element_of_ssml_is_text)
{
	speech_read("a <b>bold</b> <", &speech);
	CHECK_TEXT(part(0), "a <b>bold</b> <");
}

TEST(breaks_without_end_are_bounded_and_no_text_is_lost)
{
	static char text[8192];

	text[0] = '\0';
	for (int i = 0; i < 200; i++)
		memcpy(text + strlen(text), "a<break/>\0", 10);
	speech_read(text, &speech);
	CHECK_INT(speech.count, SPEECH_PARTS_MAX);
	CHECK_INT(strlen(part(SPEECH_PARTS_MAX - 1)),
		  200 - SPEECH_PARTS_MAX + 1);
}

TEST_MAIN()
