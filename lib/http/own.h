/*
 * own.h - whether an address is one of this machine's own.
 *
 * Contract: asks the kernel's routing table, without a packet and without a
 * cache, so that addresses that come and go are known. An answer that cannot be
 * had is no. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

bool own_address(const struct sockaddr *address, socklen_t length);
