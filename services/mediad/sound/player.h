/*
 * player.h - the pieces of a 'play', one after another, as samples.
 *
 * A player is a row of pieces: a file or a text (a clip, once somebody has put
 * it there), a pause, keys, the beep. A clip that is still coming is waited for
 * in silence; one that cannot be had is left out, and its error told.
 *
 * Contract: player_new and player_next need neither clocks nor I/O. One thread
 * has the player; another one (the sounds') puts the clips, once each, and
 * keeps them alive until the player is freed. player_next allocates nothing
 * unless a clip's rate is not the one asked for.
 */
#pragma once

#include "proto/proto.h"
#include "services/mediad/sound/clip.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYER_PIECES_MAX 128
#define PLAYER_KEY_MS 100     /* a key is held for this … */
#define PLAYER_KEY_GAP_MS 100 /* … and this lies between two */

struct resampler;

enum piece_kind {
	PIECE_FILE,
	PIECE_SPEECH,
	PIECE_PAUSE,
	PIECE_KEYS,
	PIECE_BEEP
};

struct piece {
	enum piece_kind kind;
	const char *text;  /* file: URL; speech: what is said; keys: digits */
	const char *voice; /* speech, like language; "" if none is named */
	const char *language;
	int64_t ms; /* pause */
	_Atomic(struct clip *) clip;
};

/* A prompt of the command: some pieces, so and so often. */
struct player_item {
	unsigned first, count;
	int64_t times;
};

/* Whether the key could be sent as an event: then silence is played for it. */
typedef bool player_press_fn(void *owner, char key, int ms);

struct player {
	struct play *play; /* its own copy; the texts above are in it */
	struct piece pieces[PLAYER_PIECES_MAX];
	unsigned piece_count;
	struct player_item items[32];
	unsigned item_count;
	player_press_fn *press; /* NULL: keys are tones */
	void *press_owner;
	/* where it is */
	unsigned item, piece;
	int64_t time; /* of the item, from 0 */
	size_t at;    /* sample of the piece, at the rate of 'pace' */
	unsigned key; /* of the piece */
	bool key_sent;
	bool said; /* something of the item was heard this time */
	bool item_failed;
	struct resampler *resampler;
	uint32_t pace_hz; /* rate of the last player_next */
	/* what it came to */
	unsigned items_done;
	int64_t heard_us;
	int error;
	char text[CLIP_TEXT_BYTES];
};

struct player *player_new(const struct play *play);
struct player *player_free(struct player *player);
/* The next samples; fewer than asked for: its end. */
size_t player_next(struct player *player, int16_t *pcm, size_t samples,
		   uint32_t rate_hz);
