/*
 * calls.c - voxctl calls: the latest calls, read from the end of the record.
 *
 * How many messages lie between calls is not known, so a stretch that should do
 * is read, and a longer one if it did not.
 */
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "tools/voxctl/book.h"
#include "tools/voxctl/recording.h"
#include "tools/voxctl/session.h"
#include "tools/voxctl/voxctl.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_STANDARD 20
#define LIMIT_MAX 10000
#define MESSAGES_PER_CALL 60
#define PARTY_COLUMNS 28
#define ANSWER_MAX (1 << 20)
#define OUTPUT_MAX (64 * 1024 * 1024)
#define READ_MS 60000

struct listing {
	struct book *book;
	uint64_t last; /* sequence at which the record ended */
	bool complete, caught_up;
};

static void on_message(void *owner, const struct bus_message *message)
{
	struct listing *listing = owner;
	struct recorded recorded = {.sequence = message->sequence,
				    .time_ms = message->time_ms,
				    .message = message->data,
				    .size = message->size};
	book_hear(listing->book, &recorded);
	listing->complete |= message->sequence >= listing->last;
}

static void on_caught_up(void *owner)
{
	struct listing *listing = owner;
	listing->caught_up = true;
}

/* Reads the record from 'first' to its end. */
static bool read_from(struct session *session, struct listing *listing,
		      int64_t first)
{
	listing->complete = listing->caught_up = false;
	struct bus_follower *follower = bus_follow(
		session->bus, &(struct bus_follow){.stream = "VOX",
						   .filter = "vox.>",
						   .first = (uint64_t)first,
						   .arrived = on_message,
						   .caught_up = on_caught_up,
						   .owner = listing});
	/* the end is known by its number, unless it expired meanwhile */
	bool done = session_wait(session, &listing->complete, READ_MS) ||
		    listing->caught_up;
	bus_unfollow(follower);
	if (!done)
		voxctl_say("calls", "the record did not come within 60 s: is "
				    "nats-server overloaded?");
	return done;
}

/* The book of the latest calls; NULL: it was said why there is none. */
static struct book *read_calls(struct session *session, size_t limit)
{
	struct buf text = BUF_INIT(ANSWER_MAX);
	struct session_record record = {.text = &text};
	struct listing listing = {.book = NULL};
	int64_t stretch = (int64_t)limit * MESSAGES_PER_CALL;
	bool good = session_record(session, NULL, 0, &record);
	bool empty = good && record.last < record.first;
	int64_t first = record.last;
	listing.last = (uint64_t)record.last;
	while (good && !empty) {
		first = record.last - stretch;
		if (first < record.first)
			first = record.first;
		listing.book = book_free(listing.book);
		listing.book = book_new(limit);
		good = read_from(session, &listing, first);
		if (book_count(listing.book) >= limit || first == record.first)
			break;
		stretch *= 4;
	}
	buf_free(&text);
	if (empty)
		listing.book = book_new(limit);
	if (!good)
		listing.book = book_free(listing.book);
	return listing.book;
}

/* --- how it is shown --- */

static void add_length(const struct book_call *call, char *to, size_t size)
{
	int64_t ms = call->answered_ms && call->ended_ms > call->answered_ms
			     ? call->ended_ms - call->answered_ms
			     : 0;
	if (call->ended_ms)
		str_format(to, size, "%" PRId64 ".%" PRId64 " s", ms / 1000,
			   ms % 1000 / 100);
	else
		str_copy(to, size, "live");
}

/* Cut to a column, and harmless to a terminal. */
static void add_party(const char *party, char *to, size_t size)
{
	size_t length = 0;
	for (; *party && length + 1 < size; party++)
		to[length++] =
			(char)((unsigned char)*party < 0x20 || *party == 0x7f ||
					       (*party & 0x80)
				       ? '?'
				       : *party);
	to[length] = '\0';
}

