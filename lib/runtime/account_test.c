/*
 * account_test.c - one account an installation, however many start at once.
 */
#include "lib/runtime/account.h"

#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STARTERS 12

static char folder[] = "/tmp/voxbus-account-XXXXXX";
static char data_dir[PATH_MAX], file[PATH_MAX], error[ACCOUNT_ERROR_BYTES];

static void start(void)
{
	str_copy(folder, sizeof(folder), "/tmp/voxbus-account-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	str_format(data_dir, sizeof(data_dir), "%s/a/b", folder);
	str_format(file, sizeof(file), "%s/account", data_dir);
	error[0] = '\0';
}

static void end(void)
{
	char above[PATH_MAX];
	str_format(above, sizeof(above), "%s/a", folder);
	unlink(file);
	rmdir(data_dir);
	rmdir(above);
	CHECK(rmdir(folder) == 0);
}

TEST(an_account_is_made_once_and_read_ever_after)
{
	struct account first, again;
	struct stat info;
	start();
	CHECK(account_load(data_dir, &first, error));
	CHECK(id_is("AC", first.sid));
	CHECK_INT(strlen(first.token), 32);
	CHECK(account_load(data_dir, &again, error));
	CHECK_TEXT(again.sid, first.sid);
	CHECK_TEXT(again.token, first.token);
	CHECK(stat(file, &info) == 0 && (info.st_mode & 0777) == 0600);
	end();
}

TEST(daemons_that_start_at_once_agree_on_one_account)
{
	int line[2];
	char tokens[STARTERS][33];
	start();
	CHECK(pipe(line) == 0);
	for (int i = 0; i < STARTERS; i++) {
		struct account account;
		if (fork())
			continue;
		bool good = account_load(data_dir, &account, error) &&
			    write(line[1], account.token, 33) == 33;
		_exit(!good);
	}
	for (int i = 0; i < STARTERS; i++) {
		int status;
		wait(&status);
		CHECK(status == 0);
		CHECK(read(line[0], tokens[i], 33) == 33);
		CHECK_TEXT(tokens[i], tokens[0]);
	}
	close(line[0]);
	close(line[1]);
	end(); /* nothing but the one file was left, or the folder would stay */
}

static void refused(const char *text, const char *why)
{
	struct account account;
	struct stat info;
	start();
	CHECK(account_load(data_dir, &account, error));
	FILE *out = fopen(file, "w");
	fputs(text, out);
	fclose(out);
	CHECK(!account_load(data_dir, &account, error));
	CHECK(strstr(error, why) != NULL);
	CHECK(strstr(error, file) == error);
	CHECK(stat(file, &info) == 0); /* left for people to look at */
	end();
}

TEST(a_file_without_one_of_the_two_is_refused_and_left_alone)
{
	refused("account_sid=AC1\n", "account_sid=... and auth_token=...");
	refused("", "account_sid=... and auth_token=...");
}

TEST(a_folder_that_cannot_be_made_is_named)
{
	struct account account;
	CHECK(!account_load("/proc/none/data", &account, error));
	CHECK(strstr(error, "/proc/none/data: ") == error);
}

TEST_MAIN()
