/*
 * shelf_test.c - sounds on disk: whole or not at all, bounded, and there again
 * after a restart.
 */
#include "services/fetcher/shelf.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM 100000

static char folder[64], key_a[SHELF_KEY_BYTES], key_b[SHELF_KEY_BYTES];
static struct shelf *shelf;

static void set_up(int64_t room)
{
	str_copy(folder, sizeof(folder), "/tmp/vox-shelf-XXXXXX");
	CHECK(mkdtemp(folder));
	shelf = shelf_new(folder, room);
	CHECK(shelf);
	shelf_key("AC1", "http://a/a.wav", key_a);
	shelf_key("AC1", "http://a/b.wav", key_b);
}

static void tear_down(void)
{
	char command[128];

	shelf_free(shelf);
	str_format(command, sizeof(command), "rm -rf %s", folder);
	CHECK_INT(system(command), 0);
}

static void again(int64_t room)
{
	shelf_free(shelf);
	shelf = shelf_new(folder, room);
}

static int keep(const char *key, const char *version, size_t size)
{
	struct shelf_label label = {.etag = "\"e\"", .type = "audio/wav"};
	struct shelf_part part;
	char *data = calloc(1, size);
	int fd;

	memset(data, version[0], size);
	str_copy(label.version, sizeof(label.version), version);
	CHECK(shelf_begin(shelf, &part));
	CHECK(shelf_add(&part, data, size / 2));
	CHECK(shelf_add(&part, data, size - size / 2));
	fd = shelf_keep(&part, key, &label);
	free(data);
	return fd;
}

static char byte_at(int fd, int64_t offset)
{
	char byte = '?';

	CHECK_INT(pread(fd, &byte, 1, SHELF_HEAD_BYTES + offset), 1);
	return byte;
}

TEST(accounts_and_urls_have_keys_of_their_own)
{
	char other[SHELF_KEY_BYTES];

	set_up(ROOM);
	shelf_key("AC2", "http://a/a.wav", other);
	CHECK(strcmp(key_a, key_b) != 0 && strcmp(key_a, other) != 0);
	tear_down();
}

TEST(what_was_kept_is_found_with_its_label_after_a_restart_too)
{
	struct shelf_book *book;
	int fd;

	set_up(ROOM);
	close(keep(key_a, "x1", 1000));
	shelf_fresh(shelf, shelf_find(shelf, key_a), 77, true);
	again(ROOM);
	book = shelf_find(shelf, key_a);
	CHECK(book);
	CHECK_TEXT(book->label.version, "x1");
	CHECK_TEXT(book->label.etag, "\"e\"");
	CHECK_TEXT(book->label.type, "audio/wav");
	CHECK_INT(book->label.size, 1000);
	CHECK_INT(book->label.fresh_until_ms, 77);
	CHECK(book->label.strict);
	fd = shelf_open(shelf, book);
	CHECK(byte_at(fd, 999) == 'x');
	close(fd);
	CHECK_INT(shelf_bytes(shelf), 1000 + SHELF_HEAD_BYTES);
	tear_down();
}

TEST(what_was_begun_before_a_crash_is_gone_after_it)
{
	struct shelf_part part;
	char path[128];
	struct stat about;

	set_up(ROOM);
	CHECK(shelf_begin(shelf, &part));
	CHECK(shelf_add(&part, "half", 4));
	str_format(path, sizeof(path), "%s/%s", folder, part.name);
	CHECK_INT(stat(path, &about), 0);
	close(part.fd);
	again(ROOM);
	CHECK(stat(path, &about) != 0);
	CHECK_INT(shelf_bytes(shelf), 0);
	tear_down();
}

TEST(a_file_that_was_cut_or_is_of_another_boot_is_thrown_away)
{
	char path[128];

	set_up(ROOM);
	close(keep(key_a, "x", 1000));
	close(keep(key_b, "x", 1000));
	str_format(path, sizeof(path), "%s/%s", folder, key_a);
	CHECK_INT(truncate(path, SHELF_HEAD_BYTES + 10), 0);
	str_format(path, sizeof(path), "%s/%s", folder, key_b);
	int fd = open(path, O_WRONLY);
	CHECK_INT(pwrite(fd, "zzzz", 4, 20), 4); /* inside the boot's line */
	close(fd);
	again(ROOM);
	CHECK(!shelf_find(shelf, key_a));
	CHECK(!shelf_find(shelf, key_b));
	CHECK_INT(access(path, F_OK), -1);
	tear_down();
}

TEST(the_least_recently_used_goes_when_room_is_needed)
{
	set_up(30000);
	close(keep(key_a, "a", 8000));
	close(keep(key_b, "b", 8000));
	CHECK(shelf_find(shelf, key_a));
	char key_c[SHELF_KEY_BYTES];
	shelf_key("AC1", "http://a/c.wav", key_c);
	close(keep(key_c, "c", 8000));
	CHECK(shelf_find(shelf, key_a));
	CHECK(!shelf_find(shelf, key_b));
	CHECK(shelf_find(shelf, key_c));
	CHECK(shelf_bytes(shelf) <= 30000);
	tear_down();
}

TEST(what_is_larger_than_the_shelf_is_refused)
{
	struct shelf_part part;
	static char data[6000];

	set_up(8000);
	CHECK(shelf_begin(shelf, &part));
	CHECK(!shelf_add(&part, data, sizeof(data)));
	shelf_drop(&part);
	CHECK_INT(shelf_bytes(shelf), 0);
	tear_down();
}

TEST(a_new_version_replaces_the_old_one_which_stays_readable_where_it_is_open)
{
	int old, new;

	set_up(ROOM);
	old = keep(key_a, "a", 100);
	new = keep(key_a, "n", 200);
	CHECK(byte_at(old, 99) == 'a');
	CHECK(byte_at(new, 199) == 'n');
	CHECK_TEXT(shelf_find(shelf, key_a)->label.version, "n");
	CHECK_INT(shelf_bytes(shelf), 200 + SHELF_HEAD_BYTES);
	close(old);
	close(new);
	tear_down();
}

TEST(what_is_not_to_be_kept_is_readable_and_nothing_more)
{
	int fd;

	set_up(ROOM);
	fd = keep(NULL, "s", 100);
	CHECK(byte_at(fd, 0) == 's');
	close(fd);
	CHECK_INT(shelf_bytes(shelf), 0);
	again(ROOM);
	CHECK_INT(shelf_bytes(shelf), 0);
	tear_down();
}

TEST_MAIN()
