/*
 * sdpfacts.c - address, port and codecs of an SDP; see sdpfacts.h.
 */
#include "tools/voxctl/sdpfacts.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODECS_SHOWN_MAX 4

/* The value of the first line at or after 'from' that begins so, or NULL. */
static const char *line_of(const char *from, const char *begin)
{
	while (from && *from) {
		if (str_starts(from, begin))
			return from + strlen(begin);
		from = strchr(from, '\n');
		from = from ? from + 1 : NULL;
	}
	return NULL;
}

static const char *static_name(int payload)
{
	static const struct {
		int payload;
		const char *name;
	} known[] = {{0, "PCMU"},
		     {3, "GSM"},
		     {8, "PCMA"},
		     {9, "G722"},
		     {18, "G729"}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].payload == payload)
			return known[i].name;
	return NULL;
}

static void add_codec(const char *sdp, int payload, struct buf *to)
{
	char begin[32];
	const char *name = static_name(payload);
	str_format(begin, sizeof(begin), "a=rtpmap:%d ", payload);
	const char *map = line_of(sdp, begin);
	if (map && str_starts(map, "telephone-event/"))
		return; /* it goes without saying */
	if (map)
		buf_addf(to, " %.*s", (int)strcspn(map, "/\r\n"), map);
	else if (name)
		buf_addf(to, " %s", name);
	else
		buf_addf(to, " %d", payload);
}

static void add_codecs(const char *sdp, const char *payloads, struct buf *to)
{
	for (int shown = 0; *payloads == ' ' && shown < CODECS_SHOWN_MAX;
	     shown++) {
		char *end;
		long payload = strtol(payloads + 1, &end, 10);
		if (end == payloads + 1 || payload < 0 || payload > 127)
			return;
		add_codec(sdp, (int)payload, to);
		payloads = end;
	}
}

void sdp_facts(const char *sdp, struct buf *to)
{
	const char *audio = sdp ? line_of(sdp, "m=audio ") : NULL;
	if (!audio)
		return;
	size_t port = strspn(audio, "0123456789");
	const char *address = line_of(audio, "c=IN IP");
	if (!address)
		address = line_of(sdp, "c=IN IP");
	if (address && strlen(address) > 2)
		address += 2;
	else
		address = "?";
	buf_addf(to, "%.*s:%.*s", (int)strcspn(address, "/ \r\n"), address,
		 (int)port, audio);
	const char *payloads = audio + port;
	if (*payloads == ' ')
		payloads += 1 + strcspn(payloads + 1, " \r\n");
	add_codecs(sdp, payloads, to);
}
