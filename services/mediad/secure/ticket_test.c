/*
 * ticket_test.c - who can read a ticket, and who cannot.
 */
#include "services/mediad/secure/ticket.h"

#include "lib/test/test.h"

#include <string.h>

static struct suite_keys some_keys(void)
{
	struct suite_keys keys = {.suite = SUITE_GCM_256};

	memset(keys.ours, 'o', SUITE_KEY_MAX);
	memset(keys.theirs, 't', SUITE_KEY_MAX);
	return keys;
}

TEST(a_ticket_gives_back_what_was_put_into_it)
{
	struct suite_keys keys = some_keys(), again;
	char text[TICKET_TEXT_BYTES], other[TICKET_TEXT_BYTES];

	CHECK(ticket_seal("secret", "CA1", &keys, text));
	CHECK(ticket_open("secret", "CA1", text, &again));
	CHECK(memcmp(&keys, &again, sizeof(keys)) == 0);
	/* Two of the same are not alike: nobody sees what has not changed. */
	CHECK(ticket_seal("secret", "CA1", &keys, other));
	CHECK(strcmp(text, other) != 0);
}

TEST(a_ticket_is_of_one_leg_and_one_installation)
{
	struct suite_keys keys = some_keys(), again;
	char text[TICKET_TEXT_BYTES];

	CHECK(ticket_seal("secret", "CA1", &keys, text));
	CHECK(!ticket_open("secret", "CA2", text, &again));
	CHECK(!ticket_open("another", "CA1", text, &again));
	CHECK_INT(again.ours[0], 0);
}

TEST(a_ticket_that_was_changed_or_is_none_is_refused)
{
	struct suite_keys keys = some_keys(), again;
	char text[TICKET_TEXT_BYTES], longer[2 * TICKET_TEXT_BYTES];

	CHECK(ticket_seal("secret", "CA1", &keys, text));
	text[30] = text[30] == 'A' ? 'B' : 'A';
	CHECK(!ticket_open("secret", "CA1", text, &again));
	CHECK(!ticket_open("secret", "CA1", "", &again));
	CHECK(!ticket_open("secret", "CA1", "no base64 !", &again));
	memset(longer, 'A', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK(!ticket_open("secret", "CA1", longer, &again));
}

TEST_MAIN()
