/*
 * store.c - see store.h.
 */
#include "services/mediad/record/store.h"

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/settings.h"
#include "services/mediad/record/spool.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 4
#define CONNECT_MS 10000
#define TOTAL_MS (30 * 60 * 1000)
#define AGAIN_FIRST_MS 1000
#define AGAIN_MOST_MS (5 * 60 * 1000)

METRIC_COUNTER(stored_good, "recordings_stored_total", "result=\"ok\"",
	       "Attempts to bring a recording to its store.")
METRIC_COUNTER(stored_bad, "recordings_stored_total", "result=\"failed\"",
	       "Attempts to bring a recording to its store.")
METRIC_GAUGE(waiting, "recordings_to_store", "",
	     "Recordings that are not in their store yet.")

struct store {
	struct loop *loop;
	const struct settings *settings;
	const char *folder;
	store_told_fn *told;
	void *context;
	struct http *http;
	struct cidrs *anywhere; /* the operator's own choice */
	int64_t patience_ms;
	struct list jobs, queue;
	unsigned at_once;
};

struct job {
	struct list link;
	struct store *store;
	struct loop_timer again;
	struct http_transfer *transfer;
	char sid[SPOOL_SID_BYTES];
	char url[STORE_URL_BYTES];
	uint64_t bytes;
	int64_t since_ms, again_ms;
	bool told_bad;
	int fd;
};

static void start_queued(struct store *store);

static struct job *job_free(struct job *job)
{
	if (job->transfer)
		http_cancel(job->transfer);
	loop_timer_stop(job->store->loop, &job->again);
	if (job->fd >= 0)
		close(job->fd);
	list_remove(&job->link);
	metric_add(&waiting, -1);
	free(job);
	return NULL;
}

static void tell(struct job *job, const char *why)
{
	struct store_news news = {.sid = job->sid,
				  .url = why ? NULL : job->url,
				  .why = why,
				  .bytes = job->bytes};

	job->store->told(job->store->context, &news);
}

static void try_again(struct job *job, const char *why)
{
	metric_add(&stored_bad, 1);
	if (!job->told_bad &&
	    clock_mono_ms() - job->since_ms >= job->store->patience_ms) {
		job->told_bad = true;
		tell(job, why);
	}
	log_warn(NULL, ERR_RECORD_STORE, "recording %s: %s", job->sid, why);
	job->again_ms = job->again_ms ? job->again_ms * 2 : AGAIN_FIRST_MS;
	if (job->again_ms > AGAIN_MOST_MS)
		job->again_ms = AGAIN_MOST_MS;
	loop_timer_start(job->store->loop, &job->again, job->again_ms);
}

static void on_done(void *owner, const struct http_result *result)
{
	struct job *job = owner;
	struct store *store = job->store;
	char why[HTTP_ERROR_BYTES + 64], path[SPOOL_PATH_BYTES];

	job->transfer = NULL;
	close(job->fd);
	job->fd = -1;
	store->at_once--;
	if (result->error) {
		str_format(why, sizeof(why), "the store says: %s",
			   result->text);
		try_again(job, why);
	} else {
		metric_add(&stored_good, 1);
		if (spool_path(store->folder, job->sid, false, path))
			unlink(path);
		tell(job, NULL);
		job_free(job);
	}
	start_queued(store);
}

/* Nothing but a store takes files out of the spool: another worker's has found
 * it there after a crash, and brought it to the same place. */
static void is_brought(struct job *job)
{
	log_info(NULL, "recording %s: it was brought already", job->sid);
	tell(job, NULL);
	job_free(job);
}

