/*
 * up.c - voxctl up: nats-server and the six daemons as children of one process.
 *
 * Decisions are supervise.c's; here are the processes, the signals and the
 * questions whether somebody is ready. Once everything is, nothing is polled.
 */
#include "tools/voxctl/up.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "tools/voxctl/spawn.h"
#include "tools/voxctl/supervise.h"
#include "tools/voxctl/voxctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A message is larger than the kilobyte up to which glibc's malloc keeps freed
 * blocks at hand (docs/performance.md). */
#define TUNABLES "GLIBC_TUNABLES"
#define TUNED "glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=32"
/* A thread of Go's wakes every 20 us while anything runs, which is a tenth of
 * nats-server's time: its sleeps may last so much longer. */
#define NATS_SLACK_NS 250000
#define UP_ASK_MS 10           /* between two questions while starting */
#define UP_PATIENCE_MS 15000   /* then a line tells who is not ready */
#define UP_DRAIN_SECONDS_MAX 3 /* all must be over in 5 s */
#define UP_PORTS_TRIES 20      /* for ports of processes that still leave */
#define UP_PORTS_AGAIN_MS 100
#define UP_HTTP_ASK "GET /readyz HTTP/1.0\r\n\r\n"

struct up {
	struct up_plan plan;
	struct supervise supervise;
	struct loop *loop;
	struct loop_watch signals;
	struct loop_timer tick, ask, patience, ports;
	unsigned ports_tries;
	struct probe probe;
	struct supervise_child *nats; /* NULL: not ours */
	struct supervise_child *daemons[UP_DAEMONS];
	unsigned asking; /* the daemon that is asked next */
	char nats_config[PATH_MAX];
	char nats_path[PATH_MAX];
	char paths[UP_DAEMONS][PATH_MAX];
	int status;
};

static void ask_next(struct loop_timer *timer);
static void ask_again(struct up *up, int64_t wait_ms);

static void set_tick(struct up *up)
{
	int64_t wait = supervise_tick(&up->supervise, clock_mono_ms());
	if (up->supervise.state == SUPERVISE_DONE)
		loop_stop(up->loop);
	else if (wait >= 0)
		loop_timer_start(up->loop, &up->tick, wait);
}

static void on_tick(struct loop_timer *timer)
{
	set_tick(timer->owner);
}

/* --- what the supervisor asks for --- */

static int spawn_nats(const struct up *up)
{
	const char *const argv[] = {"nats-server", "-c", up->nats_config, NULL};
	return spawn_child(&(struct spawn){.path = up->nats_path,
					   .argv = argv,
					   .timer_slack_ns = NATS_SLACK_NS});
}

static int spawn_daemon(const struct up *up, unsigned number)
{
	const struct up_daemon *daemon = &up_daemons[number];
	const struct settings *settings = &up->plan.settings;
	const char *const argv[] = {daemon->name, NULL};
	const char *tunables = getenv(TUNABLES);
	char port[24], drain[24];
	int64_t seconds = settings->drain_seconds;
	if (seconds > UP_DRAIN_SECONDS_MAX)
		seconds = UP_DRAIN_SECONDS_MAX;
	str_format(port, sizeof(port), "%lld",
		   (long long)settings->admin_port + number);
	str_format(drain, sizeof(drain), "%lld", (long long)seconds);
	return spawn_child(&(struct spawn){
		.path = up->paths[number],
		.argv = argv,
		.variables = {{"VOXBUS_INSTANCE", daemon->instance},
			      {"VOXBUS_ADMIN_PORT", port},
			      {"VOXBUS_DRAIN_SECONDS", drain},
			      {"VOXBUS_DATA_DIR", up->plan.data_dir},
			      {TUNABLES, tunables ? tunables : TUNED}}});
}

static int on_spawn(void *owner, const struct supervise_child *child)
{
	struct up *up = owner;
	if (child == up->nats)
		return spawn_nats(up);
	for (unsigned i = 0; i < UP_DAEMONS; i++)
		if (child == up->daemons[i])
			return spawn_daemon(up, i);
	return -EINVAL;
}

static void on_signal_child(void *owner, const struct supervise_child *child,
			    int signal)
{
	(void)owner;
	if (signal == SIGKILL)
		log_warn(NULL, 0, "%s does not leave: killed", child->name);
	kill(child->pid, signal);
}

static void on_entered(void *owner, enum supervise_state state)
{
	struct up *up = owner;
	if (state == SUPERVISE_READY) {
		loop_timer_stop(up->loop, &up->patience);
		up_print_ready(&up->plan);
	}
	if (state == SUPERVISE_STOPPING) {
		probe_stop(&up->probe);
		loop_timer_stop(up->loop, &up->ask);
		loop_timer_stop(up->loop, &up->patience);
	}
}

