/*
 * sipgw_message_fuzz.c - what strangers send: sofia's parser with our limit in
 * front, and all that we read out of what it makes of it. What comes out must
 * be fit for the bus.
 */
#include "services/sipgw/message.h"

#include "lib/base/str.h"
#include "services/sipgw/redirect.h"
#include "services/sipgw/sofia.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 24576 /* as agent.c tells nta */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	assert(!text ||
	       (!str_has_control(text) && str_is_utf8(text, strlen(text))));
}

static void read_request(const sip_t *sip)
{
	struct incoming incoming = {.logic = 1};
	char error[PROTO_ERROR_BYTES];
	if (!message_read_invite(sip, &incoming)) {
		check_text(incoming.from_uri);
		check_text(incoming.to_uri);
		check_text(incoming.from_user);
		check_text(incoming.from_name);
		str_copy(incoming.leg, sizeof(incoming.leg), "CA1");
		str_copy(incoming.gateway, sizeof(incoming.gateway), "gw0");
		str_copy(incoming.source_ip, sizeof(incoming.source_ip), "::1");
		incoming.transport = SIP_UDP;
		incoming.dialect = DIALECT_TWILIO;
		char *json =
			proto_encode(&incoming_message, NULL, &incoming, error);
		assert(json); /* it keeps to its table */
		free(json);
	}
	proto_clear(&incoming_message, &incoming);
	check_text(message_unsupported(sip));
	if (sip->sip_refer_to) {
		char *uri = message_uri(sip->sip_refer_to->r_url, 2048);
		check_text(uri);
		assert(!uri || strlen(uri) <= 2048);
		free(uri);
	}
	char *outline = message_outline(sip, 8192);
	free(outline);
	if (sip->sip_contact && sip->sip_contact->m_url->url_type != url_any) {
		char *target = message_address(sip->sip_contact->m_url, 2048);
		check_text(target);
		free(target);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[256];
	struct header headers[16];
	if (size > MESSAGE_MAX)
		return 0;
	msg_t *msg = msg_make(sip_default_mclass(), 0, data, (ssize_t)size);
	sip_t *sip = msg ? sip_object(msg) : NULL;
	if (sip && sip_sanity_check(sip) == 0) {
		if (sip->sip_request && sip->sip_via)
			read_request(sip);
		if (sip->sip_status) {
			struct contact contacts[8];
			message_phrase(sip, text, sizeof(text));
			check_text(text);
			uint32_t led = redirect_contacts(sip, contacts, 8);
			assert(led <= 8);
			for (uint32_t i = 0; i < led; i++) {
				check_text(contacts[i].uri);
				free(contacts[i].uri);
			}
		}
		message_reason(sip, text, sizeof(text));
		check_text(text);
		uint32_t count = message_headers(sip, headers, 16);
		for (uint32_t i = 0; i < count; i++) {
			check_text(headers[i].name);
			check_text(headers[i].value);
			free(headers[i].value);
		}
	}
	msg_destroy(msg);
	return 0;
}
