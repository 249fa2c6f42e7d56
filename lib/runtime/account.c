/*
 * account.c - the installation's first account; see account.h.
 *
 * The file is written under a name of its own and then linked to its place:
 * link() fails when another daemon was faster, and then that one's counts.
 */
#include "lib/runtime/account.h"

#include "lib/base/folder.h"
#include "lib/base/id.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool refuse(const char *path, const char *why, char *error_out)
{
	str_format(error_out, ACCOUNT_ERROR_BYTES, "%.300s: %s", path, why);
	return false;
}

/* The value of a line "name=value", or NULL. */
static const char *value_in(char *line, const char *name)
{
	size_t length = strlen(name);
	line[strcspn(line, "\r\n")] = '\0';
	if (!str_starts(line, name) || line[length] != '=')
		return NULL;
	return line + length + 1;
}

/* 0, a negative errno, or -EINVAL when something is missing in the file. */
static int read_file(const char *path, struct account *account)
{
	char line[256];
	FILE *file = fopen(path, "re");
	if (!file)
		return -errno;
	memset(account, 0, sizeof(*account));
	while (fgets(line, sizeof(line), file)) {
		const char *sid = value_in(line, "account_sid");
		const char *token = value_in(line, "auth_token");
		if (sid)
			str_copy(account->sid, sizeof(account->sid), sid);
		if (token)
			str_copy(account->token, sizeof(account->token), token);
	}
	fclose(file);
	return account->sid[0] && account->token[0] ? 0 : -EINVAL;
}

static int write_file(const char *path, const struct account *account)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	bool good = dprintf(fd, "account_sid=%s\nauth_token=%s\n", account->sid,
			    account->token) > 0 &&
		    fsync(fd) == 0;
	int error = good ? 0 : -errno;
	close(fd);
	return error;
}

/* Puts a new account at 'path', unless another daemon just did. */
static int make_file(const char *path)
{
	struct account account;
	char token[ID_BYTES], own[PATH_MAX], mark[ID_BYTES];
	id_random("AC", account.sid);
	id_random("AT", token);
	id_random("TM", mark);
	str_copy(account.token, sizeof(account.token), token + 2);
	if (!str_format(own, sizeof(own), "%s.%s", path, mark))
		return -ENAMETOOLONG;
	int error = write_file(own, &account);
	if (!error && link(own, path) && errno != EEXIST)
		error = -errno;
	unlink(own);
	return error;
}

bool account_load(const char *data_dir, struct account *account_out,
		  char *error_out)
{
	char path[PATH_MAX];
	if (!str_format(path, sizeof(path), "%s/account", data_dir))
		return refuse(data_dir, "the path is too long", error_out);
	if (!folder_make(data_dir))
		return refuse(data_dir, strerror(errno), error_out);
	int error = read_file(path, account_out);
	if (error == -ENOENT) {
		error = make_file(path);
		if (!error)
			error = read_file(path, account_out);
	}
	if (error == -EINVAL)
		return refuse(path,
			      "the file must have the lines account_sid=... "
			      "and auth_token=...",
			      error_out);
	return !error || refuse(path, strerror(-error), error_out);
}
