/*
 * making.c - the steps from a URL or a text to a clip; see making.h.
 */
#include "services/mediad/sound/making.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/settings.h"
#include "lib/runtime/thread.h"
#include "proto/proto.h"
#include "services/mediad/sound/child.h"
#include "services/mediad/sound/decode.h"
#include "services/mediad/sound/fetch.h"
#include "services/mediad/sound/speak.h"
#include "services/mediad/sound/types.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB (1024 * 1024LL)
#define SPEAK_MS 20000
#define DECODE_MS 60000
#define DECODERS_A_CORE 2
#define SPEAKERS_A_CORE 4
#define SPEECH_BYTES_MAX (64 * MIB)
#define DECODED_BYTES (64 * 1024) /* at once */

struct making {
	struct list link; /* while it waits for a place */
	struct hall *hall;
	struct making_shape shape;
	char *url, *text, *voice, *language;
	uint32_t rate_hz;
	struct fetch *fetch;
	struct child *child;
	struct places *place;                /* NULL: none */
	void (*next)(struct making *making); /* once it has a place */
	int file;
	int64_t file_bytes; /* as the owner was told */
	enum decode_hint hint;
	char version[SOUND_NAME_BYTES];
	struct clip *clip; /* once it has begun */
	uint8_t head[DECODE_HEAD_BYTES];
	size_t head_bytes;
	char odd; /* half a sample */
	bool has_odd, is_full;
	struct loop_timer soon; /* tells what was wrong from the start */
	const char *wrong;
};

static void places_init(struct places *places, unsigned count)
{
	places->count = count;
	list_init(&places->waiting);
}

void hall_init(struct hall *hall, struct loop *loop, struct bus *bus,
	       const struct settings *settings)
{
	unsigned cores = thread_cores();

	*hall = (struct hall){.loop = loop,
			      .bus = bus,
			      .settings = settings,
			      .decoder = "/proc/self/exe"};
	places_init(&hall->decoders, DECODERS_A_CORE * cores);
	places_init(&hall->speakers, SPEAKERS_A_CORE * cores);
}

/* --- places --- */

static void take_place(struct making *making, struct places *places,
		       void (*next)(struct making *making))
{
	making->next = next;
	if (places->taken < places->count) {
		places->taken++;
		making->place = places;
		next(making);
	} else {
		list_add_tail(&places->waiting, &making->link);
	}
}

static void leave_place(struct making *making)
{
	struct places *places = making->place;
	struct making *other;

	list_remove(&making->link);
	making->place = NULL;
	if (!places)
		return;
	places->taken--;
	if (list_empty(&places->waiting) || places->taken >= places->count)
		return;
	other = list_of(places->waiting.next, struct making, link);
	list_remove(&other->link);
	take_place(other, places, other->next);
}

/* --- its end --- */

static void drop_file(struct making *making)
{
	if (making->file >= 0)
		close(making->file);
	making->file = -1;
	if (making->file_bytes)
		making->shape.room(making->shape.owner, -making->file_bytes);
	making->file_bytes = 0;
}

static void making_free(struct making *making)
{
	fetch_free(making->fetch);
	child_cancel(making->child);
	loop_timer_stop(making->hall->loop, &making->soon);
	drop_file(making);
	leave_place(making);
	free(making->url);
	free(making->text);
	free(making->voice);
	free(making->language);
	free(making);
}

static void end(struct making *making, const struct making_end *how)
{
	drop_file(making); /* the owner may be gone after it was told */
	making->shape.done(making->shape.owner, how);
	making_free(making);
}

/* In the customer's words: which sound, and what is wrong with it. */
static void fail(struct making *making, const char *why)
{
	struct making_end how = {.error = making->url ? ERR_PLAY : ERR_SPEECH,
				 .version = ""};
	char text[CLIP_TEXT_BYTES], shown[600];

	if (making->url) {
		sound_show_url(making->url, shown, sizeof(shown));
		str_format(text, sizeof(text), "%s: %.300s", shown, why);
	} else {
		str_format(text, sizeof(text), "voice \"%.64s\": %.300s",
			   making->voice, why);
	}
	how.text = text;
	if (making->clip)
		clip_fail(making->clip, how.error, text);
	end(making, &how);
}

/* --- decoding --- */

/* 'bytes' are aligned; a last one without its other half waits. */
static bool add_samples(struct making *making, const int16_t *bytes,
			size_t size)
{
	if (!making->shape.room(making->shape.owner, (int64_t)(size / 2 * 2))) {
		making->is_full = true;
		return false;
	}
	making->has_odd = size % 2;
	if (making->has_odd)
		making->odd = ((const char *)bytes)[size - 1];
	return clip_add(making->clip, bytes, size / 2);
}

static bool on_decoded(void *owner, const char *data, size_t size)
{
	static int16_t aligned[DECODED_BYTES / 2 + 1];
	struct making *making = owner;
	size_t left = DECODE_HEAD_BYTES - making->head_bytes;
	char *to = (char *)aligned;

	if (left > size)
		left = size;
	memcpy(making->head + making->head_bytes, data, left);
	making->head_bytes += left;
	data += left;
	size -= left;
	if (!size)
		return true;
	if (memcmp(making->head, DECODE_HEAD, 4) != 0 || size > DECODED_BYTES)
		return false;
	to[0] = making->odd;
	memcpy(to + making->has_odd, data, size);
	return add_samples(making, aligned, size + making->has_odd);
}

