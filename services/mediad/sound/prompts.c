/*
 * prompts.c - a player between the library and a leg; see prompts.h.
 */
#include "services/mediad/sound/prompts.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/session.h"
#include "services/mediad/sound/library.h"
#include "services/mediad/sound/player.h"
#include "services/mediad/speaking.h"

#include <stdlib.h>
#include <string.h>

#define STANDARD_HZ 8000

#define PROMPTS(variable, end)                                                 \
	METRIC_COUNTER(variable, "media_prompts_total", "end=\"" end "\"",     \
		       "Prompts that are over.")
PROMPTS(count_done, "done")
PROMPTS(count_stopped, "stopped")
PROMPTS(count_failed, "failed")
PROMPTS(count_gone, "gone")

/* What a leg is played, and what became of the last one. */
struct prompt_run {
	struct leg_voice voice;
	struct leg *leg;
	struct player *player; /* NULL: over */
	struct library_wish *wish;
	bool gone;
	struct played played;
};

static void count(int end)
{
	static struct metric *const metrics[] = {
		[PLAY_DONE] = &count_done,
		[PLAY_STOPPED] = &count_stopped,
		[PLAY_FAILED] = &count_failed,
		[PLAY_GONE] = &count_gone,
	};

	metric_add(metrics[end], 1);
}

/* --- outcomes --- */

/* The same prompt's end has the same id: a repeat stands on record once. */
static void tell(struct media *media, const char *call_sid,
		 const char *account_sid, const struct played *played)
{
	char end[8], id[ID_BYTES];
	struct talk_to to = {
		.call_sid = call_sid, .account_sid = account_sid, .id = id};

	str_format(end, sizeof(end), "%d", (int)played->end);
	id_keyed("ME", media->service->boot, played->play, "played", end, id);
	media_say(media, &to, &played_message, played);
}

static void refuse(struct media *media, const struct envelope *envelope,
		   const char *leg, const char *play, int end, int error)
{
	struct played played;

	memset(&played, 0, sizeof(played));
	str_copy(played.leg, sizeof(played.leg), leg);
	str_copy(played.play, sizeof(played.play), play);
	played.end = end;
	played.error = error;
	if (error)
		proto_set_long(&played.error_text, proto_error(error)->name);
	tell(media, envelope->call_sid, envelope->account_sid, &played);
	proto_clear(&played_message, &played);
}

static int end_of(const struct prompt_run *run, bool ended)
{
	if (run->gone)
		return PLAY_GONE;
	if (!ended)
		return PLAY_STOPPED;
	return run->player->error ? PLAY_FAILED : PLAY_DONE;
}

static void on_over(struct leg_voice *voice, bool ended)
{
	struct prompt_run *run = (struct prompt_run *)voice;
	struct session *session = run->leg->session;
	struct player *player = run->player;
	struct played *played = &run->played;

	played->end = end_of(run, ended);
	played->items = player->items_done;
	played->total_ms = player->heard_us > 0 ? player->heard_us / 1000 : 0;
	played->error = player->error;
	if (player->error)
		proto_set_long(&played->error_text, player->text);
	run->player = NULL;
	library_return(run->wish);
	count(played->end);
	log_debug(session->call_sid, "leg %s: prompt %s is over after %lld ms",
		  run->leg->name, played->play, (long long)played->total_ms);
	tell(run->leg->media, session->call_sid, session->account_sid, played);
}

static size_t on_next(struct leg_voice *voice, int16_t *pcm, size_t samples,
		      uint32_t rate_hz)
{
	struct prompt_run *run = (struct prompt_run *)voice;

	return player_next(run->player, pcm, samples, rate_hz);
}

/* --- commands --- */

static struct prompt_run *run_of(struct leg *leg, const char *play)
{
	struct prompt_run *run = leg ? leg->prompt : NULL;

	return run && str_equal(run->played.play, play) ? run : NULL;
}

/* It goes on, or its outcome is told again. */
static void repeat(struct media *media, const struct envelope *envelope,
		   const struct prompt_run *run)
{
	if (!run->player)
		tell(media, envelope->call_sid, envelope->account_sid,
		     &run->played);
}

static void run_free(struct prompt_run *run)
{
	proto_clear(&played_message, &run->played);
	free(run);
}

/* As a tone of the player's own, if the other side knows no events. */
static bool on_press(void *owner, char key, int ms)
{
	struct leg *leg = owner;

	return press_by_event(leg) && press_key(leg, key, (unsigned)ms);
}

static void begin(struct leg *leg, const struct envelope *envelope,
		  const struct play *play)
{
	struct prompt_run *run = mem_new(1, sizeof(*run)), *old = leg->prompt;

	run->voice = (struct leg_voice){.next = on_next, .over = on_over};
	run->leg = leg;
	str_copy(run->played.leg, sizeof(run->played.leg), play->leg);
	str_copy(run->played.play, sizeof(run->played.play), play->play);
	run->player = player_new(play);
	run->player->press = on_press;
	run->player->press_owner = leg;
	run->wish = library_want(leg->media->library, run->player,
				 leg->terms.codec == CODEC_NONE
					 ? STANDARD_HZ
					 : speaking_rate(leg),
				 envelope->account_sid, envelope->call_sid);
	leg_play(leg, &run->voice); /* the old one is over by this */
	leg->prompt = run;
	if (old)
		run_free(old);
}

/* Keys while the bridge goes on: over as soon as they stand in the row. */
static void press_beside(struct leg *leg, const struct envelope *envelope,
			 const struct play *play)
{
	bool good = true;

	for (uint32_t i = 0; i < play->items_count; i++) {
		const struct prompt *item = &play->items[i];
		char name[40];

		str_format(name, sizeof(name), "%s.%u", play->play, i);
		good = good && item->kind == PROMPT_DIGITS &&
		       press_row(leg, name, item->digits);
	}
	refuse(leg->media, envelope, play->leg, play->play,
	       good ? PLAY_DONE : PLAY_FAILED, good ? 0 : ERR_PLAY);
}

void prompts_play(void *daemon, const struct envelope *envelope,
		  const void *message)
{
	struct media *media = daemon;
	const struct play *play = message;
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *leg = session_leg(session, play->leg);
	struct prompt_run *run = run_of(leg, play->play);

	if (!leg)
		refuse(media, envelope, play->leg, play->play, PLAY_GONE,
		       ERR_MEDIA_UNKNOWN);
	else if (run)
		repeat(media, envelope, run);
	else if (talk_is_late(&play_message, envelope))
		refuse(media, envelope, play->leg, play->play, PLAY_FAILED,
		       ERR_LATE);
	else if (play->beside)
		press_beside(leg, envelope, play);
	else
		begin(leg, envelope, play);
}

void prompts_stop(void *daemon, const struct envelope *envelope,
		  const void *message)
{
	struct media *media = daemon;
	const struct play_stop *stop = message;
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *leg = session_leg(session, stop->leg);
	struct prompt_run *run = run_of(leg, stop->play);

	if (!leg)
		refuse(media, envelope, stop->leg, stop->play, PLAY_GONE,
		       ERR_MEDIA_UNKNOWN);
	else if (!run)
		refuse(media, envelope, stop->leg, stop->play, PLAY_STOPPED, 0);
	else if (run->player)
		leg_play_end(leg);
	else
		repeat(media, envelope, run);
}

void prompts_gone(struct leg *leg)
{
	struct prompt_run *run = leg->prompt;

	if (!run)
		return;
	if (run->player) {
		run->gone = true;
		leg_play_end(leg);
	}
	leg->prompt = NULL;
	run_free(run);
}
