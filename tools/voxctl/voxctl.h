/*
 * voxctl.h - the command line: what every command gets, and how it ends.
 *
 * Contract: data goes to stdout, words to stderr. A command returns its exit
 * status; before anything but EXIT_OK it has said what is wrong and what to
 * type. Main thread.
 */
#pragma once

#include "lib/runtime/settings.h"

#include <stdbool.h>

/* Documented in docs/cli.md and by voxctl help. */
enum voxctl_exit {
	VOXCTL_OK = 0,
	VOXCTL_NO = 1,    /* a difference, markup errors, no such call */
	VOXCTL_USAGE = 2, /* wrong arguments or settings */
	VOXCTL_AWAY = 3   /* the bus, a URL or a file cannot be reached */
};

/* 'argv[0]' is the command's name; options come with getopt_long. */
typedef int voxctl_fn(int argc, char **argv);

voxctl_fn up_command, calls_command, trace_command, export_command,
	replay_command, lint_command, catalogue_command, config_command,
	webhooks_command;

/* One line on stderr: "voxctl calls: …". */
void voxctl_say(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A wrong call: says what, and how it is typed. Returns VOXCTL_USAGE. */
int voxctl_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Settings of voxctl. False: it was said what is wrong. */
bool voxctl_settings(const char *command, struct settings *settings_out);
/* Whether stdout is a terminal that likes colours (NO_COLOR). */
bool voxctl_colours(void);
