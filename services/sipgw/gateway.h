/*
 * gateway.h - the daemon's start and end.
 *
 * Contract: gateway_start reads the dialogs of before the start and opens the
 * sockets only once they are all here; commands wait until then. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct service;

void *gateway_start(struct service *service);
void gateway_drain(void *daemon);
bool gateway_drained(void *daemon);
void gateway_stop(void *daemon);
bool gateway_ready(void *daemon, char *reason, size_t size);
