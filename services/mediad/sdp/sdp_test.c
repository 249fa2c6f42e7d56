/*
 * sdp_test.c - descriptions that phones send, and some that nobody should.
 */
#include "services/mediad/sdp/sdp_parser.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdio.h>
#include <string.h>

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define HEAD_C HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static struct sdp sdp;
static char error[SDP_ERROR_BYTES];

static bool parses(const char *text)
{
	return sdp_parse(text, strlen(text), &sdp, error);
}

/* Refused, and the line named. */
static bool refused_at(unsigned line, const char *text)
{
	char wanted[32];

	CHECK(str_format(wanted, sizeof(wanted), "line %u: ", line));
	if (parses(text))
		return false;
	if (!str_starts(error, wanted))
		fprintf(stderr, "got \"%s\"\n", error);
	return str_starts(error, wanted);
}

static bool has_host(const struct sdp_host *host, const char *text)
{
	char got[ENDPOINT_TEXT_BYTES];

	endpoint_host(&host->at, got);
	return host->kind == SDP_HOST_NUMERIC && str_equal(got, text);
}

TEST(what_sipp_offers)
{
	CHECK(parses("v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\n"
		     "s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		     "m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"));
	CHECK_INT(sdp.media_count, 1);
	CHECK(sdp.media[0].audio);
	CHECK_INT(sdp.media[0].port, 6000);
	CHECK_INT(sdp.media[0].rtcp_port, 6001);
	CHECK_INT(sdp.media[0].direction, SDP_SENDRECV);
	CHECK_INT(sdp.media[0].formats[0].codec, CODEC_PCMU);
	CHECK(has_host(&sdp.media[0].host, "127.0.0.1"));
}

TEST(what_baresip_offers)
{
	CHECK(parses(
		"v=0\r\no=- 3417258 1462838434 IN IP4 127.0.0.1\r\ns=-\r\n"
		"c=IN IP4 127.0.0.1\r\nt=0 0\r\na=tool:baresip 1.0.0\r\n"
		"m=audio 20010 RTP/AVP 96 0 8 101\r\n"
		"a=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1\r\n"
		"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
		"a=rtcp:20013 IN IP4 127.0.0.2\r\na=sendrecv\r\na=label:1\r\n"
		"a=rtcp-rsize\r\na=ssrc:2930 cname:sip:a@127.0.0.1\r\n"
		"a=ptime:20\r\n"));
	CHECK_INT(sdp.media[0].format_count, 4);
	CHECK_INT(sdp.media[0].formats[0].codec, CODEC_NONE);
	CHECK_INT(sdp.media[0].formats[1].codec, CODEC_PCMU);
	CHECK_INT(sdp.media[0].formats[2].codec, CODEC_PCMA);
	CHECK_INT(sdp.media[0].formats[3].codec, CODEC_EVENT);
	CHECK_INT(sdp.media[0].formats[3].pt, 101);
	CHECK_INT(sdp.media[0].rtcp_port, 20013);
	CHECK(has_host(&sdp.media[0].rtcp_host, "127.0.0.2"));
	CHECK_INT(sdp.media[0].ptime_ms, 20);
}

TEST(what_linphone_offers_with_video_beside)
{
	CHECK(parses("v=0\r\no=alice 2890 844 IN IP4 192.0.2.1\r\ns=Talk\r\n"
		     "c=IN IP4 192.0.2.1\r\nb=AS:380\r\nt=0 0\r\n"
		     "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup\r\n"
		     "m=audio 7078 RTP/AVP 96 97 0 8 98\r\n"
		     "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
		     "a=rtpmap:97 speex/16000\r\n"
		     "a=rtpmap:98 telephone-event/48000\r\n"
		     "m=video 9078 RTP/AVP 99\r\nb=AS:300\r\na=rtpmap:99 "
		     "VP8/90000\r\n"
		     "a=rtcp-fb:* nack pli\r\n"));
	CHECK_INT(sdp.media_count, 2);
	/* Digits at another clock are not ours. */
	CHECK_INT(sdp.media[0].formats[4].codec, CODEC_NONE);
	CHECK(!sdp.media[1].audio);
	CHECK_INT(sdp.media[1].port, 9078);
}

TEST(lines_may_end_in_lf_alone_and_blank_ones_stand_at_the_end)
{
	CHECK(parses("v=0\no=- 1 1 IN IP4 1.2.3.4\ns=-\nc=IN IP4 1.2.3.4\n"
		     "t=0 0\nm=audio 4000 RTP/AVP 8"));
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVP 8\r\n\r\n"));
	CHECK(refused_at(6, HEAD_C "\r\nm=audio 4000 RTP/AVP 8\r\n"));
}

TEST(a_medium_has_its_own_address_or_the_sessions)
{
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVP 0\r\n"
			    "m=audio 5000 RTP/AVP 0\r\n"
			    "c=IN IP4 192.0.2.77\r\nc=IN IP4 192.0.2.78\r\n"));
	CHECK(has_host(&sdp.media[0].host, "192.0.2.1"));
	CHECK(has_host(&sdp.media[1].host, "192.0.2.77"));
	CHECK(parses(HEAD "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"));
	CHECK_INT(sdp.media[0].host.kind, SDP_HOST_NONE);
}

