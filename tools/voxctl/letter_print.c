/*
 * letter_print.c - a letter for people and for programs; see letter_print.h.
 */
#include "tools/voxctl/letter_print.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "proto/mask.h"
#include "tools/voxctl/letter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define URL_COLUMNS 60

/* Harmless to a terminal; cut after 'most' bytes, 0: never. */
static void add_text(struct buf *to, const char *text, size_t most)
{
	for (size_t i = 0; text && text[i]; i++) {
		if (most && i == most) {
			buf_add_text(to, "...");
			return;
		}
		bool bad = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;
		buf_add(to, bad ? "?" : text + i, 1);
	}
}

static void add_url(struct buf *to, const char *url, size_t most)
{
	char *masked = mask_uris(url);
	add_text(to, masked, most);
	free(masked);
}

static void add_time(struct buf *to, int64_t ms)
{
	char time[CLOCK_ISO_BYTES];
	clock_iso(ms, time);
	buf_addf(to, "%.10s %.8s", time, time + 11);
}

const char *letter_heading(bool waiting)
{
	return waiting ? "WEBHOOK                             NEXT (UTC)     "
			 "      NO EVENT        TRIED  LAST   URL\n"
		       : "WEBHOOK                             GIVEN UP (UTC) "
			 "      NO EVENT        TRIED  LAST   URL\n";
}

/* The last attempt's status, or its error. */
static void add_last(struct buf *to, const struct dead *dead)
{
	const struct delivery_try *last =
		dead->tries_count ? &dead->tries[dead->tries_count - 1] : NULL;
	char text[24] = "-";
	if (last)
		str_format(text, sizeof(text), "%" PRId64,
			   last->status ? last->status : last->error);
	buf_addf(to, "%-5s", text);
}

void letter_print_row(const struct letter *letter, struct buf *to)
{
	const struct dead *dead = &letter->dead;
	buf_addf(to, "%-34s  ", dead->hook);
	add_time(to, dead->at);
	buf_addf(to, "  %3" PRId64 " %-12s %5" PRId64 "  ", dead->sequence,
		 dead->event, dead->tried);
	add_last(to, dead);
	buf_add_text(to, "  ");
	add_url(to, dead->url, URL_COLUMNS);
	buf_add_text(to, "\n");
}

static void add_try(const struct delivery_try *attempt, struct buf *to)
{
	buf_addf(to, "  %3" PRId64 "  ", attempt->number);
	add_time(to, attempt->at);
	if (attempt->status)
		buf_addf(to, "  %6" PRId64, attempt->status);
	else
		buf_addf(to, "  %6s", "-");
	buf_addf(to, "  %7" PRId64 "  %" PRId64 " ", attempt->total_ms,
		 attempt->error);
	add_text(to, attempt->error_text, 0);
	if (attempt->requests > 1)
		buf_addf(to, " (%" PRId64 " requests)", attempt->requests);
	buf_add_text(to, "\n");
}

static void add_story(const struct letter *letter, struct buf *to)
{
	const struct dead *dead = &letter->dead;
	buf_add_text(to, "asked for ");
	add_time(to, letter->envelope.time);
	buf_add_text(to, letter->waiting ? ", next attempt " : ", given up ");
	add_time(to, dead->at);
	if (dead->error)
		buf_addf(to, ": %" PRId64 " ", dead->error);
	add_text(to, dead->error_text, 0);
	buf_add_text(to, "\n");
	if (dead->again_of[0])
		buf_addf(to, "delivered again by hand, after %s was given up\n",
			 dead->again_of);
}

void letter_print_whole(const struct letter *letter, struct buf *to)
{
	const struct dead *dead = &letter->dead;
	buf_addf(to, "%s  #%" PRId64 " %s of %s", dead->hook, dead->sequence,
		 dead->event, dead->leg);
	if (!str_equal(dead->leg, letter->envelope.call_sid))
		buf_addf(to, " (call %s)", letter->envelope.call_sid);
	buf_addf(to, "\n%s ", proto_word(&http_method_set, dead->method));
	add_url(to, dead->url, 0);
	buf_add_text(to, "\n");
	add_story(letter, to);
	buf_addf(to, "\n  %3s  %-19s  %6s  %7s  %s\n", "TRY", "WHEN (UTC)",
		 "STATUS", "MS", "ERROR");
	for (uint32_t i = 0; i < dead->tries_count; i++)
		add_try(&dead->tries[i], to);
	buf_add_text(to, "\n");
	for (uint32_t i = 0; i < dead->params_count; i++) {
		buf_add_text(to, "  ");
		add_text(to, dead->params[i].name, 0);
		buf_add_text(to, "=");
		add_url(to, dead->params[i].value ? dead->params[i].value : "",
			0);
		buf_add_text(to, "\n");
	}
}

void letter_print_json(const struct letter *letter, struct buf *to)
{
	char *masked = proto_masked(letter->json, strlen(letter->json));
	buf_addf(to, "{\"state\":\"%s\",\"seq\":%" PRIu64 ",\"message\":%s}",
		 letter->waiting ? "waiting" : "given up", letter->sequence,
		 masked ? masked : "null");
	free(masked);
}
