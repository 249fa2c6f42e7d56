/*
 * trace.c - voxctl trace and voxctl export: one call from the record.
 */
#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tools/voxctl/ladder.h"
#include "tools/voxctl/reader.h"
#include "tools/voxctl/recording.h"
#include "tools/voxctl/session.h"
#include "tools/voxctl/voxctl.h"

#include <getopt.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MAX 500

struct output {
	struct ladder *ladder; /* NULL: lines of JSON */
	bool masked;
	struct buf text;
};

static void on_message(void *owner, const struct recorded *recorded)
{
	struct output *output = owner;
	if (output->ladder)
		ladder_add(output->ladder, recorded, &output->text);
	else
		recording_line(recorded, output->masked, &output->text);
	fwrite(buf_text(&output->text), 1, output->text.length, stdout);
	fflush(stdout);
	buf_clear(&output->text);
}

static int read_call(const char *command, const char *name, bool follow,
		     bool header, struct output *output)
{
	struct session session;
	char call_sid[ID_BYTES] = "";
	int status = session_open(&session, command);
	if (status)
		return status;
	status = reader_find(&session, name, call_sid);
	if (!status && header) {
		/* written with the first message: none, if there is no call */
		recording_header(call_sid, &output->text);
	}
	if (!status)
		status = reader_read(
			&session, &(struct reader_wish){.call_sid = call_sid,
							.follow = follow,
							.arrived = on_message,
							.owner = output});
	session_close(&session);
	return status;
}

static unsigned width_of_terminal(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return LADDER_WIDTH;
}

struct trace_options {
	bool follow, raw, http;
	int64_t width;
};

static bool read_options(int argc, char **argv, struct trace_options *options)
{
	static const struct option known[] = {
		{"follow", no_argument, NULL, 'f'},
		{"raw", no_argument, NULL, 'r'},
		{"http", no_argument, NULL, 'h'},
		{"width", required_argument, NULL, 'w'},
		{0},
	};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "fr", known, NULL)) != -1) {
		switch (option) {
		case 'f': options->follow = true; break;
		case 'r': options->raw = true; break;
		case 'h': options->http = true; break;
		case 'w':
			if (!str_number(optarg, LADDER_WIDTH_MIN, WIDTH_MAX,
					&options->width)) {
				voxctl_usage("trace",
					     "--width is a number of columns "
					     "from %d to %d",
					     LADDER_WIDTH_MIN, WIDTH_MAX);
				return false;
			}
			break;
		default:
			voxctl_usage("trace", "there is no option %s",
				     argv[optind - 1]);
			return false;
		}
	}
	if (optind + 1 == argc)
		return true;
	voxctl_usage("trace",
		     optind == argc ? "which call?" : "one call at a time");
	return false;
}

int trace_command(int argc, char **argv)
{
	struct trace_options options = {.width = width_of_terminal()};
	struct output output = {.text = BUF_INIT(RECORDING_LINE_MAX)};
	if (!read_options(argc, argv, &options))
		return VOXCTL_USAGE;
	if (!options.raw)
		output.ladder = ladder_new(&(struct ladder_style){
			.width = (unsigned)options.width,
			.plain = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
			.colour = voxctl_colours(),
			.http = options.http});
	int status = read_call("trace", argv[optind], options.follow, false,
			       &output);
	ladder_free(output.ladder);
	buf_free(&output.text);
	return status;
}

int export_command(int argc, char **argv)
{
	struct output output = {.masked = true,
				.text = BUF_INIT(RECORDING_LINE_MAX)};
	if (argc > 1 && argv[1][0] == '-')
		return voxctl_usage("export", "there is no option %s", argv[1]);
	if (argc != 2)
		return voxctl_usage("export", argc < 2 ? "which call?"
						       : "one call at a time");
	int status = read_call("export", argv[1], false, true, &output);
	buf_free(&output.text);
	return status;
}
