/*
 * service_test.c - how a daemon starts, drains and ends: each test is a process
 * of its own, on a bus without a server.
 */
#include "lib/runtime/service.h"

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/test/fake_bus.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUSY_MS 150

static struct service *service;
static struct loop_timer timer;
static bool busy;
static char output[16384];

/* What the daemon does tells on stderr, between the lines of the log. */
static void tell(const char *what)
{
	const struct fake_entry *entry = fake_entry("leases", "sipgw.gw0");
	struct instance record = {0};
	if (entry && entry->data)
		proto_decode(&instance_message, entry->data,
			     strlen(entry->data), NULL, &record, NULL);
	dprintf(STDERR_FILENO, "%s: %s hello=%d draining=%d refuses=%s\n", what,
		entry && entry->data ? "named" : "nameless", (int)record.hello,
		record.draining,
		service_refuses(service) ? service_refuses(service)
					 : "nothing");
}

static void terminate(struct loop_timer *due)
{
	(void)due;
	tell("up");
	kill(getpid(), SIGTERM);
}

static void *start(struct service *started)
{
	service = started;
	tell("start");
	timer = (struct loop_timer){.due = terminate};
	loop_timer_start(service->loop, &timer, 20);
	return service;
}

static void stop(void *daemon)
{
	(void)daemon;
	tell("stop");
}

static void work_done(struct loop_timer *due)
{
	(void)due;
	busy = false;
}

static void drain(void *daemon)
{
	(void)daemon;
	busy = true;
	timer.due = work_done;
	loop_timer_start(service->loop, &timer, BUSY_MS);
}

static bool drained(void *daemon)
{
	(void)daemon;
	if (!busy)
		tell("drained");
	return !busy;
}

static void hand_back(struct loop_timer *due)
{
	(void)due;
	tell("handed back");
}

static void drain_in_vain(void *daemon)
{
	(void)daemon;
	timer.due = hand_back;
	service_hand_back_timer(service, &timer);
}

static bool never(void *daemon)
{
	(void)daemon;
	return false;
}

static void terminate_again(void *daemon)
{
	(void)daemon;
	kill(getpid(), SIGTERM);
}

static void *start_in_vain(struct service *started)
{
	(void)started;
	return NULL;
}

static void fail(struct loop_timer *due)
{
	(void)due;
	service_fail(service, "no more of this");
}

static void *start_to_fail(struct service *started)
{
	start(started);
	timer.due = fail;
	return started;
}