TEST(ipv6_names_and_multicast_are_told_apart)
{
	CHECK(parses(HEAD "c=IN IP6 2001:db8::7\r\nm=audio 1 RTP/AVP 0\r\n"));
	CHECK(has_host(&sdp.media[0].host, "2001:db8::7"));
	CHECK(parses(HEAD "c=IN IP4 phone.example\r\nm=audio 1 RTP/AVP 0\r\n"));
	CHECK_INT(sdp.media[0].host.kind, SDP_HOST_NAME);
	CHECK(parses(HEAD "c=IN IP4 224.2.1.1/127\r\nm=audio 1 RTP/AVP 0\r\n"));
	CHECK(endpoint_is_group(&sdp.media[0].host.at));
	CHECK(refused_at(4, HEAD "c=IN IP4 2001:db8::7\r\n"));
	CHECK(refused_at(4, HEAD "c=IN IP5 192.0.2.1\r\n"));
	CHECK(refused_at(4, HEAD "c=IN IP4\r\n"));
	CHECK(refused_at(4, HEAD "c=IN IP4 192.0.2.1 x\r\n"));
}

TEST(direction_of_the_session_holds_for_media_that_do_not_say)
{
	CHECK(parses(HEAD_C "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n"
			    "m=audio 4002 RTP/AVP 0\r\na=inactive\r\n"
			    "m=audio 4004 RTP/AVP 0\r\na=recvonly\r\n"));
	CHECK_INT(sdp.media[0].direction, SDP_SENDONLY);
	CHECK_INT(sdp.media[1].direction, SDP_INACTIVE);
	CHECK_INT(sdp.media[2].direction, SDP_RECVONLY);
}

TEST(static_types_need_no_rtpmap_and_may_be_redefined)
{
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVP 8 0 18\r\n"
			    "a=rtpmap:0 L16/8000\r\n"));
	CHECK_INT(sdp.media[0].formats[0].codec, CODEC_PCMA);
	CHECK_INT(sdp.media[0].formats[1].codec, CODEC_NONE);
	CHECK_INT(sdp.media[0].formats[2].codec, CODEC_NONE);
}

TEST(dynamic_types_may_mean_g711_in_any_case)
{
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVP 96 97 98\r\n"
			    "a=rtpmap:96 pcma/8000/1\r\n"
			    "a=rtpmap:97 PCMU/16000\r\n"
			    "a=rtpmap:98 PCMU/8000/2\r\n"));
	CHECK_INT(sdp.media[0].formats[0].codec, CODEC_PCMA);
	CHECK_INT(sdp.media[0].formats[1].codec, CODEC_NONE);
	CHECK_INT(sdp.media[0].formats[2].codec, CODEC_NONE);
}

