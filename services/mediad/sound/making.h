/*
 * making.h - one sound on its way: fetched or spoken, then decoded.
 *
 * Contract: few helper processes of a kind at once (a hall has so many places),
 * the rest wait their turn. 'begun' hands the clip over as soon as decoding
 * begins, so that it can be heard while it grows; 'done' is called once, and
 * ends the making. Cancelled ones call nobody. Loop's thread.
 */
#pragma once

#include "lib/base/list.h"
#include "services/mediad/sound/clip.h"

#include <stdbool.h>
#include <stdint.h>

struct bus;
struct loop;
struct making;
struct settings;

/* So many at once. */
struct places {
	unsigned count, taken;
	struct list waiting;
};

/* Where sounds are made. A speech engine that hangs holds up no decoder. */
struct hall {
	struct loop *loop;
	struct bus *bus;
	const struct settings *settings;
	const char *decoder; /* program that decodes: mediad itself */
	struct places speakers, decoders;
};

void hall_init(struct hall *hall, struct loop *loop, struct bus *bus,
	       const struct settings *settings);

struct making_wish {
	const char *url; /* of a file, or NULL: */
	const char *text, *voice, *language;
	const char *account, *call;
	const char *have; /* file: the version that is known, or "" */
	uint32_t rate_hz;
};

struct making_end {
	bool same; /* 'have' is what there is: nothing was made */
	const char *version;
	int error; /* of errors.def; the clip, if it began, has failed */
	const char *text;
};

struct making_shape {
	/* So many bytes more are about to be held, or (negative) no more. */
	bool (*room)(void *owner, int64_t bytes);
	/* The clip is the owner's from now on, and is filled until 'done'. */
	void (*begun)(void *owner, struct clip *clip);
	void (*done)(void *owner, const struct making_end *end);
	void *owner;
};

/* Never calls back before it has returned. */
struct making *making_start(struct hall *hall, const struct making_wish *wish,
			    const struct making_shape *shape);
/* Its clip, if it began, is filled no more. NULL is fine. Returns NULL. */
struct making *making_cancel(struct making *making);
