/*
 * rtcp_fuzz.c - one datagram of RTCP: a first octet that says about whom we
 * want to know, then the datagram; what was read goes into the figures and a
 * report that is written must be read.
 */
#include "services/mediad/receive/quality.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_back(const struct quality *quality, struct stream_in *in,
		       uint8_t how)
{
	uint8_t report[RTCP_WRITE_BYTES];
	struct stream_out out = {.ssrc = 1};
	struct rtcp_voip voip = {.loss = how};
	struct rtcp_news news;
	size_t written;

	in->started = how & 1;
	written = rtcp_write(
		&(struct rtcp_report){.out = &out,
				      .in = in,
				      .sent = how & 2,
				      .now_ns = 1000000000,
				      .cname = "0123456789abcdef@voxbus",
				      .asked_middle = quality->asked_middle,
				      .asked_ns = quality->asked_ns,
				      .voip = how & 4 ? &voip : NULL},
		report);
	if (written > sizeof(report) || !rtcp_parse(report, written, 7, &news))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quality quality = {0};
	struct quality_figures figures;
	struct stream_in in = {.packets = 1};
	struct rtcp_news news;
	uint8_t *copy;

	if (size < 2)
		return 0;
	/* Of its own size, so that one byte too far is seen. */
	copy = malloc(size - 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (rtcp_parse(copy, size - 1, data[0], &news)) {
		quality_sent(&quality, news.last_report, 1);
		quality_news(&quality, &news, 1000000000);
		quality_figures(&quality, &in, CODEC_PCMU, &figures);
		if (figures.mos_hundredths > 450)
			abort();
		write_back(&quality, &in, data[0]);
	}
	free(copy);
	return 0;
}
