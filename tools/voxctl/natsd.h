/*
 * natsd.h - the nats-server that voxctl up starts: where, and with which
 * configuration.
 *
 * Contract: pure text. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;

#define NATSD_ERROR_BYTES 256

struct natsd_place {
	char host[256];
	int port;
	char user[128], password[128]; /* or a token: user alone */
};

/* "nats://[user[:password]@]host[:port]", one only. False: 'error_out'
 * (NATSD_ERROR_BYTES) says why voxctl cannot start it there. */
bool natsd_parse(const char *url, struct natsd_place *place_out,
		 char *error_out);

struct natsd_wish {
	const struct natsd_place *place;
	const char *store; /* folder */
	const char *log;   /* file */
	int64_t record_mb;
};

void natsd_config(const struct natsd_wish *wish, struct buf *to);

/* What the first line of somebody on that port tells. */
enum natsd_answer {
	NATSD_NOBODY,
	NATSD_JETSTREAM,
	NATSD_NO_JETSTREAM,
	NATSD_STRANGER
};
enum natsd_answer natsd_judge(const char *line);
