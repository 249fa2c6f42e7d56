/*
 * verbs_dial.c - what a <Dial> and its <Sip> ask for, as values that count; see
 * verbs.h.
 */
#include "services/interpreter/verbs_rules.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

/* The text is a SIP URI as far as its scheme goes. */
static bool is_sip(const char *text)
{
	return strncasecmp(text, "sip:", 4) == 0 ||
	       strncasecmp(text, "sips:", 5) == 0;
}

static const char *sip_text(const struct document *document, uint32_t sip)
{
	const char *text = document_text(document, sip);
	const char *name = verbs_text(document, sip, "name");
	bool video = document->nodes[sip].first_child != NODE_NONE;
	return name && *name && (video || !*text) ? name : text;
}

bool verbs_video(const struct document *document, uint32_t sip)
{
	for (uint32_t child = document->nodes[sip].first_child;
	     child != NODE_NONE; child = document->nodes[child].next)
		if (str_equal(document_name(document, child), "Video") &&
		    verbs_bool(document, child, "enable"))
			return true;
	return false;
}

static unsigned count_sips(const struct document *document, uint32_t dial)
{
	unsigned count = 0;
	for (uint32_t child = document->nodes[dial].first_child;
	     child != NODE_NONE; child = document->nodes[child].next)
		count += verbs_runs(document, child);
	return count;
}

static void judge_sip(struct noun *noun, unsigned number,
		      const struct dialect *dialect)
{
	if (number <= dialect->sip_max)
		return;
	noun->error = ERR_SIP_TOO_MANY;
	(void)str_format(noun->error_text, sizeof(noun->error_text),
			 "<Sip> number %u is not dialled: a <Dial> has %u at "
			 "most",
			 number, dialect->sip_max);
}

static void judge_other(struct noun *noun, const char *name, bool beside_sip,
			const struct dialect *dialect)
{
	bool nested = beside_sip && dialect->sip_alone;
	noun->error = nested ? ERR_NESTING : ERR_DIAL_NOUN;
	if (nested)
		(void)str_format(noun->error_text, sizeof(noun->error_text),
				 "<%.30s> beside <Sip> is not dialled: a "
				 "<Dial> that has a <Sip> has no other noun",
				 name);
	else
		(void)str_format(noun->error_text, sizeof(noun->error_text),
				 "<%.30s> is not supported by this "
				 "installation, nothing routes it: write "
				 "<Sip>sip:user@host</Sip>",
				 name);
}

static void judge_bare_text(struct noun *noun, const char *text, bool alone)
{
	if (alone && is_sip(text))
		return;
	noun->error = ERR_DIAL_NOUN;
	(void)str_format(noun->error_text, sizeof(noun->error_text),
			 "the number '%.40s' is not dialled: %s", text,
			 alone ? "nothing routes numbers on this "
				 "installation, write <Sip>sip:user@host</Sip>"
			       : "text beside nouns is ignored");
}

/* There is no room for this one and whatever follows. */
static void judge_rest(struct noun *noun)
{
	noun->error = ERR_SIP_TOO_MANY;
	(void)str_format(noun->error_text, sizeof(noun->error_text),
			 "from here on nothing of this <Dial> is dialled: %d "
			 "nouns of one are looked at",
			 VERBS_NOUNS_MAX - 1);
}

static bool is_noun(const struct document *document, uint32_t node)
{
	const struct element_rule *rule =
		verbs_element(document_name(document, node));
	return rule && verbs_belongs(rule, "Dial");
}

unsigned verbs_nouns(const struct document *document, uint32_t dial,
		     const struct dialect *dialect,
		     struct noun nouns_out[VERBS_NOUNS_MAX])
{
	const char *bare = document_text(document, dial);
	unsigned sips = count_sips(document, dial), number = 0, count = 0;
	memset(nouns_out, 0, VERBS_NOUNS_MAX * sizeof(*nouns_out));
	if (*bare) {
		struct noun *noun = &nouns_out[count++];
		noun->node = dial;
		noun->text = bare;
		judge_bare_text(noun, bare, sips == 0);
	}
	for (uint32_t child = document->nodes[dial].first_child;
	     child != NODE_NONE && count < VERBS_NOUNS_MAX;
	     child = document->nodes[child].next) {
		if (!is_noun(document, child))
			continue; /* verbs_check told already */
		struct noun *noun = &nouns_out[count++];
		noun->node = child;
		noun->text = sip_text(document, child);
		if (count == VERBS_NOUNS_MAX)
			judge_rest(noun);
		else if (verbs_runs(document, child))
			judge_sip(noun, ++number, dialect);
		else
			judge_other(noun, document_name(document, child),
				    sips > 0, dialect);
	}
	return count;
}

bool verbs_cut_name(const char *text, size_t characters, char *to)
{
	size_t length = 0;
	if (str_has_control(text))
		return false;
	for (; characters && text[length]; characters--) {
		size_t end = length + 1;
		while (((unsigned char)text[end] & 0xC0) == 0x80)
			end++;
		if (end >= VERBS_NAME_BYTES)
			break;
		length = end;
	}
	return str_copy_bytes(to, VERBS_NAME_BYTES, text, length);
}

bool verbs_caller_name(const struct document *document, uint32_t dial, char *to)
{
	const struct attribute_rule *rule =
		verbs_attribute("Dial", "callerName");
	const char *text = document_attribute(document, dial, "callerName");
	to[0] = '\0';
	return text && verbs_cut_name(text, (size_t)rule->hi, to) && *to;
}

int64_t verbs_session(const struct document *document, uint32_t sip)
{
	const struct attribute_rule *rule =
		verbs_attribute("Sip", "sessionTimeout");
	const char *text = document_attribute(document, sip, "sessionTimeout");
	int64_t number;
	if (text && strcmp(text, "0") != 0)
		return verbs_number(document, sip, "sessionTimeout");
	(void)str_number(rule->fallback, rule->lo, rule->hi, &number);
	return number;
}

static const struct {
	const char *word;
	enum record_from from;
	bool dual;
} records[] = {
	{"record-from-answer", RECORD_FROM_ANSWER, false},
	{"record-from-ringing", RECORD_FROM_RINGING, false},
	{"record-from-answer-dual", RECORD_FROM_ANSWER, true},
	{"record-from-ringing-dual", RECORD_FROM_RINGING, true},
	{"true", RECORD_FROM_ANSWER, false},
};

void verbs_recording(const struct document *document, uint32_t dial,
		     struct recording *recording_out)
{
	struct recording recording = {0};
	const char *record = verbs_text(document, dial, "record");
	const char *track = verbs_text(document, dial, "recordingTrack");
	const char *trim = verbs_text(document, dial, "trim");
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		if (!record || strcmp(records[i].word, record) != 0)
			continue;
		recording.from = records[i].from;
		recording.dual = records[i].dual;
	}
	if (track && strcmp(track, "inbound") == 0)
		recording.track = RECORD_INBOUND;
	if (track && strcmp(track, "outbound") == 0)
		recording.track = RECORD_OUTBOUND;
	recording.trim = trim && strcmp(trim, "trim-silence") == 0;
	recording.callback =
		verbs_text(document, dial, "recordingStatusCallback");
	recording.method =
		verbs_method(document, dial, "recordingStatusCallbackMethod");
	recording.events =
		verbs_words(document, dial, "recordingStatusCallbackEvent");
	*recording_out = recording;
}

const char *verbs_ring_tone(const struct document *document, uint32_t dial)
{
	return verbs_text(document, dial, "ringTone");
}
