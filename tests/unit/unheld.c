/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unheld.c - which sockets no process holds, whatever the order and the number of the records. */
#include "kernel/unheld.h"
#include "test.h"
#include "wire.h"

static void note(struct unheld *unheld, uint64_t cookie, uint16_t flags)
{
	struct wire_snapshot s = {.head = {.kind = WIRE_SNAPSHOT, .len = sizeof(s)},
				  .id = {.cookie = cookie, .netns = 7},
				  .kind = WIRE_FULL,
				  .flags = flags};

	CHECK_EQ(unheld_note(unheld, &s), 0);
}

static void hold(struct unheld *unheld, uint64_t cookie)
{
	struct wire_holder h = {.head = {.kind = WIRE_HOLDER, .len = sizeof(h)}, .cookie = cookie};

	CHECK_EQ(unheld_note(unheld, &h), 0);
}

static void test_none(void)
{
	struct unheld unheld = {0};

	test_begin("unheld-none");
	unheld_settle(&unheld);
	CHECK(!unheld_has(&unheld, 1));
	hold(&unheld, 1);
	unheld_settle(&unheld);
	CHECK(!unheld_has(&unheld, 1));
	unheld_release(&unheld);
	test_end("nothing was noted, or a holder alone");
}

static void test_many(void)
{
	struct unheld unheld = {0};

	test_begin("unheld-many");
	for (uint64_t cookie = 3000; cookie; cookie--) {
		note(&unheld, cookie, WIRE_S_FILE);
		if (cookie % 5 == 0)
			note(&unheld, cookie, WIRE_S_FILE);
		if (cookie % 3)
			hold(&unheld, cookie);
		if (cookie % 3 == 1)
			hold(&unheld, cookie);
	}
	unheld_settle(&unheld);
	CHECK_EQ(unheld.n, 1000);
	for (uint64_t cookie = 1; cookie <= 3000; cookie++)
		CHECK_EQ(unheld_has(&unheld, cookie), cookie % 3 == 0);
	unheld_release(&unheld);
	test_end("1000 of 3000");
}

static void test_others(void)
{
	static const uint16_t flags[] = {0, WIRE_S_FILE | WIRE_S_ORPHAN,
					 WIRE_S_FILE | WIRE_S_KERNEL};
	struct unheld unheld = {0};

	test_begin("unheld-others");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		note(&unheld, i + 1, flags[i]);
	unheld_settle(&unheld);
	CHECK_EQ(unheld.n, 0);
	unheld_release(&unheld);
	test_end("without a file, an orphan, the kernel's");
}

int main(void)
{
	test_none();
	test_many();
	test_others();
	return test_status();
}
