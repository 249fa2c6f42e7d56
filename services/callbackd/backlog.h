/*
 * backlog.h - how much waits in the queues and lies in DEAD, for /metrics; and
 * whether the record was kept for longer than nobody read it.
 *
 * Contract: asks nats-server every ten seconds. A note in bucket config
 * (key webhooks_read) says when a callbackd last ran: who starts more than
 * 'record_hours' later tells that webhooks may have gone with the record (log,
 * metric). Loop's thread.
 */
#pragma once

struct backlog;
struct service;

struct backlog *backlog_new(struct service *service);
struct backlog *backlog_free(struct backlog *backlog);
