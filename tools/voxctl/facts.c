/*
 * facts.c - one message of a call as a few words for people; see facts.h.
 *
 * One function a message, in the tables of facts_private.h; what has no row
 * shows its name alone.
 */
#include "tools/voxctl/facts.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tools/voxctl/facts_private.h"
#include "tools/voxctl/sdpfacts.h"

#include <inttypes.h>
#include <string.h>

char facts_leg(struct facts_legs *legs, const char *leg)
{
	for (unsigned i = 0; i < legs->count; i++)
		if (strcmp(legs->sids[i], leg) == 0)
			return (char)('A' + i);
	if (legs->count == FACTS_LEGS_MAX)
		return '?';
	str_copy(legs->sids[legs->count], ID_BYTES, leg);
	return (char)('A' + legs->count++);
}

void facts_add_ms(struct buf *to, int64_t ms)
{
	if (ms < 10000)
		buf_addf(to, "%" PRId64 " ms", ms);
	else
		buf_addf(to, "%" PRId64 ".%" PRId64 " s", ms / 1000,
			 ms % 1000 / 100);
}

bool facts_add_error(struct buf *to, int64_t code, const char *text)
{
	if (!code)
		return false;
	const struct proto_error *error = proto_error((int)code);
	buf_addf(to, " [%" PRId64 " %s] %s", code, error->name,
		 text && *text ? text : error->advice);
	return true;
}

void facts_add_sdp(struct buf *to, const char *sdp)
{
	if (!sdp)
		return;
	buf_add_text(to, ", ");
	sdp_facts(sdp, to);
}

void facts_add_if(struct buf *to, const char *before, const char *text)
{
	if (text && *text)
		buf_addf(to, "%s%s", before, text);
}

static const struct facts_row *row_of(const struct proto_message *desc)
{
	static const struct facts_rows *const tables[] = {
		&facts_call, &facts_media, &facts_sip};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (size_t j = 0; j < tables[i]->count; j++)
			if (tables[i]->rows[j].desc == desc)
				return &tables[i]->rows[j];
	return NULL;
}

bool facts_add(struct facts_legs *legs, const struct proto_message *desc,
	       const void *message, struct buf *to)
{
	const struct facts_row *row = row_of(desc);
	if (row)
		return row->add(legs, message, to);
	buf_add_text(to, desc->name);
	return false;
}
