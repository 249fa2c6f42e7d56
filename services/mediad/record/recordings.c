/*
 * recordings.c - see recordings.h.
 */
#include "services/mediad/record/recordings.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/record/recorder.h"
#include "services/mediad/record/store.h"
#include "services/mediad/record/writer.h"
#include "services/mediad/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

METRIC_GAUGE(going_on, "recordings", "", "Recordings that go on.")
METRIC_COUNTER(begun, "recordings_started_total", "",
	       "Recordings that were begun.")
METRIC_COUNTER(ended_well, "recordings_ended_total", "result=\"ok\"",
	       "Recordings that are over.")
METRIC_COUNTER(ended_badly, "recordings_ended_total", "result=\"failed\"",
	       "Recordings that are over.")
METRIC_COUNTER(samples_dropped, "recordings_samples_dropped_total", "",
	       "Samples that the disk was too slow for.")

struct recordings {
	struct media *media;
	struct map *by_sid;
	struct writer *writer;
	char folder[SPOOL_PATH_BYTES];
	bool has_store;
};

struct recording {
	struct recordings *all;
	struct recorder *recorder; /* NULL: nobody listens */
	char call_sid[40], account_sid[65];
	bool over; /* 'done' is what was said */
	struct recording_done done;
	struct recording_stored stored;
	bool is_stored;
	bool is_open; /* it is counted: its end, or its place, is not told */
	struct loop_timer forget;
};

/* --- what is said --- */

static void say(struct media *media, const char *call_sid,
		const char *account_sid, const char *id,
		const struct proto_message *desc, const void *message)
{
	struct talk_to to = {
		.call_sid = call_sid, .account_sid = account_sid, .id = id};

	media_say(media, &to, desc, message);
}

/* The outcome of a command: its id is the command's, and this process'. */
static void answer(struct media *media, const struct envelope *envelope,
		   const struct proto_message *desc, const void *message,
		   int error)
{
	char word[16], id[ID_BYTES];

	str_format(word, sizeof(word), "%d", error);
	id_keyed("ME", media->service->boot, envelope->id, desc->name, word,
		 id);
	say(media, envelope->call_sid, envelope->account_sid, id, desc,
	    message);
}

/* What is so of a recording, said once by each process. */
static void tell(const struct recording *recording,
		 const struct proto_message *desc, const void *message,
		 const char *word)
{
	struct media *media = recording->all->media;
	char id[ID_BYTES];

	id_keyed("ME", media->service->boot, recording->done.recording,
		 desc->name, word, id);
	say(media, recording->call_sid, recording->account_sid, id, desc,
	    message);
}

static void tell_done(const struct recording *recording)
{
	tell(recording, &recording_done_message, &recording->done, "");
}

static void tell_stored(const struct recording *recording)
{
	tell(recording, &recording_stored_message, &recording->stored,
	     recording->stored.error ? "error" : "");
}

/* The daemon does not leave while one is open. */
static void set_open(struct recording *recording, bool open)
{
	atomic_size_t *count = &recording->all->media->recordings_open;

	if (recording->is_open == open)
		return;
	recording->is_open = open;
	if (open)
		atomic_fetch_add(count, 1);
	else
		atomic_fetch_sub(count, 1);
}

/* --- its life --- */

static struct recording *recording_free(struct recording *recording)
{
	struct recordings *all = recording->all;

	loop_timer_stop(all->media->loop, &recording->forget);
	set_open(recording, false);
	if (recording->recorder)
		metric_add(&going_on, -1);
	recorder_free(recording->recorder);
	map_remove(all->by_sid, recording->done.recording);
	proto_clear(&recording_stored_message, &recording->stored);
	free(recording);
	return NULL;
}

static void on_forget(struct loop_timer *timer)
{
	struct recording *recording = timer->owner;

	if (recording->is_open)
		loop_timer_start(recording->all->media->loop, timer,
				 RECORDINGS_REMEMBER_MS);
	else
		recording_free(recording);
}

static struct recording *recording_new(struct recordings *all, const char *sid,
				       const struct envelope *envelope)
{
	struct recording *recording = mem_new(1, sizeof(*recording));

	recording->all = all;
	str_copy(recording->call_sid, sizeof(recording->call_sid),
		 envelope->call_sid);
	str_copy(recording->account_sid, sizeof(recording->account_sid),
		 envelope->account_sid);
	str_copy(recording->done.recording, sizeof(recording->done.recording),
		 sid);
	str_copy(recording->stored.recording,
		 sizeof(recording->stored.recording), sid);
	recording->forget =
		(struct loop_timer){.due = on_forget, .owner = recording};
	map_put(all->by_sid, sid, recording);
	set_open(recording, true);
	return recording;
}

