/*
 * recordings_test.c - what is recorded of a call, as the interpreter asks for
 * it and is told.
 */
#include "services/mediad/record/recordings.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "lib/test/test.h"
#include "lib/test/web.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/record/spool.h"
#include "services/mediad/record/wav.h"
#include "services/mediad/session.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SID "RE0123456789abcdef0123456789abcdef"
#define OFFER                                                                  \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"     \
	"t=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"
#define FRAME 160
#define FRAME_MS 20

static char folder[] = "/tmp/voxbus-recordings-XXXXXX";
static char spool[64];
static struct service service;
static struct media *media;
static struct envelope envelope;
static struct session *session;
static struct leg *leg;
static int64_t now_ms = 1000000;
static char started_url[128], stored_url[128];
static unsigned started, done, stored;
static int start_error;
static struct recording_done last;

bool talk_is_late(const struct proto_message *desc, const struct envelope *of)
{
	(void)desc;
	(void)of;
	return false;
}

static void say(void *owner, const struct talk_to *to,
		const struct proto_message *desc, const void *message)
{
	(void)owner;
	CHECK_TEXT(to->call_sid, "CAroot");
	if (desc == &record_started_message) {
		const struct record_started *it = message;
		started++;
		start_error = (int)it->error;
		str_copy(started_url, sizeof(started_url), it->url);
	} else if (desc == &recording_done_message) {
		done++;
		last = *(const struct recording_done *)message;
	} else if (desc == &recording_stored_message) {
		const struct recording_stored *is_stored = message;
		stored++;
		str_copy(stored_url, sizeof(stored_url), is_stored->url);
	}
}

static void start_media(void)
{
	char error[MEDIA_ERROR_BYTES];
	struct leg_media wanted = {
		.leg = "CAa", .role = LEG_ROLE_ANSWER, .remote = OFFER};
	struct refusal why;

	media = media_new(service.loop, &service.settings, error);
	media->service = &service;
	media->say = say;
	session = session_new(media, "CAroot", "AC1");
	leg = leg_open(session, &wanted, &why);
	CHECK(leg != NULL);
}

static void set_up(void)
{
	static char host[32];
	int pid = (int)getpid();

	str_format(host, sizeof(host), "127.82.%d.%d", pid >> 8 & 0xff,
		   pid & 0xff);
	memset(&service, 0, sizeof(service));
	memset(&envelope, 0, sizeof(envelope));
	started = done = stored = 0;
	started_url[0] = stored_url[0] = 0;
	clock_fake(now_ms, now_ms);
	service.loop = loop_new();
	service.settings.rtp_host = host;
	service.settings.rtp_advertise = "";
	service.settings.rtp_port_min = 20000;
	service.settings.rtp_port_max = 20007;
	service.settings.data_dir = folder;
	service.settings.record_store_url = service.settings.http_ca = "";
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), "CAroot");
	start_media();
}

static void tear_down(void)
{
	char path[SPOOL_PATH_BYTES];

	media_free(media);
	loop_free(service.loop);
	if (spool_path(spool, SID, false, path))
		unlink(path);
	if (spool_path(spool, SID, true, path))
		unlink(path);
	rmdir(spool);
}

static void record(struct record_start wanted)
{
	str_copy(wanted.recording, sizeof(wanted.recording), SID);
	str_copy(wanted.leg, sizeof(wanted.leg), "CAa");
	recordings_start(media, &envelope, &wanted);
}

static void stop(void)
{
	struct record_stop wanted = {.recording = SID};

	recordings_stop(media, &envelope, &wanted);
}

/* Time passes while the other side says one number, and is told another. */
static void pass(unsigned ms, int16_t said, int16_t told)
{
	int16_t pcm[2][FRAME];

	for (unsigned i = 0; i < FRAME; i++) {
		pcm[0][i] = said;
		pcm[1][i] = told;
	}
	for (unsigned i = 0; i < ms / FRAME_MS; i++) {
		now_ms += FRAME_MS;
		clock_fake(now_ms, now_ms);
		if (said)
			leg_said(leg, pcm[0], FRAME, 8000, now_ms * 1000000);
		if (told)
			leg_told(leg, pcm[1], FRAME, 8000, now_ms * 1000000);
		loop_turn(service.loop, 0);
	}
}

static void wait_done(void)
{
	while (!done)
		loop_turn(service.loop, 100);
}

static void stop_and_wait(void)
{
	stop();
	wait_done();
}

/* A second of it is there: 100 was said, 50 was told. */
static void set_up_with(struct record_start wanted)
{
	set_up();
	record(wanted);
	pass(1000, 100, 50);
}

