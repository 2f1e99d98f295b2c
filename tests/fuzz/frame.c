/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * frame.c - a picture of `top` as text, from a recording: `frame FILE ROWS COLS [KEY...]`. The keys
 * are typed after the first census; each further census is a refresh, unless the keys have paused
 * that. Options that begin with '-' before FILE are those of `top`. ROWS and COLS may be lists,
 * "24,10" and "80,40": a picture of each size.
 *
 * A KEY is a name (Enter, Down, ...), or text that is typed letter by letter. Below the rows stands
 * how they look, where that is not plain. `frame -t FILE` measures: ms of CPU time for a refresh
 * and a frame.
 */
#include "../unit/feeder.h"

#include <errno.h>
#include <time.h>

#include "top/cells.h"
#include "base/clock.h"
#include "commands/configure.h"
#include "base/diag.h"
#include "record/recording.h"
#include "top/screen.h"
#include "top/data.h"
#include "top/frame.h"
#include "top/ui.h"
#include "diagnosis/overview.h"

static const struct {
	const char *name;
	int key;
} keys[] = {
	{"Enter", KEY_OF_ENTER},
	{"Escape", KEY_OF_ESCAPE},
	{"Up", KEY_OF_UP},
	{"Down", KEY_OF_DOWN},
	{"Left", KEY_OF_LEFT},
	{"Right", KEY_OF_RIGHT},
	{"PgUp", KEY_OF_PAGE_UP},
	{"PgDn", KEY_OF_PAGE_DOWN},
	{"Home", KEY_OF_HOME},
	{"End", KEY_OF_END},
	{"Delete", KEY_OF_DELETE},
	{"Backspace", KEY_OF_BACKSPACE},
	{"^U", 'U' - '@'},
	{"^W", 'W' - '@'},
	{"^A", 'A' - '@'},
	{"^K", 'K' - '@'},
	{"Space", ' '},
};

static struct {
	struct options options;
	struct meta meta;
	struct overview *overview;
	struct top_data *data;
	struct top_ui ui;
	struct cells cells;
	struct top_fit fit;
	struct top_cursor cursor;
	char **typed;  /* NULL: typed already */
	uint64_t cost; /* ns of the last refresh and frame */
} f;

static void draw(void)
{
	top_frame(f.data, &f.ui, "host.example", &f.cells, &f.fit, &f.cursor);
}

static void press(int key)
{
	cells_clear(&f.cells, f.cells.rows, f.cells.cols);
	draw();
	if (top_ui_key(&f.ui, f.data, key, &f.fit))
		abort();
}

static void type(const char *word)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (!strcmp(keys[i].name, word)) {
			press(keys[i].key);
			return;
		}
	for (; *word; word++)
		press(*word);
}

/* ns: of ours, whatever else the machine does. */
static uint64_t cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void refresh(void)
{
	uint64_t begun = cpu_time();

	if (top_data_refresh(f.data))
		abort();
	top_ui_follow(&f.ui, f.data);
	draw();
	f.cost = cpu_time() - begun;
	for (; f.typed && *f.typed; f.typed++)
		type(*f.typed);
	f.typed = NULL;
}

static int take_record(const void *record, size_t len)
{
	const struct wire_census *census = record;
	bool is_census = census->head.kind == WIRE_CENSUS;
	int used;

	/* Paused, nobody looks at the sockets. */
	if (f.ui.is_paused && census->head.kind >= WIRE_SNAPSHOT)
		return census->head.len;
	if (is_census && census->begins)
		top_data_forget(f.data);
	used = overview_feed(f.overview, record, len);
	if (used > 0 && is_census && !census->begins)
		refresh();
	return used;
}

static int take_frame(void *ctx, const void *records, size_t len)
{
	const char *bytes = records;

	(void)ctx;
	while (len) {
		int used = take_record(bytes, len);

		if (used < 0)
			return used;
		bytes += used;
		len -= (size_t)used;
	}
	return 0;
}

/* ---- printing ---- */

static void print_row(unsigned row)
{
	char text[4096] = "", letter[5];
	size_t end = 0;

	for (unsigned col = 0; col < f.cells.cols && strlen(text) < sizeof(text) - 8; col++) {
		const struct cell *cell = &f.cells.at[(size_t)row * f.cells.cols + col];

		strcat(text, cells_utf8(cell->letter, letter));
		if (cell->letter != ' ')
			end = strlen(text);
	}
	printf("%.*s\n", (int)end, text);
}

static void print_looks(unsigned row)
{
	static const char *const names[] = {" bold",   " reverse", " red",
					    " yellow", " green",   " dim"};
	const struct cell *at = f.cells.at + (size_t)row * f.cells.cols;

	for (unsigned col = 0; col < f.cells.cols;) {
		unsigned from = col;
		uint8_t look = at[col].look;

		while (col < f.cells.cols && at[col].look == look)
			col++;
		if (!look)
			continue;
		printf("%u: %u-%u", row, from, col - 1);
		for (unsigned i = 0; i < COUNT(names); i++)
			if (look & 1 << i)
				fputs(names[i], stdout);
		putchar('\n');
	}
}

static void print(void)
{
	for (unsigned row = 0; row < f.cells.rows; row++)
		print_row(row);
	puts("----");
	for (unsigned row = 0; row < f.cells.rows; row++)
		print_looks(row);
	if (f.cursor.row >= 0)
		printf("cursor: %d, %d\n", f.cursor.row, f.cursor.col);
}

static void release(void)
{
	top_data_free(f.data);
	overview_free(f.overview);
	cells_release(&f.cells);
	f.data = NULL;
	f.overview = NULL;
	f.cells = (struct cells){0};
}

static int run(const char *path, unsigned rows, unsigned cols)
{
	struct tracer_config config = configure_tracer(&f.options);
	struct recording_reader *reader = recording_open(path, &f.meta);
	int err;

	if (!reader || cells_clear(&f.cells, rows, cols))
		return 1;
	f.overview = overview_new(&config, &f.meta);
	f.data = f.overview ? top_data_new(f.overview, &f.options.selection, &f.options.by) : NULL;
	if (!f.data)
		return 1;
	top_ui_init(&f.ui, &f.options);
	err = recording_read(reader, take_frame, NULL);
	cells_clear(&f.cells, rows, cols);
	draw();
	recording_close(reader);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	char options[256] = "top";
	bool times = argc > 1 && !strcmp(argv[1], "-t");
	int at = times ? 2 : 1, status = 0;
	char *rows, *cols;

	for (; at < argc && argv[at][0] == '-'; at++)
		snprintf(options + strlen(options), sizeof(options) - strlen(options), " %s",
			 argv[at]);
	if (argc - at < 3) {
		fputs("usage: frame [-t] [--OPTION=VALUE...] FILE ROWS COLS [KEY...]\n", stderr);
		return 2;
	}
	feeder_options(&f.options, options);
	rows = argv[at + 1];
	cols = argv[at + 2];
	do {
		f.typed = argv + at + 3;
		status = run(argv[at], (unsigned)strtoul(rows, &rows, 10),
			     (unsigned)strtoul(cols, &cols, 10));
		if (!status && times)
			printf("%.1f ms of CPU time for %zu lines\n", (double)f.cost / 1e6,
			       f.data->n_rows);
		else if (!status)
			print();
		release();
	} while (!status && *rows++ == ',' && *cols++ == ',');
	return status;
}
