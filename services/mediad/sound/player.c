/*
 * player.c - a table of what each kind of piece sounds like, and the walk from
 * piece to piece; see player.h.
 */
#include "services/mediad/sound/player.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/mediad/codec/resampler.h"
#include "services/mediad/sound/speech_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEEP_HZ 1000
#define BEEP_MS 500
#define HALF_SECOND_MS 500
/* A full-scale sine is +3.14 dBm0. */
#define DBM0(level) (32767 * pow(10, ((level)-3.14) / 20))
#define BEEP_LEVEL (-16.0)
#define KEY_LOW_LEVEL (-10.0)
#define KEY_HIGH_LEVEL (-8.0)
#define CONVERT_SAMPLES 1920 /* of a clip, at once */

/* --- from the command to pieces --- */

static struct piece *add_piece(struct player *player, enum piece_kind kind)
{
	struct piece *piece = &player->pieces[player->piece_count];

	if (player->piece_count == PLAYER_PIECES_MAX)
		return NULL;
	player->piece_count++;
	piece->kind = kind;
	piece->text = piece->voice = piece->language = "";
	return piece;
}

static void add_pause(struct player *player, int64_t ms)
{
	struct piece *piece = ms ? add_piece(player, PIECE_PAUSE) : NULL;

	if (piece)
		piece->ms = ms;
}

static void add_text(struct player *player, enum piece_kind kind,
		     const char *text)
{
	struct piece *piece = add_piece(player, kind);

	if (piece)
		piece->text = text ? text : "";
}

/* Each part of a text is a clip of its own: many texts share them. */
static void add_speech(struct player *player, const struct prompt *prompt)
{
	struct speech *speech = mem_new(1, sizeof(*speech));

	speech_read(prompt->text, speech);
	for (unsigned i = 0; i < speech->count; i++) {
		const struct speech_part *part = &speech->parts[i];
		struct piece *piece =
			part->length ? add_piece(player, PIECE_SPEECH) : NULL;

		if (piece) {
			piece->text = mem_copy_bytes(speech->text + part->at,
						     part->length);
			piece->voice = prompt->voice;
			piece->language = prompt->language;
		}
		add_pause(player, part->pause_ms);
	}
	free(speech);
}

static void add_prompt(struct player *player, const struct prompt *prompt)
{
	struct player_item *item = &player->items[player->item_count++];

	item->first = player->piece_count;
	item->times = prompt->times ? prompt->times : 1;
	switch ((enum prompt_kind)prompt->kind) {
	case PROMPT_FILE: add_text(player, PIECE_FILE, prompt->url); break;
	case PROMPT_SPEECH: add_speech(player, prompt); break;
	case PROMPT_PAUSE: add_pause(player, prompt->ms); break;
	case PROMPT_DIGITS: add_text(player, PIECE_KEYS, prompt->digits); break;
	case PROMPT_BEEP: add_piece(player, PIECE_BEEP); break;
	case PROMPT_NONE: break;
	}
	item->count = player->piece_count - item->first;
}

struct player *player_new(const struct play *play)
{
	struct player *player = mem_new(1, sizeof(*player));

	player->play = proto_new(&play_message);
	proto_copy(&play_message, play, player->play);
	for (uint32_t i = 0; i < player->play->items_count; i++)
		add_prompt(player, &player->play->items[i]);
	return player;
}

struct player *player_free(struct player *player)
{
	if (!player)
		return NULL;
	for (unsigned i = 0; i < player->piece_count; i++)
		if (player->pieces[i].kind == PIECE_SPEECH)
			free((char *)(uintptr_t)player->pieces[i].text);
	resampler_free(player->resampler);
	proto_free(&play_message, player->play);
	free(player);
	return NULL;
}

/* --- what pieces sound like: samples written; fewer than asked for: its end,
 * and 'at' has moved on by as many --- */

static size_t left_of(const struct player *player, int64_t ms, size_t samples,
		      uint32_t rate_hz)
{
	size_t length = (size_t)(ms * rate_hz / 1000);
	size_t left = length > player->at ? length - player->at : 0;

	return left < samples ? left : samples;
}

