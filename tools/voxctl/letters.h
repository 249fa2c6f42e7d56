/*
 * letters.h - reads the letters of a stream, one after the other.
 *
 * Contract: DEAD is followed; HOOKS is a work queue, which nobody but callbackd
 * may consume, so its messages are asked for one by one. Letters are handed
 * over in the order of their streams and borrowed for the call. What went wrong
 * was said on stderr. Main thread.
 */
#pragma once

#include "tools/voxctl/letter.h"
#include "tools/voxctl/session.h"

struct letters_wish {
	struct letter_filter filter;
	bool waiting; /* those in HOOKS */
	/* False: no more of them. */
	bool (*arrived)(void *owner, const struct letter *letter);
	void *owner;
};

/* Returns an exit status; no letter at all is VOXCTL_OK. */
int letters_read(struct session *session, const struct letters_wish *wish);
