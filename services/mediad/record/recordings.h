/*
 * recordings.h - the recordings of one worker's calls: commands in, outcomes
 * out.
 *
 * Contract: a recording is named by its RecordingSid; a command that comes
 * again is answered with what is so now. Outcomes are said to the call's
 * interpreter: recording_done when nothing more is written, recording_stored
 * when the file is where it stays. What is over is remembered for
 * RECORDINGS_REMEMBER_MS, and found in the spool after that, or after a crash.
 * The worker's thread.
 */
#pragma once

#include "proto/proto.h"

#define RECORDINGS_REMEMBER_MS (10 * 60 * 1000)

struct media;
struct recordings;
struct settings;

/* Where recordings lie; 'path_out' has SPOOL_PATH_BYTES. */
void recordings_folder(const struct settings *settings, char *path_out);

/* Handlers of orders: 'daemon' is the struct media that has the call. */
void recordings_start(void *daemon, const struct envelope *envelope,
		      const void *message);
void recordings_change(void *daemon, const struct envelope *envelope,
		       const void *message);
void recordings_stop(void *daemon, const struct envelope *envelope,
		     const void *message);
/* At a daemon's start: what earlier processes did not bring to the store. One
 * worker's work. */
void recordings_resume(struct media *media);
/* Before the legs go: what goes on is left for the next process. NULL is
 * fine. */
struct recordings *recordings_free(struct recordings *recordings);
