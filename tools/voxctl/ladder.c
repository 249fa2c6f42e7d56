/*
 * ladder.c - a call as a story; see ladder.h.
 */
#include "tools/voxctl/ladder.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/proto.h"
#include "tools/voxctl/exchange.h"
#include "tools/voxctl/facts.h"
#include "tools/voxctl/recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FACTS_MAX 4096
#define DETAILS_MAX (512 * 1024)
#define TIME_COLUMNS 8
#define LANES_COLUMNS 33
#define TEXT_COLUMN (TIME_COLUMNS + LANES_COLUMNS)
#define MIDDLE 1 /* the interpreter's lane */

/* Who has a lane; the customer's application is met through two daemons. */
struct lane {
	const char *title;
	unsigned column;
};

static const struct lane lanes[] = {
	{"app", 2},
	{"interpreter", 11},
	{"sipgw", 21},
	{"mediad", 30},
};
#define LANES (sizeof(lanes) / sizeof(lanes[0]))

static const struct {
	const char *service;
	unsigned lane;
} lane_of_service[] = {
	{"fetcher", 0}, {"callbackd", 0}, {"interpreter", MIDDLE},
	{"sipgw", 2},   {"mediad", 3},
};

enum glyph {
	G_LANE,
	G_LINE,
	G_RIGHT,
	G_LEFT,
	G_FROM_LEFT,
	G_FROM_RIGHT,
	G_DOT
};
static const char *const fancy[] = {"│", "─", "►", "◄", "├", "┤", "●"};
static const char *const ascii[] = {"|", "-", ">", "<", "|", "|", "*"};

#define COLOUR_DIM "\033[2m"
#define COLOUR_BAD "\033[31m"
#define COLOUR_OFF "\033[0m"
static const char *const leg_colours[] = {"\033[36m", "\033[33m", "\033[35m",
					  "\033[32m", "\033[34m"};

struct ladder {
	struct ladder_style style;
	struct facts_legs legs;
	unsigned introduced; /* legs whose CallSid has been shown */
	bool begun;
	int64_t first_ms;
};

struct ladder *ladder_new(const struct ladder_style *style)
{
	struct ladder *ladder = mem_new(1, sizeof(*ladder));
	ladder->style = *style;
	if (ladder->style.width < LADDER_WIDTH_MIN)
		ladder->style.width = LADDER_WIDTH_MIN;
	return ladder;
}

struct ladder *ladder_free(struct ladder *ladder)
{
	free(ladder);
	return NULL;
}

static int lane_of(const char *service)
{
	for (size_t i = 0;
	     i < sizeof(lane_of_service) / sizeof(lane_of_service[0]); i++)
		if (strcmp(lane_of_service[i].service, service) == 0)
			return (int)lane_of_service[i].lane;
	return MIDDLE;
}

/* --- one line: time, lanes, a piece of text --- */

static void colour(const struct ladder *ladder, struct buf *to,
		   const char *code)
{
	if (ladder->style.colour)
		buf_add_text(to, code);
}

static enum glyph end_glyph(int from, int to, unsigned column)
{
	if (column == lanes[to].column)
		return from < to ? G_RIGHT : G_LEFT;
	return from < to ? G_FROM_LEFT : G_FROM_RIGHT;
}

/* The glyph at a column of the lanes, or -1: a space. from < 0: no arrow. */
static int glyph_at(int from, int to, unsigned column)
{
	bool on_lane = false;
	for (size_t i = 0; i < LANES; i++)
		on_lane |= lanes[i].column == column;
	if (from < 0)
		return on_lane ? (int)G_LANE : -1;
	unsigned a = lanes[from].column, b = lanes[to].column;
	unsigned lo = a < b ? a : b, hi = a < b ? b : a;
	if (from == to && column == a)
		return G_DOT;
	if (column == a || column == b)
		return (int)end_glyph(from, to, column);
	if (column > lo && column < hi)
		return G_LINE;
	return on_lane ? (int)G_LANE : -1;
}

static void add_lanes(const struct ladder *ladder, int from, int to,
		      struct buf *out)
{
	const char *const *glyphs = ladder->style.plain ? ascii : fancy;
	for (unsigned column = 0; column < LANES_COLUMNS; column++) {
		int glyph = glyph_at(from, to, column);
		buf_add_text(out, glyph < 0 ? " " : glyphs[glyph]);
	}
}

/* Bytes of 'text' that fill at most 'columns', broken at a space if possible.
 */
static size_t fitting(const char *text, unsigned columns)
{
	size_t at = 0, space = 0;
	unsigned used = 0;
	while (text[at] && used <= columns) {
		if (text[at] == ' ')
			space = at;
		if (used == columns)
			return space ? space : at;
		at++;
		while (((unsigned char)text[at] & 0xc0) == 0x80)
			at++;
		used++;
	}
	return at;
}

/* Control characters, C1 included, and broken UTF-8 become a question mark. */
static void disarm(char *text)
{
	bool whole = str_is_utf8(text, strlen(text));
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f || (!whole && *c >= 0x80))
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
}

static const char *colour_of(const struct ladder *ladder, const char *text,
			     bool bad)
{
	(void)ladder;
	if (bad)
		return COLOUR_BAD;
	if (text[0] >= 'A' && text[0] <= 'Z' && text[1] == ' ')
		return leg_colours[(size_t)(text[0] - 'A') %
				   (sizeof(leg_colours) /
				    sizeof(leg_colours[0]))];
	return COLOUR_OFF;
}

struct line {
	int64_t at_ms;
	int from, to; /* lanes */
	bool bad;
	char *text;
};

