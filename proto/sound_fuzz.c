/*
 * sound_fuzz.c - whatever comes about sound files is read within its bounds,
 * and what was read is written so that it reads the same.
 */
#include "proto/sound.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT(2 * SOUND_MESSAGE_BYTES);
	const char *bytes = (const char *)data;
	struct sound_piece piece, again;
	struct sound_opened opened;
	struct sound_open open;
	struct sound_read read;

	(void)sound_read_open(bytes, size, &open);
	(void)sound_read_opened(bytes, size, &opened);
	(void)sound_read_read(bytes, size, &read);
	if (sound_read_piece(bytes, size, &piece)) {
		sound_write_piece(&text, &piece);
		if (!sound_read_piece(buf_text(&text), text.length, &again) ||
		    again.size != piece.size || again.total != piece.total ||
		    strcmp(again.type, piece.type) != 0)
			abort();
	}
	buf_free(&text);
	return 0;
}
