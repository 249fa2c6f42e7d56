/*
 * supervise_test.c - the order of starting and stopping, and the pauses.
 */
#include "tools/voxctl/supervise.h"

#include "lib/test/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What the supervisor did, as words. */
static char story[2048];
static int next_pid;

static void tell(const char *what, const char *who, int number)
{
	size_t length = strlen(story);
	snprintf(story + length, sizeof(story) - length, "%s %s %d\n", what,
		 who, number);
}

static int fake_spawn(void *owner, const struct supervise_child *child)
{
	(void)owner;
	tell("start", child->name, ++next_pid);
	return next_pid;
}

static void fake_signal(void *owner, const struct supervise_child *child,
			int signal)
{
	(void)owner;
	tell(signal == SIGTERM ? "ask" : "kill", child->name, child->pid);
}

static void fake_entered(void *owner, enum supervise_state state)
{
	(void)owner;
	tell("now", "state", (int)state);
}

static void fake_died(void *owner, const struct supervise_child *child,
		      int wait_status, int64_t pause_ms)
{
	(void)owner, (void)wait_status;
	tell("died", child->name, (int)pause_ms);
}

static const struct supervise_ops ops = {fake_spawn, fake_signal, fake_entered,
					 fake_died};
static struct supervise s;

static void begin(bool with_bus)
{
	supervise_init(&s, &ops, NULL);
	next_pid = 0;
	if (with_bus)
		supervise_add(&s, "nats-server", true);
	supervise_add(&s, "sipgw", false);
	supervise_add(&s, "mediad", false);
	story[0] = '\0';
	supervise_start(&s, 1000);
}

static void make_ready(void)
{
	supervise_bus_ready(&s, 1050);
	for (unsigned i = 0; i < s.count; i++)
		if (!s.children[i].bus)
			supervise_ready(&s, &s.children[i]);
	story[0] = '\0';
}

TEST(the_bus_starts_first_and_the_daemons_once_it_answers)
{
	begin(true);
	CHECK_TEXT(story, "start nats-server 1\n");
	story[0] = '\0';
	supervise_bus_ready(&s, 1100);
	supervise_bus_ready(&s, 1101);
	CHECK_TEXT(story, "now state 1\nstart sipgw 2\nstart mediad 3\n");
}

TEST(without_a_bus_of_its_own_the_daemons_start_at_once)
{
	begin(false);
	CHECK_TEXT(story, "now state 1\nstart sipgw 1\nstart mediad 2\n");
}

TEST(it_is_ready_when_every_daemon_was_ready)
{
	begin(false);
	story[0] = '\0';
	supervise_ready(&s, &s.children[0]);
	CHECK_TEXT(story, "");
	supervise_ready(&s, &s.children[1]);
	CHECK_TEXT(story, "now state 2\n");
}

TEST(the_first_death_is_answered_by_a_start_at_once)
{
	begin(false);
	make_ready();
	CHECK(supervise_died(&s, 1, SIGKILL, 1500));
	CHECK_TEXT(story, "died sipgw 0\nstart sipgw 3\n");
	CHECK(!supervise_died(&s, 99, SIGKILL, 1500));
}

TEST(deaths_in_quick_succession_wait_longer_and_longer)
{
	static const int64_t pauses[] = {0,   100,  200,  400,
					 800, 1600, 2000, 2000};
	int64_t now = 2000;
	begin(false);
	make_ready();
	for (unsigned i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		supervise_died(&s, s.children[0].pid, SIGSEGV, now);
		if (pauses[i])
			CHECK_INT(supervise_tick(&s, now), pauses[i]);
		now += pauses[i];
		supervise_tick(&s, now);
		CHECK_INT(s.children[0].state, CHILD_RUNNING);
		now += 10;
	}
	/* having stayed up long enough, it is trusted again */
	story[0] = '\0';
	supervise_died(&s, s.children[0].pid, SIGSEGV,
		       now + SUPERVISE_QUICK_MS);
	CHECK(strstr(story, "died sipgw 0\n"));
}

TEST(a_daemon_that_never_gets_ready_ends_the_start)
{
	begin(true);
	supervise_bus_ready(&s, 1100);
	for (int64_t now = 1200; !s.failed && now < 100000; now += 2100) {
		supervise_tick(&s, now);
		supervise_died(&s, s.children[1].pid, 1 << 8, now);
	}
	CHECK(s.failed);
	CHECK_INT(s.state, SUPERVISE_STOPPING);
	CHECK(strstr(story, "died sipgw -1\n"));
	CHECK(strstr(story, "ask mediad"));
}

TEST(wrong_settings_end_the_start_at_the_first_death)
{
	begin(true);
	supervise_bus_ready(&s, 1100);
	supervise_died(&s, s.children[1].pid, SUPERVISE_EXIT_SETTINGS << 8,
		       1110);
	CHECK(s.failed);
	CHECK_INT(s.state, SUPERVISE_STOPPING);
}

TEST(the_bus_is_stopped_after_the_last_daemon)
{
	begin(true);
	make_ready();
	supervise_stop(&s, 5000);
	CHECK_TEXT(story, "now state 3\nask sipgw 2\nask mediad 3\n");
	story[0] = '\0';
	supervise_died(&s, 2, 0, 5100);
	CHECK_TEXT(story, "");
	supervise_died(&s, 3, 0, 5200);
	CHECK_TEXT(story, "ask nats-server 1\n");
	supervise_died(&s, 1, 0, 5300);
	CHECK_INT(s.state, SUPERVISE_DONE);
	CHECK_INT(supervise_tick(&s, 5300), -1);
}

TEST(whoever_does_not_leave_is_killed_in_time)
{
	begin(true);
	make_ready();
	supervise_stop(&s, 5000);
	supervise_died(&s, 2, 0, 5100);
	story[0] = '\0';
	CHECK_INT(supervise_tick(&s, 5100), 3900);
	CHECK_INT(supervise_tick(&s, 5000 + SUPERVISE_BUS_STOP_MS), 500);
	CHECK_TEXT(story, "ask nats-server 1\n");
	CHECK_INT(supervise_tick(&s, 5000 + SUPERVISE_KILL_MS), -1);
	CHECK_TEXT(story, "ask nats-server 1\nkill nats-server 1\n"
			  "kill mediad 3\n");
}

TEST(a_second_wish_to_stop_kills_at_once)
{
	begin(false);
	make_ready();
	supervise_stop(&s, 5000);
	story[0] = '\0';
	supervise_stop(&s, 5001);
	CHECK_TEXT(story, "kill sipgw 1\nkill mediad 2\n");
}

TEST(a_child_that_waits_to_start_is_gone_when_all_stops)
{
	begin(false);
	make_ready();
	supervise_died(&s, 1, SIGKILL, 2000);
	supervise_died(&s, s.children[0].pid, SIGKILL, 2010);
	CHECK_INT(s.children[0].state, CHILD_PAUSING);
	supervise_stop(&s, 2020);
	CHECK_INT(s.children[0].state, CHILD_GONE);
	supervise_died(&s, 2, 0, 2030);
	CHECK_INT(s.state, SUPERVISE_DONE);
}

TEST_MAIN()
