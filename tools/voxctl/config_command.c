/*
 * config_command.c - voxctl config: reads and writes bucket config.
 *
 * What is read is replaced by its revision: of two who write at once, one is
 * told so.
 */
#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/runtime/account.h"
#include "tools/voxctl/config.h"
#include "tools/voxctl/session.h"
#include "tools/voxctl/voxctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX (64 * 1024 * 1024)
#define PASSWORD "password="

/* --- reading --- */

struct reading {
	const struct config_kind *kind; /* NULL: all */
	struct buf *to;                 /* NULL: nothing is printed */
	void *record;                   /* NULL: nothing is kept */
	uint64_t revision;              /* 0: there is none */
	uint64_t last;                  /* of the key, removed ones included */
	bool done;
};

static const struct config_kind *kind_of(const char *key)
{
	for (const struct config_kind *kind = config_kinds; kind->word; kind++)
		if (config_is(kind, key))
			return kind;
	return NULL;
}

static void on_entry(void *owner, const struct bus_entry *entry)
{
	struct reading *reading = owner;
	const struct config_kind *kind = kind_of(entry->key);
	char error[PROTO_ERROR_BYTES];
	reading->last = entry->revision;
	if (!entry->data || !kind || (reading->kind && reading->kind != kind))
		return;
	void *record = proto_new(kind->desc);
	if (!proto_decode(kind->desc, entry->data, entry->size, NULL, record,
			  error)) {
		voxctl_say("config", "key %s is unreadable: %s", entry->key,
			   error);
	} else if (reading->to) {
		if (!reading->kind)
			buf_addf(reading->to, "%s ", kind->word);
		config_print(kind, record, reading->to);
	}
	if (reading->record)
		proto_copy(kind->desc, record, reading->record);
	reading->revision = entry->revision;
	proto_free(kind->desc, record);
}

static void on_read(void *owner)
{
	struct reading *reading = owner;
	reading->done = true;
}

static bool read_bucket(struct session *session, const char *filter,
			struct reading *reading)
{
	struct bus_follower *follower =
		bus_kv_watch(session->bus, CONFIG_BUCKET, filter, on_entry,
			     on_read, reading);
	bool good = session_wait(session, &reading->done, SESSION_WAIT_MS);
	bus_unfollow(follower);
	if (!good)
		voxctl_say("config",
			   "bucket %s does not answer: type voxctl "
			   "up",
			   CONFIG_BUCKET);
	return good;
}

/* --- writing --- */

struct writing {
	bool done;
	int error;
};

static void on_written(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct writing *writing = owner;
	(void)sequence, (void)repeat;
	writing->error = error;
	writing->done = true;
}

static int settle(struct session *session, struct writing *writing,
		  const char *what)
{
	if (!session_wait(session, &writing->done, SESSION_WAIT_MS)) {
		voxctl_say("config", "bucket %s does not answer",
			   CONFIG_BUCKET);
		return VOXCTL_AWAY;
	}
	if (!writing->error)
		return VOXCTL_OK;
	voxctl_say("config",
		   "%s was changed by somebody else meanwhile: try "
		   "again",
		   what);
	return VOXCTL_NO;
}

/* --- the words of the command --- */

/* Owned; NULL: stdin has none. */
static char *read_password(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length = getline(&line, &room, stdin);
	if (length > 0 && line[length - 1] == '\n')
		line[--length] = '\0';
	if (length > 0)
		return line;
	free(line);
	return NULL;
}

struct wanted {
	const struct config_kind *kind;
	char name[256], key[CONFIG_KEY_BYTES];
	char *password; /* owned; NULL: not given */
	char first_account[65];
};

static int read_target(char **argv, struct wanted *wanted)
{
	char error[CONFIG_ERROR_BYTES];
	wanted->kind = config_kind(argv[0]);
	if (!wanted->kind)
		return voxctl_usage("config", "there is no kind \"%s\"",
				    argv[0]);
	if (strcmp(wanted->kind->word, "account") == 0 &&
	    strcmp(argv[1], "new") == 0)
		id_random("AC", wanted->name);
	else if (!str_copy(wanted->name, sizeof(wanted->name), argv[1]))
		return voxctl_usage("config", "the name is too long");
	if (!config_key(wanted->kind, wanted->name, wanted->key, error))
		return voxctl_usage("config", "%s", error);
	return VOXCTL_OK;
}

static bool find_first_account(struct session *session, struct wanted *wanted)
{
	struct account account;
	char error[ACCOUNT_ERROR_BYTES];
	if (*session->settings.account_sid)
		return str_copy(wanted->first_account,
				sizeof(wanted->first_account),
				session->settings.account_sid);
	if (account_load(session->settings.data_dir, &account, error))
		return str_copy(wanted->first_account,
				sizeof(wanted->first_account), account.sid);
	voxctl_say("config", "%s", error);
	return false;
}

static int assign(struct wanted *wanted, int argc, char **argv, void *record)
{
	char error[CONFIG_ERROR_BYTES];
	config_name(wanted->kind, wanted->name, record);
	for (int i = 0; i < argc; i++) {
		if (str_starts(argv[i], PASSWORD)) {
			const char *word = argv[i] + strlen(PASSWORD);
			free(wanted->password);
			wanted->password = strcmp(word, "-") == 0
						   ? read_password()
						   : strdup(word);
			if (!wanted->password)
				return voxctl_usage("config",
						    "no password on stdin");
		} else if (!config_set(wanted->kind, record, argv[i], error)) {
			return voxctl_usage("config", "%s", error);
		}
	}
	if (!config_complete(wanted->kind, record, wanted->first_account,
			     wanted->password, error))
		return voxctl_usage("config", "%s", error);
	return VOXCTL_OK;
}

