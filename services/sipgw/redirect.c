/*
 * redirect.c - 3xx answers; see redirect.h.
 */
#include "services/sipgw/redirect.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/message.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(followed, "sip_redirects_total", "result=\"followed\"",
	       "Contacts of 3xx answers.")
METRIC_COUNTER(refused, "sip_redirects_total", "result=\"refused\"",
	       "Contacts of 3xx answers.")

#define CONTACTS_MAX 32 /* of one answer; more are not looked at */
#define KEY_BYTES 600

struct redirects {
	char *uri[REDIRECT_MAX]; /* the first one is the dial's own */
	char key[REDIRECT_MAX][KEY_BYTES];
	unsigned count;
	unsigned next;
};

/* q as thousandths; RFC 3261 20.10: absent is the best. */
static int quality(const sip_contact_t *contact)
{
	const char *q = contact->m_q;
	int value = 0, unit = 1000;
	if (!q)
		return 1000;
	for (; *q && unit; q++) {
		if (*q == '.')
			continue;
		if (*q < '0' || *q > '9')
			break;
		value += (*q - '0') * unit;
		unit /= 10;
	}
	return value;
}

/* The contacts, best first; equals stay in their order. */
static unsigned sort(const sip_t *sip, const sip_contact_t **sorted)
{
	unsigned count = 0;
	for (const sip_contact_t *at = sip->sip_contact;
	     at && count < CONTACTS_MAX; at = at->m_next) {
		unsigned place = count++;
		for (; place && quality(sorted[place - 1]) < quality(at);
		     place--)
			sorted[place] = sorted[place - 1];
		sorted[place] = at;
	}
	return count;
}

uint32_t redirect_contacts(const sip_t *sip, struct contact *to, uint32_t max)
{
	const sip_contact_t *sorted[CONTACTS_MAX];
	unsigned known = sort(sip, sorted);
	uint32_t count = 0;
	for (unsigned i = 0; i < known && count < max; i++) {
		if (sorted[i]->m_url->url_type == url_any)
			continue;
		to[count].uri = message_uri(sorted[i]->m_url, 1024);
		if (to[count].uri)
			count++;
	}
	return count;
}

static bool may_follow(const struct leg *leg, const char *uri)
{
	if (str_starts(leg->target, "sips:") && !str_starts(uri, "sips:"))
		return false;
	return (str_starts(uri, "sip:") || str_starts(uri, "sips:")) &&
	       !strchr(uri, '?');
}

/* What makes two URIs the same place: whom, where, by what. */
static bool make_key(const char *uri, char *key)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	char transport[8] = "";
	bool good = false;
	su_home_init(home);
	const url_t *url = url_make(home, uri);
	if (url && url->url_host) {
		if (url->url_params)
			url_param(url->url_params, "transport", transport,
				  sizeof(transport));
		good = str_format(
			key, KEY_BYTES, "%s:%s@%s:%s;%s", url->url_scheme,
			url->url_user ? url->url_user : "", url->url_host,
			url->url_port ? url->url_port : "",
			*transport ? transport : "udp");
	}
	su_home_deinit(home);
	return good;
}

static bool is_known(const struct redirects *all, const char *key)
{
	for (unsigned i = 0; i < all->count; i++)
		if (str_same(all->key[i], key))
			return true;
	return false;
}

static void add(struct redirects *all, const char *uri)
{
	char key[KEY_BYTES];
	if (all->count == REDIRECT_MAX || !make_key(uri, key) ||
	    is_known(all, key)) {
		metric_add(&refused, 1);
		return;
	}
	str_copy(all->key[all->count], KEY_BYTES, key);
	all->uri[all->count++] = mem_copy_text(uri);
}

void redirect_hear(struct leg *leg, const sip_t *sip)
{
	struct contact contacts[8];
	uint32_t count = redirect_contacts(sip, contacts, 8);
	if (!leg->redirects) {
		leg->redirects = mem_new(1, sizeof(*leg->redirects));
		add(leg->redirects, leg->target);
		leg->redirects->next = leg->redirects->count;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (may_follow(leg, contacts[i].uri))
			add(leg->redirects, contacts[i].uri);
		free(contacts[i].uri);
	}
}

const char *redirect_next(struct leg *leg)
{
	struct redirects *all = leg->redirects;
	if (!all || all->next == all->count)
		return NULL;
	metric_add(&followed, 1);
	return all->uri[all->next++];
}

bool redirect_was_followed(const struct leg *leg)
{
	return leg->redirects != NULL;
}

void redirect_release(struct leg *leg)
{
	for (unsigned i = 0; leg->redirects && i < leg->redirects->count; i++)
		free(leg->redirects->uri[i]);
	free(leg->redirects);
	leg->redirects = NULL;
}
