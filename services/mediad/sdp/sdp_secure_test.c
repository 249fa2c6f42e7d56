/*
 * sdp_secure_test.c - who may encrypt how, what is written of it, and what both
 * then have in hand.
 */
#include "services/mediad/sdp/sdp_secure.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"
#include "services/mediad/sdp/sdp_answer.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
#define AVP HEAD "m=audio 4000 RTP/AVP 0\r\n"
#define SAVP HEAD "m=audio 4000 RTP/SAVP 0\r\n"
#define TLS HEAD "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"
#define KEY "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define CRYPTO "a=crypto:5 AES_CM_128_HMAC_SHA1_80 " KEY "|2^31\r\n"
#define PRINT                                                                  \
	"a=fingerprint:sha-256 "                                               \
	"4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:"                     \
	"19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF\r\na=setup:actpass\r" \
	"\n"

static struct sdp_safety safety(bool plain, bool sdes, bool dtls)
{
	return (struct sdp_safety){.plain = plain,
				   .sdes = sdes,
				   .dtls = dtls,
				   .suites = {SUITE_GCM_128, SUITE_CM_128_80},
				   .suite_count = 2,
				   .seed = {1, 2, 3},
				   .fingerprint = {0xab},
				   .tls_id = "abcdefabcdefabcdefabcdef"};
}

static struct sdp_self self_of(const struct sdp_safety *safety)
{
	struct sdp_self self = {.id = 7, .version = 1, .safety = safety};

	CHECK(endpoint_parse("198.51.100.9", 20000, &self.at));
	return self;
}

static void parse(const char *text, struct sdp *sdp)
{
	char error[SDP_ERROR_BYTES];

	CHECK(sdp_parse(text, strlen(text), sdp, error));
	CHECK_TEXT(error, "");
}

/* Our answer, owned; NULL and 'why' if there is none. */
static char *answer(const struct sdp_safety *safety, const char *offer,
		    struct refusal *why)
{
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self self = self_of(safety);
	static struct sdp sdp;

	parse(offer, &sdp);
	if (sdp_write_answer(&self, &sdp, &text, why))
		return buf_take(&text);
	buf_free(&text);
	return NULL;
}

static enum sdp_cipher agreed(const char *local, const char *remote,
			      struct suite_keys *keys)
{
	static struct sdp ours, theirs;
	struct sdp_terms terms;
	struct refusal why;

	parse(local, &ours);
	parse(remote, &theirs);
	CHECK(sdp_agree(&ours, &theirs, AF_INET, &terms, &why));
	CHECK_INT(sdp_keys(&ours, &theirs, keys),
		  terms.cipher == SDP_CIPHER_SDES);
	return terms.cipher;
}

