/*
 * subject.h - URLs "nats:subject": a document by NATS request and reply.
 *
 * Contract: "nats:" in any case, then tokens of letters, digits, - and _ with a
 * dot between two, SUBJECT_MAX bytes at most: no wildcards, nothing of
 * JetStream's own. A query and a fragment may follow, in ASCII without blanks.
 * Which subjects may be asked: lib/runtime/subjects.h. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SUBJECT_MAX 200

/* Whether it begins so: whatever follows, it is no http URL. */
bool subject_is_url(const char *url);
/* The length of the subject behind "nats:"; 0: the URL is not good. */
size_t subject_in_url(const char *url);
