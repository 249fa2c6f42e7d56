/*
 * crew_test.c - real worker threads; the bus is a few functions here.
 */
#include "services/mediad/crew.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "services/mediad/commands.h"
#include "services/mediad/record/handout.h"
#include "services/mediad/record/recordings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS 40
#define OFFER                                                                  \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"     \
	"t=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"

static struct service service;
static struct crew *crew;
static const struct talk_route *heard;
static unsigned opened, closed, errors, recorded;
static unsigned opened_of[CALLS];

static const struct talk_route orders[] = {
	{&leg_open_message, commands_leg_open},
	{&leg_close_message, commands_leg_close},
	{&record_start_message, recordings_start},
	{0},
};

void talk_listen(struct service *of, const struct talk_route *routes)
{
	CHECK(of == &service);
	heard = routes;
}

void talk_say(struct service *by, const struct talk_to *to,
	      const struct proto_message *desc, const void *message)
{
	CHECK(by == &service);
	CHECK(str_starts(to->call_sid, "CA"));
	if (desc == &leg_opened_message) {
		const struct leg_opened *said = message;

		opened++;
		opened_of[atoll(to->call_sid + 2) % CALLS]++;
		errors += said->legs[0].error != 0;
	} else if (desc == &leg_closed_message) {
		closed++;
	} else {
		recorded += desc == &recording_done_message;
	}
}

/* Recordings are handed out over a bus that is not there. */
struct handout *handout_new(struct service *of)
{
	CHECK(of == &service);
	return NULL;
}

struct handout *handout_free(struct handout *handout)
{
	CHECK(handout == NULL);
	return NULL;
}

bool talk_is_late(const struct proto_message *desc, const struct envelope *of)
{
	(void)desc;
	(void)of;
	return false;
}

static void set_up(unsigned threads)
{
	static char host[32], folder[32];
	char error[512];
	int pid = (int)getpid();

	CHECK(str_format(host, sizeof(host), "127.82.%d.%d", pid >> 8 & 0xff,
			 pid & 0xff));
	memset(&service, 0, sizeof(service));
	memset(opened_of, 0, sizeof(opened_of));
	opened = closed = errors = recorded = 0;
	CHECK(settings_read(WHO_MEDIAD, 9104, &service.settings, error));
	str_copy(folder, sizeof(folder), "/tmp/voxbus-crew-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	service.settings.data_dir = folder;
	service.loop = loop_new();
	service.settings.rtp_host = host;
	service.settings.rtp_advertise = "";
	service.settings.rtp_port_min = 20000;
	service.settings.rtp_port_max = 20199;
	service.settings.media_threads = threads;
	crew = crew_start(&service, orders);
	CHECK(crew != NULL);
}

static void tear_down(void)
{
	crew_stop(crew);
	loop_free(service.loop);
	(void)rmdir(service.settings.data_dir);
}

static void say(unsigned call, unsigned route, const void *message)
{
	struct envelope envelope = {.time = clock_wall_ms()};

	str_copy(envelope.type, sizeof(envelope.type),
		 orders[route].message->name);
	str_format(envelope.call_sid, sizeof(envelope.call_sid), "CA%u", call);
	str_format(envelope.id, sizeof(envelope.id), "ME%u-%u", call, route);
	heard[route].heard(crew, &envelope, message);
}

static void say_open(unsigned call)
{
	static struct leg_open open;
	static char offer[] = OFFER;

	memset(&open, 0, sizeof(open));
	open.legs_count = 1;
	str_copy(open.legs[0].leg, sizeof(open.legs[0].leg), "CAa");
	open.legs[0].role = LEG_ROLE_ANSWER;
	open.legs[0].remote = offer;
	say(call, 0, &open);
}

static void say_close(unsigned call)
{
	struct leg_close close = {.legs_count = 1};

	str_copy(close.legs[0].leg, sizeof(close.legs[0].leg), "CAa");
	say(call, 1, &close);
}

static void wait_for(const unsigned *count, unsigned wanted)
{
	for (int i = 0; i < 500 && *count < wanted; i++)
		loop_turn(service.loop, 20);
	CHECK_INT(*count, wanted);
}

TEST(each_command_is_done_once_and_its_outcome_comes_back)
{
	set_up(3);
	for (unsigned i = 0; i < CALLS; i++)
		say_open(i);
	wait_for(&opened, CALLS);
	CHECK_INT(errors, 0);
	for (unsigned i = 0; i < CALLS; i++)
		CHECK_INT(opened_of[i], 1);
	/* The same worker knows the leg, and gives no second port for it. */
	for (unsigned i = 0; i < CALLS; i++)
		say_open(i);
	wait_for(&opened, 2 * CALLS);
	CHECK_INT(errors, 0);
	tear_down();
}

TEST(the_pool_of_ports_is_everybodys)
{
	set_up(3);
	for (unsigned i = 0; i < 101; i++) /* 100 pairs are there */
		say_open(i);
	test_expect_log("all media ports are in use");
	wait_for(&opened, 101);
	CHECK_INT(errors, 1);
	tear_down();
}

TEST(a_crew_is_drained_when_the_last_leg_is_closed_and_told)
{
	set_up(2);
	CHECK(crew_drained(crew));
	for (unsigned i = 0; i < 10; i++)
		say_open(i);
	CHECK(!crew_drained(crew));
	wait_for(&opened, 10);
	crew_drain(crew);
	CHECK(!crew_drained(crew));
	test_expect_log("is being stopped");
	say_open(11);
	wait_for(&opened, 11);
	CHECK_INT(errors, 1);
	for (unsigned i = 0; i < 10; i++)
		say_close(i);
	wait_for(&closed, 10);
	for (int i = 0; i < 100 && !crew_drained(crew); i++)
		loop_turn(service.loop, 20);
	CHECK(crew_drained(crew));
	tear_down();
}

TEST(a_crew_is_drained_when_the_end_of_the_last_recording_is_told)
{
	struct record_start wanted = {
		.recording = "RE0123456789abcdef0123456789abcdef",
		.leg = "CAa"};
	char folder[64];

	set_up(2);
	say_open(1);
	say(1, 2, &wanted);
	wait_for(&opened, 1);
	crew_drain(crew);
	say_close(1);
	for (int i = 0; i < 500 && !crew_drained(crew); i++)
		loop_turn(service.loop, 20);
	CHECK(crew_drained(crew));
	CHECK_INT(closed, 1);
	CHECK_INT(recorded, 1);
	crew_stop(crew);
	loop_free(service.loop);
	str_format(folder, sizeof(folder), "%s/recordings",
		   service.settings.data_dir);
	(void)rmdir(folder);
	(void)rmdir(service.settings.data_dir);
}

TEST_MAIN()
