/*
 * orphans.h - takes out of HOOKS what was settled long ago.
 *
 * Why: a nats-server that is killed may come back with messages of a work queue
 * that had been acknowledged and removed: its list of removals is written to
 * the disk later than the consumer's state. No consumer hands them out any
 * more, so they would stay for ever, and be counted and listed as waiting.
 *
 * Contract: 5 s after each connection, then each minute and each hour (a floor
 * rises with the oldest that is still waiting), what lies at or
 * below a consumer's acknowledgement floor is removed: callbackd acknowledges
 * only what is stored elsewhere or delivered. Loop's thread.
 */
#pragma once

struct orphans;
struct service;

struct orphans *orphans_new(struct service *service);
struct orphans *orphans_free(struct orphans *orphans);
