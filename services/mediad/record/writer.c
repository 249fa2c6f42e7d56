/*
 * writer.c - see writer.h. The thread has a loop of its own: orders come by its
 * inbox, and while there is a recording a timer looks at each of them.
 */
#include "services/mediad/record/writer.h"

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/thread.h"
#include "services/mediad/record/ring.h"
#include "services/mediad/record/store.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define NEWS_MAX 100000
#define ORDERS_MAX 100000
#define BLOCK_SAMPLES 8192
#define RING_BLOCK_MS                                                          \
	100 /* two and a bit are in use while the disk is well                 \
	     */
#define MS_PER_S 1000

enum order_what {
	ORDER_OPEN,
	ORDER_FINISH,
	ORDER_RECOVER,
	ORDER_LEFT,
	ORDER_LEAVE
};

struct order {
	struct inbox_item item;
	enum order_what what;
};

struct writer {
	char folder[SPOOL_PATH_BYTES];
	struct inbox *news; /* to the daemon's loop */
	writer_news_fn *told;
	void *context;
	struct thread *thread;
	struct loop *loop; /* the thread's, and all that follows */
	struct inbox *orders;
	struct order left, leave;
	struct loop_timer timer;
	struct list files;
	struct store *store; /* NULL: recordings stay here */
};

struct writer_file {
	struct list link;
	struct writer *writer;
	struct order open, finish;
	struct ring *ring;
	char sid[SPOOL_SID_BYTES];
	void *owner;
	uint64_t keep; /* once it is finished */
	_Atomic uint64_t dropped;
	_Atomic bool broken;
	_Atomic int64_t found_ms;
	/* the thread's */
	int fd;
	int error;
	struct wav wav;
	uint32_t base; /* bytes of sound that it found */
	uint64_t put;  /* samples written since */
	int64_t synced_ms;
};

struct news_item {
	struct inbox_item item;
	char sid[SPOOL_SID_BYTES];
	char *url, *why;
	struct writer_news news;
};

/* --- news --- */

static void news_free(struct news_item *item)
{
	free(item->url);
	free(item->why);
	free(item);
}

/* What 'news' points to is copied. */
static void tell_news(struct writer *writer, const struct writer_news *news)
{
	struct news_item *item = mem_new(1, sizeof(*item));

	str_copy(item->sid, sizeof(item->sid), news->sid);
	item->url = mem_copy_text(news->url);
	item->why = mem_copy_text(news->why);
	item->news = *news;
	item->news.sid = item->sid;
	item->news.url = item->url;
	item->news.why = item->why;
	if (!inbox_put(writer->news, &item->item))
		news_free(item);
}

static void tell_over(struct writer_file *file, bool absent)
{
	struct writer_news news = {
		.what = WRITER_OVER,
		.sid = file->sid,
		.owner = file->owner,
		.absent = absent,
		.error = file->error,
		.wav = file->wav,
		.dropped = atomic_load(&file->dropped),
		.bytes = WAV_HEAD_BYTES + (uint64_t)file->wav.sound,
	};

	tell_news(file->writer, &news);
}

static void on_stored(void *context, const struct store_news *stored)
{
	struct writer_news news = {
		.what = WRITER_STORED,
		.sid = stored->sid,
		.url = stored->url,
		.why = stored->why,
		.bytes = stored->bytes,
	};

	tell_news(context, &news);
}

static void on_news(void *context, struct inbox_item *item)
{
	struct writer *writer = context;
	struct news_item *news = list_of(item, struct news_item, item);

	writer->told(writer->context, &news->news);
	news_free(news);
}

static void on_dropped(void *context, struct inbox_item *item)
{
	(void)context;
	news_free(list_of(item, struct news_item, item));
}

/* --- the disk, on the thread --- */

static void broke(struct writer_file *file, int error)
{
	file->error = error;
	atomic_store(&file->broken, true);
}

static void open_file(struct writer_file *file)
{
	file->fd = spool_open(file->writer->folder, file->sid, &file->wav);
	if (file->fd < 0) {
		broke(file, errno);
		return;
	}
	file->base = file->wav.sound;
	atomic_store(&file->found_ms, wav_ms(&file->wav));
	file->synced_ms = clock_mono_ms();
}

static bool put_head(struct writer_file *file)
{
	uint8_t head[WAV_HEAD_BYTES];

	wav_head(&file->wav, head);
	return pwrite(file->fd, head, sizeof(head), 0) == sizeof(head);
}

