/*
 * spawn.c - starts a child of voxctl up; see spawn.h.
 */
#include "tools/voxctl/spawn.h"

#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SPAWN_NOT_STARTED 127

static void run(const struct spawn *spawn, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);
	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(SPAWN_NOT_STARTED); /* voxctl died meanwhile */
	if (spawn->timer_slack_ns)
		prctl(PR_SET_TIMERSLACK, spawn->timer_slack_ns);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	for (int i = 0; i < SPAWN_VARIABLES_MAX && spawn->variables[i].name;
	     i++)
		setenv(spawn->variables[i].name, spawn->variables[i].value, 1);
	execv(spawn->path, (char *const *)(uintptr_t)spawn->argv);
	_exit(SPAWN_NOT_STARTED);
}

int spawn_child(const struct spawn *spawn)
{
	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run(spawn, parent);
	return (int)pid;
}

bool spawn_beside(const char *name, char *path_out, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length <= 0)
		return false;
	self[length] = '\0';
	char *slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return str_format(path_out, size, "%s/%s", self, name) &&
	       access(path_out, X_OK) == 0;
}

bool spawn_find(const char *name, char *path_out, size_t size)
{
	const char *path = getenv("PATH");
	char folders[4096];
	if (!str_format(folders, sizeof(folders),
			"%s:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin",
			path ? path : ""))
		return false;
	char *rest = folders, *folder;
	while ((folder = strsep(&rest, ":")) != NULL)
		if (*folder &&
		    str_format(path_out, size, "%s/%s", folder, name) &&
		    access(path_out, X_OK) == 0)
			return true;
	return false;
}