TEST(a_type_named_twice_counts_once)
{
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVP 0 0 0 8 8\r\n"));
	CHECK_INT(sdp.media[0].format_count, 2);
}

TEST(other_transports_are_no_audio_of_ours)
{
	CHECK(parses(HEAD_C "m=audio 4000 TCP/RTP/AVP 0\r\n"
			    "m=application 9 UDP/DTLS/SCTP webrtc-dc\r\n"
			    "m=message 9 TCP/MSRP *\r\n"));
	CHECK(!sdp.media[0].audio);
	CHECK_INT(sdp.media_count, 3);
}

TEST(each_profile_of_rtp_is_known)
{
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVPF 0\r\n"
			    "m=audio 4000 RTP/SAVP 0\r\n"
			    "m=video 4000 rtp/savpf 96\r\n"
			    "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
			    "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"));
	CHECK_INT(sdp.media[0].profile, SDP_PROFILE_PLAIN);
	CHECK_INT(sdp.media[1].profile, SDP_PROFILE_SRTP);
	CHECK_INT(sdp.media[2].profile, SDP_PROFILE_SRTP);
	CHECK_INT(sdp.media[3].profile, SDP_PROFILE_DTLS);
	CHECK_INT(sdp.media[4].profile, SDP_PROFILE_DTLS);
	CHECK(sdp.media[2].video && !sdp.media[2].audio);
	CHECK(sdp.media[4].audio);
}

TEST(a_format_keeps_the_words_of_its_lines)
{
	CHECK(parses(HEAD_C "m=audio 4000 RTP/AVP 101 96\r\n"
			    "a=fmtp:101  0-15 \r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n"
			    "a=fmtp:99 nobody\r\na=fmtp:x y\r\n"
			    "a=maxptime:60\r\na=rtcp-mux\r\n"));
	CHECK_INT(sdp.media[0].formats[0].codec, CODEC_EVENT);
	CHECK(sdp_slice_is(sdp.media[0].formats[0].fmtp, "0-15"));
	CHECK(sdp_slice_is(sdp.media[0].formats[0].rtpmap,
			   "telephone-event/8000"));
	CHECK_INT(sdp.media[0].formats[1].fmtp.length, 0);
	CHECK_INT(sdp.media[0].maxptime_ms, 60);
	CHECK(sdp.media[0].rtcp_mux);
}

#define SAVP HEAD_C "m=audio 4000 RTP/SAVP 0\r\n"
#define KEY "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

TEST(a_key_of_the_right_length_is_taken)
{
	CHECK(parses(SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY
			  "|2^20 WSH=128\r\n"
			  "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n"));
	CHECK_INT(sdp.media[0].crypto_count, 2);
	CHECK_INT(sdp.media[0].crypto[0].suite, SUITE_CM_128_80);
	CHECK(sdp_slice_is(sdp.media[0].crypto[0].tag, "1"));
	CHECK(sdp_slice_is(sdp.media[0].crypto[0].key, &KEY[7]));
	CHECK_INT(sdp.media[0].crypto[1].suite, SUITE_CM_128_32);
}

TEST(a_key_that_we_cannot_use_is_as_if_it_were_not_there)
{
	static const char *const lines[] = {
		"a=crypto:1 F8_128_HMAC_SHA1_80 " KEY,
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "VZ",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "|2^20|1:4",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "|1:4",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY ";" KEY,
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " KDR=1",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " UNENCRYPTED_SRTP",
		"a=crypto:x AES_CM_128_HMAC_SHA1_80 " KEY,
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80",
		"a=crypto:1 AES_256_CM_HMAC_SHA1_80 " KEY,
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 other:" KEY,
	};
	char text[512];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		CHECK(str_format(text, sizeof(text), SAVP "%s\r\n", lines[i]));
		CHECK(parses(text));
		CHECK_INT(sdp.media[0].crypto_count, 0);
	}
}