/* Samples are little endian in the file, as they are on every machine that this
 * runs on. */
static bool put_block(struct writer_file *file, const int16_t *pcm,
		      size_t samples)
{
	size_t bytes = samples * WAV_SAMPLE_BYTES;
	ssize_t done;

	if (file->wav.sound + (uint64_t)bytes > WAV_SOUND_MAX) {
		errno = EFBIG;
		return false;
	}
	done = pwrite(file->fd, pcm, bytes,
		      WAV_HEAD_BYTES + (off_t)file->wav.sound);
	if (done != (ssize_t)bytes) {
		if (done >= 0)
			errno = ENOSPC;
		return false;
	}
	file->wav.sound += (uint32_t)bytes;
	file->put += samples;
	return true;
}

static void write_some(struct writer_file *file)
{
	int16_t block[BLOCK_SAMPLES];
	uint32_t before = file->wav.sound;
	int error = 0;
	size_t count;

	while (!error &&
	       (count = ring_take(file->ring, block, BLOCK_SAMPLES)) > 0) {
		if (!spool_has_room(file->fd))
			error = ENOSPC;
		else if (!put_block(file, block, count))
			error = errno;
	}
	if (file->wav.sound != before && !put_head(file) && !error)
		error = errno;
	if (!error && clock_mono_ms() - file->synced_ms >= WRITER_SYNC_MS) {
		file->synced_ms = clock_mono_ms();
		if (fdatasync(file->fd))
			error = errno;
	}
	if (error)
		broke(file, error);
}

/* Silence at the end that nobody wants; what was there before stays. */
static void trim_end(struct writer_file *file)
{
	if (file->keep >= file->put)
		return;
	file->wav.sound =
		file->base + (uint32_t)(file->keep * WAV_SAMPLE_BYTES);
	if (ftruncate(file->fd, WAV_HEAD_BYTES + (off_t)file->wav.sound) ||
	    !put_head(file))
		file->error = errno;
}

static void end_file(struct writer_file *file)
{
	bool absent = true;

	if (file->fd >= 0) {
		trim_end(file);
		absent = file->wav.sound == 0;
		if (absent)
			spool_drop(file->writer->folder, file->sid);
		else if (!spool_keep(file->writer->folder, file->sid,
				     file->fd) &&
			 !file->error)
			file->error = errno;
		close(file->fd);
	}
	tell_over(file, absent);
	if (!absent && file->writer->store)
		store_put(file->writer->store, file->sid);
	ring_free(file->ring);
	free(file);
}

/* --- the thread --- */

static void open_order(struct writer *writer, struct writer_file *file)
{
	if (list_empty(&writer->files))
		loop_timer_start(writer->loop, &writer->timer, WRITER_TURN_MS);
	list_add_tail(&writer->files, &file->link);
	open_file(file);
}

static void finish_order(struct writer_file *file)
{
	if (!atomic_load(&file->broken))
		write_some(file);
	list_remove(&file->link);
	end_file(file);
}

static void recover_order(struct writer *writer, struct writer_file *file)
{
	if (spool_has_part(writer->folder, file->sid)) {
		file->fd = spool_open(writer->folder, file->sid, &file->wav);
		file->error = file->fd < 0 ? errno : 0;
		end_file(file);
		return;
	}
	file->fd = spool_read(writer->folder, file->sid, &file->wav);
	file->error = file->fd < 0 ? errno : 0;
	tell_over(file, file->fd < 0);
	if (file->fd >= 0) {
		close(file->fd);
		if (writer->store)
			store_put(writer->store, file->sid);
	}
	free(file);
}

static void on_order(void *context, struct inbox_item *item)
{
	struct order *order = list_of(item, struct order, item);
	struct writer *writer = context;

	switch (order->what) {
	case ORDER_OPEN:
		open_order(writer, list_of(order, struct writer_file, open));
		break;
	case ORDER_FINISH:
		finish_order(list_of(order, struct writer_file, finish));
		break;
	case ORDER_RECOVER:
		recover_order(writer, list_of(order, struct writer_file, open));
		break;
	case ORDER_LEFT:
		if (writer->store)
			store_put_left(writer->store);
		break;
	case ORDER_LEAVE: loop_stop(writer->loop); break;
	}
}