/* A token that was just made is shown once. */
static void show(const struct wanted *wanted, const void *record, bool token,
		 bool second_token)
{
	struct buf text = BUF_INIT(OUTPUT_MAX);
	const struct account_config *account = record;
	config_print(wanted->kind, record, &text);
	fputs(buf_text(&text), stdout);
	if (token)
		printf("token %s\n", account->token);
	if (second_token)
		printf("secondary_token %s\n", account->secondary_token);
	buf_free(&text);
}

static bool makes(const char *assignment, const struct wanted *wanted, int argc,
		  char **argv)
{
	for (int i = 0; i < argc; i++)
		if (wanted->kind->desc == &account_config_message &&
		    strcmp(argv[i], assignment) == 0)
			return true;
	return false;
}

static int put(struct session *session, struct wanted *wanted, int argc,
	       char **argv)
{
	char error[PROTO_ERROR_BYTES];
	void *record = proto_new(wanted->kind->desc);
	struct reading reading = {.record = record};
	struct writing writing = {.done = false};
	int status = VOXCTL_AWAY;
	if (find_first_account(session, wanted) &&
	    read_bucket(session, wanted->key, &reading))
		status = assign(wanted, argc, argv, record);
	char *json =
		status ? NULL
		       : proto_encode(wanted->kind->desc, NULL, record, error);
	if (json) {
		bus_kv_put(session->bus, CONFIG_BUCKET, wanted->key, json,
			   strlen(json), (int64_t)reading.last, on_written,
			   &writing);
		status = settle(session, &writing, wanted->name);
	} else if (!status) {
		status = voxctl_usage("config", "%s", error);
	}
	if (!status)
		show(wanted, record, makes("token=new", wanted, argc, argv),
		     makes("secondary_token=new", wanted, argc, argv));
	free(json);
	proto_free(wanted->kind->desc, record);
	return status;
}

/* --- the subcommands --- */

static int set_command(struct session *session, int argc, char **argv)
{
	struct wanted wanted = {.password = NULL};
	int status = argc < 3 ? voxctl_usage("config", "a field=value is "
						       "missing")
			      : read_target(argv, &wanted);
	if (!status)
		status = session_open(session, "config");
	if (status)
		return status;
	status = put(session, &wanted, argc - 2, argv + 2);
	free(wanted.password);
	session_close(session);
	return status;
}

static int open_for_one(struct session *session, struct wanted *wanted,
			int argc, char **argv)
{
	int status = argc != 2 ? voxctl_usage("config", "a kind and a name, "
							"please")
			       : read_target(argv, wanted);
	return status ? status : session_open(session, "config");
}

static int read_one(struct session *session, const struct wanted *wanted,
		    struct reading *reading)
{
	if (!read_bucket(session, wanted->key, reading))
		return VOXCTL_AWAY;
	if (reading->revision)
		return VOXCTL_OK;
	voxctl_say("config", "there is no %s \"%s\"", wanted->kind->word,
		   wanted->name);
	return VOXCTL_NO;
}

static int get_command(struct session *session, int argc, char **argv)
{
	struct wanted wanted = {.password = NULL};
	struct buf text = BUF_INIT(OUTPUT_MAX);
	int status = open_for_one(session, &wanted, argc, argv);
	if (status)
		return status;
	struct reading reading = {.kind = wanted.kind, .to = &text};
	status = read_one(session, &wanted, &reading);
	fputs(buf_text(&text), stdout);
	buf_free(&text);
	session_close(session);
	return status;
}

static int rm_command(struct session *session, int argc, char **argv)
{
	struct wanted wanted = {.password = NULL};
	struct writing writing = {.done = false};
	int status = open_for_one(session, &wanted, argc, argv);
	if (status)
		return status;
	struct reading reading = {.kind = wanted.kind};
	status = read_one(session, &wanted, &reading);
	if (!status) {
		bus_kv_delete(session->bus, CONFIG_BUCKET, wanted.key,
			      on_written, &writing);
		status = settle(session, &writing, wanted.name);
	}
	session_close(session);
	return status;
}

static int ls_command(struct session *session, int argc, char **argv)
{
	struct buf text = BUF_INIT(OUTPUT_MAX);
	struct reading reading = {.to = &text};
	if (argc > 1)
		return voxctl_usage("config", "\"%s\" is one word too many",
				    argv[1]);
	if (argc == 1 && !(reading.kind = config_kind(argv[0])))
		return voxctl_usage("config", "there is no kind \"%s\"",
				    argv[0]);
	int status = session_open(session, "config");
	if (status)
		return status;
	status = read_bucket(session, ">", &reading) ? VOXCTL_OK : VOXCTL_AWAY;
	fputs(buf_text(&text), stdout);
	buf_free(&text);
	session_close(session);
	return status;
}

static const struct {
	const char *word;
	int (*run)(struct session *session, int argc, char **argv);
} words[] = {
	{"ls", ls_command},
	{"get", get_command},
	{"set", set_command},
	{"rm", rm_command},
};

int config_command(int argc, char **argv)
{
	static struct session session;
	for (size_t i = 0; argc > 1 && i < sizeof(words) / sizeof(words[0]);
	     i++)
		if (strcmp(words[i].word, argv[1]) == 0)
			return words[i].run(&session, argc - 2, argv + 2);
	return voxctl_usage("config", "\"%s\" is none of ls, get, set, rm",
			    argc > 1 ? argv[1] : "");
}
