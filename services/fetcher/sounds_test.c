/*
 * sounds_test.c - a sound file's way from a customer's web server to whoever
 * asks for it; the bus is three functions here.
 */
#include "services/fetcher/sounds.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/service.h"
#include "lib/test/test.h"
#include "lib/test/web.h"
#include "proto/sound.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bus_listener {
	bus_message_fn *arrived;
	void *owner;
};

static struct bus_listener listeners[2]; /* opens, reads */
static unsigned listening;
static struct service service;
static struct cidrs *allow;
static struct http *http;
static struct web *web;
static struct sounds *sounds;
static char folder[64], url[96], request[4096];
static const char *status, *headers, *body;
static char *said;
static size_t said_size;

struct bus_listener *bus_listen(struct bus *bus, const char *subject,
				const char *queue, bus_message_fn *arrived,
				void *owner)
{
	(void)bus, (void)queue;
	CHECK_TEXT(subject, listening ? "sound.read.fe0" : "sound.open");
	listeners[listening] = (struct bus_listener){arrived, owner};
	return &listeners[listening++];
}

struct bus_listener *bus_unlisten(struct bus_listener *listener)
{
	(void)listener;
	return NULL;
}

void bus_say(struct bus *bus, const char *subject, const char *data,
	     size_t size)
{
	(void)bus;
	CHECK_TEXT(subject, "reply");
	free(said);
	said = mem_copy_bytes(data, size);
	said_size = size;
}

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	(void)owner;
	str_copy(request, sizeof(request), text);
	if (!status)
		web_end(peer);
	else
		web_answer(peer, status, headers, body);
}

static void set_up(void)
{
	char error[160];

	str_copy(folder, sizeof(folder), "/tmp/vox-sounds-XXXXXX");
	CHECK(mkdtemp(folder));
	memset(&service, 0, sizeof(service));
	service.loop = loop_new();
	service.settings.data_dir = folder;
	service.settings.sound_cache_mb = 8;
	service.settings.sound_max_mb = 1;
	service.settings.sound_timeout = 5;
	str_copy(service.instance, sizeof(service.instance), "fe0");
	allow = cidrs_parse("127.0.0.0/8", error);
	http = http_new(service.loop, allow);
	web = web_new(service.loop, on_request, NULL);
	str_format(url, sizeof(url), "http://127.0.0.1:%d/a.wav",
		   web_port(web));
	listening = 0;
	sounds = sounds_new(&service, http);
	status = "200 OK";
	body = "RIFFsound";
	headers = "ETag: \"1\"\r\nContent-Type: audio/wav\r\n";
	request[0] = '\0';
}

static void tear_down(void)
{
	char command[128];

	sounds_free(sounds);
	web_free(web);
	http_free(http);
	cidrs_free(allow);
	loop_free(service.loop);
	free(said);
	said = NULL;
	str_format(command, sizeof(command), "rm -rf %s", folder);
	CHECK_INT(system(command), 0);
}

static void hear(unsigned listener, const struct buf *text)
{
	struct bus_message message = {.subject = "",
				      .data = buf_text(text),
				      .size = text->length,
				      .reply = "reply"};

	listeners[listener].arrived(listeners[listener].owner, &message);
}

static struct sound_opened open_it(void)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_open open = {.account = "AC1", .call = "CA1"};
	struct sound_opened opened;

	str_copy(open.url, sizeof(open.url), url);
	sound_write_open(&text, &open);
	hear(0, &text);
	buf_free(&text);
	CHECK(sound_read_opened(said, said_size, &opened));
	return opened;
}

/* Asks until it is no longer coming. */
static struct sound_piece read_it(const char *object, int64_t offset,
				  const char *have)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_read read = {.offset = offset};
	struct sound_piece piece;

	str_copy(read.object, sizeof(read.object), object);
	str_copy(read.have, sizeof(read.have), have);
	sound_write_read(&text, &read);
	do {
		free(said);
		said = NULL;
		hear(1, &text);
		while (!said)
			loop_turn(service.loop, 100);
		CHECK(sound_read_piece(said, said_size, &piece));
	} while (piece.state == SOUND_WAIT);
	buf_free(&text);
	return piece;
}

static struct sound_piece play(void)
{
	struct sound_opened opened = open_it();

	CHECK_TEXT(opened.fetcher, "fe0");
	return read_it(opened.object, 0, "");
}

static void is_the_sound(const struct sound_piece *piece)
{
	CHECK_INT(piece->state, SOUND_DATA);
	CHECK_INT(piece->total, 9);
	CHECK_TEXT(piece->type, "audio/wav");
	CHECK(piece->size == 9 && memcmp(piece->data, "RIFFsound", 9) == 0);
}

