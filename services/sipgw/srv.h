/*
 * srv.h - the order in which the servers of a SIP domain are tried (RFC 2782,
 * RFC 3263 4.1 and 4.2).
 *
 * Contract: pure; the same seed gives the same order. Records beyond a list's
 * size are dropped. Any thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stdint.h>

#define SRV_MAX 16
#define SRV_NAME_BYTES 256

struct srv {
	char host[SRV_NAME_BYTES];
	uint16_t port;
	uint16_t priority;
	uint16_t weight;
};

struct srv_list {
	struct srv at[SRV_MAX];
	unsigned count;
};

/* "." as host means that there is no such service: it is not added. */
void srv_add(struct srv_list *list, const struct srv *record);
/* Lower priority first; among equals by weight and chance. */
void srv_order(struct srv_list *list, uint64_t seed);

struct naptr {
	uint16_t order;
	uint16_t preference;
	char flags[4];
	char service[16];
	char replacement[SRV_NAME_BYTES]; /* where its SRV records are */
};

struct naptr_list {
	struct naptr at[SRV_MAX];
	unsigned count;
};

void naptr_add(struct naptr_list *list, const struct naptr *record);
/* What a record's service is carried by: SIP_TRANSPORT_NONE if it is none of
 * "SIP+D2U", "SIP+D2T" and "SIPS+D2T", or no pointer to SRV records. */
enum sip_transport naptr_transport(const struct naptr *record);
/* Keeps the records whose transport is one of 'transports' (a sum of 1 <<
 * transport), best first. */
void naptr_order(struct naptr_list *list, unsigned transports);
