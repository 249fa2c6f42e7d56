/*
 * sounds.c - see sounds.h.
 */
#include "services/apid/sounds.h"

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "proto/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUBJECT "sound.recording"

METRIC_COUNTER(given, "api_recordings_total", "result=\"ok\"",
	       "Recordings that were asked for.")
METRIC_COUNTER(refused, "api_recordings_total", "result=\"failed\"",
	       "Recordings that were asked for.")

struct sounds {
	struct service *service;
	struct list waiting;
	unsigned count;
};

struct sound {
	struct list link;
	struct sounds *sounds; /* NULL: nobody waits any more */
	struct httpd_late *late;
	char sid[SOUND_NAME_BYTES];
	int fd;
	int64_t have;
};

static void ask(struct sound *sound);

struct sounds *sounds_new(struct service *service)
{
	struct sounds *sounds = mem_new(1, sizeof(*sounds));

	sounds->service = service;
	list_init(&sounds->waiting);
	return sounds;
}

/* A question that is on its way comes back to a sound that nobody waits for. */
struct sounds *sounds_free(struct sounds *sounds)
{
	if (!sounds)
		return NULL;
	list_each (link, &sounds->waiting) {
		list_remove(link);
		list_of(link, struct sound, link)->sounds = NULL;
	}
	free(sounds);
	return NULL;
}

static void sound_free(struct sound *sound)
{
	if (sound->sounds)
		sound->sounds->count--;
	list_remove(&sound->link);
	if (sound->fd >= 0)
		close(sound->fd);
	free(sound);
}

static void give(struct sound *sound)
{
	struct httpd_answer answer = {.type = "audio/wav",
				      .file = sound->fd,
				      .file_size = (uint64_t)sound->have};

	metric_add(&given, 1);
	sound->fd = -1;
	httpd_late_answer(sound->late, &answer);
	sound_free(sound);
}

static void refuse(struct sound *sound, int status, const char *why)
{
	struct httpd_answer answer = {0};

	metric_add(&refused, 1);
	log_warn(NULL, ERR_API_NOT_FOUND, "recording %s: %s", sound->sid, why);
	httpd_error(&answer, status, ERR_API_NOT_FOUND, why);
	httpd_late_answer(sound->late, &answer);
	sound_free(sound);
}

static bool keep(struct sound *sound, const struct sound_piece *piece)
{
	if (pwrite(sound->fd, piece->data, piece->size, sound->have) !=
	    (ssize_t)piece->size)
		return false;
	sound->have += (int64_t)piece->size;
	return true;
}

static void on_piece(void *owner, int error, const char *data, size_t size)
{
	struct sound *sound = owner;
	struct sound_piece piece = {0};

	if (!sound->sounds)
		sound_free(sound);
	else if (error)
		refuse(sound, 404,
		       "No mediad has the file: does the recording go on, was "
		       "it removed from the data folder, or is mediad away?");
	else if (!sound_read_piece(data, size, &piece) ||
		 piece.state != SOUND_DATA)
		refuse(sound, 502, "mediad's answer is not understood");
	else if (!keep(sound, &piece))
		refuse(sound, 500, strerror(errno));
	else if (sound->have >= piece.total)
		give(sound);
	else if (piece.size == 0)
		refuse(sound, 502, "The file is shorter than its head says");
	else
		ask(sound);
}

static void ask(struct sound *sound)
{
	struct sound_read question = {.offset = sound->have};
	struct buf text = BUF_INIT(1024);

	str_copy(question.object, sizeof(question.object), sound->sid);
	sound_write_read(&text, &question);
	bus_ask(sound->sounds->service->bus, SUBJECT, buf_text(&text),
		text.length, SOUNDS_PATIENCE_MS, on_piece, sound);
	buf_free(&text);
}

void sounds_take(struct sounds *sounds, const char *sid,
		 const struct httpd_request *request,
		 struct httpd_answer *answer)
{
	struct sound *sound;
	int fd = open(sounds->service->settings.data_dir,
		      O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || sounds->count >= SOUNDS_AT_ONCE_MAX) {
		httpd_error(answer, 503, ERR_OVERLOAD,
			    fd < 0 ? strerror(errno)
				   : "Too many recordings at once: try again");
		if (fd >= 0)
			close(fd);
		return;
	}
	sound = mem_new(1, sizeof(*sound));
	sound->sounds = sounds;
	sound->fd = fd;
	str_copy(sound->sid, sizeof(sound->sid), sid);
	sound->late = httpd_late(request, answer);
	list_add_tail(&sounds->waiting, &sound->link);
	sounds->count++;
	ask(sound);
}