static int16_t sample_at(unsigned frame, unsigned channel)
{
	struct wav wav = {0};
	int16_t sample = 0;
	int fd = spool_read(spool, SID, &wav);
	off_t at = (off_t)(frame * FRAME * wav.channels + channel) * 2;

	if (fd < 0 || pread(fd, &sample, 2, WAV_HEAD_BYTES + at) != 2)
		sample = -1;
	close(fd);
	return sample;
}

TEST(both_sides_are_in_the_file_and_the_interpreter_is_told)
{
	set_up();
	record((struct record_start){.track = TRACK_BOTH});
	CHECK_INT(started, 1);
	CHECK_INT(start_error, 0);
	pass(1000, 100, 50);
	stop_and_wait();
	CHECK_INT(last.end, RECORD_END_STOPPED);
	CHECK_INT(last.duration_ms, 1000);
	CHECK_INT(last.channels, 1);
	CHECK_INT(stored, 1);
	CHECK_INT(sample_at(10, 0), 150);
	tear_down();
}

TEST(a_channel_for_each_side)
{
	set_up_with((struct record_start){.track = TRACK_BOTH, .dual = true});
	stop_and_wait();
	CHECK_INT(last.channels, 2);
	CHECK_INT(sample_at(10, 0), 100);
	CHECK_INT(sample_at(10, 1), 50);
	tear_down();
}

TEST(one_side_alone)
{
	set_up_with(
		(struct record_start){.track = TRACK_INBOUND, .dual = true});
	stop_and_wait();
	CHECK_INT(last.channels, 1);
	CHECK_INT(sample_at(10, 0), 100);
	tear_down();
	set_up_with((struct record_start){.track = TRACK_OUTBOUND});
	stop_and_wait();
	CHECK_INT(sample_at(10, 0), 50);
	tear_down();
}

TEST(silence_ends_it_and_is_cut_off_where_that_is_wanted)
{
	set_up();
	record((struct record_start){
		.track = TRACK_INBOUND, .silence_ms = 2000, .trim = true});
	pass(1000, 1, 0);
	pass(1000, 3000, 0);
	pass(4000, 1, 0);
	wait_done();
	CHECK_INT(last.end, RECORD_END_SILENCE);
	CHECK_INT(last.duration_ms, 1000);
	tear_down();
}

TEST(nothing_but_silence_leaves_nothing)
{
	set_up();
	record((struct record_start){.track = TRACK_INBOUND, .trim = true});
	pass(1000, 1, 0);
	stop_and_wait();
	CHECK(last.absent);
	CHECK_INT(stored, 0);
	tear_down();
}

static void take_it(void *owner, struct web_peer *peer, const char *request)
{
	(void)owner;
	(void)request;
	web_answer(peer, "200 OK", "", "");
}

TEST(its_beginning_tells_where_in_a_store_it_will_be)
{
	char url[64];

	set_up();
	struct web *web = web_new(service.loop, take_it, NULL);
	str_format(url, sizeof(url), "http://127.0.0.1:%d/b", web_port(web));
	service.settings.record_store_url = url;
	service.settings.record_store_key = "";
	record((struct record_start){.track = TRACK_INBOUND});
	pass(200, 100, 50);
	CHECK(str_starts(started_url, url));
	CHECK(str_ends(started_url, "/b/" SID ".wav"));
	stop();
	wait_done();
	while (!stored)
		loop_turn(service.loop, 100);
	CHECK_TEXT(stored_url, started_url);
	web_free(web);
	tear_down();
}

TEST(one_that_stays_here_has_no_place_elsewhere)
{
	set_up();
	record((struct record_start){.track = TRACK_INBOUND});
	pass(200, 100, 50);
	stop();
	wait_done();
	CHECK_TEXT(started_url, "");
	CHECK_TEXT(stored_url, "");
	tear_down();
}

TEST(one_that_will_never_be_stored_is_forgotten_all_the_same)
{
	set_up();
	service.settings.record_store_url = "http://127.0.0.1:9/";
	record((struct record_start){.track = TRACK_INBOUND, .trim = true});
	CHECK_INT(media->recordings_open, 1);
	stop_and_wait();
	CHECK(last.absent);
	CHECK_INT(media->recordings_open, 0);
	stop();
	CHECK_INT(done, 2); /* remembered */
	now_ms += RECORDINGS_REMEMBER_MS + 1;
	clock_fake(now_ms, now_ms);
	loop_turn(service.loop, 0);
	stop();
	CHECK_INT(done, 2); /* the disk is asked */
	test_expect_log("No such file");
	while (done < 3)
		loop_turn(service.loop, 100);
	tear_down();
}

