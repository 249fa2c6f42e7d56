/*
 * webhooks.c - voxctl webhooks: lists, shows and sends again what was given up.
 *
 * A redelivery is put into HOOKS first and leaves DEAD then. Its token follows
 * from the letter's, so that a redelivery that was broken off and made again is
 * the same delivery.
 */
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tools/voxctl/letter_print.h"
#include "tools/voxctl/letters.h"
#include "tools/voxctl/voxctl.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND "webhooks"
#define LIMIT_STANDARD 50
#define LIMIT_MAX 100000
#define SETTLE_MS 60000

struct options {
	const char *verb;
	struct letters_wish wish;
	int64_t limit;
	bool json, all;
};

static const char *that_fits(const struct options *options)
{
	const struct letter_filter *filter = &options->wish.filter;
	return filter->call || filter->host || filter->event
		       ? " that --call, --host and --event name"
		       : "";
}

/* --- ls --- */

/* The last so many rows. */
struct listing {
	const struct options *options;
	char **rows;
	size_t count;
};

static bool on_listed(void *owner, const struct letter *letter)
{
	struct listing *listing = owner;
	size_t at = listing->count++ % (size_t)listing->options->limit;
	struct buf row = BUF_INIT(LETTER_JSON_MAX);
	if (listing->options->json)
		letter_print_json(letter, &row);
	else
		letter_print_row(letter, &row);
	free(listing->rows[at]);
	listing->rows[at] = buf_take(&row);
	return true;
}

static void print_rows(const struct listing *listing)
{
	size_t limit = (size_t)listing->options->limit;
	size_t first = listing->count > limit ? listing->count - limit : 0;
	bool json = listing->options->json;
	if (json)
		fputs("[", stdout);
	else if (listing->count)
		fputs(letter_heading(listing->options->wish.waiting), stdout);
	for (size_t i = first; i < listing->count; i++)
		printf("%s%s", json ? i > first ? ",\n" : "\n" : "",
		       listing->rows[i % limit]);
	if (json)
		fputs("\n]\n", stdout);
	if (first)
		voxctl_say(COMMAND, "%zu older ones are not shown: --limit %zu",
			   first, listing->count);
	else if (!listing->count && !json)
		voxctl_say(COMMAND, "no webhook%s %s",
			   that_fits(listing->options),
			   listing->options->wish.waiting
				   ? "waits for another attempt"
				   : "was given up in the last seven days");
}

static int list(struct session *session, const struct options *options)
{
	struct listing listing = {
		.options = options,
		.rows = mem_new((size_t)options->limit, sizeof(char *))};
	struct letters_wish wish = options->wish;
	wish.arrived = on_listed;
	wish.owner = &listing;
	int status = letters_read(session, &wish);
	if (!status)
		print_rows(&listing);
	for (int64_t i = 0; i < options->limit; i++)
		free(listing.rows[i]);
	free(listing.rows);
	return status;
}

/* --- show --- */

struct showing {
	const struct options *options;
	struct buf text;
	char hook[ID_BYTES];
	unsigned found;
};

static bool on_shown(void *owner, const struct letter *letter)
{
	struct showing *showing = owner;
	bool same = str_equal(showing->hook, letter->dead.hook);
	if (!same && showing->found++)
		return true;
	buf_clear(&showing->text);
	str_copy(showing->hook, sizeof(showing->hook), letter->dead.hook);
	if (showing->options->json)
		letter_print_json(letter, &showing->text);
	else
		letter_print_whole(letter, &showing->text);
	return true;
}

static int not_one(const struct options *options, unsigned found)
{
	if (found > 1)
		return voxctl_usage(COMMAND,
				    "%u webhooks begin with %s: type more of "
				    "it",
				    found, options->wish.filter.hook);
	voxctl_say(COMMAND,
		   "no webhook %s%s was given up in the last seven days, and "
		   "none waits",
		   options->wish.filter.hook, that_fits(options));
	return VOXCTL_NO;
}

static int show(struct session *session, const struct options *options)
{
	struct showing showing = {.options = options,
				  .text = BUF_INIT(LETTER_JSON_MAX)};
	struct letters_wish wish = options->wish;
	wish.arrived = on_shown;
	wish.owner = &showing;
	int status = letters_read(session, &wish);
	if (!status && !showing.found) {
		wish.waiting = true;
		status = letters_read(session, &wish);
	}
	if (!status && showing.found != 1)
		status = not_one(options, showing.found);
	else if (!status)
		printf("%s%s", buf_text(&showing.text),
		       options->json ? "\n" : "");
	buf_free(&showing.text);
	return status;
}