static void add_line(const struct ladder *ladder, const struct line *line,
		     struct buf *to)
{
	unsigned room = ladder->style.width - TEXT_COLUMN;
	const char *text = line->text, *paint;
	int from = line->from;
	disarm(line->text);
	paint = colour_of(ladder, text, line->bad);
	buf_addf(to, "%7" PRId64 " ", line->at_ms);
	do {
		size_t length = fitting(text, room);
		add_lanes(ladder, from, line->to, to);
		colour(ladder, to, paint);
		buf_add(to, text, length);
		colour(ladder, to, COLOUR_OFF);
		buf_add_text(to, "\n");
		text += length;
		text += strspn(text, " ");
		from = -1;
		if (*text)
			buf_addf(to, "%*s", TIME_COLUMNS, "");
	} while (*text);
}

/* --- what comes before a message's own line --- */

static void add_head(struct ladder *ladder, const struct recorded *recorded,
		     const char *call_sid, struct buf *to)
{
	char time[CLOCK_ISO_BYTES], titles[LANES_COLUMNS + 16];
	clock_iso(recorded->time_ms, time);
	buf_addf(to, "%s  %s\n\n", call_sid, time);
	memset(titles, ' ', sizeof(titles));
	for (size_t i = 0; i < LANES; i++) {
		size_t length = strlen(lanes[i].title);
		size_t half = length / 2, column = lanes[i].column;
		memcpy(titles + (column > half ? column - half : 0),
		       lanes[i].title, length);
	}
	titles[LANES_COLUMNS] = '\0';
	colour(ladder, to, COLOUR_DIM);
	buf_addf(to, "%7s %s", "ms", titles);
	colour(ladder, to, COLOUR_OFF);
	buf_add_text(to, "\n");
	ladder->first_ms = recorded->time_ms;
	ladder->begun = true;
}

/* "B is CA…" for each leg that appeared since. */
static void introduce(struct ladder *ladder, int64_t at_ms, struct buf *to)
{
	for (; ladder->introduced < ladder->legs.count; ladder->introduced++) {
		char text[64];
		unsigned i = ladder->introduced;
		str_format(text, sizeof(text), "%c is %s", (char)('A' + i),
			   ladder->legs.sids[i]);
		if (i > 0) /* the caller's stands in the head */
			add_line(ladder,
				 &(struct line){at_ms, -1, 0, false, text}, to);
	}
}

static void add_unread(struct ladder *ladder, int64_t at_ms, const char *type,
		       const char *why, struct buf *to)
{
	char text[FACTS_MAX];
	str_format(text, sizeof(text), "%s: %s", type, why);
	add_line(ladder, &(struct line){at_ms, MIDDLE, MIDDLE, true, text}, to);
}

/* Below a message's line, and dimmer. */
static void add_exchange(const struct ladder *ladder,
			 const struct proto_message *desc, const void *message,
			 struct buf *to)
{
	struct buf details = BUF_INIT(DETAILS_MAX);
	unsigned room = ladder->style.width - TEXT_COLUMN;
	exchange_add(desc, message, &details);
	char *text = details.length ? details.data : NULL, *end;
	for (; text && *text; text = end + 1) {
		end = strchr(text, '\n');
		*end = '\0';
		for (char *tab = text; (tab = strchr(tab, '\t')) != NULL;)
			*tab = ' ';
		disarm(text);
		while (*text) {
			size_t length = fitting(text, room - 2);
			buf_addf(to, "%*s", TIME_COLUMNS, "");
			add_lanes(ladder, -1, 0, to);
			colour(ladder, to, COLOUR_DIM);
			buf_addf(to, "  %.*s", (int)length, text);
			colour(ladder, to, COLOUR_OFF);
			buf_add_text(to, "\n");
			text += length;
			text += strspn(text, " ");
		}
	}
	buf_free(&details);
}

static void add_message(struct ladder *ladder, int64_t at_ms,
			const struct proto_message *desc, const void *message,
			struct buf *to)
{
	struct buf facts = BUF_INIT(FACTS_MAX);
	bool bad = facts_add(&ladder->legs, desc, message, &facts);
	int from = lane_of(desc->from);
	introduce(ladder, at_ms, to);
	buf_add_text(&facts, ""); /* so that there is text, however empty */
	add_line(
		ladder,
		&(struct line){at_ms, from, lane_of(desc->to), bad, facts.data},
		to);
	buf_free(&facts);
	if (ladder->style.http)
		add_exchange(ladder, desc, message, to);
}

void ladder_add(struct ladder *ladder, const struct recorded *recorded,
		struct buf *to)
{
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	char *masked = proto_masked(recorded->message, recorded->size);
	if (!masked || !proto_peek(masked, strlen(masked), &envelope, error)) {
		if (!ladder->begun)
			add_head(ladder, recorded, "?", to);
		add_unread(ladder, recorded->time_ms - ladder->first_ms,
			   recorded->subject, "not a message", to);
		free(masked);
		return;
	}
	if (!ladder->begun)
		add_head(ladder, recorded, envelope.call_sid, to);
	int64_t at_ms = recorded->time_ms - ladder->first_ms;
	const struct proto_message *desc = proto_find(envelope.type);
	void *message = desc ? proto_new(desc) : NULL;
	if (!desc)
		add_unread(ladder, at_ms, envelope.type,
			   "unknown to this version", to);
	else if (!proto_decode(desc, masked, strlen(masked), &envelope, message,
			       error))
		add_unread(ladder, at_ms, envelope.type, error, to);
	else
		add_message(ladder, at_ms, desc, message, to);
	if (desc)
		proto_free(desc, message);
	free(masked);
}
