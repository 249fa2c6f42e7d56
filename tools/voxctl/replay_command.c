/*
 * replay_command.c - voxctl replay: recordings from files, one after the other.
 */
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "tools/voxctl/recording.h"
#include "tools/voxctl/replay.h"
#include "tools/voxctl/voxctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

/* Returns an exit status, having said what is wrong with the file. */
static int feed(const char *path, FILE *file, struct replay *replay)
{
	char *line = NULL, error[RECORDING_ERROR_BYTES];
	size_t room = 0;
	unsigned number = 0;
	int status = VOXCTL_OK;
	ssize_t length;
	while (!status && (length = getline(&line, &room, file)) > 0) {
		struct recorded recorded;
		enum recording_parsed parsed;
		number++;
		parsed = length > RECORDING_LINE_MAX
				 ? RECORDING_BAD
				 : recording_parse(line, (size_t)length,
						   &recorded, error);
		if (parsed == RECORDING_MESSAGE)
			replay_hear(replay, &recorded);
		if (parsed != RECORDING_BAD)
			continue;
		voxctl_say("replay",
			   "%s:%u: the line %s: a recording is made by "
			   "voxctl export",
			   path, number,
			   length > RECORDING_LINE_MAX ? "is too long" : error);
		status = VOXCTL_USAGE;
	}
	if (!status && ferror(file)) { /* a folder, for one */
		voxctl_say("replay", "%s: %s", path, strerror(errno));
		status = VOXCTL_AWAY;
	}
	free(line);
	return status;
}

static int replay_file(const char *path)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!file) {
		voxctl_say("replay", "%s: %s", path, strerror(errno));
		return VOXCTL_AWAY;
	}
	int64_t began = clock_mono_ns();
	struct replay *replay = replay_new();
	int status = feed(path, file, replay);
	if (!status && !replay_events(replay)) {
		voxctl_say("replay",
			   "%s: no event of a call is in it: a recording is "
			   "made by voxctl export",
			   path);
		status = VOXCTL_USAGE;
	}
	bool same = !status && replay_judge(replay, &text);
	int64_t recorded = replay_recorded_ms(replay);
	replay_free(replay);
	if (!status && same)
		printf("ok  %s (recorded %" PRId64 ".%02" PRId64
		       " s, ran in %" PRId64 " ms)  %s\n",
		       buf_text(&text), recorded / 1000, recorded % 1000 / 10,
		       (clock_mono_ns() - began) / 1000000, path);
	else if (!status)
		printf("%s: %s", path, buf_text(&text));
	if (file != stdin)
		fclose(file);
	buf_free(&text);
	return status ? status : same ? VOXCTL_OK : VOXCTL_NO;
}

int replay_command(int argc, char **argv)
{
	int worst = VOXCTL_OK;
	if (argc < 2 || (argv[1][0] == '-' && argv[1][1]))
		return voxctl_usage("replay",
				    argc < 2 ? "which file?"
					     : "there is no such option");
	for (int i = 1; i < argc; i++) {
		int status = replay_file(argv[i]);
		worst = status > worst ? status : worst;
	}
	return worst;
}
