/*
 * hostile_test.c - the client against web servers that are slow, broken or
 * hostile: bodies without an end, bombs, half answers.
 */
#include "lib/http/acts_test.h"

#include "lib/base/buf.h"

static void act_big(struct web_peer *peer, const char *path)
{
	static char body[2001];
	(void)path;
	memset(body, 'x', 2000);
	web_answer(peer, "200 OK", "", body);
}

static void act_endless(struct web_peer *peer, const char *path)
{
	(void)path;
#define ENDLESS "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
	web_send(peer, ENDLESS, strlen(ENDLESS));
	web_repeat(peer, "more and more and more and more ");
}

static void act_headers(struct web_peer *peer, const char *path)
{
	(void)path;
	web_send(peer, "HTTP/1.1 200 OK\r\n", 17);
	web_repeat(peer, "X-More: and more and more and more\r\n");
}

static void act_continue(struct web_peer *peer, const char *path)
{
	(void)path;
	web_repeat(peer, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void act_stall(struct web_peer *peer, const char *path)
{
	(void)path;
	web_send(peer, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 42);
}

static void act_short(struct web_peer *peer, const char *path)
{
	act_stall(peer, path);
	web_end(peer);
}

static void act_close(struct web_peer *peer, const char *path)
{
	(void)path;
	web_end(peer);
}

static void act_noise(struct web_peer *peer, const char *path)
{
	(void)path;
	web_send(peer, "\x01\x02 what is this\r\n\r\n", 19);
	web_end(peer);
}

/* 10 MB of zeros, packed 1000 to 1 by hand: a stored dictionary would not do,
 * so a fixed-Huffman block of matches of 258 bytes. */
static void add_bits(struct buf *buf, unsigned *held, unsigned *count,
		     unsigned bits, unsigned length)
{
	*held |= bits << *count;
	*count += length;
	while (*count >= 8) {
		buf_add(buf, (const char *)&(unsigned char){*held & 0xff}, 1);
		*held >>= 8;
		*count -= 8;
	}
}

static void add_bomb(struct buf *buf)
{
	unsigned held = 0, count = 0;
	buf_add(buf, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	add_bits(buf, &held, &count, 3, 3);    /* last block, fixed codes */
	add_bits(buf, &held, &count, 0x0c, 8); /* literal 0: 00110000 */
	for (unsigned i = 0; i < 40000; i++) {
		add_bits(buf, &held, &count, 0xa3, 8); /* length 258: 285 */
		add_bits(buf, &held, &count, 0, 5);    /* distance 1 */
	}
	add_bits(buf, &held, &count, 0, 7);
	add_bits(buf, &held, &count, 0, 8);
}

static void send_packed(struct web_peer *peer, const char *coding,
			const char *data, size_t size)
{
	char head[256];
	str_format(head, sizeof(head),
		   "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   coding, size);
	web_send(peer, head, strlen(head));
	web_send(peer, data, size);
}

static void act_bomb(struct web_peer *peer, const char *path)
{
	struct buf bomb = BUF_INIT(1 << 20);
	(void)path;
	add_bomb(&bomb);
	send_packed(peer, "gzip", bomb.data, bomb.length);
	buf_free(&bomb);
}

static void act_sound(struct web_peer *peer, const char *path)
{
	(void)path;
#define SOUND                                                                  \
	"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n"                      \
	"Connection: close\r\n\r\n"
	web_send(peer, SOUND, strlen(SOUND));
	web_repeat(peer, "la la la la la la la la la la ");
}

static void act_gzip(struct web_peer *peer, const char *path)
{
	static const char hello[] =
		"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x05\0\xfa\xffhello"
		"\x86\xa6\x10\x36\x05\0\0\0";
	(void)path;
	send_packed(peer, "gzip", hello, sizeof(hello) - 1);
}

static void act_twice(struct web_peer *peer, const char *path)
{
	(void)path;
	send_packed(peer, "gzip, gzip", "x", 1);
}

static void act_brotli(struct web_peer *peer, const char *path)
{
	(void)path;
	send_packed(peer, "br", "x", 1);
}

static const struct act table[] = {
	{"/big", act_big},
	{"/endless", act_endless},
	{"/headers", act_headers},
	{"/continue", act_continue},
	{"/hang", act_hang},
	{"/stall", act_stall},
	{"/short", act_short},
	{"/close", act_close},
	{"/noise", act_noise},
	{"/bomb", act_bomb},
	{"/gzip", act_gzip},
	{"/sound", act_sound},
	{"/twice", act_twice},
	{"/br", act_brotli},
	{"/", act_ok},
};

/* One question to a path, on its own: its error. */
static int error_of(const char *path, size_t body_max)
{
	begin("127.0.0.0/8", table);
	struct http_request wanted = request_of(ask_url(path));
	wanted.body_max = body_max;
	wanted.total_ms = 300;
	ask(wanted);
	int error = got.error;
	CHECK(error == 0 || got.text[0]);
	ask_end();
	return error;
}

TEST(bad_servers_have_their_outcomes)
{
	static const struct {
		const char *path;
		size_t body_max;
		int error;
	} rows[] = {
		{"/big", 1000, ERR_HTTP_TOO_LARGE},
		{"/big", 2000, 0},
		{"/big", 1999, ERR_HTTP_TOO_LARGE},
		{"/big", 0, 0},
		{"/endless", 1000, ERR_HTTP_TOO_LARGE},
		{"/endless", 0, 0},
		{"/bomb", 65536, ERR_HTTP_TOO_LARGE},
		{"/gzip", 65536, 0},
		{"/twice", 65536, ERR_HTTP_PROTOCOL},
		{"/br", 65536, ERR_HTTP_PROTOCOL},
		{"/headers", 1000, ERR_HTTP_PROTOCOL},
		{"/continue", 1000, ERR_HTTP_PROTOCOL},
		{"/hang", 1000, ERR_HTTP_RETRIEVAL},
		{"/stall", 1000, ERR_HTTP_RETRIEVAL},
		{"/stall", 0, 0},
		{"/short", 1000, ERR_HTTP_PROTOCOL},
		{"/close", 1000, ERR_HTTP_CONNECTION},
		{"/noise", 1000, ERR_HTTP_PROTOCOL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int error = error_of(rows[i].path, rows[i].body_max);
		if (!CHECK_INT(error, rows[i].error))
			fprintf(stderr, "  %s: %s\n", rows[i].path, got.text);
		CHECK(got.total_ms < 1500);
	}
}

TEST(an_answer_that_is_no_http_is_told_in_words)
{
	begin("127.0.0.1", table);
	ask_path("/noise");
	CHECK_TEXT(got.text, "the answer is not HTTP/1.1 or HTTP/2");
	ask_path("/short");
	CHECK_TEXT(got.text, "the body is shorter than its Content-Length");
	ask_end();
}

TEST(of_a_sound_the_type_may_be_enough)
{
	begin("127.0.0.1", table);
	ask_path("/sound");
	CHECK_INT(got.error, ERR_HTTP_TOO_LARGE);
	struct http_request wanted = request_of(ask_url("/sound"));
	wanted.no_sound = true;
	ask(wanted);
	CHECK_INT(got.error, 0);
	CHECK_INT(got.status, 200);
	CHECK_TEXT(got.type, "audio/mpeg");
	CHECK_TEXT(got.body, "");
	wanted.url = ask_url("/gzip");
	ask(wanted);
	CHECK_TEXT(got.body, "hello");
	ask_end();
}

TEST(a_packed_body_arrives_unpacked)
{
	begin("127.0.0.1", table);
	ask_path("/gzip");
	CHECK_TEXT(got.body, "hello");
	ask_end();
}

TEST_MAIN()
