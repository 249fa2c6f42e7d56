/*
 * invite.c - the requests of an outbound leg; see invite.h.
 *
 * Header fields that the application asks for are written line by line after
 * their name and value were checked, so that none can become two. The From is
 * ours, whatever callerId says: only its user part and display name are told.
 */
#include "services/sipgw/invite.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/credentials.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

#define HEADERS_BYTES 32768
#define CHALLENGES_MAX 4

/* --- whom, and as whom --- */

static bool make_from(struct leg *leg)
{
	const struct settings *settings = &leg->gw->service->settings;
	const char *host = *settings->sip_advertise ? settings->sip_advertise
						    : settings->sip_host;
	bool six = strchr(host, ':') && host[0] != '[';
	char name[264] = "", user[768] = "", from[1400];
	if (*leg->dial->from_name &&
	    !words_quote(leg->dial->from_name, name, sizeof(name)))
		return false;
	if (!words_escape_user(leg->dial->from_user, user, sizeof(user)))
		return false;
	if (!str_format(from, 1024,
			six ? "%s%s<sip:%s%s[%s]>" : "%s%s<sip:%s%s%s>", name,
			*name ? " " : "", user, *user ? "@" : "", host))
		return false;
	leg->local_uri = mem_copy_text(from);
	return true;
}

/* Reads the target: 0 or an error number. */
static int read_target(struct leg *leg, const url_t *url, char *host_out,
		       uint16_t *port_out)
{
	int64_t port = 5060;
	url_t to = *url;
	if (url->url_type == url_sips || leg->dial->transport == SIP_TLS)
		return ERR_SIP_TLS_MISSING;
	if (url->url_type != url_sip || !url->url_host || !*url->url_host ||
	    url->url_headers || url->url_path ||
	    (url->url_port && *url->url_port &&
	     !str_number(url->url_port, 1, 65535, &port)) ||
	    !str_copy(host_out, INVITE_HOST_BYTES, url->url_host))
		return ERR_SIP_URI;
	*port_out = (uint16_t)port;
	to.url_params = NULL;
	leg->remote_uri = message_address(&to, 2048);
	return leg->remote_uri ? 0 : ERR_SIP_URI;
}

int invite_prepare(struct leg *leg, char *host_out, uint16_t *port_out)
{
	const struct dial *dial = leg->dial;
	su_home_t home[1] = {SU_HOME_INIT(home)};
	int error = ERR_SIP_URI;
	if (str_has_control(dial->uri) || strpbrk(dial->uri, " <>\"\\") ||
	    str_has_control(dial->sip_call_id) ||
	    strpbrk(dial->sip_call_id, " \t") || !*dial->sip_call_id)
		return ERR_SIP_URI;
	su_home_init(home);
	url_t *url = url_make(home, dial->uri);
	if (url)
		error = read_target(leg, url, host_out, port_out);
	su_home_deinit(home);
	if (error)
		return error;
	leg->target = mem_copy_text(dial->uri);
	leg->call_id = mem_copy_text(dial->sip_call_id);
	leg->transport = (enum sip_transport)dial->transport;
	leg->sdp = mem_copy_text(dial->sdp);
	leg->cseq = INVITE_CSEQ;
	id_keyed("LT", leg->gw->service->secret, leg->id, leg->call_id, "",
		 leg->local_tag);
	if (!make_from(leg))
		return ERR_SIP_URI;
	return dialog_create(leg, NULL, leg->cseq - 1, 0) ? 0 : ERR_SIP_URI;
}

void invite_branch(struct sipgw *gw, const char *call_id, const char *tag,
		   uint32_t cseq, char *to)
{
	char number[16], id[ID_BYTES];
	str_format(number, sizeof(number), "%u", cseq);
	id_keyed("VB", gw->service->secret, call_id, tag, number, id);
	str_format(to, INVITE_BRANCH_BYTES, "z9hG4bK%s", id);
}

/* --- INVITE --- */

static void add_headers(struct leg *leg, struct buf *text)
{
	const struct dial *dial = leg->dial;
	char value[1025];
	for (uint32_t i = 0; i < dial->headers_count; i++) {
		const struct header *header = &dial->headers[i];
		const char *raw = header->value ? header->value : "";
		if (words_header_may_be_added(header->name) &&
		    words_value(raw, strlen(raw), value, sizeof(value)))
			buf_addf(text, "%s: %s\r\n", header->name, value);
		else
			log_warn(leg->root, 0,
				 "leg %s: a header that may not be added was "
				 "left out",
				 leg->id);
	}
	if (leg->credentials)
		buf_addf(text, "%s\r\n", leg->credentials);
}

