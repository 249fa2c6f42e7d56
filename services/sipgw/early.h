/*
 * early.h - commands that come while the dialogs of before the start are still
 * being read.
 *
 * Contract: a handler asks early_hold() first; what is held is handed to it
 * again by early_release(), in order. At most EARLY_MAX; more are dropped and
 * counted. Loop's thread.
 */
#pragma once

#include "lib/runtime/talk.h"

#include <stdbool.h>

#define EARLY_MAX 10000

struct sipgw;

/* True: it was put aside. */
bool early_hold(struct sipgw *gw, talk_fn *handler,
		const struct proto_message *desc,
		const struct envelope *envelope, const void *message);
void early_release(struct sipgw *gw);
/* At the daemon's end. */
void early_drop(struct sipgw *gw);