TEST(a_file_comes_with_its_type_and_without_any_parameter)
{
	set_up();
	struct sound_piece piece = play();
	is_the_sound(&piece);
	CHECK(str_starts(request, "GET /a.wav HTTP/1.1\r\n"));
	CHECK(!strstr(request, "If-None-Match"));
	CHECK(!strstr(request, "Signature"));
	tear_down();
}

TEST(a_file_is_read_from_any_offset_up_to_its_end)
{
	set_up();
	struct sound_opened opened = open_it();
	struct sound_piece piece = read_it(opened.object, 4, "");
	CHECK(piece.size == 5 && memcmp(piece.data, "sound", 5) == 0);
	piece = read_it(opened.object, 9, "");
	CHECK_INT(piece.state, SOUND_DATA);
	CHECK_INT(piece.size, 0);
	piece = read_it(opened.object, 1 << 20, "");
	CHECK_INT(piece.size, 0);
	tear_down();
}

TEST(the_second_time_it_is_asked_for_by_its_validators)
{
	set_up();
	struct sound_piece first = play();
	char version[SOUND_NAME_BYTES];
	str_copy(version, sizeof(version), first.version);
	status = "304 Not Modified";
	struct sound_piece second = play();
	is_the_sound(&second);
	CHECK(strstr(request, "If-None-Match: \"1\"\r\n"));
	CHECK_TEXT(second.version, version);
	struct sound_opened opened = open_it();
	CHECK_INT(read_it(opened.object, 0, version).state, SOUND_SAME);
	tear_down();
}

TEST(a_changed_file_has_another_version)
{
	set_up();
	char version[SOUND_NAME_BYTES];
	struct sound_piece piece = play();
	str_copy(version, sizeof(version), piece.version);
	headers = "ETag: \"2\"\r\nContent-Type: audio/wav\r\n";
	struct sound_opened opened = open_it();
	piece = read_it(opened.object, 0, version);
	CHECK_INT(piece.state, SOUND_DATA);
	CHECK(strcmp(piece.version, version) != 0);
	tear_down();
}

TEST(what_is_fresh_is_not_asked_for_again_even_after_a_restart)
{
	set_up();
	headers = "ETag: \"1\"\r\nCache-Control: max-age=60\r\n"
		  "Content-Type: audio/wav\r\n";
	play();
	unsigned asked = web_requests(web);
	sounds_free(sounds);
	listening = 0;
	sounds = sounds_new(&service, http);
	struct sound_piece piece = play();
	is_the_sound(&piece);
	CHECK_INT(web_requests(web), asked);
	tear_down();
}

TEST(a_server_in_trouble_costs_nothing_that_is_in_the_cache)
{
	set_up();
	play();
	status = "500 Oops";
	test_expect_log("what is in the cache is played");
	struct sound_piece piece = play();
	is_the_sound(&piece);
	status = "404 Not Found";
	test_expect_log("HTTP status 404");
	piece = play();
	CHECK_INT(piece.state, SOUND_FAILED);
	CHECK_INT(piece.error, ERR_HTTP_STATUS);
	CHECK(strstr(piece.error_text, "404"));
	tear_down();
}

TEST(what_must_be_asked_for_is_not_played_without_an_answer)
{
	set_up();
	headers = "ETag: \"1\"\r\nCache-Control: must-revalidate\r\n";
	play();
	status = "500 Oops";
	test_expect_log("HTTP status 500");
	CHECK_INT(play().state, SOUND_FAILED);
	tear_down();
}

TEST(what_is_not_to_be_stored_is_fetched_each_time)
{
	set_up();
	headers = "ETag: \"1\"\r\nCache-Control: no-store\r\n";
	play();
	play();
	CHECK_INT(web_requests(web), 2);
	CHECK(!strstr(request, "If-None-Match"));
	tear_down();
}

TEST(many_who_ask_at_once_cause_one_request)
{
	set_up();
	struct sound_opened first = open_it(), second = open_it();
	CHECK_TEXT(first.object, second.object);
	read_it(first.object, 0, "");
	CHECK_INT(web_requests(web), 1);
	tear_down();
}

TEST(a_connection_that_breaks_is_tried_once_more)
{
	set_up();
	status = NULL;
	test_expect_log("closed without an answer");
	struct sound_piece piece = play();
	CHECK_INT(piece.state, SOUND_FAILED);
	CHECK_INT(piece.error, ERR_HTTP_CONNECTION);
	CHECK_INT(web_requests(web), 2);
	tear_down();
}

TEST(a_file_above_the_limit_is_refused)
{
	static char large[1200 * 1024];

	set_up();
	memset(large, 'x', sizeof(large) - 1);
	body = large;
	test_expect_log("larger than");
	CHECK_INT(play().error, ERR_HTTP_TOO_LARGE);
	tear_down();
}

TEST(a_name_that_nobody_knows_is_gone)
{
	set_up();
	CHECK_INT(read_it("SOother", 0, "").state, SOUND_GONE);
	tear_down();
}

TEST_MAIN()
