/*
 * agree_test.c - a leg whose other side changes its mind, without any packet.
 */
#include "services/mediad/sdp/agree.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/runtime/settings.h"
#include "lib/test/test.h"
#include "proto/proto.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(address)                                                            \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 " address          \
	"\r\nt=0 0\r\n"
#define HEAD AT("127.0.0.1")
#define BOTH HEAD "m=audio 7000 RTP/AVP 0 8 96\r\n" EVENTS
#define EVENTS "a=rtpmap:96 telephone-event/8000\r\n"

static struct loop *loop;
static struct media *media;
static struct session *session;
static struct refusal why;

static void set_up(void)
{
	static char host[32];
	struct settings settings = {.rtp_host = host,
				    .rtp_advertise = "",
				    .rtp_port_min = 20000,
				    .rtp_port_max = 20999};
	char error[MEDIA_ERROR_BYTES];
	int pid = (int)getpid();

	CHECK(str_format(host, sizeof(host), "127.82.%d.%d", pid >> 8 & 0xff,
			 pid & 0xff));
	loop = loop_new();
	media = media_new(loop, &settings, error);
	CHECK(media != NULL);
	session = session_new(media, "CA1", "AC1");
}

static void tear_down(void)
{
	media_free(media);
	loop_free(loop);
}

static struct leg *opened(int role, const char *remote)
{
	struct leg_media wanted = {.role = role, .remote = (char *)remote};
	struct leg *leg;

	str_copy(wanted.leg, sizeof(wanted.leg), "CAa");
	leg = leg_open(session, &wanted, &why);
	CHECK(leg != NULL);
	return leg;
}

/* What o= says: id, version. */
static unsigned version(const char *sdp)
{
	const char *word = strchr(strstr(sdp, "o=voxbus ") + 9, ' ');

	return (unsigned)strtoul(word, NULL, 10);
}

TEST(hold_and_resume_raise_the_version_and_change_the_terms)
{
	struct leg *leg;
	char before[512];

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK_INT(version(leg->sdp), 1);
	str_copy(before, sizeof(before), leg->sdp);
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	CHECK_INT(version(leg->sdp), 2);
	CHECK(strstr(leg->sdp, "a=recvonly"));
	CHECK(!leg->terms.sends && leg->terms.hears);
	CHECK(agree_offered(leg, BOTH "a=inactive\r\n", &why));
	CHECK_INT(version(leg->sdp), 3);
	CHECK(!leg->terms.sends && !leg->terms.hears);
	CHECK(agree_offered(leg, BOTH, &why));
	CHECK_INT(version(leg->sdp), 4);
	CHECK(leg->terms.sends && leg->terms.hears);
	CHECK_TEXT(strstr(leg->sdp, "s=-"), strstr(before, "s=-"));
	tear_down();
}

TEST(the_same_offer_again_changes_nothing_nor_does_one_that_means_the_same)
{
	struct leg *leg;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	CHECK_INT(version(leg->sdp), 2);
	CHECK(agree_offered(leg, BOTH "a=x-other\r\na=sendonly\r\n", &why));
	CHECK_INT(version(leg->sdp), 2);
	tear_down();
}

TEST(a_codec_change_is_taken_with_the_offerers_numbers)
{
	struct leg *leg;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK_INT(leg->terms.codec, CODEC_PCMU);
	CHECK(agree_offered(leg, HEAD "m=audio 7000 RTP/AVP 8 96\r\n" EVENTS,
			    &why));
	CHECK_INT(leg->terms.codec, CODEC_PCMA);
	CHECK_INT(leg->terms.codec_of[0], CODEC_NONE);
	CHECK_INT(version(leg->sdp), 2);
	CHECK(strstr(leg->sdp, "RTP/AVP 8 96\r\n"));
	tear_down();
}

