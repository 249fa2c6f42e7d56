/*
 * folder.c - mkdir -p; see folder.h.
 */
#include "lib/base/folder.h"

#include "lib/base/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

bool folder_make(const char *path)
{
	char part[PATH_MAX];
	if (!str_copy(part, sizeof(part), path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(part, 0700) == 0 || errno == EEXIST;
}