bool invite_send(struct leg *leg, nta_response_f *answered)
{
	char hop[AGENT_HOP_BYTES];
	struct buf headers = BUF_INIT(HEADERS_BYTES);
	agent_hop(&leg->peer, leg->transport, hop);
	add_headers(leg, &headers);
	const char *lines = buf_text(&headers);
	if (!headers.full)
		leg->invite_out = nta_outgoing_tcreate(
			leg->dialog, answered, leg, URL_STRING_MAKE(hop),
			SIP_METHOD_INVITE, URL_STRING_MAKE(leg->target),
			NTATAG_BRANCH_KEY(leg->branch),
			SIPTAG_CONTACT_STR(leg->gw->contact[leg->transport]),
			SIPTAG_ALLOW_STR(SIPGW_ALLOW),
			SIPTAG_USER_AGENT_STR("voxbus/" VOXBUS_VERSION),
			TAG_IF(*lines, SIPTAG_HEADER_STR(lines)),
			SIPTAG_CONTENT_TYPE_STR("application/sdp"),
			SIPTAG_PAYLOAD_STR(leg->sdp), TAG_END());
	buf_free(&headers);
	return leg->invite_out != NULL;
}

/* --- CANCEL, and ACK outside a transaction --- */

static bool reason_line(const char *reason, char *to, size_t size)
{
	char value[129];
	return *reason &&
	       words_value(reason, strlen(reason), value, sizeof(value)) &&
	       str_format(to, size, "Reason: %s", value);
}

void invite_cancel(struct leg *leg, const char *reason)
{
	char line[160];
	bool told = reason_line(reason, line, sizeof(line));
	nta_outgoing_tcancel(leg->invite_out, NULL, NULL,
			     TAG_IF(told, SIPTAG_HEADER_STR(line)), TAG_END());
}

void invite_cancel_lost(struct leg *leg, const char *reason)
{
	char hop[AGENT_HOP_BYTES], cseq[32], line[160];
	bool told = reason_line(reason, line, sizeof(line));
	agent_hop(&leg->peer, leg->transport, hop);
	str_format(cseq, sizeof(cseq), "%u CANCEL", leg->cseq);
	nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(hop),
			     SIP_METHOD_CANCEL, URL_STRING_MAKE(leg->target),
			     NTATAG_BRANCH_KEY(leg->branch),
			     SIPTAG_CSEQ_STR(cseq),
			     TAG_IF(told, SIPTAG_HEADER_STR(line)), TAG_END());
}

void invite_ack_lost(struct leg *leg, const sip_t *sip)
{
	char hop[AGENT_HOP_BYTES], cseq[32];
	agent_hop(&leg->peer, leg->transport, hop);
	str_format(cseq, sizeof(cseq), "%u ACK", sip->sip_cseq->cs_seq);
	nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(hop),
			     SIP_METHOD_ACK, URL_STRING_MAKE(leg->target),
			     NTATAG_BRANCH_KEY(sip->sip_via->v_branch),
			     SIPTAG_TO(sip->sip_to), SIPTAG_CSEQ_STR(cseq),
			     NTATAG_STATELESS(1), TAG_END());
}

/* --- digest --- */

/* One parameter of a challenge, without its quotes; NULL: absent. */
static const char *param_of(su_home_t *home, const msg_auth_t *auth,
			    const char *name)
{
	char value[513];
	const char *raw = msg_params_find(auth->au_params, name);
	if (!raw || !words_unquote(raw, value, sizeof(value)))
		return NULL;
	return su_strdup(home, value);
}

/* The challenge that is answered: the best that we understand. */
static bool choose(su_home_t *home, const msg_auth_t *auth,
		   struct challenge *best)
{
	int rank = 0;
	for (unsigned i = 0; auth && i < CHALLENGES_MAX;
	     auth = auth->au_next, i++) {
		struct challenge one = {
			.realm = param_of(home, auth, "realm="),
			.nonce = param_of(home, auth, "nonce="),
			.opaque = param_of(home, auth, "opaque="),
			.algorithm = param_of(home, auth, "algorithm="),
			.qop = param_of(home, auth, "qop="),
		};
		if (!str_same(auth->au_scheme, "Digest") ||
		    credentials_rank(&one) <= rank)
			continue;
		rank = credentials_rank(&one);
		*best = one;
	}
	return rank > 0;
}

/* The answer to the challenge, once: to the peer that we chose to call, with
 * the credentials that came with this very command. */
bool invite_answer_challenge(struct leg *leg, const sip_t *sip)
{
	bool proxy = sip->sip_status->st_status == 407;
	su_home_t *home = su_home_new(sizeof(*home));
	char nonce[ID_BYTES], value[CREDENTIALS_BYTES];
	struct buf line = BUF_INIT(CREDENTIALS_BYTES + 64);
	struct challenge challenge;
	struct credentials who = {
		.username = leg->dial->username,
		.password = leg->dial->password,
		.method = "INVITE",
		.uri = leg->target,
		.client_nonce = nonce + 2,
	};
	id_random("NC", nonce);
	if (choose(home,
		   proxy ? sip->sip_proxy_authenticate
			 : sip->sip_www_authenticate,
		   &challenge) &&
	    credentials_make(&challenge, &who, value)) {
		buf_addf(&line, "%s: %s",
			 proxy ? "Proxy-Authorization" : "Authorization",
			 value);
		leg->credentials = buf_take(&line);
	}
	buf_free(&line);
	su_home_unref(home);
	return leg->credentials != NULL;
}
