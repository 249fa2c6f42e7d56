/*
 * claim_process.c - which process holds a claim, and whether it still lives.
 *
 * A pid says nothing by itself: it is taken together with the machine's boot
 * id, the pid name space and the host name, and with the process's start time,
 * since pids come again.
 */
#include "lib/runtime/claim.h"

#include "lib/base/str.h"
#include "proto/proto.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAT_STATE 3 /* fields of /proc/<pid>/stat, from 1 */
#define STAT_STARTED 22

/* Reads a small file of /proc; "" if there is none. */
static void read_small(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, to, size - 1);
	if (fd >= 0)
		close(fd);
	to[length > 0 ? length : 0] = '\0';
	to[strcspn(to, "\n")] = '\0';
}

/* False if there is no such process. The name in field 2 may hold anything. */
static bool process_stat(int64_t pid, char *state_out, int64_t *started_out)
{
	char path[64], text[1024];
	str_format(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	read_small(path, text, sizeof(text));
	char *field = strrchr(text, ')');
	if (!field || field[1] != ' ')
		return false;
	field += 2;
	*state_out = *field;
	for (int i = STAT_STATE; i < STAT_STARTED && field; i++) {
		field = strchr(field, ' ');
		field += field != NULL;
	}
	if (!field)
		return false;
	field[strcspn(field, " ")] = '\0';
	return str_number(field, 0, INT64_MAX, started_out);
}

static void host_of_this(char *to, size_t size)
{
	char boot[64], name_space[64] = "", name[128] = "";
	read_small("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	ssize_t length = readlink("/proc/self/ns/pid", name_space,
				  sizeof(name_space) - 1);
	name_space[length > 0 ? length : 0] = '\0';
	if (gethostname(name, sizeof(name) - 1))
		name[0] = '\0';
	if (!str_format(to, size, "%.100s %.48s %.48s", name, boot, name_space))
		str_copy(to, size, "unknown");
}

void claim_myself(struct instance *record_out)
{
	char state;
	memset(record_out, 0, sizeof(*record_out));
	host_of_this(record_out->host, sizeof(record_out->host));
	record_out->pid = getpid();
	process_stat(record_out->pid, &state, &record_out->pid_started);
}

bool claim_holder_is_dead(const struct instance *record)
{
	struct instance here;
	char state;
	int64_t started;
	claim_myself(&here);
	if (!str_equal(here.host, record->host))
		return false;
	if (kill((pid_t)record->pid, 0) && errno == ESRCH)
		return true;
	if (!process_stat(record->pid, &state, &started))
		return false; /* hidden from us: somebody's, so it lives */
	bool ended = state == 'Z' || state == 'X';
	return ended || started != record->pid_started;
}
