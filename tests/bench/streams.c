/*
 * streams.c - many RTP streams at exact 20 ms, and what becomes of them: loss
 * and added delay. The open-loop half of bench-media.py: what the system under
 * test does slows nothing down here.
 *
 * Reads lines from its input, then runs and prints one line of JSON:
 *
 *   socket IP PORT                      one more to send from and hear at
 *   frames PATH                         payloads: u16 size, bytes, again
 *   stream SOCKET IP PORT FRAMES PT STEP [KEY]
 *                                       to there; KEY: SRTP, 30 bytes in hex
 *   raw SOCKET IP PORT FRAMES           the same, of a stranger: the frames are
 *                                       the datagrams, and are not counted
 *   run WARM SECONDS                    now
 *
 * Each stream's payload bears a mark and the time of sending in its first 16
 * bytes, if it is long enough and STEP is 160; what comes back untouched tells
 * its delay, by the kernel's time of arrival. Streams begin spread over 20 ms.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS_MAX 64
#define STREAMS_MAX 16384
#define FRAME_SETS_MAX 8
#define FRAMES_MAX 512
#define PACKET_MAX 512
#define BATCH 64
#define PERIOD_NS 20000000LL
#define POLL_NS 300000
#define BUCKETS 200000 /* of a microsecond */
#define MARK 0x766f78627573aaaaULL
#define RTP_BYTES 12

struct frames {
	unsigned count;
	uint16_t size[FRAMES_MAX];
	uint8_t *data[FRAMES_MAX];
};

struct stream {
	unsigned socket, frames;
	struct sockaddr_in to;
	uint8_t pt;
	bool raw;
	uint32_t step, ssrc, timestamp;
	uint16_t sequence;
	unsigned frame;
	int64_t due_ns;
	srtp_t srtp;
};

struct batch {
	struct mmsghdr heads[BATCH];
	struct iovec parts[BATCH];
	uint8_t data[BATCH][PACKET_MAX];
	bool raw[BATCH];
	unsigned count, socket;
};

static int sockets[SOCKETS_MAX];
static unsigned socket_count, stream_count, frames_count;
static struct stream streams[STREAMS_MAX];
static struct frames frame_sets[FRAME_SETS_MAX];
static uint64_t sent, unsent, heard, timed, late;
static uint32_t delays[BUCKETS + 1], lateness[BUCKETS + 1];
static bool measuring;
/* Another one in each run: SRTP takes no number of a stream twice. */
static uint32_t ssrc_base;

