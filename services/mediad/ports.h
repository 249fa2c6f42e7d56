/*
 * ports.h - the pool of RTP port pairs: even port for RTP, the next for RTCP.
 *
 * Contract: a pair is free, taken or resting. A taken one is chosen at random
 * among the free. One that was given back rests for PORTS_REST_MS, so that a
 * late packet of the old call does not meet a new one; when fewer than an
 * eighth of the pool is free, those that have rested longest come back earlier,
 * but never before PORTS_REST_LEAST_MS. All operations take constant time,
 * under a lock of their own: any thread, so that several workers share one
 * pool.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORTS_REST_MS 60000
#define PORTS_REST_LEAST_MS 2000

struct ports;

/* Pairs whose both ports lie in [min, max]. NULL: there is none. */
struct ports *ports_new(uint16_t min, uint16_t max);
struct ports *ports_free(struct ports *ports);
/* The even port of a pair, or 0: none is free. */
uint16_t ports_take(struct ports *ports, int64_t now_ms);
/* Exactly this one, free or resting. False: taken, odd, or not ours. */
bool ports_take_exact(struct ports *ports, uint16_t port);
void ports_give(struct ports *ports, uint16_t port, int64_t now_ms);
size_t ports_count(const struct ports *ports); /* all pairs */
size_t ports_taken(struct ports *ports);