#define PRINT                                                                  \
	"4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:"                     \
	"19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF"

TEST(a_fingerprint_of_the_session_is_each_streams)
{
	CHECK(parses(HEAD_C "a=fingerprint:sha-256 " PRINT "\r\n"
			    "a=setup:actpass\r\n"
			    "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
			    "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
			    "a=setup:active\r\n"
			    "a=fingerprint:sha-1 00:11\r\n"));
	CHECK(sdp.media[0].dtls.there && sdp.media[1].dtls.there);
	CHECK_INT(sdp.media[0].dtls.fingerprint[0], 0x4a);
	CHECK_INT(sdp.media[1].dtls.fingerprint[31], 0xdf);
	CHECK_INT(sdp.media[0].dtls.setup, SDP_SETUP_ACTPASS);
	CHECK_INT(sdp.media[1].dtls.setup, SDP_SETUP_ACTIVE);
}

TEST(a_fingerprint_that_cannot_be_read_is_none)
{
	CHECK(parses(HEAD_C "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
			    "a=fingerprint:sha-256 " PRINT ":00\r\n"));
	CHECK(!sdp.media[0].dtls.there);
	CHECK(parses(HEAD_C "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
			    "a=fingerprint:sha-256 " PRINT "\r\n"
			    "a=fingerprint:sha-512 00\r\n"));
	CHECK(sdp.media[0].dtls.there);
	CHECK(parses(HEAD_C "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
			    "a=fingerprint:md5 " PRINT "\r\n"));
	CHECK(!sdp.media[0].dtls.there);
}

TEST(the_first_line_must_be_the_version)
{
	CHECK(refused_at(1, "o=- 1 1 IN IP4 1.2.3.4\r\n"));
	CHECK(refused_at(1, "v=1\r\n"));
	CHECK(refused_at(2, "v=0\r\nv=0\r\n"));
	CHECK(refused_at(0, "")); /* no line at all, no o= */
	CHECK(refused_at(1, "\r\n\r\nv=0\r\n"));
}

TEST(the_origin_is_checked)
{
	CHECK(refused_at(2, "v=0\r\no=- 1 1 IN IP4\r\n"));
	CHECK(refused_at(3, "v=0\r\no=- 1 1 IN IP4 h\r\no=- 1 1 IN IP4 h\r\n"));
	CHECK(refused_at(2, "v=0\r\ns=-\r\n"));
}