TEST(it_is_no_longer_than_it_may_be)
{
	set_up();
	record((struct record_start){.track = TRACK_BOTH, .max_ms = 500});
	pass(2000, 100, 50);
	wait_done();
	CHECK_INT(last.end, RECORD_END_LENGTH);
	CHECK_INT(last.duration_ms, 500);
	tear_down();
}

TEST(a_leg_that_goes_takes_its_recording_with_it)
{
	set_up_with((struct record_start){.track = TRACK_BOTH});
	leg_free(leg);
	wait_done();
	CHECK_INT(last.end, RECORD_END_GONE);
	CHECK_INT(last.duration_ms, 1000);
	tear_down();
}

TEST(a_pause_is_left_out)
{
	struct record_change change = {.recording = SID, .paused = true};

	set_up_with((struct record_start){.track = TRACK_BOTH});
	recordings_change(media, &envelope, &change);
	pass(1000, 100, 50);
	change.paused = false;
	recordings_change(media, &envelope, &change);
	pass(1000, 100, 50);
	stop_and_wait();
	CHECK_INT(last.duration_ms, 2000);
	tear_down();
}

TEST(another_process_goes_on_with_it_paused)
{
	struct record_change change = {.recording = SID};

	set_up_with((struct record_start){.track = TRACK_BOTH});
	media_free(media);
	start_media();
	record((struct record_start){.track = TRACK_BOTH, .paused = true});
	pass(1000, 100, 50);
	recordings_change(media, &envelope, &change);
	pass(1000, 100, 50);
	stop_and_wait();
	CHECK_INT(last.duration_ms, 2000);
	tear_down();
}

TEST(a_pause_is_no_silence_that_ends_it)
{
	struct record_change change = {
		.recording = SID, .paused = true, .silent = true};

	set_up();
	record((struct record_start){.track = TRACK_INBOUND,
				     .silence_ms = 500});
	pass(400, 3000, 0);
	recordings_change(media, &envelope, &change);
	pass(1200, 3000, 0);
	change.paused = false;
	recordings_change(media, &envelope, &change);
	pass(400, 3000, 0);
	stop_and_wait();
	CHECK_INT(last.end, RECORD_END_STOPPED);
	CHECK_INT(last.duration_ms, 2000);
	tear_down();
}

TEST(another_process_goes_on_with_it)
{
	set_up_with((struct record_start){.track = TRACK_BOTH});
	media_free(media);
	start_media();
	CHECK_INT(done, 0);
	record((struct record_start){.track = TRACK_BOTH});
	pass(1000, 100, 50);
	stop_and_wait();
	CHECK_INT(last.duration_ms, 2000);
	tear_down();
}

TEST(commands_that_come_again_change_nothing)
{
	set_up_with((struct record_start){.track = TRACK_BOTH});
	record((struct record_start){.track = TRACK_BOTH});
	CHECK_INT(started, 2);
	pass(1000, 100, 50);
	stop_and_wait();
	CHECK_INT(last.duration_ms, 2000);
	stop();
	CHECK_INT(done, 2);
	CHECK_INT(last.duration_ms, 2000);
	/* A process that knows nothing of it finds it in the spool. */
	media_free(media);
	start_media();
	done = 0;
	stop_and_wait();
	CHECK_INT(last.duration_ms, 2000);
	tear_down();
}

TEST(what_died_before_its_head_was_written_leaves_nothing)
{
	char path[SPOOL_PATH_BYTES];
	int fd;

	set_up();
	CHECK(spool_make(spool));
	CHECK(spool_path(spool, SID, true, path));
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0);
	close(fd);
	stop_and_wait();
	CHECK(last.absent);
	CHECK_INT(last.error, 0);
	CHECK_INT(last.duration_ms, 0);
	CHECK(!spool_has_part(spool, SID));
	tear_down();
}

TEST(a_leg_that_is_not_there_cannot_be_recorded)
{
	struct record_start wanted = {.recording = SID, .leg = "CAnobody"};

	set_up();
	test_expect_log("no such leg");
	recordings_start(media, &envelope, &wanted);
	CHECK_INT(start_error, ERR_MEDIA_UNKNOWN);
	tear_down();
}

int main(int argc, char **argv)
{
	int result;

	if (!mkdtemp(folder))
		return 1;
	str_format(spool, sizeof(spool), "%s/recordings", folder);
	result = test_main(argc, argv);
	rmdir(folder);
	return result;
}
