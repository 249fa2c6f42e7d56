/*
 * recording_fuzz.c - lines of a recording as a stranger's bug report brings
 * them: shown as a ladder, listed, and replayed.
 */
#include "tools/voxctl/recording.h"

#include "lib/base/buf.h"
#include "tools/voxctl/book.h"
#include "tools/voxctl/ladder.h"
#include "tools/voxctl/replay.h"

#include <stdint.h>
#include <string.h>

#define SHOWN_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size;
	struct buf shown = BUF_INIT(SHOWN_MAX);
	struct ladder *ladder =
		ladder_new(&(struct ladder_style){100, false, true, true});
	struct replay *replay = replay_new();
	struct book *book = book_new(3);
	while (line < end) {
		struct recorded recorded;
		char error[RECORDING_ERROR_BYTES];
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		if (recording_parse(line, (size_t)(stop - line), &recorded,
				    error) == RECORDING_MESSAGE) {
			ladder_add(ladder, &recorded, &shown);
			recording_line(&recorded, true, &shown);
			book_hear(book, &recorded);
			replay_hear(replay, &recorded);
		}
		line = stop + 1;
	}
	replay_judge(replay, &shown);
	book_free(book);
	replay_free(replay);
	ladder_free(ladder);
	buf_free(&shown);
	return 0;
}