static int64_t now_ns(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "streams: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- what is to be done --- */

static void add_socket(const char *host, unsigned port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int room = 4 << 20, on = 1;

	if (socket_count == SOCKETS_MAX || fd < 0 ||
	    inet_pton(AF_INET, host, &at.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	sockets[socket_count++] = fd;
}

static void add_frames(const char *path)
{
	struct frames *set = &frame_sets[frames_count];
	uint8_t head[2];
	FILE *file = fopen(path, "rb");

	if (!file || frames_count == FRAME_SETS_MAX)
		die(path);
	while (set->count < FRAMES_MAX && fread(head, 1, 2, file) == 2) {
		uint16_t size = (uint16_t)(head[0] << 8 | head[1]);
		uint8_t *data = malloc(size ? size : 1);

		if (!data || size > PACKET_MAX - 64 ||
		    fread(data, 1, size, file) != size)
			die(path);
		set->size[set->count] = size;
		set->data[set->count++] = data;
	}
	fclose(file);
	if (!set->count)
		die(path);
	frames_count++;
}

static srtp_t new_srtp(const char *hex, uint32_t ssrc)
{
	srtp_policy_t policy;
	uint8_t key[30];
	srtp_t srtp;

	for (unsigned i = 0; i < sizeof(key); i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			die("key");
		key[i] = (uint8_t)byte;
	}
	memset(&policy, 0, sizeof(policy));
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
	policy.ssrc.type = ssrc_specific;
	policy.ssrc.value = ssrc;
	policy.key = key;
	if (srtp_create(&srtp, &policy))
		die("srtp");
	return srtp;
}

static struct stream *place_stream(unsigned at, const char *host, unsigned port,
				   unsigned frames)
{
	struct stream *stream = &streams[stream_count];

	if (stream_count == STREAMS_MAX || at >= socket_count ||
	    frames >= frames_count)
		die("stream");
	*stream = (struct stream){.socket = at,
				  .frames = frames,
				  .sequence = 1,
				  .ssrc = ssrc_base + stream_count,
				  .frame = stream_count % 100};
	stream->to.sin_family = AF_INET;
	stream->to.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &stream->to.sin_addr) != 1)
		die(host);
	stream_count++;
	return stream;
}

static void add_stream(unsigned at, const char *host, unsigned port,
		       unsigned frames, unsigned pt, unsigned step,
		       const char *key)
{
	struct stream *stream = place_stream(at, host, port, frames);

	stream->pt = (uint8_t)pt;
	stream->step = step;
	if (key[0])
		stream->srtp = new_srtp(key, stream->ssrc);
}

/* --- sending --- */

static void flush(struct batch *batch)
{
	unsigned done = 0;

	while (done < batch->count) {
		int count =
			sendmmsg(sockets[batch->socket], batch->heads + done,
				 batch->count - done, 0);

		if (count <= 0) {
			unsent += measuring;
			count = 1; /* that one was refused: the next */
		} else if (measuring) {
			for (unsigned i = 0; i < (unsigned)count; i++)
				sent += !batch->raw[done + i];
		}
		done += (unsigned)count;
	}
	batch->count = 0;
}

static size_t make_packet(struct stream *stream, uint8_t *to)
{
	const struct frames *set = &frame_sets[stream->frames];
	unsigned frame = stream->frame++ % set->count;
	size_t size = set->size[frame];
	uint64_t mark[2] = {MARK, (uint64_t)now_ns(CLOCK_REALTIME)};
	uint16_t sequence = htons(stream->sequence++);
	uint32_t timestamp = htonl(stream->timestamp);
	uint32_t ssrc = htonl(stream->ssrc);
	int total;

	if (stream->raw) {
		memcpy(to, set->data[frame], size);
		return size;
	}
	to[0] = 0x80;
	to[1] = stream->pt;
	memcpy(to + 2, &sequence, 2);
	memcpy(to + 4, &timestamp, 4);
	memcpy(to + 8, &ssrc, 4);
	memcpy(to + RTP_BYTES, set->data[frame], size);
	if (size >= sizeof(mark) && stream->step == 160 && stream->pt < 96)
		memcpy(to + RTP_BYTES, mark, sizeof(mark));
	stream->timestamp += stream->step;
	total = (int)(RTP_BYTES + size);
	if (stream->srtp && srtp_protect(stream->srtp, to, &total))
		die("protect");
	return (size_t)total;
}

static void add_to(struct batch *batch, struct stream *stream)
{
	struct mmsghdr *head;

	if (batch->count == BATCH ||
	    (batch->count && batch->socket != stream->socket))
		flush(batch);
	batch->socket = stream->socket;
	head = &batch->heads[batch->count];
	batch->parts[batch->count] =
		(struct iovec){batch->data[batch->count],
			       make_packet(stream, batch->data[batch->count])};
	memset(head, 0, sizeof(*head));
	head->msg_hdr.msg_name = &stream->to;
	head->msg_hdr.msg_namelen = sizeof(stream->to);
	head->msg_hdr.msg_iov = &batch->parts[batch->count];
	head->msg_hdr.msg_iovlen = 1;
	batch->raw[batch->count++] = stream->raw;
}

/* Streams are in the order of their due times, which all move on alike. */
static void send_due(struct batch *batch, unsigned *next, int64_t now)
{
	while (streams[*next].due_ns <= now) {
		struct stream *stream = &streams[*next];
		int64_t by = (now - stream->due_ns) / 1000;

		if (measuring)
			lateness[by < BUCKETS ? by : BUCKETS]++;
		late += by > 5000;
		add_to(batch, stream);
		stream->due_ns += PERIOD_NS;
		*next = (*next + 1) % stream_count;
	}
	flush(batch);
}

/* --- hearing --- */

static int64_t arrival(struct msghdr *head)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(head); part;
	     part = CMSG_NXTHDR(head, part))
		if (part->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec at;

			memcpy(&at, CMSG_DATA(part), sizeof(at));
			return at.tv_sec * 1000000000LL + at.tv_nsec;
		}
	return now_ns(CLOCK_REALTIME);
}

static void take(const uint8_t *data, size_t size, struct msghdr *head)
{
	uint64_t mark[2];
	int64_t delay;

	if (!measuring || size < RTP_BYTES || (data[1] & 0x60) == 0x40)
		return;
	heard++;
	if (size < RTP_BYTES + sizeof(mark))
		return;
	memcpy(mark, data + RTP_BYTES, sizeof(mark));
	if (mark[0] != MARK)
		return;
	delay = (arrival(head) - (int64_t)mark[1]) / 1000;
	timed++;
	delays[delay < 0 ? 0 : delay < BUCKETS ? delay : BUCKETS]++;
}