static size_t next_pause(struct player *player, struct piece *piece,
			 int16_t *pcm, size_t samples, uint32_t rate_hz)
{
	size_t count = left_of(player, piece->ms, samples, rate_hz);

	memset(pcm, 0, count * sizeof(*pcm));
	player->at += count;
	return count;
}

static void add_sine(int16_t *pcm, size_t samples, size_t at, double hz,
		     double level, uint32_t rate_hz)
{
	double turn = 2 * acos(-1.0) * hz / rate_hz;

	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)lround(
			pcm[i] + level * sin(fmod(turn * (double)(at + i),
						  2 * acos(-1.0))));
}

static size_t next_beep(struct player *player, struct piece *piece,
			int16_t *pcm, size_t samples, uint32_t rate_hz)
{
	size_t count = left_of(player, BEEP_MS, samples, rate_hz);

	(void)piece;
	memset(pcm, 0, count * sizeof(*pcm));
	add_sine(pcm, count, player->at, BEEP_HZ, DBM0(BEEP_LEVEL), rate_hz);
	player->at += count;
	return count;
}

/* Low and high frequency of a key (Q.23); false: it is none. */
static bool key_tones(char key, double *low_out, double *high_out)
{
	static const char keys[] = "123A456B789C*0#D";
	static const double low[] = {697, 770, 852, 941};
	static const double high[] = {1209, 1336, 1477, 1633};
	const char *at =
		strchr(keys, key >= 'a' && key <= 'd' ? key - 32 : key);

	if (!key || !at)
		return false;
	*low_out = low[(at - keys) / 4];
	*high_out = high[(at - keys) % 4];
	return true;
}

static int64_t key_length_ms(char key)
{
	double low, high;

	if (key == 'w' || key == 'W')
		return key == 'w' ? HALF_SECOND_MS : 2 * HALF_SECOND_MS;
	return key_tones(key, &low, &high) ? PLAYER_KEY_MS + PLAYER_KEY_GAP_MS
					   : 0;
}

static void play_key(struct player *player, char key, int16_t *pcm,
		     size_t count, uint32_t rate_hz)
{
	size_t tone = PLAYER_KEY_MS * rate_hz / 1000, at = player->at;
	double low, high;

	memset(pcm, 0, count * sizeof(*pcm));
	if (!key_tones(key, &low, &high))
		return;
	if (at == 0)
		player->key_sent =
			player->press &&
			player->press(player->press_owner, key, PLAYER_KEY_MS);
	if (player->key_sent || at >= tone)
		return;
	if (count > tone - at)
		count = tone - at;
	add_sine(pcm, count, at, low, DBM0(KEY_LOW_LEVEL), rate_hz);
	add_sine(pcm, count, at, high, DBM0(KEY_HIGH_LEVEL), rate_hz);
}

static size_t next_keys(struct player *player, struct piece *piece,
			int16_t *pcm, size_t samples, uint32_t rate_hz)
{
	size_t done = 0;

	while (done < samples && piece->text[player->key]) {
		char key = piece->text[player->key];
		size_t count = left_of(player, key_length_ms(key),
				       samples - done, rate_hz);

		if (count)
			play_key(player, key, pcm + done, count, rate_hz);
		player->at += count;
		done += count;
		if (done < samples) {
			player->key++;
			player->at = 0;
		}
	}
	return done;
}

static void note_failure(struct player *player, const struct clip *clip)
{
	player->item_failed = true;
	if (player->error)
		return;
	player->error = clip->error;
	str_copy(player->text, sizeof(player->text), clip->text);
}

/* The clip's own samples at another rate. The rates divide a frame evenly. */
static size_t convert(struct player *player, const struct clip *clip,
		      size_t there, int16_t *pcm, size_t samples,
		      uint32_t rate_hz)
{
	size_t wanted = samples * clip->rate_hz / rate_hz;

	if (wanted > there - player->at)
		wanted = there - player->at;
	if (wanted > CONVERT_SAMPLES)
		wanted = CONVERT_SAMPLES;
	if (!player->resampler || player->at == 0) {
		resampler_free(player->resampler);
		player->resampler = resampler_new(clip->rate_hz, rate_hz);
	}
	samples = resampler_run(player->resampler, clip->pcm + player->at,
				wanted, pcm, samples);
	player->at += wanted;
	return samples;
}

