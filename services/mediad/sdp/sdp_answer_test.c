/*
 * sdp_answer_test.c - what we write, and what both sides then agree on.
 */
#include "services/mediad/sdp/sdp_answer.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <string.h>

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"

static struct sdp parsed(const char *text)
{
	static struct sdp sdp;
	char error[SDP_ERROR_BYTES];

	CHECK(sdp_parse(text, strlen(text), &sdp, error));
	CHECK_TEXT(error, "");
	return sdp;
}

static struct sdp_self self(const char *host)
{
	struct sdp_self self = {.id = 77, .version = 1};

	CHECK(endpoint_parse(host, 20000, &self.at));
	return self;
}

/* Our answer to 'offer', or why there is none. */
static const char *answered(const char *offer, struct refusal *why)
{
	static struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self me = self("198.51.100.9");
	struct sdp sdp = parsed(offer);

	buf_clear(&text);
	return sdp_write_answer(&me, &sdp, &text, why) ? buf_text(&text) : "";
}

static bool agrees(const char *local, const char *remote,
		   struct sdp_terms *terms, struct refusal *why)
{
	struct sdp ours = parsed(local), theirs = parsed(remote);

	return sdp_agree(&ours, &theirs, AF_INET, terms, why);
}

TEST(our_offer_names_the_codecs_in_the_order_asked)
{
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self me = self("2001:db8::9");
	enum codec codecs[CODEC_AUDIO_MAX];
	unsigned count = codec_list("PCMA, pcmu", codecs);

	CHECK_INT(count, 2);
	sdp_write_offer(&me, codecs, count, NULL, &text);
	CHECK_TEXT(buf_text(&text),
		   "v=0\r\no=voxbus 77 1 IN IP6 2001:db8::9\r\ns=-\r\n"
		   "c=IN IP6 2001:db8::9\r\nt=0 0\r\n"
		   "m=audio 20000 RTP/AVP 8 0 101\r\n"
		   "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
		   "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		   "a=ptime:20\r\na=sendrecv\r\n");
	buf_free(&text);
}

TEST(codec_lists_that_we_cannot_do_are_refused)
{
	enum codec codecs[CODEC_AUDIO_MAX];

	CHECK_INT(codec_list(NULL, codecs), 2);
	CHECK_INT(codec_list("PCMA", codecs), 1);
	CHECK_INT(codecs[0], CODEC_PCMA);
	CHECK_INT(codec_list("G722", codecs), 0);
	CHECK_INT(codec_list("PCMU,,PCMA", codecs), 0);
	CHECK_INT(codec_list("PCMU,PCMU", codecs), 0);
	CHECK_INT(codec_list("telephone-event", codecs), 0);
	CHECK_INT(codec_list("PCMU,PCMA,PCMU", codecs), 0);
}

TEST(the_answer_takes_the_offerers_first_codec_and_its_numbers)
{
	struct refusal why;

	CHECK_TEXT(answered(HEAD "m=audio 4000 RTP/AVP 18 96 0 99\r\n"
				 "a=rtpmap:96 PCMA/8000\r\n"
				 "a=rtpmap:99 telephone-event/8000\r\n",
			    &why),
		   "v=0\r\no=voxbus 77 1 IN IP4 198.51.100.9\r\ns=-\r\n"
		   "c=IN IP4 198.51.100.9\r\nt=0 0\r\n"
		   "m=audio 20000 RTP/AVP 96 99\r\na=rtpmap:96 PCMA/8000\r\n"
		   "a=rtpmap:99 telephone-event/8000\r\na=fmtp:99 0-16\r\n"
		   "a=ptime:20\r\na=sendrecv\r\n");
}

/* What a part of the text is, so that a check needs no more than it says. */
static bool has(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

TEST(what_goes_beside_a_codec_has_its_clock)
{
	struct refusal why;
	const char *answer;

	codec_enable(CODEC_OPUS, true);
	codec_enable(CODEC_EVENT_48, true);
	answer = answered(HEAD "m=audio 4000 RTP/AVP 107 0 13 101 102\r\n"
			       "a=rtpmap:107 opus/48000/2\r\n"
			       "a=fmtp:107 stereo=1\r\n"
			       "a=rtpmap:101 telephone-event/8000\r\n"
			       "a=rtpmap:102 telephone-event/48000\r\n",
			  &why);
	CHECK(has(answer, "m=audio 20000 RTP/AVP 107 102\r\n"));
	CHECK(has(answer, "a=rtpmap:107 opus/48000/2\r\n"
			  "a=fmtp:107 useinbandfec=1\r\n"
			  "a=rtpmap:102 telephone-event/48000\r\n"));
	codec_enable(CODEC_OPUS, false);
	codec_enable(CODEC_EVENT_48, false);
}

/* Many phones have no other beside Opus. */
TEST(digits_of_another_clock_are_taken_where_there_are_no_others)
{
	static const char offer[] =
		HEAD "m=audio 4000 RTP/AVP 107 101\r\n"
		     "a=rtpmap:107 opus/48000/2\r\n"
		     "a=rtpmap:101 telephone-event/8000\r\n";
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self me = self("198.51.100.9");
	enum codec opus = CODEC_OPUS;
	struct sdp_terms terms;
	struct refusal why;
	const char *answer;

	codec_enable(CODEC_OPUS, true);
	codec_enable(CODEC_EVENT_48, true);
	answer = answered(offer, &why);
	CHECK(has(answer, "m=audio 20000 RTP/AVP 107 101\r\n"));
	CHECK(agrees(answer, offer, &terms, &why));
	CHECK_INT(terms.event, CODEC_EVENT);
	CHECK_INT(terms.send_pt[terms.event], 101);
	/* Our own offer has both, and any of them may be the answer. */
	sdp_write_offer(&me, &opus, 1, NULL, &text);
	CHECK(has(buf_text(&text), "RTP/AVP 96 101 100\r\n"));
	CHECK(agrees(buf_text(&text), offer, &terms, &why));
	CHECK_INT(terms.event, CODEC_EVENT);
	CHECK(agrees(buf_text(&text),
		     HEAD "m=audio 4000 RTP/AVP 96 101 100\r\n"
			  "a=rtpmap:96 opus/48000/2\r\n"
			  "a=rtpmap:101 telephone-event/8000\r\n"
			  "a=rtpmap:100 telephone-event/48000\r\n",
		     &terms, &why));
	CHECK_INT(terms.event, CODEC_EVENT_48);
	CHECK(agrees(buf_text(&text),
		     HEAD "m=audio 4000 RTP/AVP 96\r\n"
			  "a=rtpmap:96 opus/48000/2\r\n",
		     &terms, &why));
	CHECK_INT(terms.event, CODEC_NONE);
	codec_enable(CODEC_OPUS, false);
	codec_enable(CODEC_EVENT_48, false);
	buf_free(&text);
}

TEST(comfort_noise_is_taken_when_it_is_offered)
{
	struct sdp_terms terms;
	struct refusal why;
	const char *answer;

	codec_enable(CODEC_CN, true);
	answer = answered(HEAD "m=audio 4000 RTP/AVP 8 13\r\n", &why);
	CHECK(has(answer, "m=audio 20000 RTP/AVP 8 13\r\n"));
	CHECK(agrees(answer, HEAD "m=audio 4000 RTP/AVP 8 13\r\n", &terms,
		     &why));
	CHECK(terms.sound.noise);
	CHECK(agrees(answer, HEAD "m=audio 4000 RTP/AVP 8\r\n", &terms, &why));
	CHECK(!terms.sound.noise);
	codec_enable(CODEC_CN, false);
}

TEST(packets_are_as_long_as_the_other_side_likes_them)
{
	static const struct {
		const char *lines;
		const char *answer;
		unsigned ms;
	} rows[] = {
		{"", "a=ptime:20\r\n", 20},
		{"a=ptime:30\r\n", "a=ptime:30\r\n", 30},
		{"a=ptime:30\r\na=maxptime:20\r\n", "a=ptime:20\r\n", 20},
		{"a=maxptime:10\r\n", "a=ptime:10\r\n", 10},
		{"a=ptime:200\r\n", "a=ptime:60\r\n", 60},
		{"a=ptime:0\r\n", "a=ptime:20\r\n", 20},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sdp_terms terms;
		struct refusal why;
		const char *answer;
		char offer[256];

		CHECK(str_format(offer, sizeof(offer),
				 HEAD "m=audio 4000 RTP/AVP 0\r\n%s",
				 rows[i].lines));
		answer = answered(offer, &why);
		CHECK(has(answer, rows[i].answer));
		CHECK(agrees(answer, offer, &terms, &why));
		CHECK_INT(terms.sound.ptime_ms, rows[i].ms);
	}
}

TEST(reports_share_the_port_when_both_want_that)
{
	static const char offer[] =
		HEAD "m=audio 4000 RTP/AVPF 0\r\na=rtcp-mux\r\n";
	struct sdp_terms terms;
	struct refusal why;
	const char *answer = answered(offer, &why);

	CHECK(has(answer, "m=audio 20000 RTP/AVPF 0\r\n"));
	CHECK(has(answer, "a=rtcp-mux\r\n"));
	CHECK(agrees(answer, offer, &terms, &why));
	CHECK(terms.mux);
	CHECK_INT(endpoint_port(&terms.rtcp), 4000);
	CHECK(agrees(answer, HEAD "m=audio 4000 RTP/AVPF 0\r\n", &terms, &why));
	CHECK(!terms.mux);
	CHECK_INT(endpoint_port(&terms.rtcp), 4001);
}

TEST(what_a_browser_says_beside_it_is_left_alone)
{
	struct refusal why;
	const char *answer = answered(
		HEAD "a=group:BUNDLE 0 1\r\na=ice-lite\r\n"
		     "a=msid-semantic: WMS *\r\n"
		     "m=audio 4000 RTP/AVP 0\r\na=mid:0\r\n"
		     "a=ice-ufrag:abcd\r\na=ice-pwd:x\r\n"
		     "a=candidate:1 1 udp 1 192.0.2.1 4000 typ host\r\n"
		     "a=ssrc:1 cname:x\r\na=extmap:1 urn:x\r\n"
		     "m=video 4002 RTP/AVP 96\r\na=mid:1\r\n",
		&why);

	CHECK(has(answer, "m=audio 20000 RTP/AVP 0\r\n"));
	CHECK(has(answer, "m=video 0 RTP/AVP 96\r\n"));
	CHECK(!has(answer, "BUNDLE") && !has(answer, "ice"));
}

TEST(other_streams_are_refused_in_place)
{
	struct refusal why;
	const char *answer =
		answered(HEAD "m=video 5000 RTP/AVP 99 100\r\n"
			      "m=audio 0 RTP/AVP 0\r\n"
			      "m=audio 4000 RTP/AVP 0\r\n"
			      "m=audio 4002 RTP/AVP 0\r\n"
			      "m=application 9 UDP/DTLS/SCTP webrtc-dc\r\n",
			 &why);

	CHECK(strstr(answer, "m=video 0 RTP/AVP 99\r\nm=audio 0 RTP/AVP 0\r\n"
			     "m=audio 20000 RTP/AVP 0\r\n"));
	CHECK(strstr(answer, "a=sendrecv\r\nm=audio 0 RTP/AVP 0\r\n"
			     "m=application 0 UDP/DTLS/SCTP webrtc-dc\r\n"));
}

TEST(hold_is_answered_with_what_is_left)
{
	static const struct {
		const char *offer, *answer;
	} rows[] = {
		{HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly"},
		{HEAD "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", "a=sendonly"},
		{HEAD "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", "a=inactive"},
		{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
		 "a=recvonly"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why;

		CHECK(strstr(answered(rows[i].offer, &why), rows[i].answer));
	}
}

TEST(offers_that_we_cannot_do_are_488_with_a_reason)
{
	static const struct {
		const char *offer, *reason;
	} rows[] = {
		{HEAD, "no audio"},
		{HEAD "m=video 4000 RTP/AVP 99\r\n", "not audio"},
		{HEAD "m=audio 4000 TCP/RTP/AVP 0\r\n", "not audio"},
		{HEAD "m=audio 0 RTP/AVP 0\r\n", "port 0"},
		{HEAD "m=audio 4000 RTP/AVP 18 101\r\n", "none of its codecs"},
		{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::1\r\n", "IPv6"},
		{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 example\r\n",
		 "numeric"},
		{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.0.0.1/3\r\n",
		 "multicast"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why = {0};

		CHECK_TEXT(answered(rows[i].offer, &why), "");
		CHECK_INT(why.code, ERR_MEDIA_CODEC);
		CHECK_INT(why.status, 488);
		CHECK(strstr(why.text, rows[i].reason));
	}
}

TEST(both_sides_numbers_are_mapped)
{
	struct sdp_terms terms;
	struct refusal why;

	CHECK(agrees(HEAD "m=audio 20000 RTP/AVP 0 8 101\r\n"
			  "a=rtpmap:101 telephone-event/8000\r\n",
		     HEAD "m=audio 4000 RTP/AVP 97 96\r\n"
			  "a=rtpmap:97 PCMA/8000\r\n"
			  "a=rtpmap:96 telephone-event/8000\r\na=rtcp:4009\r\n",
		     &terms, &why));
	CHECK_INT(terms.codec, CODEC_PCMA);
	CHECK_INT(terms.send_pt[CODEC_PCMA], 97);
	CHECK_INT(terms.send_pt[CODEC_PCMU], CODEC_PT_NONE);
	CHECK_INT(terms.send_pt[CODEC_EVENT], 96);
	CHECK_INT(terms.codec_of[8], CODEC_PCMA);
	CHECK_INT(terms.codec_of[97], CODEC_PCMA);
	CHECK_INT(terms.codec_of[0], CODEC_NONE);
	CHECK_INT(terms.codec_of[101], CODEC_EVENT);
	CHECK_INT(endpoint_port(&terms.rtp), 4000);
	CHECK_INT(endpoint_port(&terms.rtcp), 4009);
	CHECK(terms.sends && terms.hears);
}

TEST(of_two_numbers_for_one_codec_the_first_is_sent_and_both_are_heard)
{
	struct sdp_terms terms;
	struct refusal why;

	CHECK(agrees(HEAD "m=audio 20000 RTP/AVP 0\r\n",
		     HEAD "m=audio 4000 RTP/AVP 0 96\r\n"
			  "a=rtpmap:96 PCMU/8000\r\n",
		     &terms, &why));
	CHECK_INT(terms.send_pt[CODEC_PCMU], 0);
	CHECK_INT(terms.codec_of[96], CODEC_PCMU);
}

TEST(the_stream_is_found_by_its_place)
{
	struct sdp_terms terms;
	struct refusal why;

	CHECK(agrees(HEAD "m=video 0 RTP/AVP 99\r\nm=audio 20000 RTP/AVP 0\r\n",
		     HEAD
		     "m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0\r\n"
		     "a=sendonly\r\n",
		     &terms, &why));
	CHECK_INT(endpoint_port(&terms.rtp), 4000);
	CHECK(terms.hears && !terms.sends);
}

TEST(answers_that_fit_nothing_are_refused)
{
	static const char ours[] = HEAD "m=audio 20000 RTP/AVP 8\r\n";
	struct sdp_terms terms;
	struct refusal why;

	CHECK(!agrees(ours, HEAD "m=audio 0 RTP/AVP 8\r\n", &terms, &why));
	CHECK_INT(why.code, ERR_MEDIA_CODEC);
	CHECK(!agrees(ours, HEAD "m=audio 4000 RTP/AVP 0\r\n", &terms, &why));
	CHECK_INT(why.code, ERR_MEDIA_CODEC);
	CHECK(!agrees(ours, HEAD, &terms, &why));
	CHECK_INT(why.code, ERR_MEDIA_SDP);
	CHECK_INT(why.status, 400);
}

TEST_MAIN()
