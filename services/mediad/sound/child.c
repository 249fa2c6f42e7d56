/*
 * child.c - posix_spawn, pipes and a pidfd upon the loop; see child.h.
 */
#include "services/mediad/sound/child.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)
#define READS_A_TURN 8
#define CPU_SECONDS 60
#define MEMORY_BYTES (1024LL * 1024 * 1024)

struct child {
	struct loop *loop;
	struct child_shape shape; /* its argv is gone once it has started */
	char name[64];
	pid_t pid; /* 0: never was, or was waited for */
	struct loop_watch ended, output, words;
	struct loop_timer late; /* or, for one never started, soon */
	int file;
	int64_t bytes;
	bool started;
	char text[CHILD_TEXT_BYTES];
	size_t text_length;
	bool judged; /* 'text' is our own verdict */
};

int child_file(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC);
}

static void close_watch(struct loop_watch *watch)
{
	loop_watch_stop(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

static void judge(struct child *child, const char *text)
{
	if (child->judged)
		return;
	child->judged = true;
	str_copy(child->text, sizeof(child->text), text);
}

static void kill_all(const struct child *child)
{
	if (child->pid)
		kill(-child->pid, SIGKILL);
}

static void child_free(struct child *child)
{
	siginfo_t about;

	kill_all(child);
	if (child->pid)
		waitid(P_PIDFD, (id_t)child->ended.fd, &about, WEXITED);
	loop_timer_stop(child->loop, &child->late);
	close_watch(&child->ended);
	close_watch(&child->output);
	close_watch(&child->words);
	if (child->file >= 0)
		close(child->file);
	free(child);
}

/* --- its end --- */

static void tell(struct child *child)
{
	struct child_end end = {.good = !child->judged && !child->text_length,
				.text = child->text,
				.file = -1,
				.bytes = child->bytes};

	if (end.good && child->file >= 0) {
		end.file = child->file;
		child->file = -1;
		(void)lseek(end.file, 0, SEEK_SET);
	}
	child->shape.done(child->shape.owner, &end);
	child_free(child);
}

/* Words of a program that died say less than how it died. */
static void judge_status(struct child *child, const siginfo_t *about)
{
	char text[CHILD_TEXT_BYTES];

	if (about->si_code == CLD_EXITED && about->si_status == 0) {
		if (!child->judged)
			child->text_length = 0; /* chatter */
		return;
	}
	if (about->si_code == CLD_EXITED)
		str_format(text, sizeof(text), "%.120s ended with %d%s%.100s",
			   child->name, about->si_status,
			   child->text_length ? ": " : "", child->text);
	else
		str_format(text, sizeof(text), "%.120s died of signal %d",
			   child->name, about->si_status);
	judge(child, text);
}

static bool read_output(struct child *child);

static void judge_file(struct child *child)
{
	if (child->file < 0)
		return;
	child->bytes = lseek(child->file, 0, SEEK_END);
	if (child->bytes > child->shape.bytes_max)
		judge(child, "it wrote too much");
}

static void read_words(struct child *child)
{
	char bytes[512];
	ssize_t size;

	while (child->words.fd >= 0 &&
	       (size = read(child->words.fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < size && !child->judged; i++)
			if (child->text_length < sizeof(child->text) - 1)
				child->text[child->text_length++] =
					isprint((unsigned char)bytes[i])
						? bytes[i]
						: ' ';
}

static void on_ended(struct loop_watch *watch, uint32_t events)
{
	struct child *child = watch->owner;
	siginfo_t about = {0};

	(void)events;
	kill_all(child); /* whatever it left behind */
	if (waitid(P_PIDFD, (id_t)watch->fd, &about, WEXITED) < 0)
		return;
	child->pid = 0;
	while (child->output.fd >= 0 && read_output(child))
		;
	read_words(child);
	judge_file(child);
	judge_status(child, &about);
	tell(child);
}

/* --- what it writes --- */

/* False: there is nothing more now. */
static bool read_output(struct child *child)
{
	static char bytes[READ_BYTES];
	ssize_t size = read(child->output.fd, bytes, sizeof(bytes));

	if (size <= 0) {
		if (size == 0 || errno != EAGAIN)
			close_watch(&child->output);
		return false;
	}
	child->bytes += size;
	if (child->bytes > child->shape.bytes_max)
		judge(child, "it wrote too much");
	else if (!child->judged &&
		 !child->shape.output(child->shape.owner, bytes, (size_t)size))
		judge(child, "no more of it was wanted");
	if (child->judged)
		kill_all(child);
	return true;
}

static void on_output(struct loop_watch *watch, uint32_t events)
{
	struct child *child = watch->owner;

	(void)events;
	for (int i = 0; i < READS_A_TURN && child->output.fd >= 0; i++)
		if (!read_output(child))
			break;
}

static void on_words(struct loop_watch *watch, uint32_t events)
{
	struct child *child = watch->owner;

	read_words(child);
	if (events & (EPOLLHUP | EPOLLERR))
		close_watch(watch);
}

static void on_late(struct loop_timer *timer)
{
	struct child *child = timer->owner;

	if (!child->started) {
		tell(child);
		return;
	}
	judge(child, "it took too long");
	kill_all(child);
}

/* --- its beginning --- */

/* Ends of what is written: ours to read, theirs. */
struct ends {
	int out[2], err[2], nothing;
};

static bool open_ends(struct child *child, struct ends *ends)
{
	*ends = (struct ends){{-1, -1}, {-1, -1}, -1};
	ends->nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (child->shape.collect)
		child->file = ends->out[1] = child_file("said");
	else if (pipe2(ends->out, O_CLOEXEC))
		return false;
	return ends->nothing >= 0 && ends->out[1] >= 0 &&
	       pipe2(ends->err, O_CLOEXEC) == 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void limit(pid_t pid, const struct child_shape *shape)
{
	const struct {
		int what;
		rlim_t most;
	} rows[] = {
		{RLIMIT_CPU, CPU_SECONDS},
		{RLIMIT_CORE, 0},
		{RLIMIT_FSIZE, (rlim_t)shape->bytes_max + 1},
#if !defined(__SANITIZE_ADDRESS__)
		{RLIMIT_AS, MEMORY_BYTES},
#endif
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		prlimit(pid, (__rlimit_resource_t)rows[i].what,
			&(struct rlimit){rows[i].most, rows[i].most}, NULL);
}

static char *variable(const char *name, char *to, size_t size)
{
	const char *value = getenv(name);

	if (!value || !str_format(to, size, "%s=%s", name, value))
		return NULL;
	return to;
}

static int spawn(struct child *child, const struct ends *ends)
{
	static char lang[] = "LANG=C.UTF-8";
	char path[4096], home[4096];
	char *environment[] = {lang, variable("PATH", path, sizeof(path)),
			       variable("HOME", home, sizeof(home)), NULL};
	int input =
		child->shape.input >= 0 ? child->shape.input : ends->nothing;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int error;

	if (!environment[1]) {
		environment[1] = environment[2];
		environment[2] = NULL;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
					       POSIX_SPAWN_SETSIGDEF |
					       POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, 0);
	posix_spawn_file_actions_adddup2(&files, ends->out[1], 1);
	posix_spawn_file_actions_adddup2(&files, ends->err[1], 2);
	error = posix_spawnp(&child->pid, child->shape.argv[0], &files, &how,
			     (char *const *)(uintptr_t)child->shape.argv,
			     environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	if (error)
		child->pid = 0;
	return error;
}

static void watch(struct child *child, struct loop_watch *watch, int fd,
		  loop_watch_fn *ready)
{
	watch->fd = fd;
	watch->ready = ready;
	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	loop_watch_start(child->loop, watch, EPOLLIN);
}

static bool begin(struct child *child, struct ends *ends)
{
	int error, fd;

	if (!open_ends(child, ends)) {
		judge(child, strerror(errno));
		return false;
	}
	error = spawn(child, ends);
	if (error) {
		char text[CHILD_TEXT_BYTES];

		str_format(text, sizeof(text), "%.120s cannot be started: %s",
			   child->name, strerror(error));
		judge(child, text);
		return false;
	}
	limit(child->pid, &child->shape);
	fd = pidfd_open(child->pid, 0);
	if (fd < 0) {
		judge(child, strerror(errno));
		return false;
	}
	watch(child, &child->ended, fd, on_ended);
	watch(child, &child->output, ends->out[0], on_output);
	watch(child, &child->words, ends->err[0], on_words);
	ends->out[0] = ends->err[0] = -1;
	return true;
}

struct child *child_start(struct loop *loop, const struct child_shape *shape)
{
	struct child *child = mem_new(1, sizeof(*child));
	struct ends ends;

	child->loop = loop;
	child->shape = *shape;
	child->file = -1;
	if (!str_copy(child->name, sizeof(child->name),
		      shape->called ? shape->called : shape->argv[0]))
		str_copy(child->name, sizeof(child->name), "the program");
	child->ended = child->output = child->words =
		(struct loop_watch){.fd = -1, .owner = child};
	child->late = (struct loop_timer){.due = on_late, .owner = child};
	child->started = begin(child, &ends);
	close_fd(ends.out[0]);
	if (!shape->collect)
		close_fd(ends.out[1]);
	close_fd(ends.err[0]);
	close_fd(ends.err[1]);
	close_fd(ends.nothing);
	loop_timer_start(loop, &child->late,
			 child->started ? shape->timeout_ms : 0);
	return child;
}

struct child *child_cancel(struct child *child)
{
	if (child)
		child_free(child);
	return NULL;
}
