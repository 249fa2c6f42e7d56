/*
 * handout.h - finished recordings, piece by piece, to whoever asks on the bus.
 *
 * Contract: questions (sound.h's sound_read, the object is a RecordingSid) come
 * on HANDOUT_SUBJECT to every mediad; the one that has the recording in its
 * spool answers, the others keep silent. The disk is read on a thread of its
 * own. The bus's thread.
 */
#pragma once

#define HANDOUT_SUBJECT "sound.recording"

struct handout;
struct service;

struct handout *handout_new(struct service *service);
struct handout *handout_free(struct handout *handout);
