/*
 * admit_fuzz.c - what strangers send to get in, and what callees ask us for:
 * Authorization and challenges, through sofia's parser. Nobody gets in without
 * the password.
 */
#include "services/sipgw/admit.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/digest_in.h"
#include "services/sipgw/resolve.h"
#include "services/sipgw/sipgw.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 24576

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sipgw gw;

static void start(void)
{
	static const char json[] =
		"{\"user\":\"bob\",\"account_sid\":\"AC1\",\"realm\":\"r\","
		"\"ha1_md5\":\"0123456789abcdef0123456789abcdef\"}";
	char error[160];
	gw.accounts = accounts_new(NULL, NULL, NULL);
	gw.digest_in = digest_in_new();
	gw.guard = guard_new("127.0.0.1", "", 1000, error);
	accounts_change(gw.accounts,
			&(struct bus_entry){"credential.626f62", json,
					    sizeof(json) - 1, 1});
}

static msg_t *make(const char *first, const char *header, const uint8_t *data,
		   size_t size)
{
	struct buf text = BUF_INIT(MESSAGE_MAX);
	buf_addf(&text,
		 "%s\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
		 "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n"
		 "CSeq: 1 INVITE\r\n%s: ",
		 first, header);
	buf_add(&text, (const char *)data, size);
	buf_addf(&text, "\r\nContent-Length: 0\r\n\r\n");
	msg_t *msg = msg_make(sip_default_mclass(), 0, text.data,
			      (ssize_t)text.length);
	buf_free(&text);
	return msg;
}

static void come_in(const uint8_t *data, size_t size)
{
	char header[ADMIT_HEADER_BYTES];
	struct admission admission = {.number = NULL};
	struct sockaddr_storage source;
	msg_t *msg =
		make("INVITE sip:100@r SIP/2.0", "Authorization", data, size);
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	resolve_numeric("192.0.2.1", 5060, &source);
	if (sip && sip->sip_request) {
		enum admit admit =
			admit_stranger(&gw, sip, (struct sockaddr *)&source,
				       &admission, header);
		assert(admit == ADMIT_CHALLENGED || admit == ADMIT_BARRED);
	}
	msg_destroy(msg);
}

static void be_asked(const uint8_t *data, size_t size)
{
	struct auth *auth = auth_new("u", "p");
	struct buf lines = BUF_INIT(32768);
	msg_t *msg = make("SIP/2.0 401 No", "WWW-Authenticate", data, size);
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	if (sip && sip->sip_status && auth_challenged(auth, sip)) {
		auth_lines(auth, "INVITE", "sip:c@d", "v=0", &lines);
		for (const char *at = buf_text(&lines); *at;) {
			const char *end = strstr(at, "\r\n");
			assert(end && str_starts(at, "Authorization: Digest "));
			assert(!memchr(at, '\n', (size_t)(end - at)));
			at = end + 2;
		}
	}
	msg_destroy(msg);
	buf_free(&lines);
	auth_free(auth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!gw.accounts)
		start();
	if (size > MESSAGE_MAX / 2)
		return 0;
	come_in(data, size);
	be_asked(data, size);
	return 0;
}