static void how_it_died(int wait_status, char *to, size_t size)
{
	if (WIFSIGNALED(wait_status))
		str_format(to, size, "was killed by signal %d (%s)",
			   WTERMSIG(wait_status),
			   strsignal(WTERMSIG(wait_status)));
	else
		str_format(to, size, "left with status %d",
			   WEXITSTATUS(wait_status));
}

static void on_died(void *owner, const struct supervise_child *child,
		    int wait_status, int64_t pause_ms)
{
	const struct up *up = owner;
	char how[96];
	how_it_died(wait_status, how, sizeof(how));
	if (pause_ms < 0 && child == up->nats)
		voxctl_say("up",
			   "nats-server could not start (it %s): see "
			   "%s/nats-server.log",
			   how, up->plan.data_dir);
	else if (pause_ms < 0)
		voxctl_say(
			"up",
			"%s could not start (it %s): its own lines above say "
			"why",
			child->name, how);
	else
		log_warn(NULL, 0, "%s %s; starts again in %lld ms", child->name,
			 how, (long long)pause_ms);
}

static const struct supervise_ops ops = {on_spawn, on_signal_child, on_entered,
					 on_died};

/* --- signals --- */

static void reap(struct up *up)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		supervise_died(&up->supervise, (int)pid, status,
			       clock_mono_ms());
	set_tick(up);
}

static void on_signal(struct loop_watch *watch, uint32_t events)
{
	struct up *up = watch->owner;
	struct signalfd_siginfo info;
	(void)events;
	while (read(watch->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(up);
			continue;
		}
		supervise_stop(&up->supervise, clock_mono_ms());
		set_tick(up);
	}
}

static bool watch_signals(struct up *up)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	up->signals =
		(struct loop_watch){.fd = fd, .ready = on_signal, .owner = up};
	if (fd < 0) {
		voxctl_say("up", "signals: %s", strerror(errno));
		return false;
	}
	loop_watch_start(up->loop, &up->signals, EPOLLIN);
	return true;
}

/* --- who is ready --- */

static void on_daemon_answer(void *owner, struct probe *probe, const char *line)
{
	struct up *up = owner;
	(void)probe;
	bool ready = line && strstr(line, " 200");
	if (ready)
		supervise_ready(&up->supervise, up->daemons[up->asking++]);
	ask_again(up, ready ? 0 : UP_ASK_MS);
}

static void on_bus_answer(void *owner, struct probe *probe, const char *line)
{
	struct up *up = owner;
	(void)probe;
	if (natsd_judge(line) == NATSD_JETSTREAM)
		supervise_bus_ready(&up->supervise, clock_mono_ms());
	ask_again(up, UP_ASK_MS);
}

/*
 * One question after the other: the bus, each daemon at its own admin port, and
 * apid, the last, at the API's port, where it speaks for the whole platform.
 */
static void ask_next(struct loop_timer *timer)
{
	struct up *up = timer->owner;
	up->probe.owner = up;
	if (up->supervise.state == SUPERVISE_BUS) {
		up->probe.say = NULL;
		up->probe.answered = on_bus_answer;
		probe_start(&up->probe, up->loop, &up->plan.nats);
		return;
	}
	up->probe.say = UP_HTTP_ASK;
	up->probe.answered = on_daemon_answer;
	probe_start(&up->probe, up->loop,
		    up->asking == UP_DAEMONS - 1 ? &up->plan.api
						 : &up->plan.admin[up->asking]);
}

static void ask_again(struct up *up, int64_t wait_ms)
{
	if (up->supervise.state < SUPERVISE_READY)
		loop_timer_start(up->loop, &up->ask, wait_ms);
}

static void on_patience(struct loop_timer *timer)
{
	struct up *up = timer->owner;
	if (up->supervise.state == SUPERVISE_BUS)
		log_warn(NULL, 0, "nats-server does not answer yet");
	else
		log_warn(NULL, 0, "%s is not ready yet; ask http://%s:%lld%s",
			 up_daemons[up->asking].name,
			 up->plan.settings.admin_host,
			 (long long)up->plan.settings.admin_port + up->asking,
			 "/readyz");
	loop_timer_start(up->loop, &up->patience, UP_PATIENCE_MS);
}

/* --- the start --- */

/* Whether the address is this machine's: a server can listen there. */
static bool is_ours(const struct probe_address *address)
{
	struct sockaddr_storage any_port = address->address;
	if (any_port.ss_family == AF_INET)
		((struct sockaddr_in *)&any_port)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&any_port)->sin6_port = 0;
	int fd = socket(any_port.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = fd >= 0 &&
		     bind(fd, (const void *)&any_port, address->size) == 0;
	if (fd >= 0)
		close(fd);
	return bound;
}

