/*
 * transform_test.c - the vectors of the RFCs: 3711 appendix B, 6188 section 7,
 * 7714 sections 16 and 17.
 */
#include "services/mediad/secure/transform.h"

#include "lib/test/test.h"
#include "services/mediad/rtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 128
#define STREAM_BYTES (65282 * 16)

static size_t bytes_of(const char *hex, uint8_t *bytes_out)
{
	size_t size = strlen(hex) / 2;

	CHECK(size <= BYTES_MAX);
	for (size_t i = 0; i < size; i++) {
		unsigned byte = 0;

		CHECK(sscanf(hex + 2 * i, "%2x", &byte) == 1);
		bytes_out[i] = (uint8_t)byte;
	}
	return size;
}

static void check_bytes(const uint8_t *got, const char *hex)
{
	uint8_t wanted[BYTES_MAX];
	size_t size = bytes_of(hex, wanted);

	CHECK(memcmp(got, wanted, size) == 0);
}

/* --- keys --- */

static const struct {
	enum suite suite;
	const char *key, *salt, *cipher_key, *cipher_salt, *auth;
} derivations[] = {
	/* RFC 3711, B.3 */
	{SUITE_CM_128_80, "e1f97a0d3e018be0d64fa32c06de4139",
	 "0ec675ad498afeebb6960b3aabe6", "c61e7a93744f39ee10734afe3ff7a087",
	 "30cbbc08863d8c85d49db34a9ae1",
	 "cebe321f6ff7716b6fd4ab49af256a156d38baa4"},
	/* RFC 6188, 7.2 and 7.4 */
	{SUITE_CM_256_80,
	 "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
	 "3b04803de51ee7c96423ab5b78d2",
	 "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
	 "fa31791685ca444a9e07c6c64e93",
	 "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"},
	{SUITE_CM_192_80, "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1",
	 "c8522f3acd4ce86d5add78edbb11",
	 "31874736a8f1143870c26e4857d8a5b2c4a354407faadabb",
	 "2372b82d639b6d8503a47adc0a6c",
	 "355b10973cd95b9eacf4061c7e1a7151e7cfbfcb"},
};

TEST(session_keys_are_those_of_the_rfcs)
{
	CHECK(transform_start());
	for (unsigned i = 0; i < sizeof(derivations) / sizeof(derivations[0]);
	     i++) {
		struct transform_keys keys;
		uint8_t master[SUITE_KEY_MAX];
		size_t size = bytes_of(derivations[i].key, master);

		(void)bytes_of(derivations[i].salt, master + size);
		CHECK(transform_derive(derivations[i].suite, master, false,
				       &keys));
		check_bytes(keys.key, derivations[i].cipher_key);
		check_bytes(keys.salt, derivations[i].cipher_salt);
		check_bytes(keys.auth, derivations[i].auth);
		CHECK(transform_derive(derivations[i].suite, master, true,
				       &keys));
		CHECK(memcmp(keys.auth, master, 4) != 0);
	}
}

/* --- AES in counter mode --- */

static const struct {
	enum suite suite;
	const char *key, *first, *last;
} streams[] = {
	/* RFC 3711, B.2 */
	{SUITE_CM_128_80, "2b7e151628aed2a6abf7158809cf4f3c",
	 "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
	 "41e95b3bb0a2e8dd477901e4fca894c0",
	 "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
	 "6a2cc3787889374fbeb4c81b17ba6c44"},
	/* RFC 6188, 7.1 and 7.3 */
	{SUITE_CM_256_80,
	 "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
	 "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac"
	 "63c4868b7096d88421b563b8c94c9a31",
	 "cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d"
	 "6eb246913062a16891433e97dd01a57f"},
	{SUITE_CM_192_80, "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7",
	 "35096cba4610028dc1b57503804ce37c5de986291dcce161d5165ec4568f5c9a"
	 "474a40c77894bc17180202272a4c264d",
	 "d108d1a31a00bad6367ec23eb044b415c8f57129fdeb970b59f917b257662d4c"
	 "a5dab625811034e8cebdfeb6dc158dd3"},
};

