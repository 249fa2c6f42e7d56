/*
 * sipgw.h - the daemon as a whole: what its modules share.
 *
 * Contract: one per process, made by agent.c. Loop's thread, which is also
 * sofia's.
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/loop.h"
#include "proto/proto.h"
#include "services/sipgw/guard.h"
#include "services/sipgw/resolve.h"

#include <stdbool.h>
#include <stdint.h>

struct accounts;
struct digest_in;
struct limits;
struct service;
struct slots;
struct map;
struct nta_agent_s;
struct bus_follower;
struct tls;

#define SIPGW_ALLOW                                                            \
	"INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK, INFO, REFER"
#define SIPGW_SUPPORTED "timer, 100rel, norefersub"
#define SIPGW_ACCEPT "application/sdp, application/dtmf-relay, application/dtmf"
#define SIPGW_SDP_MAX 8192

struct sipgw {
	struct service *service;
	struct nta_agent_s *agent;
	struct guard *guard;
	struct resolver *resolver;
	struct accounts *accounts; /* what bucket 'config' says */
	struct limits *limits;
	uint64_t draws; /* seeds of choices by weight; begins at random */
	struct digest_in *digest_in;
	struct tls *tls;
	struct map *legs;    /* by CallSid; the legs are owned by this map */
	struct slots *slots; /* keys of their records */
	struct bus_follower *stored; /* at the start: dialogs of before it */
	struct list held; /* commands that came too early (early.h) */
	unsigned held_count;
	struct loop_timer copies_end;  /* INVITEs of before have come again */
	int64_t opened_ms;             /* steady clock */
	struct loop_watch links_watch; /* the TCP listener (links.h) */
	struct loop_timer links_timer;
	unsigned waiting; /* inbound legs that wait for answer or reject */
	unsigned live;    /* legs that are not over */
	bool open;
	int family;                     /* AF_INET or AF_INET6, as bound */
	char contact[SIP_TLS + 1][300]; /* our Contact, by transport */
	char contact_sips[300];         /* ... in dialogs of sips: URIs */
};
