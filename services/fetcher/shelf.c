/*
 * shelf.c - a folder of sounds, and the index of it in memory; see shelf.h.
 */
#include "services/fetcher/shelf.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/folder.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "voxbus sound 1"
#define LINES 9
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct shelf {
	int folder;
	char boot[64]; /* the machine's present life */
	int64_t bytes, bytes_max;
	uint64_t parts; /* names what is being written */
	struct map *books;
	struct list by_use; /* least recently used first */
};

void shelf_key(const char *account, const char *url, char *key_out)
{
	uint8_t digest[DIGEST_SHA256_BYTES];

	digest_hmac_sha256(account, strlen(account), url, strlen(url), digest);
	digest_hex(digest, sizeof(digest), key_out);
}

static void forget(struct shelf *shelf, struct shelf_book *book)
{
	shelf->bytes -= book->label.size + SHELF_HEAD_BYTES;
	list_remove(&book->link);
	map_remove(shelf->books, book->key);
	free(book);
}

static void throw_away(struct shelf *shelf, struct shelf_book *book)
{
	unlinkat(shelf->folder, book->key, 0);
	forget(shelf, book);
}

/* False: what is there is all being written. */
static bool make_room(struct shelf *shelf, int64_t more)
{
	while (shelf->bytes + more > shelf->bytes_max) {
		if (list_empty(&shelf->by_use))
			return false;
		throw_away(shelf, list_of(shelf->by_use.next, struct shelf_book,
					  link));
	}
	return true;
}

static struct shelf_book *put(struct shelf *shelf, const char *key,
			      const struct shelf_label *label)
{
	struct shelf_book *book = map_get(shelf->books, key);

	if (book)
		forget(shelf, book);
	book = mem_new(1, sizeof(*book));
	str_copy(book->key, sizeof(book->key), key);
	book->label = *label;
	shelf->bytes += label->size + SHELF_HEAD_BYTES;
	list_add_tail(&shelf->by_use, &book->link);
	map_put(shelf->books, key, book);
	return book;
}

/* --- the head of a file --- */

static bool write_head(const struct shelf *shelf, int fd,
		       const struct shelf_label *label)
{
	struct buf head = BUF_INIT(SHELF_HEAD_BYTES);
	char block[SHELF_HEAD_BYTES] = "";

	buf_addf(&head, MAGIC "\n%s\n%s\n%s\n%s\n%s\n%lld\n%d\n%lld\n",
		 shelf->boot, label->version, label->etag, label->last_modified,
		 label->type, (long long)label->fresh_until_ms, label->strict,
		 (long long)label->size);
	if (!head.full)
		memcpy(block, buf_text(&head), head.length);
	buf_free(&head);
	return pwrite(fd, block, sizeof(block), 0) == (ssize_t)sizeof(block);
}

static bool cut_lines(char *block, char *lines[LINES])
{
	for (int i = 0; i < LINES; i++) {
		char *stop = strchr(block, '\n');

		if (!stop)
			return false;
		*stop = '\0';
		lines[i] = block;
		block = stop + 1;
	}
	return true;
}

static bool read_head(const struct shelf *shelf, int fd,
		      struct shelf_label *label)
{
	char block[SHELF_HEAD_BYTES + 1] = "", *lines[LINES];
	struct stat about;
	int64_t strict;

	if (pread(fd, block, SHELF_HEAD_BYTES, 0) != SHELF_HEAD_BYTES ||
	    !cut_lines(block, lines) || !str_equal(lines[0], MAGIC) ||
	    !str_equal(lines[1], shelf->boot) ||
	    !str_number(lines[6], 0, INT64_MAX, &label->fresh_until_ms) ||
	    !str_number(lines[7], 0, 1, &strict) ||
	    !str_number(lines[8], 0, INT64_MAX - SHELF_HEAD_BYTES,
			&label->size))
		return false;
	label->strict = strict;
	return str_copy(label->version, sizeof(label->version), lines[2]) &&
	       str_copy(label->etag, sizeof(label->etag), lines[3]) &&
	       str_copy(label->last_modified, sizeof(label->last_modified),
			lines[4]) &&
	       str_copy(label->type, sizeof(label->type), lines[5]) &&
	       fstat(fd, &about) == 0 &&
	       about.st_size == label->size + SHELF_HEAD_BYTES;
}

/* --- what was there before --- */

struct found {
	char key[SHELF_KEY_BYTES];
	int64_t used_ns;
	struct shelf_label label;
};

static bool look_at(const struct shelf *shelf, const char *name,
		    struct found *found)
{
	struct stat about;
	int fd;
	bool good;

