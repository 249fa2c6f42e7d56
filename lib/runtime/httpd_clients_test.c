/*
 * httpd_clients_test.c - crowds of connections, and those that are slow: honest
 * clients are answered all the same.
 */
#include "lib/runtime/httpd_ask_test.h"

#include "lib/base/clock.h"

#define MANY_CONNECTIONS 300
#define ONE_ADDRESS_MAX 64
#define PATIENCE_MS 1000 /* of an honest client, while others crowd */

static const struct httpd_route routes[] = {{"GET", "/echo", on_echo}, {0}};

static int crowd[MANY_CONNECTIONS];

/* Connections that begin a request and leave it at that. */
static void crowd_in(unsigned first_address, unsigned addresses)
{
	static const char begun[] = "GET /echo HTTP/1.1\r\n";
	for (unsigned i = 0; i < MANY_CONNECTIONS; i++) {
		crowd[i] = connect_from(first_address + i % addresses,
					httpd_port(httpd));
		write_all(crowd[i], begun, sizeof(begun) - 1);
		loop_turn(loop, 0);
	}
}

/* How many of them the server still listens to. */
static unsigned crowd_size(void)
{
	unsigned open = 0;
	char byte;
	turns(50);
	for (unsigned i = 0; i < MANY_CONNECTIONS; i++)
		open += recv(crowd[i], &byte, 1, MSG_DONTWAIT) < 0 &&
			errno == EAGAIN;
	return open;
}

static void crowd_out(void)
{
	for (unsigned i = 0; i < MANY_CONNECTIONS; i++)
		close(crowd[i]);
	turns(50);
}

static const char one_request[] = "GET /echo HTTP/1.1\r\n" HOST "\r\n";

static void ask_in_time(void)
{
	int64_t began_ms = clock_mono_ms();
	ask(one_request, "GET /echo");
	CHECK(clock_mono_ms() - began_ms < PATIENCE_MS);
}

TEST(half_open_connections_from_one_address_do_not_keep_others_waiting)
{
	struct buf answer = BUF_INIT(1 << 16);
	start(routes);
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, one_request, strlen(one_request));
	read_until(fd, "body=", &answer);
	crowd_in(2, 1);
	ask_in_time();
	CHECK_INT(crowd_size(), ONE_ADDRESS_MAX);
	/* who was there before is still there */
	buf_clear(&answer);
	write_all(fd, one_request, strlen(one_request));
	read_until(fd, "body=", &answer);
	CHECK(strstr(buf_text(&answer), "GET /echo") != NULL);
	close(fd);
	crowd_out();
	ask_in_time();
	buf_free(&answer);
	end();
}

TEST(half_open_connections_from_many_addresses_make_room_for_newer_ones)
{
	start(routes);
	crowd_in(2, 10);
	ask_in_time();
	CHECK(crowd_size() < 256);
	crowd_out();
	ask_in_time();
	end();
}

TEST(an_address_with_too_many_connections_loses_its_oldest_not_its_newest)
{
	start(routes);
	crowd_in(1, 1);
	ask_in_time();
	char byte;
	CHECK_INT(recv(crowd[0], &byte, 1, MSG_DONTWAIT), 0);
	CHECK(recv(crowd[MANY_CONNECTIONS - 1], &byte, 1, MSG_DONTWAIT) < 0);
	crowd_out();
	end();
}

/* Last, since the clock stands still from here on. */
TEST(a_client_that_sends_a_byte_now_and_then_is_cut_off_after_ten_seconds)
{
	struct buf answer = BUF_INIT(1 << 16);
	int64_t now_ms = clock_mono_ms();
	clock_fake(now_ms, 0);
	start(routes);
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, "GET /echo HTTP/1.1\r\n", 20);
	for (int i = 0; i < 9; i++) {
		clock_fake(now_ms += 1000, 0);
		write_all(fd, "X", 1);
		turns(5);
	}
	char byte;
	CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	clock_fake(now_ms += 2100, 0);
	read_until(fd, "never", &answer);
	CHECK_INT(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	close(fd);
	buf_free(&answer);
	end();
}

TEST_MAIN()
