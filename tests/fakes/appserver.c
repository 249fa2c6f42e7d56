/*
 * appserver.c - a web application that costs next to nothing, for load and
 * bench: it dials the callee under the caller's own number, and writes down
 * which callbacks came.
 *
 *   appserver PORT CALLEE LOG
 *
 * CALLEE is host:port of the phone. LOG gets one line a request: µs since
 * 1970, path, CallSid, ParentCallSid, SequenceNumber, CallStatus, idempotency
 * token; "-" for what is missing. HTTP/1.1 with keep-alive; requests of up to
 * 16 KB; one thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define ANSWER_MAX 2048
#define TURN_EVENTS 256
#define WORD_MAX 64

struct client {
	int fd;
	size_t length;
	char data[REQUEST_MAX + 1];
};

static const char *callee;
static FILE *log_file;
static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static long long now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* The parameter's first characters that are letters, digits or '-'. */
static void parameter(const char *request, const char *name, char *to)
{
	size_t length = strlen(name), n = 0;
	const char *at = request;
	snprintf(to, WORD_MAX, "-");
	while ((at = strstr(at, name))) {
		if ((at == request || strchr("&?\n", at[-1])) &&
		    at[length] == '=')
			break;
		at += length;
	}
	if (!at)
		return;
	at += length + 1;
	if (strncasecmp(at, "sip%3A", 6) == 0)
		at += 6;
	while (n + 1 < WORD_MAX && *at && strchr("&% \r\n", *at) == NULL)
		to[n++] = *at++;
	to[n ? n : 1] = '\0';
}

static void token_of(const char *request, char *to)
{
	static const char name[] = "\nI-Twilio-Idempotency-Token: ";
	const char *at = strcasestr(request, name);
	size_t n = 0;
	snprintf(to, WORD_MAX, "-");
	if (!at)
		return;
	at += sizeof(name) - 1;
	while (n + 1 < WORD_MAX && *at > ' ')
		to[n++] = *at++;
	to[n ? n : 1] = '\0';
}

static void write_down(const char *path, const char *request)
{
	char call[WORD_MAX], parent[WORD_MAX], number[WORD_MAX],
		status[WORD_MAX], token[WORD_MAX];
	parameter(request, "CallSid", call);
	parameter(request, "ParentCallSid", parent);
	parameter(request, "SequenceNumber", number);
	parameter(request, "CallStatus", status);
	token_of(request, token);
	fprintf(log_file, "%lld %s %s %s %s %s %s\n", now_us(), path, call,
		parent, number, status, token);
}

static size_t document(char *to, const char *request)
{
	char user[WORD_MAX], body[ANSWER_MAX / 2];
	parameter(request, "To", user);
	int length = snprintf(
		body, sizeof(body),
		"<Response><Dial action=\"/action\"><Sip statusCallback="
		"\"/status\" statusCallbackEvent=\"initiated ringing answered "
		"completed\">sip:%s@%s;transport=udp</Sip></Dial></Response>",
		user, callee);
	return (size_t)snprintf(to, ANSWER_MAX,
				"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
				"Content-Length: %d\r\n\r\n%s",
				length, body);
}

static void answer(int fd, const char *request)
{
	char text[ANSWER_MAX], path[WORD_MAX] = "-";
	size_t length;
	if (sscanf(request, "%*7s %63[^ ?]", path) != 1)
		return;
	write_down(path, request);
	if (strcmp(path, "/voice") == 0)
		length = document(text, request);
	else if (strcmp(path, "/status") == 0)
		length = (size_t)snprintf(text, sizeof(text),
					  "HTTP/1.1 204 No Content\r\n\r\n");
	else
		length = (size_t)snprintf(
			text, sizeof(text),
			"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
			"Content-Length: 11\r\n\r\n<Response/>");
	if (write(fd, text, length) != (ssize_t)length)
		fprintf(stderr, "appserver: answer: %s\n", strerror(errno));
}

/* Bytes of the first request in 'data', or 0 when it is not whole yet. */
static size_t whole(const char *data, size_t length)
{
	const char *end = strstr(data, "\r\n\r\n");
	const char *field = strcasestr(data, "\ncontent-length:");
	if (!end)
		return 0;
	size_t size = (size_t)(end - data) + 4;
	if (field && field < end)
		size += strtoul(field + 16, NULL, 10);
	return size <= length ? size : 0;
}

static void leave(struct client *client)
{
	close(client->fd);
	free(client);
}

static void hear(struct client *client)
{
	ssize_t got = read(client->fd, client->data + client->length,
			   REQUEST_MAX - client->length);
	size_t size;
	if (got <= 0) {
		leave(client);
		return;
	}
	client->length += (size_t)got;
	client->data[client->length] = '\0';
	while ((size = whole(client->data, client->length))) {
		char after = client->data[size];
		client->data[size] = '\0';
		answer(client->fd, client->data);
		client->data[size] = after;
		client->length -= size;
		memmove(client->data, client->data + size, client->length + 1);
	}
	if (client->length == REQUEST_MAX)
		leave(client);
}

static void greet(int door, int poll)
{
	int fd = accept(door, NULL, NULL), one = 1;
	struct client *client = fd < 0 ? NULL : calloc(1, sizeof(*client));
	if (!client) {
		if (fd >= 0)
			close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	client->fd = fd;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

static int open_door(int port)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) ||
	    listen(fd, 1024)) {
		fprintf(stderr, "appserver: port %d: %s\n", port,
			strerror(errno));
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event events[TURN_EVENTS];
	if (argc != 4 || !(log_file = fopen(argv[3], "we"))) {
		fprintf(stderr, "usage: appserver PORT CALLEE LOG\n");
		return 1;
	}
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	callee = argv[2];
	int door = open_door((int)strtol(argv[1], NULL, 10));
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};
	epoll_ctl(poll, EPOLL_CTL_ADD, door, &event);
	while (!stopping) {
		int count = epoll_wait(poll, events, TURN_EVENTS, 1000);
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				hear(events[i].data.ptr);
			else
				greet(door, poll);
		}
		fflush(log_file);
	}
	fclose(log_file);
	return 0;
}