	memset(found, 0, sizeof(*found));
	if (strlen(name) != SHELF_KEY_BYTES - 1 ||
	    strspn(name, "0123456789abcdef") != SHELF_KEY_BYTES - 1 ||
	    !str_copy(found->key, sizeof(found->key), name))
		return false;
	fd = openat(shelf->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	good = fstat(fd, &about) == 0 && read_head(shelf, fd, &found->label);
	found->used_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 +
			 about.st_mtim.tv_nsec;
	close(fd);
	return good;
}

static int earlier(const void *a, const void *b)
{
	const struct found *one = a, *other = b;

	return one->used_ns < other->used_ns ? -1
					     : one->used_ns > other->used_ns;
}

/* What nobody can use is removed; the rest is put in the order of its use. */
static void load(struct shelf *shelf, DIR *listing)
{
	struct found *found = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;

	while ((entry = readdir(listing))) {
		if (entry->d_name[0] == '.')
			continue;
		if (count == room) {
			room = room ? 2 * room : 64;
			found = mem_grow(found, room * sizeof(*found));
		}
		if (look_at(shelf, entry->d_name, &found[count]))
			count++;
		else
			unlinkat(shelf->folder, entry->d_name, 0);
	}
	if (count)
		qsort(found, count, sizeof(*found), earlier);
	for (size_t i = 0; i < count; i++)
		put(shelf, found[i].key, &found[i].label);
	free(found);
	(void)make_room(shelf, 0);
}

static void read_boot(char *to, size_t size)
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, to, size - 1) : 0;

	to[length > 0 ? length : 0] = '\0';
	to[strcspn(to, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

struct shelf *shelf_new(const char *folder, int64_t bytes_max)
{
	struct shelf *shelf;
	DIR *listing;

	if (!folder_make(folder))
		return NULL;
	listing = opendir(folder);
	if (!listing)
		return NULL;
	shelf = mem_new(1, sizeof(*shelf));
	shelf->folder = fcntl(dirfd(listing), F_DUPFD_CLOEXEC, 0);
	shelf->bytes_max = bytes_max;
	shelf->books = map_new();
	list_init(&shelf->by_use);
	read_boot(shelf->boot, sizeof(shelf->boot));
	load(shelf, listing);
	closedir(listing);
	return shelf;
}

struct shelf *shelf_free(struct shelf *shelf)
{
	if (!shelf)
		return NULL;
	list_each (link, &shelf->by_use)
		forget(shelf, list_of(link, struct shelf_book, link));
	map_free(shelf->books);
	close(shelf->folder);
	free(shelf);
	return NULL;
}

/* --- reading --- */

struct shelf_book *shelf_find(struct shelf *shelf, const char *key)
{
	struct shelf_book *book = map_get(shelf->books, key);

	if (book) {
		list_remove(&book->link);
		list_add_tail(&shelf->by_use, &book->link);
		utimensat(shelf->folder, key, NULL, 0);
	}
	return book;
}

int shelf_open(struct shelf *shelf, const struct shelf_book *book)
{
	int fd = openat(shelf->folder, book->key, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		forget(shelf, map_get(shelf->books, book->key));
	return fd;
}

void shelf_fresh(struct shelf *shelf, struct shelf_book *book,
		 int64_t fresh_until_ms, bool strict)
{
	int fd = openat(shelf->folder, book->key, O_WRONLY | O_CLOEXEC);

	book->label.fresh_until_ms = fresh_until_ms;
	book->label.strict = strict;
	if (fd < 0)
		return; /* asked for once more after a restart, no harm */
	(void)write_head(shelf, fd, &book->label);
	close(fd);
}

/* --- writing --- */

bool shelf_begin(struct shelf *shelf, struct shelf_part *part)
{
	part->shelf = shelf;
	part->size = 0;
	str_format(part->name, sizeof(part->name), "part-%llu",
		   (unsigned long long)++shelf->parts);
	part->fd = openat(shelf->folder, part->name,
			  O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (part->fd >= 0)
		shelf->bytes += SHELF_HEAD_BYTES;
	return part->fd >= 0;
}

bool shelf_add(struct shelf_part *part, const char *data, size_t size)
{
	if (!make_room(part->shelf, (int64_t)size)) {
		errno = ENOSPC;
		return false;
	}
	while (size) {
		ssize_t done = pwrite(part->fd, data, size,
				      SHELF_HEAD_BYTES + part->size);

		if (done <= 0)
			return false;
		part->size += done;
		part->shelf->bytes += done;
		data += done;
		size -= (size_t)done;
	}
	return true;
}

/* Its bytes are no longer counted as being written. */
static void settle(struct shelf_part *part)
{
	part->shelf->bytes -= part->size + SHELF_HEAD_BYTES;
	part->fd = -1;
}

int shelf_keep(struct shelf_part *part, const char *key,
	       const struct shelf_label *label)
{
	struct shelf *shelf = part->shelf;
	struct shelf_label whole = *label;
	int fd = part->fd, error;

	whole.size = part->size;
	if (!key) {
		unlinkat(shelf->folder, part->name, 0);
		settle(part);
		return fd;
	}
	if (write_head(shelf, fd, &whole) &&
	    renameat(shelf->folder, part->name, shelf->folder, key) == 0) {
		settle(part);
		put(shelf, key, &whole);
		return fd;
	}
	error = errno;
	shelf_drop(part);
	errno = error;
	return -1;
}

void shelf_drop(struct shelf_part *part)
{
	unlinkat(part->shelf->folder, part->name, 0);
	close(part->fd);
	settle(part);
}

int64_t shelf_bytes(const struct shelf *shelf)
{
	return shelf->bytes;
}
