/*
 * session.h - a command's talk with the bus, one question after the other.
 *
 * Contract: a command line has nothing else to do than wait, so these calls run
 * the loop until there is an answer, or for SESSION_WAIT_MS. What went wrong
 * has been said on stderr when false is returned. Main thread.
 */
#pragma once

#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/settings.h"
#include "tools/voxctl/json.h"

#include <stdbool.h>

#define SESSION_WAIT_MS 5000

struct buf;

struct session {
	const char *command; /* for what is said */
	struct settings settings;
	struct loop *loop;
	struct bus *bus;
	struct loop_timer timer;
	bool late;
};

/* Returns an exit status; VOXCTL_OK: the bus is up. */
int session_open(struct session *session, const char *command);
void session_close(struct session *session);
/* Runs the loop until *done, at most 'wait_ms' (-1: for ever). */
bool session_wait(struct session *session, const bool *done, int64_t wait_ms);
/* The answer of the server's management interface, as text in 'to'. */
bool session_ask(struct session *session, const char *subject,
		 const char *question, struct buf *to);
/* What stream VOX holds; 'filter' NULL: without its subjects. 'offset' pages
 * through them. */
struct session_record {
	int64_t first, last;  /* sequences */
	int64_t total;        /* subjects that match */
	struct json subjects; /* an object, inside 'text' */
	struct buf *text;
};
bool session_record(struct session *session, const char *filter, int64_t offset,
		    struct session_record *record);
