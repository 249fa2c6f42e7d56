/*
 * session_id.h - the Session-ID header (RFC 7989): one name for a session, half
 * of it ours, half the other side's.
 *
 * Contract: our half derives from the installation's secret and the call, so
 * that all legs of a call bear the same one, and after a restart too. Pure. Any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SESSION_ID_BYTES 33
#define SESSION_ID_LINE_BYTES 96

/* Our half for the call with this root CallSid: 32 hex digits of a UUID. */
void session_id_make(const char *secret, const char *root, char *id_out);
/* The sender's half of a header's value; false, and "", if there is none. */
bool session_id_read(const char *value, char *id_out);
/* "Session-ID: <ours>;remote=<theirs>"; 'remote' may be "". */
void session_id_line(const char *ours, const char *remote, char *to);
