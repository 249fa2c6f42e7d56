/*
 * folder_test.c - folders are made, with those above them.
 */
#include "lib/base/folder.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(a_folder_is_made_with_those_above_it_and_may_be_there)
{
	char root[] = "/tmp/voxbus-folder-XXXXXX";
	char path[PATH_MAX], middle[PATH_MAX];
	struct stat found;
	CHECK(mkdtemp(root) != NULL);
	str_format(middle, sizeof(middle), "%s/a", root);
	str_format(path, sizeof(path), "%s/b", middle);
	CHECK(folder_make(path));
	CHECK(folder_make(path));
	CHECK(stat(path, &found) == 0 && S_ISDIR(found.st_mode));
	CHECK_INT(found.st_mode & 0777, 0700);
	rmdir(path);
	rmdir(middle);
	rmdir(root);
}

TEST(what_cannot_be_made_is_told)
{
	char path[2 * PATH_MAX];
	CHECK(!folder_make("/dev/null/below"));
	CHECK_INT(errno, ENOTDIR);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK(!folder_make(path));
	CHECK_INT(errno, ENAMETOOLONG);
}

TEST_MAIN()
