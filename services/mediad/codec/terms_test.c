/*
 * terms_test.c - fmtp lines as they come, and as we say them.
 */
#include "services/mediad/codec/terms.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

static struct codec_fmtp of(enum codec codec, const char *text)
{
	struct codec_fmtp fmtp;

	codec_fmtp_read(codec, text, strlen(text), &fmtp);
	return fmtp;
}

TEST(what_a_side_likes_to_receive_is_read)
{
	struct codec_fmtp fmtp =
		of(CODEC_OPUS, "maxplaybackrate=16000; stereo=1;useinbandfec=1;"
			       " UseDTX=1 ;maxaveragebitrate=24000;cbr=1");

	CHECK_INT(fmtp.playback_hz, 16000);
	CHECK_INT(fmtp.bitrate_max, 24000);
	CHECK(fmtp.stereo && fmtp.fec && fmtp.dtx && fmtp.cbr);
	CHECK(of(CODEC_G729, "annexb=no").annexb_no);
	CHECK(!of(CODEC_G729, "annexb=yes").annexb_no);
	CHECK(!of(CODEC_G729, "").annexb_no);
}

TEST(what_cannot_be_read_or_belongs_to_another_codec_is_left_out)
{
	struct codec_fmtp fmtp =
		of(CODEC_OPUS,
		   ";;=;stereo;stereo=2;annexb=no;maxaveragebitrate=1e9;"
		   "maxplaybackrate=99999999999999999999;useinbandfec=;x=y;=1");

	CHECK(!fmtp.stereo && !fmtp.fec && !fmtp.annexb_no);
	CHECK_INT(fmtp.bitrate_max, 0);
	CHECK_INT(fmtp.playback_hz, 0);
	CHECK_INT(of(CODEC_OPUS, "maxaveragebitrate=1").bitrate_max, 6000);
	CHECK_INT(of(CODEC_OPUS, "maxaveragebitrate=999999").bitrate_max,
		  510000);
	CHECK(!of(CODEC_PCMU, "annexb=no").annexb_no);
}

TEST(an_annexb_of_no_is_answered_with_no)
{
	struct codec_fmtp theirs = of(CODEC_G729, "annexb=no");
	struct buf text = BUF_INIT(100);

	CHECK(codec_fmtp_write(CODEC_G729, &theirs, &text));
	CHECK_TEXT(buf_text(&text), "annexb=no");
	buf_clear(&text);
	CHECK(codec_fmtp_write(CODEC_G729, NULL, &text));
	CHECK_TEXT(buf_text(&text), "annexb=yes");
	buf_clear(&text);
	CHECK(!codec_fmtp_write(CODEC_PCMU, NULL, &text));
	CHECK(codec_fmtp_write(CODEC_EVENT, NULL, &text));
	CHECK_TEXT(buf_text(&text), "0-16");
	buf_free(&text);
}

TEST(packets_are_as_long_as_asked_within_what_both_can_do)
{
	CHECK_INT(codec_ptime(CODEC_PCMU, 0, 0), 20);
	CHECK_INT(codec_ptime(CODEC_PCMU, 30, 0), 30);
	CHECK_INT(codec_ptime(CODEC_PCMU, 25, 0), 20);
	CHECK_INT(codec_ptime(CODEC_G729, 5, 0), 10);
	CHECK_INT(codec_ptime(CODEC_G722, 200, 0), 60);
	CHECK_INT(codec_ptime(CODEC_G722, 60, 40), 40);
	CHECK_INT(codec_ptime(CODEC_PCMA, 0, 10), 10);
	CHECK_INT(codec_ptime(CODEC_OPUS, 10, 0), 10);
	CHECK_INT(codec_ptime(CODEC_OPUS, 50, 0), 40);
}

TEST(the_table_is_found_by_the_words_of_rtpmap)
{
	enum codec codecs[CODEC_AUDIO_MAX];

	CHECK_INT(codec_find("opus", 4, 48000, 2), CODEC_NONE);
	codec_enable(CODEC_OPUS, true);
	codec_enable(CODEC_G722, true);
	codec_enable(CODEC_EVENT_48, true);
	CHECK_INT(codec_find("opus", 4, 48000, 2), CODEC_OPUS);
	CHECK_INT(codec_find("opus", 4, 48000, 1), CODEC_NONE);
	CHECK_INT(codec_find("g722", 4, 8000, 1), CODEC_G722);
	CHECK_INT(codec_find("telephone-event", 15, 48000, 1), CODEC_EVENT_48);
	CHECK_INT(codec_find("telephone-event", 15, 8000, 1), CODEC_EVENT);
	CHECK_INT(codec_event_of(CODEC_OPUS), CODEC_EVENT_48);
	CHECK_INT(codec_static(9), CODEC_G722);
	CHECK_INT(codec_static(18), CODEC_NONE);
	/* G729's module is not there: the others stand. */
	CHECK_INT(codec_list("G722, G729,opus,PCMU", codecs), 3);
	CHECK_INT(codecs[1], CODEC_OPUS);
	CHECK_INT(codec_list("G729", codecs), 0);
	CHECK_INT(codec_list("G722,GSM", codecs), 0);
}

TEST_MAIN()
