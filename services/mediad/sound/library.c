/*
 * library.c - who waits for which sound, and what is kept; see library.h.
 *
 * A title is a URL or a text at one rate; a copy is one clip of it. A title has
 * at most one copy that newcomers get; older ones live as long as somebody
 * hears them. A seat is a piece of a player that wants a title.
 */
#include "services/mediad/sound/library.h"

#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "proto/sound.h"
#include "services/mediad/sound/making.h"
#include "services/mediad/sound/player.h"

#include <stdlib.h>
#include <string.h>

#define MIB (1024 * 1024LL)
#define TITLES_MAX 4096
#define ITEMS_MAX (1 << 20) /* of the inbox: two a player */
#define KEY_BYTES 9000

#define CLIPS(variable, result)                                                \
	METRIC_COUNTER(variable, "sound_clips_total", "result=\"" result "\"", \
		       "Sounds for prompts, by where they came from.")
CLIPS(count_made, "made")
CLIPS(count_kept, "kept")
CLIPS(count_failed, "failed")
METRIC_GAUGE(gauge_bytes, "sound_memory_bytes", "",
	     "Bytes of sounds that are held in memory.")

struct library {
	struct service *service;
	struct hall hall;
	struct inbox *inbox;
	struct map *titles;
	struct list copies; /* least recently used first */
	int64_t bytes, bytes_max;
};

struct title {
	struct library *library;
	char *key;
	struct copy *copy;     /* what newcomers get; NULL: none yet */
	struct copy *coming;   /* is being filled */
	struct making *making; /* NULL: nothing is under way */
	char version[SOUND_NAME_BYTES];
	char call[40]; /* who first asked, for the log */
	struct list seats;
};

struct copy {
	struct list link;
	struct library *library;
	struct clip *clip;
	struct title *title; /* NULL: not for newcomers */
	unsigned users;
};

struct seat {
	struct list link; /* in its title, while it waits */
	struct piece *piece;
	struct copy *copy;
};

struct slip {
	struct inbox_item item;
	struct library_wish *wish;
};

struct library_wish {
	struct library *library;
	struct player *player;
	uint32_t rate_hz;
	char account[65], call[40];
	struct slip want, back;
	struct seat seats[PLAYER_PIECES_MAX];
};

/* --- copies, and the memory that they take --- */

static int64_t bytes_of(const struct copy *copy)
{
	return (int64_t)(clip_samples(copy->clip) * sizeof(int16_t));
}

static void count_bytes(struct library *library, int64_t bytes)
{
	library->bytes += bytes;
	metric_set(&gauge_bytes, library->bytes);
}

static void copy_free(struct copy *copy)
{
	count_bytes(copy->library, -bytes_of(copy));
	list_remove(&copy->link);
	clip_free(copy->clip);
	free(copy);
}

static void title_check(struct title *title)
{
	struct library *library = title->library;

	if (title->copy || title->making || !list_empty(&title->seats))
		return;
	map_remove(library->titles, title->key);
	free(title->key);
	free(title);
}

/* Newcomers do not get it any more. */
static void copy_retire(struct copy *copy)
{
	struct title *title = copy->title;

	copy->title = NULL;
	if (title && title->copy == copy)
		title->copy = NULL;
	if (!copy->users)
		copy_free(copy);
	if (title)
		title_check(title);
}

static bool has_room(const struct library *library, int64_t more)
{
	return library->bytes + more <= library->bytes_max &&
	       map_count(library->titles) <= TITLES_MAX;
}

/* A copy whose fetcher is being asked whether it is the same must stay. */
static bool make_room(struct library *library, int64_t more)
{
	list_each (link, &library->copies) {
		struct copy *copy = list_of(link, struct copy, link);

		if (has_room(library, more))
			break;
		if (!copy->users && !(copy->title && copy->title->making))
			copy_retire(copy);
	}
	return has_room(library, more);
}

/* --- seats --- */