static void on_ended(void *owner, enum record_end why)
{
	struct recording *recording = owner;

	recording->done.end = why;
}

/* --- what the disk's thread says --- */

static void on_over(struct recording *recording, const struct writer_news *news)
{
	struct recording_done *done = &recording->done;

	if (recording->recorder)
		metric_add(&going_on, -1);
	recording->recorder = recorder_free(recording->recorder);
	recording->over = true;
	done->duration_ms = wav_ms(&news->wav);
	done->channels = news->wav.channels;
	done->absent = news->absent;
	if (!done->end)
		done->end = RECORD_END_GONE;
	if (news->error) {
		done->end = RECORD_END_FAILED;
		done->error = ERR_RECORD_WRITE;
		str_copy(done->error_text, sizeof(done->error_text),
			 strerror(news->error));
		log_warn(recording->call_sid, ERR_RECORD_WRITE,
			 "recording %s: %s", news->sid, done->error_text);
	}
	metric_add(news->error ? &ended_badly : &ended_well, 1);
	if (news->dropped) {
		metric_add(&samples_dropped, (int64_t)news->dropped);
		log_warn(recording->call_sid, ERR_RECORD_WRITE,
			 "recording %s: %llu samples were lost: the disk is "
			 "too slow",
			 news->sid, (unsigned long long)news->dropped);
	}
	recording->stored.bytes = news->absent ? 0 : (int64_t)news->bytes;
	tell_done(recording);
	if (!recording->all->has_store && !done->absent) {
		recording->is_stored = true;
		tell_stored(recording);
	}
	if (recording->is_stored || done->absent)
		set_open(recording, false);
	loop_timer_start(recording->all->media->loop, &recording->forget,
			 RECORDINGS_REMEMBER_MS);
}

static void on_stored(struct recording *recording,
		      const struct writer_news *news)
{
	struct recording_stored *stored = &recording->stored;

	recording->is_stored = news->url != NULL;
	if (news->bytes)
		stored->bytes = (int64_t)news->bytes;
	stored->error = news->url ? 0 : ERR_RECORD_STORE;
	proto_set_long(&stored->url, news->url);
	str_copy(stored->error_text, sizeof(stored->error_text), "");
	if (news->why)
		str_copy_bytes(
			stored->error_text, sizeof(stored->error_text),
			news->why,
			strnlen(news->why, sizeof(stored->error_text) - 1));
	tell_stored(recording);
	set_open(recording, false);
}

static void on_news(void *context, const struct writer_news *news)
{
	struct recordings *all = context;
	struct recording *recording = map_get(all->by_sid, news->sid);

	if (!recording)
		return; /* stored for a process before us */
	if (news->what == WRITER_OVER)
		on_over(recording, news);
	else if (news->what == WRITER_STORED)
		on_stored(recording, news);
}

void recordings_folder(const struct settings *settings, char *path_out)
{
	str_format(path_out, SPOOL_PATH_BYTES, "%s/recordings",
		   settings->data_dir);
}

static struct recordings *recordings_of(struct media *media)
{
	const struct settings *settings = &media->service->settings;
	struct recordings *all = media->recordings;

	if (all)
		return all;
	all = mem_new(1, sizeof(*all));
	all->media = media;
	all->by_sid = map_new();
	all->has_store = settings->record_store_url[0] != 0;
	recordings_folder(settings, all->folder);
	if (!spool_make(all->folder))
		log_error(NULL, ERR_RECORD_WRITE, "%s: %s", all->folder,
			  strerror(errno));
	all->writer =
		writer_new(media->loop, settings, all->folder, on_news, all);
	media->recordings = all;
	return all;
}

void recordings_resume(struct media *media)
{
	if (media->service->settings.record_store_url[0])
		writer_store_left(recordings_of(media)->writer);
}

struct recordings *recordings_free(struct recordings *recordings)
{
	size_t cursor = 0;
	const char *sid;
	void *recording;

