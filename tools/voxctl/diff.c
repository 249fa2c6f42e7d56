/*
 * diff.c - the first difference between two JSON texts; see diff.h.
 */
#include "tools/voxctl/diff.h"

#include "lib/base/str.h"

#include <stdio.h>
#include <string.h>

#define CONTEXT 40 /* bytes shown before the place where long values part */

struct path {
	const struct path *before;
	struct json key; /* of an object's member; empty: */
	size_t index;    /* of a list's element */
};

static size_t write_path(const struct path *path, char *to, size_t size)
{
	size_t length = path->before ? write_path(path->before, to, size) : 0;
	char part[DIFF_PATH_BYTES];
	if (path->key.size > 2)
		str_format(part, sizeof(part), "%s%.*s", length ? "." : "",
			   (int)path->key.size - 2, path->key.text + 1);
	else
		str_format(part, sizeof(part), "[%zu]", path->index);
	size_t more = strlen(part);
	if (length + more < size)
		memcpy(to + length, part, more + 1);
	else
		more = 0;
	return length + more;
}

static void write_value(const struct json *value, size_t from, char *to)
{
	if (!value) {
		str_copy(to, DIFF_VALUE_BYTES, "(absent)");
		return;
	}
	const size_t room = DIFF_VALUE_BYTES - 8;
	if (from > value->size)
		from = value->size;
	size_t length = value->size - from;
	bool cut = length > room;
	str_format(to, DIFF_VALUE_BYTES, "%s%.*s%s", from ? "..." : "",
		   (int)(cut ? room : length), value->text + from,
		   cut ? "..." : "");
}

static bool tell(const struct path *path, const struct json *recorded,
		 const struct json *now, struct diff *out)
{
	size_t same = 0;
	if (recorded && now)
		while (same < recorded->size && same < now->size &&
		       recorded->text[same] == now->text[same])
			same++;
	size_t from = same > CONTEXT ? same - CONTEXT : 0;
	write_path(path, out->path, sizeof(out->path));
	write_value(recorded, from, out->recorded);
	write_value(now, from, out->now);
	return true;
}

static bool differ(const struct path *path, struct json recorded,
		   struct json now, struct diff *out);

/* The member of the same (raw) name. */
static bool twin(struct json object, struct json key, struct json *value_out)
{
	struct json other;
	for (size_t at = 0; json_next(object, &at, &other, value_out);)
		if (other.size == key.size &&
		    memcmp(other.text, key.text, key.size) == 0)
			return true;
	return false;
}

static bool is_ignored(const char *const *ignored, struct json key)
{
	for (; ignored && *ignored; ignored++)
		if (strlen(*ignored) + 2 == key.size &&
		    memcmp(*ignored, key.text + 1, key.size - 2) == 0)
			return true;
	return false;
}

static bool objects_differ(const struct path *before, struct json recorded,
			   struct json now, const char *const *ignored,
			   struct diff *out)
{
	struct path path = {.before = before};
	struct json value, other;
	for (size_t at = 0; json_next(recorded, &at, &path.key, &value);) {
		if (is_ignored(ignored, path.key))
			continue;
		if (!twin(now, path.key, &other))
			return tell(&path, &value, NULL, out);
		if (differ(&path, value, other, out))
			return true;
	}
	for (size_t at = 0; json_next(now, &at, &path.key, &value);)
		if (!is_ignored(ignored, path.key) &&
		    !twin(recorded, path.key, &other))
			return tell(&path, NULL, &value, out);
	return false;
}

static bool lists_differ(const struct path *before, struct json recorded,
			 struct json now, struct diff *out)
{
	struct path path = {.before = before};
	struct json key, left, right;
	size_t at = 0, other_at = 0;
	for (;; path.index++) {
		bool has_left = json_next(recorded, &at, &key, &left);
		bool has_right = json_next(now, &other_at, &key, &right);
		if (!has_left && !has_right)
			return false;
		if (!has_left || !has_right)
			return tell(&path, has_left ? &left : NULL,
				    has_right ? &right : NULL, out);
		if (differ(&path, left, right, out))
			return true;
	}
}

static bool differ(const struct path *path, struct json recorded,
		   struct json now, struct diff *out)
{
	if (json_is(recorded, '{') && json_is(now, '{'))
		return objects_differ(path, recorded, now, NULL, out);
	if (json_is(recorded, '[') && json_is(now, '['))
		return lists_differ(path, recorded, now, out);
	if (recorded.size == now.size &&
	    memcmp(recorded.text, now.text, now.size) == 0)
		return false;
	return tell(path, &recorded, &now, out);
}

bool diff_find(struct json recorded, struct json now,
	       const char *const *ignored, struct diff *diff_out)
{
	memset(diff_out, 0, sizeof(*diff_out));
	return objects_differ(NULL, recorded, now, ignored, diff_out);
}