static void on_turn(struct loop_timer *timer)
{
	struct writer *writer = timer->owner;

	list_each (link, &writer->files) {
		struct writer_file *file =
			list_of(link, struct writer_file, link);

		if (!atomic_load(&file->broken))
			write_some(file);
	}
	if (!list_empty(&writer->files))
		loop_timer_start(writer->loop, timer, WRITER_TURN_MS);
}

/* Nobody finished it: the next process goes on with what stands there. */
static void leave_file(struct writer_file *file)
{
	if (!atomic_load(&file->broken))
		write_some(file);
	list_remove(&file->link);
	if (file->fd >= 0) {
		fdatasync(file->fd);
		close(file->fd);
	}
	ring_free(file->ring);
	free(file);
}

static void run(void *context)
{
	struct writer *writer = context;

	loop_run(writer->loop);
	list_each (link, &writer->files)
		leave_file(list_of(link, struct writer_file, link));
}

static void on_left(void *context, struct inbox_item *item)
{
	(void)context;
	(void)item;
}

struct writer *writer_new(struct loop *loop, const struct settings *settings,
			  const char *folder, writer_news_fn *news,
			  void *context)
{
	struct writer *writer = mem_new(1, sizeof(*writer));

	str_copy(writer->folder, sizeof(writer->folder), folder);
	writer->told = news;
	writer->context = context;
	writer->news = inbox_new(loop, NEWS_MAX, on_news, on_dropped, writer);
	writer->loop = loop_new();
	writer->orders =
		inbox_new(writer->loop, ORDERS_MAX, on_order, on_left, writer);
	writer->left.what = ORDER_LEFT;
	writer->leave.what = ORDER_LEAVE;
	writer->timer = (struct loop_timer){.due = on_turn, .owner = writer};
	list_init(&writer->files);
	if (settings)
		writer->store =
			store_new(writer->loop, settings, writer->folder,
				  STORE_PATIENCE_MS, on_stored, writer);
	writer->thread = thread_new("recordings", run, writer);
	return writer;
}

struct writer *writer_free(struct writer *writer)
{
	if (!writer)
		return NULL;
	inbox_put(writer->orders, &writer->leave.item);
	thread_free(writer->thread);
	store_free(writer->store);
	loop_timer_stop(writer->loop, &writer->timer);
	inbox_free(writer->orders);
	loop_free(writer->loop);
	inbox_free(writer->news);
	free(writer);
	return NULL;
}

/* --- its users --- */

static struct writer_file *file_new(struct writer *writer, const char *sid,
				    void *owner)
{
	struct writer_file *file = mem_new(1, sizeof(*file));

	file->writer = writer;
	file->open.what = ORDER_OPEN;
	file->finish.what = ORDER_FINISH;
	str_copy(file->sid, sizeof(file->sid), sid);
	file->owner = owner;
	file->fd = -1;
	file->keep = WRITER_KEEP_ALL;
	return file;
}

struct writer_file *writer_open(struct writer *writer, const char *sid,
				uint32_t rate, unsigned channels, void *owner)
{
	struct writer_file *file = file_new(writer, sid, owner);

	file->wav = (struct wav){.rate = rate, .channels = (uint16_t)channels};
	file->ring =
		ring_new((size_t)rate * channels * WRITER_RING_MS / MS_PER_S,
			 (size_t)rate * channels * RING_BLOCK_MS / MS_PER_S);
	inbox_put(writer->orders, &file->open.item);
	return file;
}

void writer_recover(struct writer *writer, const char *sid, void *owner)
{
	struct writer_file *file = file_new(writer, sid, owner);

	file->open.what = ORDER_RECOVER;
	inbox_put(writer->orders, &file->open.item);
}

void writer_store_left(struct writer *writer)
{
	inbox_put(writer->orders, &writer->left.item);
}

void writer_put(struct writer_file *file, const int16_t *pcm, size_t samples)
{
	if (!atomic_load_explicit(&file->broken, memory_order_relaxed) &&
	    !ring_put(file->ring, pcm, samples))
		atomic_fetch_add(&file->dropped, samples);
}

bool writer_is_broken(const struct writer_file *file)
{
	return atomic_load_explicit(&file->broken, memory_order_relaxed);
}

int64_t writer_found_ms(const struct writer_file *file)
{
	return atomic_load_explicit(&file->found_ms, memory_order_relaxed);
}

void writer_finish(struct writer_file *file, uint64_t keep)
{
	file->keep = keep;
	inbox_put(file->writer->orders, &file->finish.item);
}
