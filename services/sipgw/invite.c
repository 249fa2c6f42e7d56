/*
 * invite.c - the requests of an outbound leg; see invite.h.
 *
 * The From is ours, whatever callerId says: only its user part and display name
 * are told.
 */
#include "services/sipgw/invite.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/extra.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/targets.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

#define HEADERS_BYTES 32768

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

/* What the URI says about transport; false: what cannot be. */
static bool read_transport(const struct leg *leg, const url_t *url,
			   struct target_wish *wish)
{
	char word[8] = "";
	wish->transport = (enum sip_transport)leg->dial->transport;
	wish->secure = url->url_type == url_sips;
	if (!url->url_params || !url_has_param(url, "transport"))
		return true;
	if (url_param(url->url_params, "transport", word, sizeof(word)) <= 0)
		return false;
	wish->named = true;
	return !wish->secure || !str_same(word, "udp");
}

/* Reads the target: 0 or an error number. */
static int read_target(struct leg *leg, const url_t *url,
		       struct target_wish *wish)
{
	int64_t port = 0;
	url_t to = *url;
	if ((url->url_type != url_sip && url->url_type != url_sips) ||
	    !url->url_host || !*url->url_host || url->url_headers ||
	    url->url_path ||
	    (url->url_port && *url->url_port &&
	     !str_number(url->url_port, 1, 65535, &port)) ||
	    !str_copy(wish->host, sizeof(wish->host), url->url_host) ||
	    !read_transport(leg, url, wish))
		return ERR_SIP_URI;
	wish->port = (uint16_t)port;
	wish->family = leg->gw->family;
	str_copy(leg->host, sizeof(leg->host), wish->host);
	if (leg->remote_uri) /* led elsewhere: To stays */
		return 0;
	to.url_params = NULL;
	leg->remote_uri = message_address(&to, 2048);
	return leg->remote_uri ? 0 : ERR_SIP_URI;
}

int invite_redirect(struct leg *leg, const char *uri,
		    struct target_wish *wish_out)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	int error = ERR_SIP_URI;
	if (str_has_control(uri) || strpbrk(uri, " <>\"\\"))
		return ERR_SIP_URI;
	su_home_init(home);
	url_t *url = url_make(home, uri);
	if (url)
		error = read_target(leg, url, wish_out);
	su_home_deinit(home);
	if (error)
		return error;
	free(leg->target);
	leg->target = mem_copy_text(uri);
	leg->transport = wish_out->transport;
	return 0;
}

/* The header lines that stay with the dialog. */
static void keep_lines(struct leg *leg)
{
	struct buf lines = BUF_INIT(HEADERS_BYTES);
	if (leg->dial->dialog_headers)
		extra_dial_headers(leg, leg->dial,
				   (uint32_t)leg->dial->dialog_headers, &lines);
	if (*buf_text(&lines))
		leg->lines = buf_take(&lines);
	buf_free(&lines);
}

int invite_prepare(struct leg *leg, struct target_wish *wish_out)
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
		error = read_target(leg, url, wish_out);
	su_home_deinit(home);
	if (error)
		return error;
	leg->target = mem_copy_text(dial->uri);
	leg->call_id = mem_copy_text(dial->sip_call_id);
	leg->transport = wish_out->transport;
	leg->sdp = mem_copy_text(dial->sdp);
	leg->auth = auth_new(dial->username, dial->password);
	keep_lines(leg);
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

/* All lines; those that answer challenges are kept for the ACK. */
static void add_headers(struct leg *leg, struct buf *text)
{
	struct buf answers = BUF_INIT(HEADERS_BYTES);
	char *bare = extra_reply(leg);
	buf_addf(text, "%s", bare);
	free(bare);
	extra_dial_headers(leg, leg->dial, UINT32_MAX, text);
	buf_addf(text, "Max-Forwards: %d\r\n",
		 MESSAGE_HOPS - (int)leg->dial->hops);
	session_ask(leg, text);
	auth_lines(leg->auth, "INVITE", leg->target, leg->sdp, &answers);
	buf_addf(text, "%s", buf_text(&answers));
	free(leg->credentials);
	leg->credentials = buf_take(&answers);
}

bool invite_send(struct leg *leg, nta_response_f *answered)
{
	char hop[AGENT_HOP_BYTES];
	struct buf headers = BUF_INIT(HEADERS_BYTES);
	agent_peer_hop(leg, hop);
	add_headers(leg, &headers);
	const char *lines = buf_text(&headers);
	if (!headers.full)
		leg->invite_out = nta_outgoing_tcreate(
			leg->dialog, answered, leg, URL_STRING_MAKE(hop),
			SIP_METHOD_INVITE, URL_STRING_MAKE(leg->target),
			NTATAG_BRANCH_KEY(leg->branch), NTATAG_PASS_100(1),
			SIPTAG_CONTACT_STR(agent_contact(leg)),
			SIPTAG_ALLOW_STR(SIPGW_ALLOW),
			SIPTAG_SUPPORTED_STR(SIPGW_SUPPORTED),
			SIPTAG_USER_AGENT_STR("voxbus/" VOXBUS_VERSION),
			TAG_IF(*lines, SIPTAG_HEADER_STR(lines)),
			SIPTAG_CONTENT_TYPE_STR("application/sdp"),
			SIPTAG_PAYLOAD_STR(leg->sdp), TAG_END());
	buf_free(&headers);
	return leg->invite_out != NULL;
}

/* --- CANCEL, and ACK outside a transaction --- */

static char *cancel_lines(const struct leg *leg, const char *reason)
{
	char value[129], line[160];
	bool told = *reason &&
		    words_value(reason, strlen(reason), value, sizeof(value)) &&
		    str_format(line, sizeof(line), "Reason: %s", value);
	return extra_bare(leg, told ? line : NULL);
}

void invite_cancel(struct leg *leg, const char *reason)
{
	char *lines = cancel_lines(leg, reason);
	nta_outgoing_tcancel(leg->invite_out, NULL, NULL,
			     SIPTAG_HEADER_STR(lines), TAG_END());
	free(lines);
}

void invite_cancel_lost(struct leg *leg, const char *reason)
{
	char hop[AGENT_HOP_BYTES], cseq[32];
	char *lines = cancel_lines(leg, reason);
	agent_peer_hop(leg, hop);
	str_format(cseq, sizeof(cseq), "%u CANCEL", leg->cseq);
	nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(hop),
			     SIP_METHOD_CANCEL, URL_STRING_MAKE(leg->target),
			     NTATAG_BRANCH_KEY(leg->branch),
			     SIPTAG_CSEQ_STR(cseq), SIPTAG_HEADER_STR(lines),
			     TAG_END());
	free(lines);
}

void invite_ack_lost(struct leg *leg, const sip_t *sip)
{
	char hop[AGENT_HOP_BYTES], cseq[32];
	agent_peer_hop(leg, hop);
	str_format(cseq, sizeof(cseq), "%u ACK", sip->sip_cseq->cs_seq);
	nta_outgoing_tcreate(leg->dialog, NULL, NULL, URL_STRING_MAKE(hop),
			     SIP_METHOD_ACK, URL_STRING_MAKE(leg->target),
			     NTATAG_BRANCH_KEY(sip->sip_via->v_branch),
			     SIPTAG_TO(sip->sip_to), SIPTAG_CSEQ_STR(cseq),
			     NTATAG_STATELESS(1), TAG_END());
}