static void give(struct seat *seat, struct copy *copy)
{
	list_remove(&seat->link);
	seat->copy = copy;
	copy->users++;
	list_remove(&copy->link);
	list_add_tail(&copy->library->copies, &copy->link);
	atomic_store_explicit(&seat->piece->clip, copy->clip,
			      memory_order_release);
}

static void give_all(struct title *title, struct copy *copy)
{
	list_each (link, &title->seats)
		give(list_of(link, struct seat, link), copy);
}

static struct copy *copy_new(struct library *library, struct clip *clip)
{
	struct copy *copy = mem_new(1, sizeof(*copy));

	copy->library = library;
	copy->clip = clip;
	list_add_tail(&library->copies, &copy->link);
	return copy;
}

/* A clip that says why there is none, for those who wait. */
static void give_failure(struct title *title, int error, const char *text)
{
	struct clip *clip = clip_new(8000, 1);
	struct copy *copy;

	if (!clip)
		return; /* no addresses at all: they wait until stopped */
	clip_fail(clip, error, text);
	copy = copy_new(title->library, clip);
	give_all(title, copy);
	if (!copy->users)
		copy_free(copy);
}

/* --- what is being made --- */

static bool on_room(void *owner, int64_t bytes)
{
	struct title *title = owner;
	struct library *library = title->library;

	if (bytes > 0 && !make_room(library, bytes))
		return false;
	count_bytes(library, bytes);
	return true;
}

static void on_begun(void *owner, struct clip *clip)
{
	struct title *title = owner;

	title->coming = copy_new(title->library, clip);
	title->coming->title = title;
	give_all(title, title->coming);
}

static void take_made(struct title *title, const struct making_end *end)
{
	struct copy *old = title->copy;

	metric_add(&count_made, 1);
	title->copy = title->coming;
	str_copy(title->version, sizeof(title->version), end->version);
	if (!old)
		return;
	old->title = NULL;
	copy_retire(old);
}

static void on_done(void *owner, const struct making_end *end)
{
	struct title *title = owner;
	struct copy *coming = title->coming;

	title->making = NULL;
	if (end->same) {
		metric_add(&count_kept, 1);
		give_all(title, title->copy);
	} else if (end->error) {
		metric_add(&count_failed, 1);
		log_warn(title->call, end->error, "a sound cannot be had");
		give_failure(title, end->error, end->text);
		if (coming) {
			coming->title = NULL;
			copy_retire(coming);
		}
	} else {
		take_made(title, end);
	}
	title->coming = NULL;
	title_check(title);
}

static void make(struct title *title, const struct library_wish *wish,
		 const struct piece *piece)
{
	struct making_wish made = {
		.url = piece->kind == PIECE_FILE ? piece->text : NULL,
		.text = piece->text,
		.voice = piece->voice,
		.language = piece->language,
		.account = wish->account,
		.call = wish->call,
		.have = title->copy ? title->version : "",
		.rate_hz = wish->rate_hz,
	};
	struct making_shape shape = {.room = on_room,
				     .begun = on_begun,
				     .done = on_done,
				     .owner = title};

	str_copy(title->call, sizeof(title->call), wish->call);
	title->making = making_start(&title->library->hall, &made, &shape);
}

/* --- wishes --- */

static void write_key(const struct library_wish *wish,
		      const struct piece *piece, char *key)
{
	if (piece->kind == PIECE_FILE)
		str_format(key, KEY_BYTES, "file\n%u\n%s\n%s", wish->rate_hz,
			   wish->account, piece->text);
	else
		str_format(key, KEY_BYTES, "say\n%u\n%s\n%s\n%s", wish->rate_hz,
			   piece->voice, piece->language, piece->text);
}

static struct title *title_of(struct library *library, const char *key)
{
	struct title *title = map_get(library->titles, key);

	if (title)
		return title;
	title = mem_new(1, sizeof(*title));
	title->library = library;
	title->key = mem_copy_text(key);
	list_init(&title->seats);
	map_put(library->titles, key, title);
	return title;
}