static void add_row(const struct book_call *call, struct buf *to)
{
	char time[CLOCK_ISO_BYTES], length[32];
	char from[PARTY_COLUMNS + 1], whom[PARTY_COLUMNS + 1];
	clock_iso(call->started_ms, time);
	add_length(call, length, sizeof(length));
	add_party(call->from, from, sizeof(from));
	add_party(call->to, whom, sizeof(whom));
	buf_addf(to, "%s  %.10s %.8s  %-11s %9s  %-*s  %-*s", call->call_sid,
		 time, time + 11, proto_word(&call_status_set, call->status),
		 length, PARTY_COLUMNS, from, PARTY_COLUMNS, whom);
	if (call->error)
		buf_addf(to, "  %d %s", call->error,
			 proto_error(call->error)->name);
	while (to->length && to->data[to->length - 1] == ' ')
		to->data[--to->length] = '\0';
	buf_add_text(to, "\n");
}

static void add_table(const struct book *book, struct buf *to)
{
	buf_addf(to, "%-34s  %-19s  %-11s %9s  %-*s  %-*s  %s\n", "CALLSID",
		 "START (UTC)", "STATUS", "LENGTH", PARTY_COLUMNS, "FROM",
		 PARTY_COLUMNS, "TO", "ERROR");
	for (size_t i = 0; i < book_count(book); i++)
		add_row(book_call(book, i), to);
}

static void add_member(struct buf *to, const char *name, const char *text)
{
	buf_addf(to, ",\"%s\":\"", name);
	buf_add_json(to, text);
	buf_add_text(to, "\"");
}

static void add_time(struct buf *to, const char *name, int64_t ms)
{
	char time[CLOCK_ISO_BYTES];
	clock_iso(ms, time);
	if (ms)
		add_member(to, name, time);
	else
		buf_addf(to, ",\"%s\":null", name);
}

static void add_json(const struct book *book, struct buf *to)
{
	buf_add_text(to, "[");
	for (size_t i = 0; i < book_count(book); i++) {
		const struct book_call *call = book_call(book, i);
		buf_addf(to, "%s\n{\"call_sid\":\"%s\"", i ? "," : "",
			 call->call_sid);
		add_member(to, "from", call->from);
		add_member(to, "to", call->to);
		add_member(to, "status",
			   proto_word(&call_status_set, call->status));
		add_time(to, "started", call->started_ms);
		add_time(to, "answered", call->answered_ms);
		add_time(to, "ended", call->ended_ms);
		buf_addf(to, ",\"error\":%d}", call->error);
	}
	buf_add_text(to, "\n]\n");
}

struct calls_options {
	int64_t limit;
	bool json;
};

static int read_options(int argc, char **argv, struct calls_options *options)
{
	static const struct option known[] = {
		{"limit", required_argument, NULL, 'n'},
		{"output", required_argument, NULL, 'o'},
		{0},
	};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "n:o:", known, NULL)) != -1) {
		if (option == 'n' &&
		    str_number(optarg, 1, LIMIT_MAX, &options->limit))
			continue;
		if (option == 'n')
			return voxctl_usage("calls",
					    "--limit is a number from 1 to %d",
					    LIMIT_MAX);
		if (option != 'o' || (strcmp(optarg, "json") != 0 &&
				      strcmp(optarg, "table") != 0))
			return voxctl_usage(
				"calls", option == 'o'
						 ? "-o is table or json"
						 : "there is no such option");
		options->json = strcmp(optarg, "json") == 0;
	}
	if (optind != argc)
		return voxctl_usage("calls", "\"%s\" is one word too many",
				    argv[optind]);
	return VOXCTL_OK;
}

int calls_command(int argc, char **argv)
{
	struct calls_options options = {.limit = LIMIT_STANDARD};
	struct session session;
	struct buf text = BUF_INIT(OUTPUT_MAX);
	int status = read_options(argc, argv, &options);
	if (!status)
		status = session_open(&session, "calls");
	if (status)
		return status;
	struct book *book = read_calls(&session, (size_t)options.limit);
	if (book)
		(options.json ? add_json : add_table)(book, &text);
	fputs(buf_text(&text), stdout);
	session_close(&session);
	buf_free(&text);
	status = book ? VOXCTL_OK : VOXCTL_AWAY;
	book_free(book);
	return status;
}
