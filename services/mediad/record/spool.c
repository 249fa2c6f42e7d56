/*
 * spool.c - see spool.h.
 */
#include "services/mediad/record/spool.h"

#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEADROOM_BYTES (1000ull * 1000 * 1000)
#define HEADROOM_PART 20

bool spool_is_sid(const char *sid)
{
	return strlen(sid) == SPOOL_SID_BYTES - 1 &&
	       strncmp(sid, "RE", 2) == 0 &&
	       strspn(sid + 2, "0123456789abcdef") == SPOOL_SID_BYTES - 3;
}

bool spool_path(const char *folder, const char *sid, bool part, char *path_out)
{
	int length = snprintf(path_out, SPOOL_PATH_BYTES, "%s/%s.wav%s", folder,
			      sid, part ? ".part" : "");

	return spool_is_sid(sid) && length > 0 && length < SPOOL_PATH_BYTES;
}

bool spool_make(const char *folder)
{
	return mkdir(folder, 0750) == 0 || errno == EEXIST;
}

/* What a writer that died has left: all of its sound, and a head that tells of
 * less. */
static bool mend(int fd, struct wav *wav)
{
	uint8_t head[WAV_HEAD_BYTES];
	uint32_t frame;
	struct wav found;
	struct stat file;

	if (fstat(fd, &file) ||
	    pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    !wav_look(head, sizeof(head), &found))
		return false;
	frame = found.channels * (uint32_t)WAV_SAMPLE_BYTES;
	if (file.st_size - WAV_HEAD_BYTES > (off_t)WAV_SOUND_MAX)
		return false;
	found.sound = (uint32_t)(file.st_size - WAV_HEAD_BYTES);
	found.sound -= found.sound % frame;
	*wav = found;
	return true;
}

bool spool_has_part(const char *folder, const char *sid)
{
	char path[SPOOL_PATH_BYTES];

	return spool_path(folder, sid, true, path) && access(path, F_OK) == 0;
}

int spool_open(const char *folder, const char *sid, struct wav *wav)
{
	uint8_t head[WAV_HEAD_BYTES];
	char path[SPOOL_PATH_BYTES];
	int fd;

	if (!spool_path(folder, sid, true, path)) {
		errno = EINVAL;
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -1;
	if (!mend(fd, wav))
		wav->sound = 0;
	wav_head(wav, head);
	if (ftruncate(fd, WAV_HEAD_BYTES + (off_t)wav->sound) ||
	    pwrite(fd, head, sizeof(head), 0) != sizeof(head)) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

bool spool_keep(const char *folder, const char *sid, int fd)
{
	char from[SPOOL_PATH_BYTES], to[SPOOL_PATH_BYTES];

	return spool_path(folder, sid, true, from) &&
	       spool_path(folder, sid, false, to) && fdatasync(fd) == 0 &&
	       rename(from, to) == 0;
}

void spool_drop(const char *folder, const char *sid)
{
	char path[SPOOL_PATH_BYTES];

	if (spool_path(folder, sid, true, path))
		unlink(path);
}

int spool_read(const char *folder, const char *sid, struct wav *wav_out)
{
	uint8_t head[WAV_HEAD_BYTES];
	char path[SPOOL_PATH_BYTES];
	int fd;

	if (!spool_path(folder, sid, false, path)) {
		errno = EINVAL;
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    !wav_look(head, sizeof(head), wav_out)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

bool spool_has_room(int fd)
{
	struct statvfs disk;
	uint64_t free_bytes, reserve;

	if (fstatvfs(fd, &disk))
		return true;
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	reserve = (uint64_t)disk.f_blocks * disk.f_frsize / HEADROOM_PART;
	if (reserve > HEADROOM_BYTES)
		reserve = HEADROOM_BYTES;
	return free_bytes > reserve;
}
