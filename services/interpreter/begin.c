/*
 * begin.c - a call comes in: what it brought is kept, its document is asked
 * for.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/sip_uri.h"
#include "services/interpreter/url.h"

#include <string.h>

/* A user part that may stand in a From header as it is. */
static bool user_is_plain(const char *user)
{
	return *user &&
	       strspn(user, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
			    "YZ0123456789-_.!~*'()&=+$,;?/%") == strlen(user);
}

static char *host_of(const char *uri)
{
	struct sip_uri parts;
	const char *why;
	if (!sip_uri_parse(uri, strlen(uri), &parts, &why))
		return NULL;
	return mem_copy_bytes(parts.host.at, parts.host.length);
}

static void keep_caller(struct call *call, const struct incoming *incoming)
{
	if (user_is_plain(incoming->from_user))
		call->caller_user = mem_copy_text(incoming->from_user);
	if (incoming->from_name[0] && !str_has_control(incoming->from_name))
		call->caller_name = mem_copy_text(incoming->from_name);
	call->to_host = host_of(incoming->to_uri);
}

static void make_root(struct call *call, const struct incoming *incoming)
{
	bool users = call->dialect->user_parts;
	struct leg *root = call_add_leg(call, NULL, incoming->leg);
	root->inbound = true;
	root->tls = incoming->transport == SIP_TLS;
	root->secure = call->media_secure;
	root->status = CALL_RINGING;
	root->from = mem_copy_text(users && incoming->from_user[0]
					   ? incoming->from_user
					   : incoming->from_uri);
	root->to =
		mem_copy_text(users && incoming->to_user[0] ? incoming->to_user
							    : incoming->to_uri);
	root->source_ip = mem_copy_text(incoming->source_ip);
	root->sip_call_id = mem_copy_text(incoming->sip_call_id);
	root->remote_sdp = mem_copy_text(incoming->offer);
	leg_keep_headers(root, incoming->headers, incoming->headers_count);
	leg_timer_set(call, root, TIMER_LIFE, STEP_CALL_MAX_MS);
}

static void refuse(struct call *call, int error, int status, const char *text)
{
	note(call, call->root, NOTE_ERROR, error, NULL, "%s", text);
	call->error = error;
	leg_reject(call, call->root, status, CALL_FAILED);
}

void on_incoming(struct call *call, const void *event)
{
	const struct incoming *incoming = event;
	char url[URL_BYTES];
	if (call->root)
		return;
	(void)str_copy(call->sid, sizeof(call->sid), incoming->leg);
	(void)str_copy(call->account, sizeof(call->account),
		       call->envelope->account_sid);
	(void)str_copy(call->gateway, sizeof(call->gateway), incoming->gateway);
	call_set_dialect(call, incoming->dialect,
			 (struct dialect_limits){
				 .sips = incoming->dial_max,
				 .uri = incoming->sip_uri_max,
				 .headers = incoming->sip_headers_max,
			 });
	call->strict = incoming->strict;
	call->media_secure = (enum secure_mode)incoming->media_secure;
	call->api_url = mem_copy_text(incoming->api_url);
	call->first_time = call->now;
	call->hops = incoming->hops;
	keep_caller(call, incoming);
	make_root(call, incoming);
	fallback_set(call, call->root, incoming->fallback_url,
		     (enum http_method)incoming->fallback_method);
	if (!incoming->offer)
		refuse(call, ERR_MEDIA_SDP, 488,
		       "the INVITE has no SDP: voxbus takes calls whose INVITE "
		       "carries the offer");
	else if (!incoming->voice_url)
		refuse(call, ERR_NO_VOICE_URL, 404,
		       "no document is configured for the number: set "
		       "VOXBUS_VOICE_URL, or configure the number");
	else if (!url_document("", incoming->voice_url, url, sizeof(url)))
		refuse(call, ERR_URL_INVALID, 500,
		       "the number's URL is no absolute http(s) or nats URL");
	else
		runner_start(call, call->root, url,
			     incoming->voice_method
				     ? (enum http_method)incoming->voice_method
				     : HTTP_POST);
}
