/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * table.h - uthash as all of us use it: without memory for its place in the table an entry is left
 * out, instead of the program being ended (uthash's own default is exit()). Who adds one asks:
 *
 *     HASH_ADD(hh, table, key, sizeof(entry->key), entry);
 *     if (!TABLE_HAS(entry))
 *             free(entry), err = -ENOMEM;
 */
#ifndef TCPDWELL_TABLE_H
#define TCPDWELL_TABLE_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Was it added? Of an entry that was cleared before; its handle is called `hh`. */
#define TABLE_HAS(entry) ((entry)->hh.tbl != NULL)

/* Takes each entry out and hands it to free_entry(). `head` is NULL then. */
#define TABLE_RELEASE(head, free_entry)                                                       \
	do {                                                                                  \
		__typeof__(head) table_entry, table_next;                                     \
                                                                                              \
		for (table_entry = (head); table_entry; table_entry = table_next) {           \
			table_next = table_entry->hh.next;                                    \
			HASH_DEL(head, table_entry); /* NOLINT(clang-analyzer-unix.Malloc) */ \
			free_entry(table_entry);                                              \
		}                                                                             \
	} while (0)

#endif