static void start(struct job *job)
{
	struct store *store = job->store;
	const struct settings *settings = store->settings;
	struct http_upload upload = {
		.content_type = "audio/wav",
		.region = settings->record_store_key[0]
				  ? settings->record_store_region
				  : NULL,
		.key = settings->record_store_key,
		.secret = settings->record_store_secret,
	};
	struct http_request request = {.url = job->url,
				       .connect_ms = CONNECT_MS,
				       .total_ms = TOTAL_MS,
				       .upload = &upload};
	struct wav wav;

	job->fd = spool_read(store->folder, job->sid, &wav);
	if (job->fd < 0 && errno == ENOENT) {
		is_brought(job);
		return;
	}
	if (job->fd < 0) {
		try_again(job, strerror(errno));
		return;
	}
	job->bytes = WAV_HEAD_BYTES + (uint64_t)wav.sound;
	upload.fd = job->fd;
	upload.size = job->bytes;
	store->at_once++;
	job->transfer = http_start(store->http, &request, on_done, job);
}

static void start_queued(struct store *store)
{
	while (store->at_once < AT_ONCE && !list_empty(&store->queue)) {
		struct list *link = store->queue.next;

		list_remove(link);
		list_add_tail(&store->jobs, link);
		start(list_of(link, struct job, link));
	}
}

static void on_again(struct loop_timer *timer)
{
	struct job *job = timer->owner;

	list_remove(&job->link);
	list_add_tail(&job->store->queue, &job->link);
	start_queued(job->store);
}

struct store *store_new(struct loop *loop, const struct settings *settings,
			const char *folder, int64_t patience_ms,
			store_told_fn *told, void *context)
{
	struct store *store;
	char error[160];

	if (!settings->record_store_url[0])
		return NULL;
	store = mem_new(1, sizeof(*store));
	store->loop = loop;
	store->settings = settings;
	store->folder = folder;
	store->patience_ms = patience_ms;
	store->told = told;
	store->context = context;
	store->anywhere = cidrs_parse("0.0.0.0/0,::/0", error);
	store->http = http_new(loop, store->anywhere);
	if (!http_trust(store->http, settings->http_ca))
		log_error(NULL, 0, "VOXBUS_HTTP_CA: %s cannot be read",
			  settings->http_ca);
	list_init(&store->jobs);
	list_init(&store->queue);
	return store;
}

static void free_all(struct list *jobs)
{
	while (!list_empty(jobs))
		job_free(list_of(jobs->next, struct job, link));
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	free_all(&store->jobs);
	free_all(&store->queue);
	http_free(store->http);
	cidrs_free(store->anywhere);
	free(store);
	return NULL;
}

static bool has(const struct list *jobs, const char *sid)
{
	list_each (link, jobs) {
		if (str_equal(list_of(link, struct job, link)->sid, sid))
			return true;
	}
	return false;
}

void store_url(const struct settings *settings, const char *sid, char *url_out)
{
	const char *url = settings->record_store_url;
	size_t length = strlen(url);

	str_format(url_out, STORE_URL_BYTES, "%s%s%s.wav", url,
		   url[length - 1] == '/' ? "" : "/", sid);
}

void store_put(struct store *store, const char *sid)
{
	struct job *job;

	if (has(&store->jobs, sid) || has(&store->queue, sid))
		return; /* it was found here before it was asked for */
	job = mem_new(1, sizeof(*job));
	job->store = store;
	job->since_ms = clock_mono_ms();
	job->fd = -1;
	job->again = (struct loop_timer){.due = on_again, .owner = job};
	str_copy(job->sid, sizeof(job->sid), sid);
	store_url(store->settings, sid, job->url);
	metric_add(&waiting, 1);
	list_add_tail(&store->queue, &job->link);
	start_queued(store);
}

size_t store_put_left(struct store *store)
{
	DIR *folder = opendir(store->folder);
	struct dirent *entry;
	size_t count = 0;

	while (folder && (entry = readdir(folder))) {
		char sid[SPOOL_SID_BYTES];

		if (strlen(entry->d_name) < sizeof(sid))
			continue;
		str_copy_bytes(sid, sizeof(sid), entry->d_name,
			       sizeof(sid) - 1);
		if (!spool_is_sid(sid) ||
		    strcmp(entry->d_name + strlen(sid), ".wav") != 0)
			continue;
		store_put(store, sid);
		count++;
	}
	if (folder)
		closedir(folder);
	return count;
}
