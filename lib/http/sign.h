/*
 * sign.h - the signature that customers' SDKs verify: X-Twilio-Signature, and
 * under SignalWire's name the same value.
 *
 * Contract: base64(HMAC-SHA1(key, URL + for each parameter in the order of
 * names (form_order): name, value)). 'url' is exactly what is sent: normalised,
 * with its query, without fragment and userinfo (see url.h). With GET the
 * parameters are in the URL already and 'count' is 0. Of a name that comes
 * twice each different value is signed once. Any thread.
 */
#pragma once

#include <stddef.h>

struct param;

#define SIGN_BYTES 29

void sign_request(const char *key, const char *url, const struct param *params,
		  size_t count, char *signature_out);