static bool plan_nats(struct up *up)
{
	if (!is_ours(&up->plan.nats)) {
		voxctl_say("up",
			   "nobody answers at VOXBUS_NATS_URL=\"nats://%s:%d\""
			   ", and that is not this machine: start nats-server "
			   "there, or set VOXBUS_NATS_URL to another",
			   up->plan.place.host, up->plan.place.port);
		return false;
	}
	if (!spawn_find("nats-server", up->nats_path, sizeof(up->nats_path))) {
		voxctl_say("up", "nats-server is not installed: apt-get "
				 "install nats-server, or set VOXBUS_NATS_URL "
				 "to one that runs");
		return false;
	}
	if (!up_write_nats_config(&up->plan, up->nats_config))
		return false;
	up->nats = supervise_add(&up->supervise, "nats-server", true);
	return true;
}

static bool find_daemons(struct up *up)
{
	for (unsigned i = 0; i < UP_DAEMONS; i++) {
		if (!spawn_beside(up_daemons[i].name, up->paths[i],
				  sizeof(up->paths[i]))) {
			voxctl_say("up",
				   "%s is not beside voxctl: build it with "
				   "make",
				   up_daemons[i].name);
			return false;
		}
	}
	return true;
}

static void begin(struct up *up)
{
	for (unsigned i = 0; i < UP_DAEMONS; i++)
		up->daemons[i] = supervise_add(&up->supervise,
					       up_daemons[i].name, false);
	supervise_start(&up->supervise, clock_mono_ms());
	loop_timer_start(up->loop, &up->patience, UP_PATIENCE_MS);
	ask_again(up, UP_ASK_MS);
	set_tick(up);
}

static void give_up(struct up *up, int status)
{
	up->status = status;
	loop_stop(up->loop);
}

/* The first answer from VOXBUS_NATS_URL decides whose server it will be. */
static void on_first_answer(void *owner, struct probe *probe, const char *line)
{
	struct up *up = owner;
	const struct natsd_place *place = &up->plan.place;
	enum natsd_answer answer = natsd_judge(line);
	if (answer == NATSD_NOBODY && probe->connected)
		answer = NATSD_STRANGER; /* it listens, and says nothing */
	switch (answer) {
	case NATSD_JETSTREAM: begin(up); return;
	case NATSD_NOBODY:
		if (plan_nats(up))
			begin(up);
		else
			give_up(up, VOXCTL_AWAY);
		return;
	case NATSD_NO_JETSTREAM:
		voxctl_say("up",
			   "the nats-server at %s:%d runs without JetStream: "
			   "start it with -js",
			   place->host, place->port);
		break;
	case NATSD_STRANGER:
		voxctl_say("up",
			   "what listens at %s:%d is no nats-server: set "
			   "VOXBUS_NATS_URL to another port",
			   place->host, place->port);
		break;
	}
	give_up(up, VOXCTL_AWAY);
}

static void look_for_bus(struct up *up)
{
	if (up->plan.place_wrong[0])
		begin(up); /* a URL that voxctl cannot start a server for */
	else
		probe_start(&up->probe, up->loop, &up->plan.nats);
}

/* Nothing is started before the ports are free. */
static void try_ports(struct loop_timer *timer)
{
	struct up *up = timer->owner;
	char why[UP_WHY_BYTES];
	enum up_port answer = up_try_ports(&up->plan.settings, why);
	if (answer == UP_PORT_FREE) {
		look_for_bus(up);
	} else if (answer == UP_PORT_TAKEN &&
		   ++up->ports_tries < UP_PORTS_TRIES) {
		loop_timer_start(up->loop, timer, UP_PORTS_AGAIN_MS);
	} else {
		voxctl_say("up", "%s", why);
		give_up(up, VOXCTL_USAGE);
	}
}

static void run(struct up *up)
{
	up->ports = (struct loop_timer){.due = try_ports, .owner = up};
	up->tick = (struct loop_timer){.due = on_tick, .owner = up};
	up->ask = (struct loop_timer){.due = ask_next, .owner = up};
	up->patience = (struct loop_timer){.due = on_patience, .owner = up};
	up->probe = (struct probe){.answered = on_first_answer, .owner = up};
	up->probe.watch.fd = -1;
	loop_timer_start(up->loop, &up->ports, 0);
	loop_run(up->loop);
}

int up_command(int argc, char **argv)
{
	static struct up up;
	(void)argv;
	if (argc > 1)
		return voxctl_usage("up", "it takes no argument; settings are "
					  "VOXBUS_* variables");
	up.status = up_prepare(&up.plan);
	if (up.status)
		return up.status;
	supervise_init(&up.supervise, &ops, &up);
	up.loop = loop_new();
	if (!find_daemons(&up) || !watch_signals(&up))
		up.status = VOXCTL_USAGE;
	else
		run(&up);
	probe_stop(&up.probe);
	loop_free(up.loop);
	return up.supervise.failed ? VOXCTL_USAGE : up.status;
}
