/*
 * apid.h - the daemon: follows the record into the store, watches the other
 * daemons, and answers HTTP. Holds nothing that cannot be made again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct service;

void *apid_start(struct service *service);
void apid_stop(void *daemon);
bool apid_ready(void *daemon, char *reason, size_t size);