	if (!recordings)
		return NULL;
	while (map_next(recordings->by_sid, &cursor, &sid, &recording))
		recording_free(recording);
	writer_free(recordings->writer);
	map_free(recordings->by_sid);
	free(recordings);
	return NULL;
}

/* --- commands --- */

static void refuse(struct record_started *started, int error, const char *why,
		   const char *what)
{
	started->error = error;
	str_format(started->error_text, sizeof(started->error_text), "%s%s",
		   why, what);
}

static void begin(struct media *media, const struct envelope *envelope,
		  const struct record_start *wanted,
		  struct record_started *started)
{
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *leg = session_leg(session, wanted->leg);
	struct recordings *all;
	struct recording *recording;

	if (media->recordings &&
	    map_get(recordings_of(media)->by_sid, wanted->recording))
		return;
	if (!spool_is_sid(wanted->recording)) {
		refuse(started, ERR_INTERNAL,
		       "no RecordingSid: ", wanted->recording);
	} else if (!leg) {
		refuse(started, ERR_MEDIA_UNKNOWN,
		       "no such leg here: ", wanted->leg);
	} else if (talk_is_late(&record_start_message, envelope)) {
		refuse(started, ERR_LATE, "the command is too old", "");
	} else {
		all = recordings_of(media);
		recording = recording_new(all, wanted->recording, envelope);
		recording->recorder = recorder_begin(leg, wanted, all->writer,
						     on_ended, recording);
		if (wanted->paused)
			recorder_pause(recording->recorder, true,
				       wanted->silent);
		metric_add(&begun, 1);
		metric_add(&going_on, 1);
	}
}

/* Its place, long before it is there. */
static void set_url(const struct media *media, struct record_started *started)
{
	const struct settings *settings = &media->service->settings;
	char url[STORE_URL_BYTES];

	if (!settings->record_store_url[0])
		return;
	store_url(settings, started->recording, url);
	proto_set_long(&started->url, url);
}

void recordings_start(void *daemon, const struct envelope *envelope,
		      const void *message)
{
	const struct record_start *wanted = message;
	struct record_started started;

	memset(&started, 0, sizeof(started));
	str_copy(started.recording, sizeof(started.recording),
		 wanted->recording);
	begin(daemon, envelope, wanted, &started);
	if (!started.error)
		set_url(daemon, &started);
	if (started.error)
		log_warn(envelope->call_sid, (int)started.error,
			 "recording %s: %s", wanted->recording,
			 started.error_text);
	answer(daemon, envelope, &record_started_message, &started,
	       (int)started.error);
	proto_clear(&record_started_message, &started);
}

static struct recording *find(struct media *media, const char *sid)
{
	return media->recordings ? map_get(recordings_of(media)->by_sid, sid)
				 : NULL;
}

void recordings_change(void *daemon, const struct envelope *envelope,
		       const void *message)
{
	const struct record_change *wanted = message;
	struct recording *recording = find(daemon, wanted->recording);
	struct record_changed changed;

	memset(&changed, 0, sizeof(changed));
	str_copy(changed.recording, sizeof(changed.recording),
		 wanted->recording);
	if (!recording || !recording->recorder) {
		changed.error = ERR_MEDIA_UNKNOWN;
	} else {
		if (talk_is_late(&record_change_message, envelope))
			changed.error = ERR_LATE;
		else if (recorder_is_paused(recording->recorder) !=
			 wanted->paused)
			recorder_pause(recording->recorder, wanted->paused,
				       wanted->silent);
		changed.paused = recorder_is_paused(recording->recorder);
	}
	answer(daemon, envelope, &record_changed_message, &changed,
	       (int)changed.error);
}

void recordings_stop(void *daemon, const struct envelope *envelope,
		     const void *message)
{
	const struct record_stop *wanted = message;
	struct media *media = daemon;
	struct recording *recording = find(media, wanted->recording);

	if (recording && recording->recorder) {
		recorder_end(recording->recorder, RECORD_END_STOPPED);
	} else if (recording && recording->over) {
		tell_done(recording);
		if (recording->is_stored || recording->stored.error)
			tell_stored(recording);
	} else if (!recording && spool_is_sid(wanted->recording)) {
		struct recordings *all = recordings_of(media);

		recording = recording_new(all, wanted->recording, envelope);
		recording->done.end = RECORD_END_STOPPED;
		writer_recover(all->writer, wanted->recording, recording);
	}
}