/* --- redeliver --- */

struct redelivery {
	struct session *session;
	const struct options *options;
	unsigned found, outstanding, done, failed;
	bool idle;
};

struct moved {
	struct redelivery *redelivery;
	uint64_t sequence;
	char hook[ID_BYTES], fresh[ID_BYTES];
};

static void settle(struct moved *moved, bool good)
{
	struct redelivery *redelivery = moved->redelivery;
	redelivery->outstanding--;
	*(good ? &redelivery->done : &redelivery->failed) += 1;
	redelivery->idle = !redelivery->outstanding;
	if (good)
		printf("%s is delivered again as %s\n", moved->hook,
		       moved->fresh);
	else
		voxctl_say(COMMAND, "%s could not be put into HOOKS",
			   moved->hook);
	free(moved);
}

/* Whether the letter went is of no matter: redelivered again it would have the
 * same token. */
static void on_removed(void *owner, int error, const char *data, size_t size)
{
	(void)error, (void)data, (void)size;
	settle(owner, true);
}

static void on_queued(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct moved *moved = owner;
	char question[48];
	(void)sequence, (void)repeat;
	if (error) {
		settle(moved, false);
		return;
	}
	str_format(question, sizeof(question), "{\"seq\":%" PRIu64 "}",
		   moved->sequence);
	bus_ask(moved->redelivery->session->bus,
		"$JS.API.STREAM.MSG.DELETE.DEAD", question, strlen(question),
		SESSION_WAIT_MS, on_removed, moved);
}

static char *encode(const struct letter *letter, const char *fresh,
		    struct envelope *envelope)
{
	const struct dead *dead = &letter->dead;
	struct retry *retry = mem_new(1, sizeof(*retry));
	*envelope = letter->envelope;
	str_copy(envelope->type, sizeof(envelope->type), retry_message.name);
	str_copy(envelope->from, sizeof(envelope->from), "voxctl/-");
	id_derive("ME", fresh, 0, envelope->id);
	/* A new delivery: seven days begin anew. */
	envelope->time = retry->due = clock_wall_ms();
	str_copy(retry->hook, sizeof(retry->hook), fresh);
	str_copy(retry->leg, sizeof(retry->leg), dead->leg);
	str_copy(retry->event, sizeof(retry->event), dead->event);
	str_copy(retry->again_of, sizeof(retry->again_of), dead->hook);
	retry->url = dead->url;
	retry->method = dead->method;
	retry->sequence = dead->sequence;
	retry->params_count = dead->params_count;
	memcpy(retry->params, dead->params, sizeof(retry->params));
	char *json = proto_encode(&retry_message, envelope, retry, NULL);
	free(retry); /* the letter owns what it pointed to */
	return json;
}

static bool on_redelivered(void *owner, const struct letter *letter)
{
	struct redelivery *redelivery = owner;
	struct moved *moved = mem_new(1, sizeof(*moved));
	struct envelope envelope;
	char subject[PROTO_SUBJECT_BYTES];
	moved->redelivery = redelivery;
	moved->sequence = letter->sequence;
	str_copy(moved->hook, sizeof(moved->hook), letter->dead.hook);
	id_derive("HK", letter->dead.hook, letter->sequence, moved->fresh);
	str_format(subject, sizeof(subject), "hooks.0.%s",
		   letter->envelope.call_sid);
	redelivery->found++;
	redelivery->outstanding++;
	redelivery->idle = false;
	char *json = encode(letter, moved->fresh, &envelope);
	if (!json) {
		settle(moved, false);
		return true;
	}
	bus_publish(redelivery->session->bus,
		    &(struct bus_record){.subject = subject,
					 .id = envelope.id,
					 .data = json,
					 .size = strlen(json),
					 .done = on_queued,
					 .owner = moved});
	free(json);
	return true;
}

static int count_letters(struct session *session, const struct options *options,
			 bool waiting, unsigned *found_out)
{
	struct showing showing = {.options = options,
				  .text = BUF_INIT(LETTER_JSON_MAX)};
	struct letters_wish wish = options->wish;
	wish.waiting = waiting;
	wish.arrived = on_shown;
	wish.owner = &showing;
	int status = letters_read(session, &wish);
	buf_free(&showing.text);
	*found_out = showing.found;
	return status;
}

