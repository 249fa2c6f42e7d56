/*
 * handout.c - see handout.h.
 */
#include "services/mediad/record/handout.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "lib/runtime/thread.h"
#include "proto/sound.h"
#include "services/mediad/record/recordings.h"
#include "services/mediad/record/spool.h"

#include <stdlib.h>
#include <unistd.h>

#define AT_ONCE_MAX 1024
#define REPLY_BYTES 256

METRIC_COUNTER(pieces, "recordings_pieces_total", "",
	       "Pieces of recordings that were handed out.")
METRIC_COUNTER(dropped, "recordings_questions_dropped_total", "",
	       "Questions for recordings that were too many at once.")

struct handout {
	struct service *service;
	struct bus_listener *listener;
	char folder[SPOOL_PATH_BYTES];
	struct inbox *answers; /* to the bus's thread */
	struct thread *thread;
	struct loop *loop; /* the thread's */
	struct inbox *questions;
};

/* A question on its way to the disk, and back as an answer. */
struct question {
	struct inbox_item item;
	bool leave; /* none: the thread is to end */
	char reply[REPLY_BYTES];
	struct sound_read read;
	struct buf answer;
};

static void question_free(struct question *question)
{
	buf_free(&question->answer);
	free(question);
}

static void drop(void *owner, struct inbox_item *item)
{
	(void)owner;
	metric_add(&dropped, 1);
	question_free(list_of(item, struct question, item));
}

/* --- on the thread --- */

static void read_piece(struct handout *handout, struct question *question)
{
	static const char type[] = "audio/wav";
	struct sound_piece piece = {.state = SOUND_DATA};
	struct wav wav;
	ssize_t got;
	char *data;
	int fd = spool_read(handout->folder, question->read.object, &wav);

	if (fd < 0)
		return; /* another mediad's, or nobody's */
	data = mem_new(1, SOUND_PIECE_BYTES);
	got = pread(fd, data, SOUND_PIECE_BYTES, question->read.offset);
	close(fd);
	str_copy(piece.type, sizeof(piece.type), type);
	piece.total = WAV_HEAD_BYTES + (int64_t)wav.sound;
	piece.data = data;
	piece.size = got > 0 ? (size_t)got : 0;
	sound_write_piece(&question->answer, &piece);
	free(data);
}

static void on_question(void *owner, struct inbox_item *item)
{
	struct question *question = list_of(item, struct question, item);
	struct handout *handout = owner;

	if (question->leave) {
		loop_stop(handout->loop);
		question_free(question);
		return;
	}
	read_piece(handout, question);
	if (question->answer.length == 0 ||
	    !inbox_put(handout->answers, &question->item))
		question_free(question);
}

static void run(void *owner)
{
	struct handout *handout = owner;

	loop_run(handout->loop);
}

/* --- on the bus's --- */

static void on_answer(void *owner, struct inbox_item *item)
{
	struct question *question = list_of(item, struct question, item);
	struct handout *handout = owner;

	metric_add(&pieces, 1);
	bus_say(handout->service->bus, question->reply,
		buf_text(&question->answer), question->answer.length);
	question_free(question);
}

static void on_asked(void *owner, const struct bus_message *message)
{
	struct handout *handout = owner;
	struct question *question;

	if (!message->reply)
		return;
	question = mem_new(1, sizeof(*question));
	question->answer = (struct buf)BUF_INIT(SOUND_MESSAGE_BYTES);
	if (!str_copy(question->reply, sizeof(question->reply),
		      message->reply) ||
	    !sound_read_read(message->data, message->size, &question->read) ||
	    !spool_is_sid(question->read.object) ||
	    !inbox_put(handout->questions, &question->item))
		drop(handout, &question->item);
}

struct handout *handout_new(struct service *service)
{
	struct handout *handout = mem_new(1, sizeof(*handout));

	handout->service = service;
	recordings_folder(&service->settings, handout->folder);
	handout->answers =
		inbox_new(service->loop, AT_ONCE_MAX, on_answer, drop, handout);
	handout->loop = loop_new();
	handout->questions = inbox_new(handout->loop, AT_ONCE_MAX, on_question,
				       drop, handout);
	handout->thread = thread_new("handout", run, handout);
	handout->listener = bus_listen(service->bus, HANDOUT_SUBJECT, NULL,
				       on_asked, handout);
	return handout;
}

struct handout *handout_free(struct handout *handout)
{
	struct question *end;

	if (!handout)
		return NULL;
	bus_unlisten(handout->listener);
	end = mem_new(1, sizeof(*end));
	end->leave = true;
	while (!inbox_put(handout->questions, &end->item))
		thread_yield();
	thread_free(handout->thread);
	inbox_free(handout->questions);
	loop_free(handout->loop);
	inbox_free(handout->answers);
	free(handout);
	return NULL;
}
