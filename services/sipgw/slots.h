/*
 * slots.h - keys of the bucket 'dialogs': names of places, used again and
 * again.
 *
 * Contract: what a leg that is over leaves behind is replaced by the next
 * leg's first record, which costs nothing, or removed after SLOTS_KEPT_MS. A
 * key that was removed is never used again, since its removal may overtake a
 * later record. After a crash, legs that were over for less than that stand
 * again, and are hung up by who knows better (docs/adr/0008). Loop's thread.
 */
#pragma once

#define SLOTS_KEPT_MS 250
#define SLOT_BYTES 80

struct loop;
struct slots;

/* Called when a key is to be removed. */
typedef void slots_fn(void *owner, const char *key);

/* 'prefix' is the caller's alone, for this process. */
struct slots *slots_new(struct loop *loop, const char *prefix, slots_fn *remove,
			void *owner);
struct slots *slots_free(struct slots *slots);
void slots_take(struct slots *slots, char key_out[SLOT_BYTES]);
/* Any key that nobody uses any more, of an earlier process, too. */
void slots_give(struct slots *slots, const char *key);
/* The end is near: all are removed, and those to come at once. */
void slots_end(struct slots *slots);
