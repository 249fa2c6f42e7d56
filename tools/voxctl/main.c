/*
 * main.c - voxctl's front door: the table of commands, which is also its help.
 */
#include "tools/voxctl/voxctl.h"

#include "lib/base/log.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int help_command(int argc, char **argv);
static int version_command(int argc, char **argv);

static const struct subcommand {
	const char *name;
	const char *arguments;
	voxctl_fn *run;
	const char *does;
} subcommands[] = {
	{"up", "", up_command,
	 "Start nats-server (unless one answers at VOXBUS_NATS_URL) and all\n"
	 "daemons; start again what dies; stop all at Ctrl-C or SIGTERM."},
	{"calls", "[--limit N] [-o table|json]", calls_command,
	 "The latest calls: from, to, status, start, length, error."},
	{"trace", "CALLSID|last [--follow] [--http] [--raw] [--width N]",
	 trace_command,
	 "One call as a story, times in ms since its start. --follow goes on\n"
	 "until the call and its webhooks are over; --http shows requests and\n"
	 "answers in full; --raw prints its messages as JSON lines, unmasked.\n"
	 "A unique beginning of a CallSid will do."},
	{"export", "CALLSID|last", export_command,
	 "One call as a file, secrets masked: voxctl export CA… > call.jsonl"},
	{"replay", "FILE...", replay_command,
	 "The same calls through this build's interpreter, offline; shows the\n"
	 "first difference."},
	{"lint", "FILE|URL... [--dialect NAME] [--strict]", lint_command,
	 "What is wrong with a document, with line, column and what to write\n"
	 "instead."},
	{"config",
	 "ls [KIND] | get|rm KIND NAME | set KIND NAME FIELD=VALUE...",
	 config_command,
	 "Accounts, numbers and credentials, as apid and sipgw see them. KIND\n"
	 "is account, number or credential. A password is given as "
	 "password=...\n"
	 "or, from stdin, password=-; its digests are kept, not the password."},
	{"webhooks",
	 "ls [--waiting] | show WEBHOOK | redeliver WEBHOOK|--all, and [--call "
	 "SID]\n           [--host HOST] [--event NAME] [--limit N] [--json]",
	 webhooks_command,
	 "Webhooks that were given up in the last seven days, with every\n"
	 "attempt; --waiting: those that wait for their next one. redeliver\n"
	 "sends them once more: same parameters and number, a new token."},
	{"catalogue",
	 "messages|errors|settings | --fill PAGE | --errors DIR | "
	 "--samples DIR | "
	 "--dictionary",
	 catalogue_command,
	 "The reference pages printed from the tables (make docs), a valid\n"
	 "sample of each message, a dictionary for fuzzing."},
	{"version", "", version_command, "Print the version."},
	{"help", "[COMMAND]", help_command, "This page."},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static const struct subcommand *find(const char *name)
{
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	return NULL;
}

/* --- what the commands share --- */

void voxctl_say(const char *command, const char *format, ...)
{
	va_list arguments;
	fprintf(stderr, "voxctl %s: ", command);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

int voxctl_usage(const char *command, const char *format, ...)
{
	const struct subcommand *known = find(command);
	va_list arguments;
	fprintf(stderr, "voxctl %s: ", command);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\ntype: voxctl %s %s\n", command,
		known ? known->arguments : "");
	return VOXCTL_USAGE;
}

bool voxctl_settings(const char *command, struct settings *settings_out)
{
	char error[512];
	if (settings_read(WHO_VOXCTL, 0, settings_out, error))
		return true;
	voxctl_say(command, "%s", error);
	return false;
}

bool voxctl_colours(void)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return (!no || !*no) && isatty(STDOUT_FILENO) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

/* --- help and version --- */

static void print_indented(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		printf("      %.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static int help_command(int argc, char **argv)
{
	const struct subcommand *one = argc > 1 ? find(argv[1]) : NULL;
	if (argc > 1 && !one)
		return voxctl_usage("help", "there is no command \"%s\"",
				    argv[1]);
	if (!one)
		printf("voxctl - runs voxbus on one machine, and tells what "
		       "its "
		       "calls do\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		if (one && one != &subcommands[i])
			continue;
		printf("  voxctl %s %s\n", subcommands[i].name,
		       subcommands[i].arguments);
		print_indented(subcommands[i].does);
	}
	if (one)
		return VOXCTL_OK;
	printf("\nExit status: 0 done; 1 no (a difference, errors in a "
	       "document, no such call);\n2 wrong arguments or settings; 3 the "
	       "bus, a URL or a file cannot be reached.\n\nSettings:\n");
	settings_print(WHO_VOXCTL, 0);
	printf("voxctl up reads those of every daemon: type sipgw --help, and "
	       "so on.\n");
	return VOXCTL_OK;
}

static int version_command(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return voxctl_usage("version", "it takes no argument");
	printf("voxbus %s\n", VOXBUS_VERSION);
	return VOXCTL_OK;
}

/* Whoever types a command and --help wants to read about that command. */
static bool asks_for_help(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	char help[] = "help", version[] = "version";
	setlocale(LC_CTYPE, "");
	log_init("voxctl", LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		help_command(1, argv);
		return VOXCTL_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		argv[1] = help;
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = version;
	const struct subcommand *command = find(argv[1]);
	if (!command) {
		fprintf(stderr,
			"voxctl: there is no command \"%s\"\n"
			"type: voxctl help\n",
			argv[1]);
		return VOXCTL_USAGE;
	}
	if (asks_for_help(argc, argv))
		return help_command(2, (char *[]){help, argv[1]});
	return command->run(argc - 1, argv + 1);
}
