/*
 * daemon.h - what the files of callbackd share: the daemon, and one webhook on
 * its way.
 *
 * Contract: callbackd.c owns the daemon and what happens to all webhooks,
 * hook.c one webhook's life. Inside services/callbackd only.
 */
#pragma once

#include "lib/base/list.h"
#include "lib/http/http.h"
#include "lib/runtime/retry.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/callbackd/backlog.h"
#include "services/callbackd/delivery.h"
#include "services/callbackd/hosts.h"
#include "services/callbackd/memory.h"
#include "services/callbackd/order.h"
#include "services/callbackd/orphans.h"
#include "services/callbackd/peers.h"

/* What was not kept alive for so long is handed out again. */
#define ACK_WAIT_MS 6000

struct callbackd {
	struct service *service;
	const struct talk_route *routes;
	struct cidrs *allow;
	struct http *http;
	struct keys *keys;
	bool pulling;
	struct bus_puller *first;                /* of VOX */
	struct bus_puller *again[RETRY_CLASSES]; /* of HOOKS */
	struct retry_schedule schedule;
	struct backlog *backlog;
	struct orphans *orphans;
	struct map *by_name;
	struct list hooks;  /* in hand, oldest first */
	struct list failed; /* those that get no request; told next turn */
	struct order *order;
	struct hosts *hosts;
	struct peers *peers;
	struct memory *seen;      /* leg: highest number that was in hand */
	struct memory *delivered; /* hook: 1 */
	struct memory *kept;      /* hook: attempts made, when put into HOOKS */
	struct bus_work *arriving; /* while it is dispatched */
	const struct bus_message *arrival;
	int64_t unsettled_until_ms; /* what others had in hand may come again */
	struct loop_timer tick, settled, hand_back, soon;
	unsigned ticks;
};

enum hook_state {
	HOOK_NEW,
	HOOK_IN_LINE, /* behind earlier ones of its leg, or in doubt */
	HOOK_AT_HOST, /* its host has enough requests */
	HOOK_POSTING, /* its request is on its way */
	HOOK_REFUSED, /* there will be no request this time */
	HOOK_TELLING, /* 'posted' is on its way to the record */
	HOOK_KEEPING, /* 'retry' is on its way to HOOKS */
	HOOK_STATES
};

struct hook {
	struct list link;
	struct list failed; /* in the daemon's list of these */
	struct callbackd *daemon;
	enum hook_state state;
	struct bus_work *work;
	struct http_transfer *transfer;
	struct order_place place;
	struct host_seat seat;
	struct peers_question *question;
	bool again;     /* it came from HOOKS */
	bool lost;      /* we were stopped for too long: it is another's now */
	bool unsettled; /* one of its doubts ends with the unsettled time */
	struct delivery post;
	struct posted report;
	char key[ID_BYTES]; /* of its lane */
	char *origin;
	char call_sid[40], account_sid[65];
	int64_t since_ms, age_ms, retry_after_ms;
	unsigned requests; /* that this attempt took */
	int64_t asked_ms;  /* the post's own time */
	int64_t kept_ms;   /* when the server last heard that it is in hand */
};

/* Begins the life of a webhook that has just arrived, for this attempt. Takes
 * what 'delivery' owns. */
void hook_begin(struct callbackd *daemon, const struct envelope *envelope,
		const struct delivery *delivery, bool again, int64_t attempt);
/* The line lets it pass, and so does its host. */
void hook_passes_line(struct order_place *place);
void hook_passes_host(struct host_seat *seat);
/* Its host is stuck. */
void hook_turned_away(struct host_seat *seat);
/* The other instances have answered. */
void hook_answered(void *hook, bool sure);
/* Told now what could not be told where it was found. */
void hook_tell_refused(struct hook *hook);
/* Gives it back to the queue; another instance takes it. */
void hook_hand_back(struct hook *hook);
void hook_free(struct hook *hook);
/* What other instances had in hand may be handed out again from now on. */
void callbackd_unsettle(struct callbackd *daemon);
