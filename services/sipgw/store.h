/*
 * store.h - dialogs in the bucket 'dialogs', and back.
 *
 * Contract: store_put writes what the leg is now; 'then' runs once the record
 * is acknowledged, unless the leg has left the state it was in. store_restore
 * makes a leg of a record. Loop's thread.
 */
#pragma once

#include <stdbool.h>

struct dialog;
struct leg;
struct sipgw;

/* 'then' may be NULL. */
void store_put(struct leg *leg, void (*then)(struct leg *leg));
void store_delete(struct leg *leg);
/* The leg that the record tells of, in state LEG_OFFERED, LEG_LOST or LEG_UP;
 * NULL, after saying so in the log, when the record cannot be used. */
struct leg *store_restore(struct sipgw *gw, const char *key,
			  const struct dialog *record);
/* Before anything else, and at the very end. From store_end on nothing is left
 * for later. */
void store_open(struct sipgw *gw);
void store_end(struct sipgw *gw);
void store_close(struct sipgw *gw);