static void take_seat(struct library *library, struct library_wish *wish,
		      struct seat *seat)
{
	const struct piece *piece = seat->piece;
	char key[KEY_BYTES];
	struct title *title;

	write_key(wish, piece, key);
	title = title_of(library, key);
	list_add_tail(&title->seats, &seat->link);
	if (!make_room(library, 0)) {
		give_failure(title, ERR_OVERLOAD,
			     "mediad has too many sounds in hand "
			     "(VOXBUS_SOUND_MEMORY_MB)");
		title_check(title);
	} else if (title->coming) {
		give(seat, title->coming);
	} else if (title->copy && piece->kind == PIECE_SPEECH) {
		metric_add(&count_kept, 1);
		give(seat, title->copy);
	} else if (!title->making) {
		make(title, wish, piece);
	}
}

static void take_wish(struct library_wish *wish)
{
	struct player *player = wish->player;

	for (unsigned i = 0; i < player->piece_count; i++) {
		struct piece *piece = &player->pieces[i];

		wish->seats[i].piece = piece;
		if (piece->kind == PIECE_FILE || piece->kind == PIECE_SPEECH)
			take_seat(wish->library, wish, &wish->seats[i]);
	}
}

static void leave_seat(struct seat *seat)
{
	struct copy *copy = seat->copy;

	list_remove(&seat->link);
	seat->copy = NULL;
	if (!copy)
		return;
	copy->users--;
	if (!copy->users && !copy->title)
		copy_free(copy);
}

static void take_back(struct library_wish *wish)
{
	for (unsigned i = 0; i < wish->player->piece_count; i++)
		leave_seat(&wish->seats[i]);
	player_free(wish->player);
	free(wish);
}

static void on_slip(void *owner, struct inbox_item *item)
{
	struct slip *slip = (struct slip *)item;

	(void)owner;
	if (slip == &slip->wish->want)
		take_wish(slip->wish);
	else
		take_back(slip->wish);
}

/* The library ends: nothing is begun any more. */
static void on_dropped(void *owner, struct inbox_item *item)
{
	struct slip *slip = (struct slip *)item;

	(void)owner;
	if (slip == &slip->wish->back)
		take_back(slip->wish);
}

struct library_wish *library_want(struct library *library,
				  struct player *player, uint32_t rate_hz,
				  const char *account, const char *call)
{
	struct library_wish *wish = mem_new(1, sizeof(*wish));

	wish->library = library;
	wish->player = player;
	wish->rate_hz = rate_hz;
	str_copy(wish->account, sizeof(wish->account), account);
	str_copy(wish->call, sizeof(wish->call), call);
	wish->want.wish = wish->back.wish = wish;
	(void)inbox_put(library->inbox, &wish->want.item);
	return wish;
}

void library_return(struct library_wish *wish)
{
	/* There is room for two items of each leg that a machine can have. */
	(void)inbox_put(wish->library->inbox, &wish->back.item);
}

/* --- beginning and end --- */

struct library *library_new(struct service *service)
{
	struct library *library = mem_new(1, sizeof(*library));

	library->service = service;
	library->titles = map_new();
	library->bytes_max = service->settings.sound_memory_mb * MIB;
	list_init(&library->copies);
	hall_init(&library->hall, service->loop, service->bus,
		  &service->settings);
	library->inbox =
		inbox_new(service->loop, ITEMS_MAX, on_slip, on_dropped, NULL);
	return library;
}

struct library *library_free(struct library *library)
{
	size_t cursor = 0;
	const char *key;
	void *title;

	if (!library)
		return NULL;
	inbox_free(library->inbox);
	/* The waiting ones first: a place that gets free is not for them. */
	library->hall.decoders.count = library->hall.speakers.count = 0;
	while (map_next(library->titles, &cursor, &key, &title)) {
		making_cancel(((struct title *)title)->making);
		free(((struct title *)title)->key);
		free(title);
	}
	list_each (link, &library->copies)
		copy_free(list_of(link, struct copy, link));
	map_free(library->titles);
	free(library);
	return NULL;
}
