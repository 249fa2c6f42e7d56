/*
 * tls_leg.c - which TLS connection the requests of a leg take; see tls_leg.h.
 */
#include "services/sipgw/tls_leg.h"

#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/sofia.h"
#include "services/sipgw/tls.h"

/* Whose certificate a new link must show. */
static void name_of(const struct leg *leg,
		    const struct sockaddr_storage *address, const char *host,
		    bool to_peer, char *to, size_t size)
{
	if (to_peer && !leg->inbound) /* whom we called, wherever he is */
		str_copy(to, size, leg->host);
	else if (host)
		str_copy(to, size, host);
	else
		cidr_text((const struct sockaddr *)address, to);
}

static bool takes_any(const struct leg *leg)
{
	const struct account_config *account = leg_account(leg);
	return account && account->tls_unverified;
}

void tls_leg_route(struct leg *leg, const struct sockaddr_storage *address,
		   const char *host, struct sockaddr_storage *hop_out)
{
	struct tls *tls = leg->gw->tls;
	const struct sockaddr_storage *to = address ? address : &leg->peer;
	char name[256];
	if (!tls_leads_to(tls, leg->tls_link, to, address != NULL)) {
		bool to_peer = cidr_same_host(to, &leg->peer);
		struct tls_target target = {
			.address = to_peer && !leg->inbound ? leg->peer : *to,
			.host = name,
			.unverified = takes_any(leg),
		};
		name_of(leg, to, host, to_peer, name, sizeof(name));
		leg->tls_link = tls_link_to(tls, &target);
	}
	tls_address(tls, leg->tls_link, hop_out);
}

int tls_leg_why(const struct leg *leg, char *text)
{
	return tls_why(leg->gw->tls, leg->tls_link, text);
}

bool tls_leg_is_sips(const struct leg *leg)
{
	return leg->sips || (!leg->inbound && leg->remote_uri &&
			     str_starts(leg->remote_uri, "<sips:"));
}