TEST(lines_that_are_not_of_the_format_are_refused)
{
	CHECK(refused_at(6, HEAD_C "garbage\r\n"));
	CHECK(refused_at(6, HEAD_C "=\r\n"));
	CHECK(refused_at(6, HEAD_C "x=1\r\n"));
	CHECK(refused_at(6, HEAD_C "M=audio 1 RTP/AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "a=x:\001\r\n"));
	CHECK(refused_at(6, HEAD_C "a=in\rside\r\n"));
	CHECK(refused_at(6, HEAD_C "a=\r\n"));
	CHECK(!sdp_parse(HEAD_C "s=\0x\r\n", sizeof(HEAD_C "s=\0x\r\n") - 1,
			 &sdp, error));
}

TEST(media_lines_that_are_not_of_the_format_are_refused)
{
	CHECK(refused_at(6, HEAD_C "m=\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000 RTP/AVP\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000 RTP/AVP \"\"\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000 RTP/AVP 0 (\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000 RTP//AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "m=aud@io 4000 RTP/AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 65536 RTP/AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio -1 RTP/AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000/0 RTP/AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000/x RTP/AVP 0\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000 RTP/AVP 128\r\n"));
	CHECK(refused_at(6, HEAD_C "m=audio 4000 RTP/AVP PCMU\r\n"));
}

TEST(attributes_that_matter_are_checked)
{
#define AUDIO HEAD_C "m=audio 4000 RTP/AVP 0\r\n"
	CHECK(refused_at(7, AUDIO "a=rtpmap:0\r\n"));
	CHECK(refused_at(7, AUDIO "a=rtpmap:0 PCMU\r\n"));
	CHECK(refused_at(7, AUDIO "a=rtpmap:999 PCMU/8000\r\n"));
	CHECK(refused_at(7, AUDIO "a=rtpmap:0 PCMU/8k\r\n"));
	CHECK(refused_at(7, AUDIO "a=rtpmap:0 PCMU/8000/x\r\n"));
	CHECK(refused_at(7, AUDIO "a=rtcp:70000\r\n"));
	CHECK(refused_at(7, AUDIO "a=rtcp:4001 IN IP4\r\n"));
	CHECK(parses(AUDIO "a=ptime:\r\na=ptime:x\r\na=ptime:20.5\r\n"));
	CHECK(parses(AUDIO "a=rtpmap:77 unknown/8000\r\n"));
	CHECK(parses(AUDIO "a=candidate:1 1 UDP 1 192.0.2.1 5 typ host\r\n"));
	CHECK(parses(AUDIO "a=crypto:1 AES_CM_128 inline:x\r\n"));
}

static size_t repeat(char *to, size_t at, const char *what, unsigned times)
{
	for (unsigned i = 0; i < times; i++, at += strlen(what))
		memcpy(to + at, what, strlen(what) + 1);
	return at;
}

TEST(what_exceeds_a_limit_is_refused)
{
	static char text[3 * SDP_BYTES_MAX];
	size_t at = repeat(text, 0, HEAD_C, 1);

	repeat(text, at, "m=audio 4000 RTP/AVP 0\r\n", SDP_MEDIA_MAX);
	CHECK(parses(text));
	repeat(text, at, "m=audio 4000 RTP/AVP 0\r\n", SDP_MEDIA_MAX + 1);
	CHECK(refused_at(6 + SDP_MEDIA_MAX, text));

	repeat(text, at, "a=x\r\n", SDP_ATTRIBUTES_MAX);
	CHECK(parses(text));
	repeat(text, at, "a=x\r\n", SDP_ATTRIBUTES_MAX + 1);
	CHECK(refused_at(6 + SDP_ATTRIBUTES_MAX, text));

	at = repeat(text, at, "m=audio 4000 RTP/AVP", 1);
	repeat(text, at, " 0", SDP_FORMATS_MAX);
	CHECK(parses(text));
	repeat(text, at, " 0", SDP_FORMATS_MAX + 1);
	CHECK(refused_at(6, text));

	at = repeat(text, 0, HEAD_C "i=", 1);
	repeat(text, at, "x", SDP_LINE_MAX - 2);
	CHECK(parses(text));
	repeat(text, at, "x", SDP_LINE_MAX - 1);
	CHECK(refused_at(6, text));

	repeat(text, 0, "v=0\r\n", SDP_BYTES_MAX / 4);
	CHECK(refused_at(0, text));
}

/* An identity, a camera's parameter sets. */
TEST(an_attribute_of_any_length_is_kept_out_of_the_way)
{
	static char text[SDP_BYTES_MAX + 1];
	size_t at = repeat(text, 0, HEAD_C "a=identity:", 1);

	at = repeat(text, at, "x", 2 * SDP_LINE_MAX);
	at = repeat(text, at, "\r\nm=audio 4000 RTP/AVP 0\r\na=fmtp:0 ", 1);
	at = repeat(text, at, "x", SDP_LINE_MAX);
	repeat(text, at, "\r\na=ptime:30\r\n", 1);
	CHECK(parses(text));
	CHECK_INT(sdp.media[0].format_count, 1);
	CHECK_INT(sdp.media[0].formats[0].fmtp.length, 0);
	CHECK_INT(sdp.media[0].ptime_ms, 30);
	repeat(text, at, "\x01\r\n", 1);
	CHECK(refused_at(8, text));
}

TEST_MAIN()