static void hear(int fd)
{
	static struct mmsghdr heads[BATCH];
	static struct iovec parts[BATCH];
	static uint8_t data[BATCH][PACKET_MAX], control[BATCH][64];
	int count;

	do {
		for (unsigned i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){data[i], PACKET_MAX};
			memset(&heads[i], 0, sizeof(heads[i]));
			heads[i].msg_hdr.msg_iov = &parts[i];
			heads[i].msg_hdr.msg_iovlen = 1;
			heads[i].msg_hdr.msg_control = control[i];
			heads[i].msg_hdr.msg_controllen = sizeof(control[i]);
		}
		count = recvmmsg(fd, heads, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++)
			take(data[i], heads[i].msg_len, &heads[i].msg_hdr);
	} while (count == BATCH);
}

static void wait_a_little(void)
{
	struct pollfd fds[SOCKETS_MAX];
	struct timespec limit = {0, POLL_NS};

	for (unsigned i = 0; i < socket_count; i++)
		fds[i] = (struct pollfd){sockets[i], 0, 0};
	/* Not for what arrives: only for the time. */
	ppoll(fds, 0, &limit, NULL);
}

static void run_until(struct batch *batch, unsigned *next, int64_t end)
{
	int64_t now;

	while ((now = now_ns(CLOCK_MONOTONIC)) < end) {
		send_due(batch, next, now);
		for (unsigned i = 0; i < socket_count; i++)
			hear(sockets[i]);
		wait_a_little();
	}
}

/* --- the result --- */

static double at_share(const uint32_t *buckets, double share)
{
	uint64_t all = 0, sum = 0;

	for (unsigned i = 0; i <= BUCKETS; i++)
		all += buckets[i];
	for (unsigned i = 0; i <= BUCKETS; i++) {
		sum += buckets[i];
		if (all && (double)sum >= share * (double)all)
			return i / 1000.0;
	}
	return 0;
}

static void run(double warm, double seconds)
{
	static struct batch batch;
	int64_t start = now_ns(CLOCK_MONOTONIC) + 10000000;
	int64_t measured = start + (int64_t)(warm * 1e9);
	int64_t end = measured + (int64_t)(seconds * 1e9);
	unsigned next = 0;

	for (unsigned i = 0; i < stream_count; i++)
		streams[i].due_ns = start + PERIOD_NS * i / stream_count;
	run_until(&batch, &next, measured);
	measuring = true;
	fprintf(stderr, "measuring\n");
	run_until(&batch, &next, end);
	fprintf(stderr, "measured\n");
	measuring = false;
	printf("{\"streams\": %u, \"sent\": %llu, \"unsent\": %llu, "
	       "\"heard\": %llu, \"timed\": %llu, \"late\": %llu, "
	       "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, "
	       "\"own_p99_ms\": %.3f}\n",
	       stream_count, (unsigned long long)sent,
	       (unsigned long long)unsent, (unsigned long long)heard,
	       (unsigned long long)timed, (unsigned long long)late,
	       at_share(delays, 0.5), at_share(delays, 0.99),
	       at_share(delays, 0.999), at_share(lateness, 0.99));
}

int main(void)
{
	char line[512], host[64], path[256], key[80];
	unsigned port, at, frames, pt, step;
	double warm, seconds;

	srtp_init();
	ssrc_base = (uint32_t)now_ns(CLOCK_REALTIME);
	while (fgets(line, sizeof(line), stdin)) {
		key[0] = '\0';
		if (sscanf(line, "socket %63s %u", host, &port) == 2)
			add_socket(host, port);
		else if (sscanf(line, "frames %255s", path) == 1)
			add_frames(path);
		else if (sscanf(line, "stream %u %63s %u %u %u %u %79s", &at,
				host, &port, &frames, &pt, &step, key) >= 6)
			add_stream(at, host, port, frames, pt, step, key);
		else if (sscanf(line, "raw %u %63s %u %u", &at, host, &port,
				&frames) == 4)
			place_stream(at, host, port, frames)->raw = true;
		else if (sscanf(line, "run %lf %lf", &warm, &seconds) == 2)
			run(warm, seconds);
		else
			die("what?");
	}
	return 0;
}
