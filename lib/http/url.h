/*
 * url.h - a customer's URL, read once and written as it is sent and signed.
 *
 * Contract: only absolute http and https URLs (or ones relative to a 'base'
 * that was read before) of up to URL_MAX bytes. The text has a lower-case host,
 * "/" for an empty path, no fragment and no userinfo; its query is neither
 * decoded nor encoded again. Says nothing about where the host's address leads:
 * that is decided on the socket's address (see http.h). Any thread.
 */
#pragma once

#include <stdbool.h>

#define URL_MAX 8192
#define URL_ERROR_BYTES 160

struct url {
	char *text;
	char *origin;   /* "https://host:443": the port is always there */
	char *user;     /* decoded userinfo, or NULL */
	char *password; /* or NULL */
	bool secure;    /* https */
};

/* False: 'error_out' (URL_ERROR_BYTES) says why, and 'url_out' is empty. */
bool url_parse(const char *base, const char *text, struct url *url_out,
	       char *error_out);
void url_clear(struct url *url);
