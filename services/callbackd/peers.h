/*
 * peers.h - the other instances, asked whether they hold an earlier webhook.
 *
 * Instances share one queue, so a leg's callbacks may be handed to different
 * ones. Who holds one with a number but has not seen its predecessor asks the
 * others; one that holds an earlier first attempt answers when it is over.
 *
 * Contract: questions and answers are plain core messages outside the record
 * (subject callbackd.order.<instance>), never repeated: they put off a webhook
 * by PEERS_PATIENCE_MS at most, and lose none. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Longer than an attempt may take. */
#define PEERS_PATIENCE_MS 16000

struct instance;
struct peers;
struct peers_question;
struct service;

struct peers_shape {
	/* Whether an earlier one is held here. */
	bool (*has_earlier)(void *owner, const char *key, int64_t sequence);
	/* Whether one of the leg with this number, or a higher one, was. */
	bool (*has_seen)(void *owner, const char *leg, int64_t sequence);
	/* All have answered. 'sure': none of them died meanwhile. */
	void (*answered)(void *asker, bool sure);
	void *owner;
};

struct peers *peers_new(struct service *service,
			const struct peers_shape *shape);
struct peers *peers_free(struct peers *peers);
/* An instance record of callbackd as it changes; NULL: gone. True: one that was
 * there is no more. */
bool peers_changed(struct peers *peers, const char *name,
		   const struct instance *record);
/* To be called about once a second. True: as above. */
bool peers_tick(struct peers *peers);
/* NULL: there is nobody to ask. */
struct peers_question *peers_ask(struct peers *peers, const char *key,
				 const char *leg, int64_t sequence,
				 void *asker);
/* Its asker is gone. NULL is harmless. */
void peers_forget(struct peers_question *question);
/* A first attempt in this lane is over: who waits for it is told. */
void peers_left(struct peers *peers, const char *key);
