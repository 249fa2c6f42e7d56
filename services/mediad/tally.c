/*
 * tally.c - the packet path's metrics.
 */
#include "services/mediad/tally.h"

#include "lib/runtime/metrics.h"

#include <string.h>

#define REFUSED_NAME "rtp_packets_refused_total"
#define REFUSED_HELP "RTP packets that were received and not passed on."

METRIC_COUNTER(rtp_in, "rtp_packets_total", "direction=\"in\"",
	       "RTP packets accepted from peers, and sent to them.")
METRIC_COUNTER(rtp_out, "rtp_packets_total", "direction=\"out\"",
	       "RTP packets accepted from peers, and sent to them.")
METRIC_COUNTER(rtcp_in, "rtcp_packets_total", "direction=\"in\"",
	       "RTCP packets accepted from peers, and sent to them.")
METRIC_COUNTER(rtcp_out, "rtcp_packets_total", "direction=\"out\"",
	       "RTCP packets accepted from peers, and sent to them.")
METRIC_COUNTER(rtcp_refused, "rtcp_packets_refused_total", "",
	       "RTCP packets from strangers, malformed, or too many.")
METRIC_COUNTER(malformed, REFUSED_NAME, "reason=\"malformed\"", REFUSED_HELP)
METRIC_COUNTER(early, REFUSED_NAME, "reason=\"early\"", REFUSED_HELP)
METRIC_COUNTER(stranger, REFUSED_NAME, "reason=\"stranger\"", REFUSED_HELP)
METRIC_COUNTER(rate, REFUSED_NAME, "reason=\"rate\"", REFUSED_HELP)
METRIC_COUNTER(ssrc, REFUSED_NAME, "reason=\"ssrc\"", REFUSED_HELP)
METRIC_COUNTER(payload, REFUSED_NAME, "reason=\"payload\"", REFUSED_HELP)
METRIC_COUNTER(direction, REFUSED_NAME, "reason=\"direction\"", REFUSED_HELP)
METRIC_COUNTER(unbridged, REFUSED_NAME, "reason=\"unbridged\"", REFUSED_HELP)
METRIC_COUNTER(late, REFUSED_NAME, "reason=\"late\"", REFUSED_HELP)
METRIC_COUNTER(forged, REFUSED_NAME, "reason=\"forged\"", REFUSED_HELP)
METRIC_COUNTER(replayed, REFUSED_NAME, "reason=\"replayed\"", REFUSED_HELP)
METRIC_COUNTER(unsealed, REFUSED_NAME, "reason=\"keys\"", REFUSED_HELP)
METRIC_COUNTER(stun, REFUSED_NAME, "reason=\"stun\"", REFUSED_HELP)
METRIC_COUNTER(unsent, REFUSED_NAME, "reason=\"send\"", REFUSED_HELP)

const struct tally_row tally_rows[REFUSED_COUNT] = {
	[REFUSED_MALFORMED] = {"malformed RTP", true, TALLY_WARN},
	[REFUSED_STRANGER] = {"RTP of a stranger", true, TALLY_WARN},
	[REFUSED_RATE] = {"RTP faster than 200 packets/s", true, TALLY_WARN},
	[REFUSED_SSRC] = {"RTP of another source", true, TALLY_QUIET},
	[REFUSED_PAYLOAD] = {"RTP of a type not agreed", false, TALLY_INFO},
	[REFUSED_DIRECTION] = {"RTP while on hold", false, TALLY_QUIET},
	[REFUSED_UNBRIDGED] = {"RTP that nobody hears", false, TALLY_QUIET},
	[REFUSED_LATE] = {"RTP of before a switch", false, TALLY_QUIET},
	[REFUSED_SEND] = {"RTP that cannot be sent", false, TALLY_INFO},
	[REFUSED_FORGED] = {"SRTP that was not made with the key agreed on",
			    true, TALLY_WARN},
	[REFUSED_REPLAYED] = {"SRTP that came before", true, TALLY_QUIET},
	[REFUSED_UNSEALED] = {"RTP while no keys are agreed on", false,
			      TALLY_INFO},
	[REFUSED_STUN] = {"STUN, which nothing here answers", false,
			  TALLY_INFO},
};

static struct metric *const refused[REFUSED_COUNT] = {
	[REFUSED_MALFORMED] = &malformed, [REFUSED_EARLY] = &early,
	[REFUSED_STRANGER] = &stranger,   [REFUSED_RATE] = &rate,
	[REFUSED_SSRC] = &ssrc,           [REFUSED_PAYLOAD] = &payload,
	[REFUSED_DIRECTION] = &direction, [REFUSED_UNBRIDGED] = &unbridged,
	[REFUSED_LATE] = &late,           [REFUSED_SEND] = &unsent,
	[REFUSED_FORGED] = &forged,       [REFUSED_REPLAYED] = &replayed,
	[REFUSED_UNSEALED] = &unsealed,   [REFUSED_STUN] = &stun,
};

static void add(struct metric *metric, uint64_t amount)
{
	if (amount)
		metric_add(metric, (int64_t)amount);
}

void tally_flush(struct tally *tally)
{
	add(&rtp_in, tally->rtp_in);
	add(&rtp_out, tally->rtp_out);
	add(&rtcp_in, tally->rtcp_in);
	add(&rtcp_out, tally->rtcp_out);
	add(&rtcp_refused, tally->rtcp_refused);
	for (int i = 0; i < REFUSED_COUNT; i++)
		add(refused[i], tally->refused[i]);
	memset(tally, 0, sizeof(*tally));
}
