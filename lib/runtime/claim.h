/*
 * claim.h - one process, one name: a daemon's claim on "gw0", and its hello.
 *
 * Contract: the claim is the record 'instance' at <service>.<name> in bucket
 * leases, written by compare-and-set and renewed every second. Another process
 * may take the name
 *   - at once when the record is gone, or its holder ran on this machine (and
 *     in this pid name space) and is dead;
 *   - otherwise when it saw no renewal for 2.5 s by its own monotonic clock:
 * one lost renewal is forgiven. 'hello' in the record is 0 until claim_hello()
 * was called first. Who loses the claim is told once, by 'lost'. Loop's thread;
 * never blocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLAIM_RENEW_MS 1000
#define CLAIM_EXPIRES_MS 2500
#define CLAIM_PATIENCE_MS 10000
#define CLAIM_NAME_BYTES 32

struct bus;
struct claim;
struct loop;
struct instance;

struct claim_wish {
	const char *service; /* "sipgw" */
	const char *prefix;  /* "gw": the first free of gw0, gw1, … */
	const char *name;    /* or just this one; "" : any */
	const char *boot;    /* random id of this process */
	void (*held)(void *owner, const char *name);
	void (*lost)(void *owner, const char *why);
	void *owner;
};

/* Keeps the wish's texts. The bucket exists already. */
struct claim *claim_new(struct loop *loop, struct bus *bus,
			const struct claim_wish *wish);
struct claim *claim_free(struct claim *claim);
bool claim_is_held(const struct claim *claim);
/* Raises the hello counter, and says so. */
void claim_hello(struct claim *claim);
void claim_drain(struct claim *claim);
/* Gives the name back; claim_is_gone() once the bus has it. */
void claim_give_up(struct claim *claim);
bool claim_is_gone(const struct claim *claim);
/* Who has the name that is waited for, in words; "" if nobody. */
const char *claim_holder(const struct claim *claim);

/* This process as a record: host, pid and its start are filled in. */
void claim_myself(struct instance *record_out);
/* The record's process ran where this one runs, and is no more. */
bool claim_holder_is_dead(const struct instance *record);