/* Runs service_main in a child; its exit status, and 'output'. */
static int run(const struct service_shape *shape, const char *argument)
{
	char name[] = "sipgw", given[64];
	char *argv[] = {name, given, NULL};
	int line[2], status = 0;
	size_t length = 0;
	ssize_t got;
	CHECK(pipe(line) == 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(line[1], STDERR_FILENO);
		dup2(line[1], STDOUT_FILENO);
		close(line[0]);
		close(line[1]);
		log_divert(NULL);
		str_copy(given, sizeof(given), argument);
		exit(service_main(shape, argument ? 2 : 1, argv));
	}
	close(line[1]);
	while ((got = read(line[0], output + length,
			   sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	close(line[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A daemon, and nothing around it; a test changes what it is about. */
static struct service_shape begin(void)
{
	fake_bus_reset();
	clearenv();
	setenv("VOXBUS_ACCOUNT_SID", "AC1", 1);
	setenv("VOXBUS_ADMIN_PORT", "0", 1);
	return (struct service_shape){.name = "sipgw",
				      .prefix = "gw",
				      .who = WHO_SIPGW,
				      .admin_port = 9103,
				      .does = "does nothing",
				      .start = start,
				      .stop = stop};
}

static void said(const char *words)
{
	if (!CHECK(strstr(output, words) != NULL))
		CHECK_TEXT(output, words);
}

static void said_in_order(const char *first, const char *second)
{
	const char *one = strstr(output, first);
	const char *two = one ? strstr(one, second) : NULL;
	if (!CHECK(one && two))
		CHECK_TEXT(output, second);
}

TEST(a_daemon_starts_named_says_hello_and_ends_nameless)
{
	struct service_shape shape = begin();
	CHECK_INT(run(&shape, NULL), 0);
	said("start: named hello=0 draining=0 refuses=nothing");
	said("up: named hello=1 draining=0 refuses=nothing");
	said("stop: nameless hello=0 draining=0 refuses=draining");
	said_in_order("ready: sipgw/gw0", "stopped");
}

TEST(a_daemon_with_work_leaves_once_it_is_drained)
{
	struct service_shape shape = begin();
	shape.drain = drain;
	shape.drained = drained;
	CHECK_INT(run(&shape, NULL), 0);
	said("drained: named hello=1 draining=1 refuses=draining");
	said_in_order("drained: ", "stop: nameless");
	CHECK(strstr(output, "not drained") == NULL);
}

TEST(a_daemon_that_is_never_drained_leaves_after_its_time)
{
	struct service_shape shape = begin();
	setenv("VOXBUS_DRAIN_SECONDS", "0", 1);
	shape.drained = never;
	CHECK_INT(run(&shape, NULL), 0);
	said_in_order("not drained after 0 s (VOXBUS_DRAIN_SECONDS)", "stop: ");
}

TEST(a_daemon_may_hand_back_its_work_before_its_time_is_over)
{
	struct service_shape shape = begin();
	setenv("VOXBUS_DRAIN_SECONDS", "1", 1);
	shape.drain = drain_in_vain;
	shape.drained = never;
	CHECK_INT(run(&shape, NULL), 0);
	said_in_order("draining", "handed back: ");
	said_in_order("handed back: ", "not drained after 1 s");
}

TEST(a_second_sigterm_ends_the_draining_at_once)
{
	struct service_shape shape = begin();
	setenv("VOXBUS_DRAIN_SECONDS", "3600", 1);
	shape.drain = terminate_again;
	shape.drained = never;
	CHECK_INT(run(&shape, NULL), 0);
	said_in_order("draining", "stop: ");
}

TEST(a_start_that_fails_ends_the_process_with_1)
{
	struct service_shape shape = begin();
	shape.start = start_in_vain;
	CHECK_INT(run(&shape, NULL), 1);
	said("the start failed");
	CHECK(strstr(output, "stop: ") == NULL);
}

TEST(a_fault_that_only_a_restart_mends_keeps_the_name_and_ends_with_1)
{
	struct service_shape shape = begin();
	shape.start = start_to_fail;
	CHECK_INT(run(&shape, NULL), 1);
	said_in_order("no more of this", "stop: named hello=1");
}

TEST(new_calls_are_refused_while_the_bus_is_away_for_more_than_two_seconds)
{
	struct service_shape shape = begin();
	fake.away_ms = 2000;
	CHECK_INT(run(&shape, NULL), 0);
	said("up: named hello=1 draining=0 refuses=nothing");
	fake.away_ms = 2001;
	CHECK_INT(run(&shape, NULL), 0);
	said("up: named hello=1 draining=0 refuses=nats-server is away");
}

TEST(new_calls_are_refused_once_the_record_is_at_90_percent)
{
	struct service_shape shape = begin();
	fake.answer = "{\"config\":{\"max_bytes\":1000000},"
		      "\"state\":{\"messages\":7,\"bytes\":890000}}";
	CHECK_INT(run(&shape, NULL), 0);
	said("up: named hello=1 draining=0 refuses=nothing");
	fake.answer = "{\"config\":{\"max_bytes\":1000000},"
		      "\"state\":{\"messages\":7,\"bytes\":900200}}";
	CHECK_INT(run(&shape, NULL), 0);
	said("up: named hello=1 draining=0 refuses=the record is nearly full");
	said("raise VOXBUS_RECORD_MB");
}

TEST(a_wrong_setting_or_argument_ends_with_2_and_one_line)
{
	struct service_shape shape = begin();
	setenv("VOXBUS_SIP_PORT", "x", 1);
	CHECK_INT(run(&shape, NULL), 2);
	said("sipgw: VOXBUS_SIP_PORT=\"x\" is wrong");
	CHECK(strchr(output, '\n') == output + strlen(output) - 1);
	begin();
	CHECK_INT(run(&shape, "--frobnicate"), 2);
	said("\"--frobnicate\" is no argument");
}

TEST(help_and_version_are_printed_without_a_start)
{
	struct service_shape shape = begin();
	CHECK_INT(run(&shape, "--help"), 0);
	said("sipgw - does nothing");
	said("VOXBUS_ADMIN_PORT (default 9103)");
	CHECK_INT(run(&shape, "--version"), 0);
	CHECK_TEXT(output, "sipgw " VOXBUS_VERSION "\n");
}

TEST_MAIN()
