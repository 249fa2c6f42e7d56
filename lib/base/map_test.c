/*
 * map_test.c - text to pointer, while it grows, shrinks and is walked.
 */
#include "lib/base/map.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>

#define MANY 5000

static int one, two;

TEST(a_map_gives_back_what_was_put_last)
{
	struct map *map = map_new();
	char key[] = "key";
	CHECK(map_get(map, "key") == NULL);
	CHECK(map_put(map, key, &one) == NULL);
	key[0] = 'K'; /* keys are copied */
	CHECK(map_get(map, "key") == &one);
	CHECK(map_put(map, "key", &two) == &one);
	CHECK(map_get(map, "key") == &two);
	CHECK_INT(map_count(map), 1);
	CHECK(map_remove(map, "key") == &two);
	CHECK(map_remove(map, "key") == NULL);
	CHECK_INT(map_count(map), 0);
	map_free(map);
	CHECK(map_free(NULL) == NULL);
}

TEST(the_empty_text_is_a_key_like_others)
{
	struct map *map = map_new();
	map_put(map, "", &one);
	CHECK(map_get(map, "") == &one);
	CHECK(map_get(map, "a") == NULL);
	map_remove(map, "");
	CHECK(map_get(map, "") == NULL);
	map_put(map, "", &two);
	CHECK_INT(map_count(map), 1);
	map_free(map);
}

TEST(thousands_of_keys_come_and_go)
{
	static char values[MANY];
	struct map *map = map_new();
	char key[32];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MANY; i++) {
			str_format(key, sizeof(key), "key %d", i);
			CHECK(map_put(map, key, &values[i]) == NULL);
		}
		CHECK_INT(map_count(map), MANY);
		for (int i = 0; i < MANY; i++) {
			str_format(key, sizeof(key), "key %d", i);
			CHECK(map_get(map, key) == &values[i]);
		}
		for (int i = 0; i < MANY; i++) {
			str_format(key, sizeof(key), "key %d", i);
			CHECK(map_remove(map, key) == &values[i]);
		}
		CHECK_INT(map_count(map), 0);
	}
	map_free(map);
}

TEST(each_key_is_met_once_and_may_be_removed_on_the_way)
{
	static char seen[100];
	struct map *map = map_new();
	char text[32];
	const char *key;
	void *value;
	size_t cursor = 0;
	unsigned met = 0;
	for (int i = 0; i < 100; i++) {
		str_format(text, sizeof(text), "%d", i);
		map_put(map, text, &seen[i]);
	}
	while (map_next(map, &cursor, &key, &value)) {
		char *mark = value;
		CHECK(map_get(map, key) == value && !*mark);
		*mark = 1;
		met++;
		if (met % 2)
			map_remove(map, key);
	}
	CHECK_INT(met, 100);
	CHECK_INT(map_count(map), 50);
	map_free(map);
}

TEST_MAIN()
