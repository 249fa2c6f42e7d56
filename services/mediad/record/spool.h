/*
 * spool.h - where recordings lie on the disk, and whether there is room.
 *
 * Contract: a folder below VOXBUS_DATA_DIR. A recording that goes on is
 * <RecordingSid>.wav.part, and <RecordingSid>.wav once it is over. Names are
 * checked: nothing outside of the folder can be named. Blocking calls: a
 * thread of the disk's, or a daemon's start.
 */
#pragma once

#include "services/mediad/record/wav.h"

#include <stdbool.h>
#include <stddef.h>

#define SPOOL_PATH_BYTES 512
#define SPOOL_SID_BYTES 35

/* RE and 32 hex digits. */
bool spool_is_sid(const char *sid);
/* False: the path does not fit. */
bool spool_path(const char *folder, const char *sid, bool part, char *path_out);
/* Makes the folder. False: errno. */
bool spool_make(const char *folder);
/* Whether somebody began it and did not end it. */
bool spool_has_part(const char *folder, const char *sid);
/*
 * Opens a recording to be written: a new one, or one that a process before us
 * left, whose head and length are mended; then 'wav' is what is in it. -1:
 * errno.
 */
int spool_open(const char *folder, const char *sid, struct wav *wav);
/* It is over: on disk, and under its name. False: errno. */
bool spool_keep(const char *folder, const char *sid, int fd);
/* It is not wanted. */
void spool_drop(const char *folder, const char *sid);
/* A finished recording to be read, and its head's words. -1: errno. */
int spool_read(const char *folder, const char *sid, struct wav *wav_out);
/* One twentieth of the disk, or 1 GB, is left to others. */
bool spool_has_room(int fd);
