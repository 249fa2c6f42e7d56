/*
 * terms.c - fmtp lines of the codecs, as a table of parameters.
 */
#include "services/mediad/codec/terms.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

#define BITRATE_LO 6000 /* RFC 7587, 7.1 */
#define BITRATE_HI 510000
#define PLAYBACK_LO 8000
#define PLAYBACK_HI 48000
#define PARAMETERS_MAX 32

struct word {
	const char *at;
	size_t length;
};

static bool is(struct word word, const char *text)
{
	return strlen(text) == word.length &&
	       strncasecmp(text, word.at, word.length) == 0;
}

/* Digits alone, within the limits; 0: none of it. */
static uint32_t number(struct word word, uint32_t lo, uint32_t hi)
{
	char text[12];
	int64_t value;

	if (!str_copy_bytes(text, sizeof(text), word.at, word.length) ||
	    !str_number(text, 0, UINT32_MAX, &value))
		return 0;
	if (value < lo)
		return lo;
	return value > hi ? hi : (uint32_t)value;
}

static void take_stereo(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->stereo = is(value, "1");
}

static void take_fec(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->fec = is(value, "1");
}

static void take_dtx(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->dtx = is(value, "1");
}

static void take_cbr(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->cbr = is(value, "1");
}

static void take_bitrate(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->bitrate_max = number(value, BITRATE_LO, BITRATE_HI);
}

static void take_playback(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->playback_hz = number(value, PLAYBACK_LO, PLAYBACK_HI);
}

static void take_annexb(struct codec_fmtp *fmtp, struct word value)
{
	fmtp->annexb_no = is(value, "no");
}

static const struct {
	enum codec codec;
	const char *name;
	void (*take)(struct codec_fmtp *fmtp, struct word value);
} parameters[] = {
	{CODEC_OPUS, "stereo", take_stereo},
	{CODEC_OPUS, "useinbandfec", take_fec},
	{CODEC_OPUS, "usedtx", take_dtx},
	{CODEC_OPUS, "cbr", take_cbr},
	{CODEC_OPUS, "maxaveragebitrate", take_bitrate},
	{CODEC_OPUS, "maxplaybackrate", take_playback},
	{CODEC_G729, "annexb", take_annexb},
};

static void take(enum codec codec, struct word name, struct word value,
		 struct codec_fmtp *fmtp)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (parameters[i].codec == codec &&
		    is(name, parameters[i].name))
			parameters[i].take(fmtp, value);
}

static struct word trimmed(const char *at, size_t length)
{
	struct word word;

	word.at = str_trim(at, length, &word.length);
	return word;
}

void codec_fmtp_read(enum codec codec, const char *text, size_t length,
		     struct codec_fmtp *fmtp_out)
{
	memset(fmtp_out, 0, sizeof(*fmtp_out));
	for (int i = 0; i < PARAMETERS_MAX && length > 0; i++) {
		const char *end = memchr(text, ';', length);
		size_t span = end ? (size_t)(end - text) : length;
		const char *equals = memchr(text, '=', span);

		if (equals)
			take(codec, trimmed(text, (size_t)(equals - text)),
			     trimmed(equals + 1,
				     span - (size_t)(equals - text) - 1),
			     fmtp_out);
		if (!end)
			return;
		text += span + 1;
		length -= span + 1;
	}
}

/* --- what we say --- */

static bool say_opus(const struct codec_fmtp *theirs, struct buf *to)
{
	(void)theirs;
	/* A lost packet can be had from the next one. Sound is mono here, and a
	 * gap costs nothing: the defaults say the rest. */
	buf_add_text(to, "useinbandfec=1");
	return true;
}

static bool say_g729(const struct codec_fmtp *theirs, struct buf *to)
{
	/* RFC 7261, 3.1: an offer's "no" is to be answered with "no". */
	buf_add_text(to,
		     theirs && theirs->annexb_no ? "annexb=no" : "annexb=yes");
	return true;
}

static bool say_events(const struct codec_fmtp *theirs, struct buf *to)
{
	(void)theirs;
	buf_add_text(to, "0-16"); /* the keys, and flash */
	return true;
}

bool codec_fmtp_write(enum codec codec, const struct codec_fmtp *theirs,
		      struct buf *to)
{
	static bool (*const say[CODEC_COUNT])(const struct codec_fmtp *theirs,
					      struct buf *to) = {
		[CODEC_OPUS] = say_opus,
		[CODEC_G729] = say_g729,
		[CODEC_EVENT] = say_events,
		[CODEC_EVENT_48] = say_events,
	};

	return codec < CODEC_COUNT && say[codec] && say[codec](theirs, to);
}

/* Opus has frames of 2.5, 5, 10, 20, 40 and 60 ms, the others of 10. */
static bool fits(enum codec codec, unsigned ms)
{
	return codec != CODEC_OPUS || (ms != 30 && ms != 50);
}

unsigned codec_ptime(enum codec codec, unsigned ptime_ms, unsigned max_ms)
{
	unsigned wanted = ptime_ms ? ptime_ms : CODEC_PTIME_MS;
	unsigned ms = CODEC_PTIME_MAX_MS;

	if (max_ms && wanted > max_ms)
		wanted = max_ms;
	while (ms > 10 && (ms > wanted || !fits(codec, ms)))
		ms -= 10;
	return ms;
}