TEST(the_keystream_of_counter_mode_is_that_of_the_rfcs)
{
	uint8_t *data = malloc(STREAM_BYTES);
	uint8_t tag[HMAC_SHA1_BYTES];

	for (unsigned i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct transform transform = {0};
		struct transform_keys keys = {0};
		struct transform_packet packet = {
			.data = data, .size = STREAM_BYTES, .tag = tag};

		(void)bytes_of(streams[i].key, keys.key);
		(void)bytes_of("f0f1f2f3f4f5f6f7f8f9fafbfcfd", keys.salt);
		memset(data, 0, STREAM_BYTES);
		CHECK(transform_set(&transform, streams[i].suite, &keys, false,
				    true));
		CHECK(transform_hide(&transform, &packet));
		check_bytes(data, streams[i].first);
		check_bytes(data + STREAM_BYTES - 48, streams[i].last);
		transform_drop(&transform);
	}
	free(data);
}

/* --- AES-GCM --- */

#define GCM_KEY "000102030405060708090a0b0c0d0e0f"
#define GCM_MORE "101112131415161718191a1b1c1d1e1f"
#define RTP_HEAD "8040f17b8041f8d35501a0b2"
#define RTCP_HEAD "81c8000d4d617273"

static const struct {
	enum suite suite;
	bool rtcp;
	uint32_t ssrc;
	uint64_t index;
	const char *key, *plain, *hidden, *tag;
} packets[] = {
	/* RFC 7714, 16.1 and 16.2 */
	{SUITE_GCM_128, false, 0x5501a0b2, 0xf17b, GCM_KEY,
	 RTP_HEAD "47616c6c696120657374206f6d6e697320646976"
		  "69736120696e207061727465732074726573",
	 RTP_HEAD "f24de3a3fb34de6cacba861c9d7e4bcabe633bd5"
		  "0d294e6f42a5f47a51c7d19b36de3adf8833",
	 "899d7f27beb16a9152cf765ee4390cce"},
	{SUITE_GCM_256, false, 0x5501a0b2, 0xf17b, GCM_KEY GCM_MORE,
	 RTP_HEAD "47616c6c696120657374206f6d6e697320646976"
		  "69736120696e207061727465732074726573",
	 RTP_HEAD "32b1de78a822fe12ef9f78fa332e33aab1801238"
		  "9a58e2f3b50b2a0276ffae0f1ba63799b87b",
	 "7aa3db36dfffd6b0f9bb7878d7a76c13"},
	/* 17.1 and 17.2 */
	{SUITE_GCM_128, true, 0x4d617273, 0x5d4, GCM_KEY,
	 RTCP_HEAD "4e5450314e545032525450200000042a0000e9304c756e61"
		   "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
	 RTCP_HEAD "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32d"
		   "c676a5f1730d6fda4ce09b4686303ded0bb9275b",
	 "c84aa45896cf4d2fc5abf87245d9eade"},
	{SUITE_GCM_256, true, 0x4d617273, 0x5d4, GCM_KEY GCM_MORE,
	 RTCP_HEAD "4e5450314e545032525450200000042a0000e9304c756e61"
		   "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
	 RTCP_HEAD "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50"
		   "a2eaa5c1110555be8415f658c61de0476f1b6fad",
	 "1d1eb30c4446839f57ff6f6cb26ac3be"},
};

TEST(packets_of_gcm_are_those_of_rfc_7714)
{
	for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct transform out = {0}, in = {0};
		struct transform_keys keys = {0};
		uint8_t data[BYTES_MAX], tag[TRANSFORM_TAG_MAX];
		struct transform_packet packet = {
			.data = data,
			.head = packets[i].rtcp ? 8 : RTP_HEAD_BYTES,
			.size = bytes_of(packets[i].plain, data),
			.ssrc = packets[i].ssrc,
			.index = packets[i].index,
			.tag = tag};

		(void)bytes_of(packets[i].key, keys.key);
		(void)bytes_of("517569642070726f2071756f", keys.salt);
		CHECK(transform_set(&out, packets[i].suite, &keys,
				    packets[i].rtcp, true));
		CHECK(transform_set(&in, packets[i].suite, &keys,
				    packets[i].rtcp, false));
		CHECK(transform_hide(&out, &packet));
		check_bytes(data, packets[i].hidden);
		check_bytes(tag, packets[i].tag);
		CHECK(transform_show(&in, &packet));
		check_bytes(data, packets[i].plain);
		tag[15] ^= 1;
		CHECK(!transform_show(&in, &packet));
		transform_drop(&out);
		transform_drop(&in);
	}
}

TEST_MAIN()