/* Of a webhook by its beginning there must be one. */
static int check_one(struct session *session, const struct options *options)
{
	unsigned found, waits = 0;
	int status = count_letters(session, options, false, &found);
	if (status || found == 1)
		return status;
	if (!found)
		status = count_letters(session, options, true, &waits);
	if (status || found || !waits)
		return status ? status : not_one(options, found);
	voxctl_say(COMMAND,
		   "%s was not given up: it waits for its next attempt, which "
		   "voxctl webhooks show %s tells",
		   options->wish.filter.hook, options->wish.filter.hook);
	return VOXCTL_NO;
}

static int redeliver(struct session *session, const struct options *options)
{
	struct redelivery redelivery = {
		.session = session, .options = options, .idle = true};
	int status = options->wish.filter.hook ? check_one(session, options)
					       : VOXCTL_OK;
	struct letters_wish wish = options->wish;
	wish.arrived = on_redelivered;
	wish.owner = &redelivery;
	if (!status)
		status = letters_read(session, &wish);
	if (status)
		return status;
	if (!session_wait(session, &redelivery.idle, SETTLE_MS)) {
		voxctl_say(COMMAND, "nats-server did not take %u of them",
			   redelivery.outstanding);
		return VOXCTL_AWAY;
	}
	if (!redelivery.found)
		voxctl_say(COMMAND, "no webhook%s was given up",
			   that_fits(options));
	return redelivery.found && !redelivery.failed ? VOXCTL_OK : VOXCTL_NO;
}

/* --- the words of the command --- */

static const struct verb {
	const char *word;
	int (*run)(struct session *session, const struct options *options);
	bool waiting, json, limit, all, hook; /* what it takes */
} verbs[] = {
	{"ls", list, true, true, true, false, false},
	{"show", show, false, true, false, false, true},
	{"redeliver", redeliver, false, false, false, true, true},
};

static const struct verb *find_verb(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}

/* False: it was said what is wrong. */
static bool take(const struct verb *verb, int option, struct options *options)
{
	switch (option) {
	case 'c': options->wish.filter.call = optarg; return true;
	case 'h': options->wish.filter.host = optarg; return true;
	case 'e': options->wish.filter.event = optarg; return true;
	case 'w': options->wish.waiting = true; return verb->waiting;
	case 'j': options->json = true; return verb->json;
	case 'a': options->all = true; return verb->all;
	default:
		return verb->limit &&
		       str_number(optarg, 1, LIMIT_MAX, &options->limit);
	}
}

static int refuse_option(const struct verb *verb, int option, const char *name)
{
	if (option == 'n' && verb->limit)
		return voxctl_usage(COMMAND, "--limit is a number from 1 to %d",
				    LIMIT_MAX);
	return voxctl_usage(COMMAND, "%s does not take --%s", verb->word, name);
}

static int read_options(int argc, char **argv, const struct verb *verb,
			struct options *options)
{
	static const struct option known[] = {
		{"call", required_argument, NULL, 'c'},
		{"host", required_argument, NULL, 'h'},
		{"event", required_argument, NULL, 'e'},
		{"limit", required_argument, NULL, 'n'},
		{"waiting", no_argument, NULL, 'w'},
		{"json", no_argument, NULL, 'j'},
		{"all", no_argument, NULL, 'a'},
		{0},
	};
	int option, at = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, &at)) != -1) {
		if (option == '?' || option == ':')
			return voxctl_usage(COMMAND,
					    option == '?'
						    ? "there is no option "
						      "%s"
						    : "%s what?",
					    argv[optind - 1]);
		if (!take(verb, option, options))
			return refuse_option(verb, option, known[at].name);
	}
	if (verb->hook && optind < argc)
		options->wish.filter.hook = argv[optind++];
	if (optind < argc)
		return voxctl_usage(COMMAND, "\"%s\" is one word too many",
				    argv[optind]);
	return VOXCTL_OK;
}

static bool names_some(const struct options *options)
{
	return options->all || options->wish.filter.hook ||
	       options->wish.filter.call || options->wish.filter.host ||
	       options->wish.filter.event;
}

int webhooks_command(int argc, char **argv)
{
	struct options options = {.limit = LIMIT_STANDARD};
	struct session session;
	const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
	if (!verb)
		return voxctl_usage(COMMAND, argc > 1 ? "ls, show or redeliver"
						      : "what is to be done?");
	int status = read_options(argc - 1, argv + 1, verb, &options);
	if (status)
		return status;
	if (verb->run == show && !options.wish.filter.hook)
		return voxctl_usage(COMMAND, "which one? ls lists them");
	if (verb->run == redeliver && !names_some(&options))
		return voxctl_usage(COMMAND, "which ones? --all for all");
	status = session_open(&session, COMMAND);
	if (status)
		return status;
	status = verb->run(&session, &options);
	session_close(&session);
	return status;
}