TEST(each_offer_is_answered_as_far_as_it_is_allowed)
{
	static const struct {
		const char *offer;
		bool plain, sdes, dtls;
		int cipher; /* -1: refused */
	} rows[] = {
		{AVP, true, true, true, SDP_CIPHER_NONE},
		{AVP, false, true, true, -1},
		{AVP CRYPTO, true, true, true, SDP_CIPHER_SDES},
		{AVP CRYPTO, true, false, true, SDP_CIPHER_NONE},
		{AVP CRYPTO, true, false, false, SDP_CIPHER_NONE},
		{AVP CRYPTO, false, false, true, -1},
		{AVP PRINT, true, true, true, SDP_CIPHER_DTLS},
		{AVP PRINT, true, true, false, SDP_CIPHER_NONE},
		{SAVP CRYPTO, true, true, true, SDP_CIPHER_SDES},
		{SAVP CRYPTO, true, false, true, -1},
		{SAVP CRYPTO, true, false, false, -1},
		{SAVP, true, true, true, -1},
		{SAVP CRYPTO PRINT, true, true, true, SDP_CIPHER_SDES},
		{SAVP CRYPTO PRINT, true, false, true, SDP_CIPHER_DTLS},
		{TLS PRINT, true, true, true, SDP_CIPHER_DTLS},
		{TLS PRINT, true, true, false, -1},
		{TLS CRYPTO, true, true, true, -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sdp_safety allowed =
			safety(rows[i].plain, rows[i].sdes, rows[i].dtls);
		struct refusal why = {0};
		struct suite_keys keys;
		char *ours = answer(&allowed, rows[i].offer, &why);

		CHECK_INT(ours != NULL, rows[i].cipher >= 0);
		if (ours) {
			CHECK_INT(agreed(ours, rows[i].offer, &keys),
				  rows[i].cipher);
		} else {
			CHECK_INT(why.code, ERR_MEDIA_SECURE);
			CHECK_INT(why.status, 488);
		}
		free(ours);
	}
}

TEST(the_answer_takes_the_tag_and_the_profile_of_the_offer)
{
	struct sdp_safety all = safety(true, true, true);
	struct refusal why;
	char *ours = answer(&all, SAVP CRYPTO, &why);

	CHECK(strstr(ours, "m=audio 20000 RTP/SAVP 0\r\n"));
	CHECK(strstr(ours, "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:"));
	CHECK(!strstr(ours, "fingerprint"));
	free(ours);
	ours = answer(&all, TLS PRINT "a=tls-id:12345678901234567890\r\n",
		      &why);
	CHECK(strstr(ours, "m=audio 20000 UDP/TLS/RTP/SAVP 0\r\n"));
	CHECK(strstr(ours, "a=fingerprint:sha-256 AB:00:"));
	CHECK(strstr(ours, "a=setup:active\r\na=tls-id:abcdef"));
	CHECK(!strstr(ours, "crypto"));
	free(ours);
}

TEST(the_same_offer_gets_the_same_key_and_a_new_key_another)
{
	struct sdp_safety all = safety(true, true, true);
	struct sdp_safety other = all;
	struct refusal why;
	char *a = answer(&all, SAVP CRYPTO, &why);
	char *b = answer(&all, SAVP CRYPTO, &why);
	char *c = answer(&all,
			 SAVP "a=crypto:5 AES_CM_128_HMAC_SHA1_80 "
			      "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVa"
			      "\r\n",
			 &why);

	CHECK_TEXT(a, b);
	CHECK(!str_equal(a, c));
	free(b);
	other.seed[0] ^= 1;
	b = answer(&other, SAVP CRYPTO, &why);
	CHECK(!str_equal(a, b));
	free(a);
	free(b);
	free(c);
}

TEST(both_sides_have_the_same_keys_the_other_way_round)
{
	struct sdp_safety caller = safety(false, true, false);
	struct sdp_safety callee = safety(false, true, false);
	struct buf offer = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self self = self_of(&caller);
	enum codec codecs[] = {CODEC_PCMU};
	struct suite_keys a, b;
	struct refusal why;
	char *back;

	callee.seed[5] = 9;
	/* The callee cannot do the caller's first. */
	callee.suites[0] = SUITE_CM_128_80;
	callee.suite_count = 1;
	sdp_write_offer(&self, codecs, 1, NULL, &offer);
	CHECK(strstr(buf_text(&offer), "RTP/SAVP"));
	CHECK(strstr(buf_text(&offer), "a=crypto:1 AEAD_AES_128_GCM"));
	back = answer(&callee, buf_text(&offer), &why);
	CHECK(strstr(back, "a=crypto:2 AES_CM_128_HMAC_SHA1_80"));
	CHECK_INT(agreed(buf_text(&offer), back, &a), SDP_CIPHER_SDES);
	CHECK_INT(agreed(back, buf_text(&offer), &b), SDP_CIPHER_SDES);
	CHECK_INT(a.suite, SUITE_CM_128_80);
	CHECK(memcmp(a.ours, b.theirs, suite_bytes(a.suite)) == 0);
	CHECK(memcmp(b.ours, a.theirs, suite_bytes(a.suite)) == 0);
	CHECK(memcmp(a.ours, a.theirs, suite_bytes(a.suite)) != 0);
	free(back);
	buf_free(&offer);
}

TEST(our_offers_profile_says_what_we_insist_on)
{
	static const struct {
		bool plain, sdes, dtls;
		const char *profile;
	} rows[] = {
		{true, false, false, " RTP/AVP "},
		{true, true, true, " RTP/AVP "},
		{false, true, false, " RTP/SAVP "},
		{false, true, true, " RTP/SAVP "},
		{false, false, true, " UDP/TLS/RTP/SAVP "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sdp_safety allowed =
			safety(rows[i].plain, rows[i].sdes, rows[i].dtls);
		struct buf offer = BUF_INIT(SDP_BYTES_MAX);
		struct sdp_self self = self_of(&allowed);
		enum codec codecs[] = {CODEC_PCMU};

		sdp_write_offer(&self, codecs, 1, NULL, &offer);
		CHECK(strstr(buf_text(&offer), rows[i].profile));
		CHECK_INT(strstr(buf_text(&offer), "a=crypto:") != NULL,
			  rows[i].sdes);
		CHECK_INT(strstr(buf_text(&offer), "a=setup:actpass") != NULL,
			  rows[i].dtls);
		buf_free(&offer);
	}
}

static bool is_downgrade(const char *local, const char *remote)
{
	static struct sdp ours, theirs;
	struct sdp_terms terms;
	struct refusal why = {0};

	parse(local, &ours);
	parse(remote, &theirs);
	return !sdp_agree(&ours, &theirs, AF_INET, &terms, &why) &&
	       why.code == ERR_MEDIA_SECURE;
}

TEST(an_answer_without_keys_to_an_offer_that_insists_is_refused)
{
	CHECK(is_downgrade(SAVP CRYPTO, AVP));
	CHECK(is_downgrade(SAVP CRYPTO, SAVP));
	CHECK(is_downgrade(TLS PRINT, AVP));
	CHECK(is_downgrade(AVP CRYPTO, SAVP));
	/* Another tag, another suite. */
	CHECK(is_downgrade(SAVP CRYPTO, SAVP
			   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n"));
	CHECK(is_downgrade(SAVP CRYPTO, SAVP
			   "a=crypto:5 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n"));
}

TEST(an_optional_offer_may_be_answered_in_the_clear)
{
	struct suite_keys keys;

	CHECK_INT(agreed(AVP CRYPTO PRINT, AVP, &keys), SDP_CIPHER_NONE);
	CHECK_INT(agreed(AVP CRYPTO PRINT, AVP CRYPTO, &keys), SDP_CIPHER_SDES);
	CHECK_INT(agreed(AVP CRYPTO PRINT, AVP PRINT, &keys), SDP_CIPHER_DTLS);
}

TEST(who_begins_the_handshake_is_what_the_answer_says)
{
	static struct sdp ours, theirs;
	static const struct {
		const char *our, *their;
		bool active;
	} rows[] = {
		{"actpass", "active", false}, {"actpass", "passive", true},
		{"active", "actpass", true},  {"passive", "actpass", false},
		{"active", "passive", true},  {"passive", "active", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char a[256], b[256];

		CHECK(str_format(a, sizeof(a), TLS "a=setup:%s\r\n",
				 rows[i].our));
		CHECK(str_format(b, sizeof(b), TLS "a=setup:%s\r\n",
				 rows[i].their));
		parse(a, &ours);
		parse(b, &theirs);
		CHECK_INT(sdp_agree_active(&ours.media[0], &theirs.media[0]),
			  rows[i].active);
	}
}

TEST(a_later_offer_of_ours_has_the_same_keys)
{
	struct sdp_safety all = safety(true, true, true);
	struct sdp_self self = self_of(&all);
	struct buf again = BUF_INIT(SDP_BYTES_MAX);
	static struct sdp sdp;
	struct suite_keys a, b;
	struct refusal why;
	char *ours = answer(&all, SAVP CRYPTO, &why);

	parse(ours, &sdp);
	sdp_write_reoffer(&self, &sdp, &again);
	CHECK_INT(agreed(ours, SAVP CRYPTO, &a), SDP_CIPHER_SDES);
	CHECK_INT(agreed(buf_text(&again), SAVP CRYPTO, &b), SDP_CIPHER_SDES);
	CHECK(memcmp(a.ours, b.ours, suite_bytes(a.suite)) == 0);
	buf_free(&again);
	free(ours);
}

TEST_MAIN()
