/*
 * auth.h - a leg's digest credentials towards the callee: challenges that came,
 * and what every request answers them with.
 *
 * Contract: one challenge a realm and kind (proxy or not), AUTH_REALMS_MAX of
 * them; each answers with a count of its own. Sent only to the peer that we
 * chose to call, with the credentials that came with the very command. Loop's
 * thread.
 *
 * For any request inside the dialog: auth_begin(), then auth_lines() with it;
 * on 401 or 407 auth_challenged(), and if it says so the request again, with a
 * new CSeq and auth_lines() anew.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>

#define AUTH_REALMS_MAX 4
#define AUTH_ROUNDS_MAX 5

struct auth;
struct buf;

/* NULL: there are no credentials. */
struct auth *auth_new(const char *username, const char *password);
struct auth *auth_free(struct auth *auth);
const char *auth_username(const struct auth *auth);
const char *auth_password(const struct auth *auth);
/* A new request: its first challenge is none that it failed. */
void auth_begin(struct auth *auth);
/* Reads the challenges of a 401 or 407. True: the request is to be sent again;
 * false: there is nothing new to say ('auth' NULL, a wrong password, or a
 * challenge that we do not understand). */
bool auth_challenged(struct auth *auth, const sip_t *sip);
/* Adds the header lines that answer all challenges so far, each with its CRLF.
 * 'auth' and 'body' may be NULL. */
void auth_lines(struct auth *auth, const char *method, const char *uri,
		const char *body, struct buf *to);
