/*
 * sign.h - how a receiver knows that a request is ours: X-Twilio-Signature, and
 * under SignalWire's name the same value, for the vendors' SDKs; and
 * X-Voxbus-Signature, which covers the whole request and its age.
 *
 * Contract: 'url' is exactly what is sent: normalised, with its query, without
 * fragment and userinfo (see url.h). Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct param;

#define SIGN_BYTES 29
#define SIGN_STAMPED_BYTES 192

/*
 * base64(HMAC-SHA1(key, URL + for each parameter in the order of names
 * (form_order): name, value)). With GET the parameters are in the URL already
 * and 'count' is 0. Of a name that comes twice each different value is signed
 * once.
 */
void sign_request(const char *key, const char *url, const struct param *params,
		  size_t count, char *signature_out);

/*
 * "t=<seconds since 1970>,v1=<hex>", and with a second key ",v1=<hex>" again.
 * Each is HMAC-SHA256(key, t LF method LF URL LF body): none of the first three
 * can hold a line's end, so that no two requests have the same text.
 */
struct sign_stamp {
	const char *key, *second_key; /* the second one NULL or "": none */
	int64_t time_s;
	const char *method, *url, *body;
};
void sign_stamped(const struct sign_stamp *stamp, char *signature_out);