TEST(a_refused_offer_leaves_everything_as_it_was)
{
	static const struct {
		const char *offer;
		int code, status;
	} rows[] = {
		{"nonsense", ERR_MEDIA_SDP, 400},
		{HEAD "m=audio 7000 RTP/AVP 18\r\n", ERR_MEDIA_CODEC, 488},
		{HEAD "m=audio 0 RTP/AVP 0\r\n", ERR_MEDIA_CODEC, 488},
		{HEAD "m=image 7000 udptl t38\r\n", ERR_MEDIA_CODEC, 488},
		{AT("224.0.0.1") "m=audio 7000 RTP/AVP 0\r\n", ERR_MEDIA_CODEC,
		 488},
		{AT("phone.example") "m=audio 7000 RTP/AVP 0\r\n",
		 ERR_MEDIA_CODEC, 488},
	};
	struct sdp_terms terms;
	struct leg *leg;
	char *sdp;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	sdp = leg->sdp;
	terms = leg->terms;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(!agree_offered(leg, rows[i].offer, &why));
		CHECK_INT(why.code, rows[i].code);
		CHECK_INT(why.status, rows[i].status);
		CHECK(leg->sdp == sdp);
		CHECK(memcmp(&leg->terms, &terms, sizeof(terms)) == 0);
		CHECK(agree_has(leg, BOTH));
	}
	tear_down();
}

TEST(streams_that_come_and_go_keep_their_places)
{
	struct leg *leg;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK(agree_offered(leg,
			    BOTH "m=video 7010 RTP/AVP 99\r\n"
				 "m=audio 7020 RTP/AVP 0\r\n",
			    &why));
	CHECK(strstr(leg->sdp, "m=video 0 RTP/AVP 99\r\n"
			       "m=audio 0 RTP/AVP 0\r\n"));
	CHECK_INT(endpoint_port(&leg->terms.rtp), 7000);
	/* Its first one is removed: the second takes over, and stays. */
	CHECK(agree_offered(leg,
			    HEAD "m=audio 0 RTP/AVP 0\r\n"
				 "m=video 7010 RTP/AVP 99\r\n"
				 "m=audio 7020 RTP/AVP 0\r\n",
			    &why));
	CHECK_INT(endpoint_port(&leg->terms.rtp), 7020);
	CHECK(agree_offered(leg,
			    HEAD "m=audio 7000 RTP/AVP 0\r\n"
				 "m=video 7010 RTP/AVP 99\r\n"
				 "m=audio 7020 RTP/AVP 0\r\n",
			    &why));
	CHECK_INT(endpoint_port(&leg->terms.rtp), 7020);
	tear_down();
}

TEST(an_offer_of_ours_is_nothing_until_it_is_answered)
{
	struct buf offer = BUF_INIT(SDP_BYTES_MAX);
	struct leg *leg;
	char *sdp;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	sdp = leg->sdp;
	CHECK(agree_offer(leg, &offer, &why));
	CHECK_INT(version(buf_text(&offer)), 3);
	CHECK(strstr(buf_text(&offer), "RTP/AVP 0 96\r\n"));
	CHECK(strstr(buf_text(&offer), "a=sendrecv"));
	CHECK(leg->sdp == sdp);
	CHECK(!agree_answered(leg, HEAD "m=audio 7002 RTP/AVP 8\r\n", &why));
	CHECK_INT(why.status, 488);
	CHECK(leg->sdp == sdp);
	CHECK(agree_answered(leg, HEAD "m=audio 7002 RTP/AVP 0\r\n", &why));
	CHECK_TEXT(leg->sdp, buf_text(&offer));
	CHECK(leg->terms.sends);
	CHECK_INT(endpoint_port(&leg->terms.rtp), 7002);
	CHECK(agree_answered(leg, HEAD "m=audio 7002 RTP/AVP 0\r\n", &why));
	CHECK_INT(version(leg->sdp), 3);
	/* Nothing is to be said anew: the version stays. */
	buf_clear(&offer);
	CHECK(agree_offer(leg, &offer, &why));
	CHECK_TEXT(buf_text(&offer), leg->sdp);
	buf_free(&offer);
	tear_down();
}

