/*
 * list_test.c - links that live in their elements.
 */
#include "lib/base/list.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

struct letter {
	char letter[2];
	struct list link;
};

static struct list head;
static struct letter a = {.letter = "a"}, b = {.letter = "b"},
		     c = {.letter = "c"};

static void start(void)
{
	list_init(&head);
	list_add_tail(&head, &a.link);
	list_add_tail(&head, &b.link);
	list_add_tail(&head, &c.link);
}

static void check(const char *wanted)
{
	struct buf order = BUF_INIT(10);
	list_each (link, &head)
		buf_add_text(&order,
			     list_of(link, struct letter, link)->letter);
	CHECK_TEXT(buf_text(&order), wanted);
	buf_free(&order);
}

TEST(elements_stand_in_the_order_of_adding)
{
	start();
	check("abc");
	list_remove(&b.link);
	check("ac");
	list_add_tail(&head, &b.link);
	check("acb");
}

TEST(a_link_may_be_removed_twice_or_never_have_been_added)
{
	struct letter never = {.letter = "n"};
	start();
	list_remove(&a.link);
	list_remove(&b.link);
	list_remove(&a.link); /* must not bring b back */
	list_remove(&never.link);
	check("c");
}

TEST(the_current_element_may_be_removed_in_the_loop)
{
	start();
	list_each (link, &head)
		list_remove(link);
	CHECK(list_empty(&head));
	check("");
}

TEST_MAIN()
