/*
 * crew.h - the threads of mediad: one that has the bus, and workers that have
 * the media.
 *
 * Contract: a call belongs to one worker for all its life, the one that its
 * CallSid falls to; a command is copied into that worker's inbox and handled
 * there, what the worker says comes back through an inbox of the bus's thread.
 * Both are bounded: what does not fit is dropped, counted and logged. Workers
 * share the pool of ports and the metrics, nothing else. All functions: the
 * bus's thread.
 */
#pragma once

#include "lib/runtime/service.h"

/* 'orders' are what the workers do: handlers that get their struct media, a
 * table that ends with a zeroed row. All of it is listened to. NULL: the log
 * says why. */
struct crew *crew_start(struct service *service,
			const struct talk_route *orders);

/* For service_shape. */
void crew_drain(void *daemon);
bool crew_drained(void *daemon);
bool crew_ready(void *daemon, char *reason, size_t size);
void crew_stop(void *daemon);