TEST(another_answer_to_our_words_as_they_stand_changes_what_theirs_say)
{
	struct leg *leg;
	char *sdp;

	set_up();
	leg = opened(LEG_ROLE_OFFER, NULL);
	CHECK(!agree_refreshed(leg, BOTH, &why));
	CHECK_INT(why.status, 491);
	CHECK(agree_answered(leg, BOTH, &why));
	sdp = leg->sdp;
	CHECK(agree_refreshed(leg, HEAD "m=audio 7002 RTP/AVP 8\r\n", &why));
	CHECK_INT(endpoint_port(&leg->terms.rtp), 7002);
	CHECK_INT(leg->terms.codec, CODEC_PCMA);
	CHECK(agree_refreshed(leg, BOTH "a=sendonly\r\n", &why));
	CHECK(!leg->terms.sends);
	/* What is of no use changes nothing. */
	CHECK(!agree_refreshed(leg, HEAD "m=audio 7004 RTP/AVP 3\r\n", &why));
	CHECK_INT(why.status, 488);
	CHECK(!leg->terms.sends);
	/* Nor is the first answer of all taken for one that is known. */
	CHECK(agree_refreshed(leg, BOTH, &why));
	CHECK(leg->terms.sends);
	CHECK(leg->sdp == sdp);
	CHECK_INT(version(leg->sdp), 1);
	tear_down();
}

TEST(a_change_before_our_first_offer_is_answered_has_to_wait)
{
	struct leg *leg;

	set_up();
	leg = opened(LEG_ROLE_OFFER, NULL);
	CHECK(!agree_offered(leg, BOTH, &why));
	CHECK_INT(why.status, 491);
	CHECK(agree_answered(leg, BOTH, &why));
	CHECK(agree_answered(leg, BOTH, &why));
	CHECK_INT(version(leg->sdp), 1);
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	CHECK(strstr(leg->sdp, "a=recvonly"));
	/* The first answer, said once more, does not take that back. */
	CHECK(agree_has(leg, BOTH));
	CHECK(agree_answer(leg, BOTH, &why));
	CHECK(!leg->terms.sends);
	tear_down();
}

TEST(after_a_crash_the_change_is_in_force_and_may_be_asked_for_again)
{
	struct leg_media wanted = {.role = LEG_ROLE_RESTORE};
	char changed[512], hold[512];
	struct leg *leg;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	str_copy(hold, sizeof(hold), leg->sdp);
	CHECK(agree_offered(leg, BOTH, &why));
	str_copy(changed, sizeof(changed), leg->sdp);
	leg_free(leg);
	/* What the record knew was the hold, mediad had gone on. */
	str_copy(wanted.leg, sizeof(wanted.leg), "CAa");
	wanted.local = hold;
	wanted.remote = (char *)BOTH "a=sendonly\r\n";
	leg = leg_open(session, &wanted, &why);
	CHECK(leg != NULL);
	CHECK(!leg->terms.sends);
	CHECK(agree_offered(leg, BOTH, &why));
	CHECK_TEXT(leg->sdp, changed);
	CHECK(leg->terms.sends);
	tear_down();
}

TEST(who_was_learnt_stays_known_unless_the_address_changes)
{
	struct endpoint from;
	struct leg *leg;

	set_up();
	leg = opened(LEG_ROLE_ANSWER, BOTH);
	CHECK(endpoint_parse("127.0.0.1", 7777, &from));
	CHECK(latch_accepts(&leg->latch, &from, 1000));
	CHECK(latch_accepts(&leg->latch, &from, 1000 + LATCH_WINDOW_MS));
	CHECK_INT(leg->latch.state, LATCH_LEARNT);
	CHECK(agree_offered(leg, BOTH "a=sendonly\r\n", &why));
	CHECK(agree_offered(leg, AT("0.0.0.0") "m=audio 7000 RTP/AVP 0\r\n",
			    &why));
	CHECK(!leg->terms.sends);
	CHECK(agree_offered(leg, BOTH, &why));
	CHECK_INT(leg->latch.state, LATCH_LEARNT);
	CHECK(agree_offered(leg, HEAD "m=audio 7100 RTP/AVP 0\r\n", &why));
	CHECK_INT(leg->latch.state, LATCH_WAITING);
	CHECK_INT(endpoint_port(&leg->latch.stated), 7100);
	tear_down();
}

TEST_MAIN()