static void on_decode_done(void *owner, const struct child_end *child)
{
	struct making *making = owner;
	struct making_end how = {.version = making->version};

	making->child = NULL;
	if (making->is_full) {
		fail(making, "mediad's memory for sounds is full "
			     "(VOXBUS_SOUND_MEMORY_MB)");
	} else if (!child->good) {
		fail(making, child->text);
	} else {
		clip_end(making->clip);
		end(making, &how);
	}
}

static void decode(struct making *making)
{
	const struct hall *hall = making->hall;
	int64_t seconds = hall->settings->sound_seconds;
	char rate[16], most[24], hint[8];
	const char *argv[] = {hall->decoder, DECODE_ARGUMENT, rate, most, hint,
			      NULL};
	struct child_shape shape = {
		.argv = argv,
		.called = "the decoder",
		.input = making->file,
		.bytes_max = seconds * making->rate_hz * 2 + DECODE_HEAD_BYTES,
		.timeout_ms = DECODE_MS,
		.output = on_decoded,
		.done = on_decode_done,
		.owner = making,
	};

	str_format(rate, sizeof(rate), "%u", making->rate_hz);
	str_format(most, sizeof(most), "%lld", (long long)seconds);
	str_format(hint, sizeof(hint), "%d", (int)making->hint);
	making->clip = clip_new(making->rate_hz, seconds);
	if (!making->clip) {
		fail(making, "mediad has no memory for it");
		return;
	}
	making->shape.begun(making->shape.owner, making->clip);
	making->child = child_start(hall->loop, &shape);
}

/* --- speaking --- */

static void on_spoken(void *owner, const struct child_end *child)
{
	struct making *making = owner;

	making->child = NULL;
	drop_file(making);
	making->file = child->file;
	if (!child->good) {
		fail(making, child->text);
		return;
	}
	if (!making->shape.room(making->shape.owner, child->bytes)) {
		fail(making, "mediad's memory for sounds is full "
			     "(VOXBUS_SOUND_MEMORY_MB)");
		return;
	}
	making->file_bytes = child->bytes;
	leave_place(making);
	take_place(making, &making->hall->decoders, decode);
}

static bool write_text(struct making *making)
{
	size_t length = strlen(making->text);

	making->file = child_file("text");
	return making->file >= 0 &&
	       write(making->file, making->text, length) == (ssize_t)length &&
	       lseek(making->file, 0, SEEK_SET) == 0;
}

static void on_soon(struct loop_timer *timer)
{
	struct making *making = timer->owner;

	fail(making, making->wrong);
}

static void speak(struct making *making)
{
	const struct hall *hall = making->hall;
	struct speak_wish wish = {making->text, making->voice,
				  making->language};
	struct speak words;
	const char *wrong =
		speak_read(hall->settings->tts_command, &wish, &words);
	struct child_shape shape = {
		.argv = (const char *const *)words.argv,
		.input = -1,
		.collect = true,
		.bytes_max = SPEECH_BYTES_MAX,
		.timeout_ms = SPEAK_MS,
		.done = on_spoken,
		.owner = making,
	};

	if (!wrong && words.text_is_input && !write_text(making))
		wrong = "mediad has no memory for it";
	if (wrong) {
		making->wrong = wrong;
		loop_timer_start(hall->loop, &making->soon, 0);
	} else {
		if (words.text_is_input)
			shape.input = making->file;
		making->child = child_start(hall->loop, &shape);
	}
	speak_clear(&words);
}

/* --- fetching --- */

static void on_fetched(void *owner, const struct fetch_end *fetched)
{
	struct making *making = owner;
	struct making_end same = {.same = true};
	char text[256];

	making->fetch = NULL;
	making->file = fetched->file;
	if (fetched->same) {
		end(making, &same);
	} else if (fetched->error) {
		str_format(text, sizeof(text), "%.200s (%d)", fetched->text,
			   fetched->error);
		fail(making, text);
	} else if (!types_hint(fetched->type, making->url, &making->hint)) {
		str_format(text, sizeof(text),
			   "its Content-Type is %.100s, which is no sound "
			   "(13420)",
			   fetched->type);
		fail(making, text);
	} else {
		str_copy(making->version, sizeof(making->version),
			 fetched->version);
		take_place(making, &making->hall->decoders, decode);
	}
}

static bool on_room(void *owner, int64_t bytes)
{
	struct making *making = owner;

	if (!making->shape.room(making->shape.owner, bytes))
		return false;
	making->file_bytes += bytes;
	return true;
}

static void fetch(struct making *making, const struct making_wish *wish)
{
	const struct hall *hall = making->hall;
	struct fetch_shape shape = {
		.url = making->url,
		.account = wish->account,
		.call = wish->call,
		.have = wish->have,
		.bytes_max = hall->settings->sound_max_mb * MIB,
		.room = on_room,
		.done = on_fetched,
		.owner = making,
	};

	making->fetch = fetch_start(hall->loop, hall->bus, &shape);
}

struct making *making_start(struct hall *hall, const struct making_wish *wish,
			    const struct making_shape *shape)
{
	struct making *making = mem_new(1, sizeof(*making));

	making->hall = hall;
	making->shape = *shape;
	making->file = -1;
	making->rate_hz = wish->rate_hz;
	making->url = mem_copy_text(wish->url);
	making->text = mem_copy_text(wish->text);
	making->voice = mem_copy_text(wish->voice);
	making->language = mem_copy_text(wish->language);
	making->soon = (struct loop_timer){.due = on_soon, .owner = making};
	list_init(&making->link);
	if (making->url)
		fetch(making, wish);
	else
		take_place(making, &hall->speakers, speak);
	return making;
}

struct making *making_cancel(struct making *making)
{
	if (making)
		making_free(making);
	return NULL;
}