static size_t copy(struct player *player, const struct clip *clip, size_t there,
		   int16_t *pcm, size_t samples)
{
	size_t count = there - player->at;

	if (count > samples)
		count = samples;
	memcpy(pcm, clip->pcm + player->at, count * sizeof(*pcm));
	player->at += count;
	return count;
}

static size_t next_clip(struct player *player, struct piece *piece,
			int16_t *pcm, size_t samples, uint32_t rate_hz)
{
	struct clip *clip =
		atomic_load_explicit(&piece->clip, memory_order_acquire);
	/* The state first: what is there then is all. */
	enum clip_state state = clip ? clip_state(clip) : CLIP_COMING;
	size_t there = clip ? clip_samples(clip) : 0, count = 0;

	if (there > player->at)
		count = clip->rate_hz == rate_hz
				? copy(player, clip, there, pcm, samples)
				: convert(player, clip, there, pcm, samples,
					  rate_hz);
	if (count == samples || (state == CLIP_WHOLE && player->at >= there))
		return count;
	if (state == CLIP_FAILED && player->at >= there) {
		note_failure(player, clip);
		return count;
	}
	memset(pcm + count, 0, (samples - count) * sizeof(*pcm));
	player->heard_us -= (int64_t)(samples - count) * 1000000 / rate_hz;
	return samples;
}

typedef size_t next_fn(struct player *player, struct piece *piece, int16_t *pcm,
		       size_t samples, uint32_t rate_hz);

static next_fn *const next_fns[] = {
	[PIECE_FILE] = next_clip,   [PIECE_SPEECH] = next_clip,
	[PIECE_PAUSE] = next_pause, [PIECE_KEYS] = next_keys,
	[PIECE_BEEP] = next_beep,
};

/* --- from piece to piece --- */

static void begin_piece(struct player *player, unsigned piece)
{
	player->piece = piece;
	player->at = 0;
	player->key = 0;
	player->key_sent = false;
}

static void next_item(struct player *player)
{
	player->items_done += !player->item_failed;
	player->item_failed = false;
	player->time = 0;
	player->item++;
	begin_piece(player, 0);
}

/* A time in which nothing was heard is the last one. */
static void next_piece(struct player *player)
{
	const struct player_item *item = &player->items[player->item];

	if (player->piece + 1 < item->count) {
		begin_piece(player, player->piece + 1);
		return;
	}
	begin_piece(player, 0);
	if (++player->time >= item->times || !player->said)
		next_item(player);
	player->said = false;
}

/* Places are counted in samples: another rate is another count. */
static void keep_pace(struct player *player, uint32_t rate_hz)
{
	const struct player_item *item = &player->items[player->item];
	struct piece *piece = &player->pieces[item->first + player->piece];

	if (player->pace_hz && player->pace_hz != rate_hz) {
		if (piece->kind == PIECE_FILE || piece->kind == PIECE_SPEECH)
			player->resampler = resampler_free(player->resampler);
		else
			player->at = player->at * rate_hz / player->pace_hz;
	}
	player->pace_hz = rate_hz;
}

size_t player_next(struct player *player, int16_t *pcm, size_t samples,
		   uint32_t rate_hz)
{
	size_t done = 0;

	while (done < samples && player->item < player->item_count) {
		struct player_item *item = &player->items[player->item];
		struct piece *piece =
			&player->pieces[item->first + player->piece];
		size_t wanted = samples - done, count = 0;

		if (item->count) {
			keep_pace(player, rate_hz);
			count = next_fns[piece->kind](player, piece, pcm + done,
						      wanted, rate_hz);
		}
		done += count;
		player->said = player->said || count;
		if (count < wanted)
			next_piece(player);
	}
	player->heard_us += (int64_t)done * 1000000 / rate_hz;
	return done;
}
