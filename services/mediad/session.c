/*
 * session.c - sessions by name, legs by name.
 */
#include "services/mediad/session.h"

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"

#include <stdlib.h>

struct session *session_find(const struct media *media, const char *call_sid)
{
	return map_get(media->sessions, call_sid);
}

struct session *session_new(struct media *media, const char *call_sid,
			    const char *account_sid)
{
	struct session *session = mem_new(1, sizeof(*session));

	session->media = media;
	str_copy(session->call_sid, sizeof(session->call_sid), call_sid);
	str_copy(session->account_sid, sizeof(session->account_sid),
		 account_sid);
	list_init(&session->legs);
	session->since_ms = session->heard_ms = clock_mono_ms();
	map_put(media->sessions, session->call_sid, session);
	return session;
}

struct session *session_free(struct session *session)
{
	if (session) {
		while (!list_empty(&session->legs))
			leg_free(list_of(session->legs.next, struct leg, link));
		map_remove(session->media->sessions, session->call_sid);
		free(session);
	}
	return NULL;
}

struct leg *session_leg(const struct session *session, const char *name)
{
	if (!session)
		return NULL;
	list_each (link, &session->legs) {
		struct leg *leg = list_of(link, struct leg, link);

		if (str_equal(leg->name, name))
			return leg;
	}
	return NULL;
}

bool session_is_abandoned(const struct session *session, int64_t now_ms)
{
	return now_ms - session->since_ms > SESSION_LIFE_MS &&
	       now_ms - session->heard_ms > SESSION_SILENCE_MS;
}
