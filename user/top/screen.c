/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* screen.c - see screen.h. */
#include "top/screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/stop.h"

#define ESCAPE_MS 25 /* what follows ESC later than that was typed */

static struct {
	SCREEN *terminal; /* NULL: not open */
	struct termios before, ours;
	char leave[256]; /* what a terminal is sent to be as it was */
	volatile sig_atomic_t is_open;
	volatile sig_atomic_t is_to_stop; /* SIGTSTP came, as by Ctrl-Z */
	volatile sig_atomic_t goes_on;    /* SIGCONT came: a shell may have had the terminal */
	bool is_utf8;
} screen;

/* ---- leaving it in a hurry ---- */

/* What the terminal is to be sent; NULL if it cannot do that, or has no such thing. */
static const char *capability(const char *name)
{
	const char *text = tigetstr(name);

	return (intptr_t)text == -1 ? NULL : text;
}

static void note_leave(const char *name)
{
	const char *text = capability(name);

	if (text && strlen(screen.leave) + strlen(text) < sizeof(screen.leave))
		strcat(screen.leave, text);
}

/*
 * Whoever stopped us may have left the terminal to a shell: its settings are the shell's then, and
 * to touch them must not stop us once more (SIGTTOU), now that we are to end.
 */
static void settings_to_leave(struct termios *ret_settings)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	signal(SIGTTOU, SIG_IGN);
	if (foreground < 0 || foreground == getpgrp() || tcgetattr(STDIN_FILENO, ret_settings))
		*ret_settings = screen.before;
}

/* In a signal handler: no more than what is safe there, as write(2) and tcsetattr(3) are. */
static void put_in_order(void)
{
	struct termios settings;
	ssize_t ignored;

	if (!screen.is_open)
		return;
	screen.is_open = 0;
	settings_to_leave(&settings);
	ignored = write(STDOUT_FILENO, screen.leave, strlen(screen.leave));
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

static void on_last(int number)
{
	put_in_order();
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_crashes(void)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};
	struct sigaction action = {.sa_handler = on_last, .sa_flags = SA_RESETHAND};

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &action, NULL);
	stop_calls_at_last(on_last);
}

/* ---- stopped, and going on ---- */

static void on_job_control(int number)
{
	if (number == SIGTSTP)
		screen.is_to_stop = 1;
	else
		screen.goes_on = 1;
}

static void catch_job_control(void)
{
	struct sigaction action = {.sa_handler = on_job_control, .sa_flags = SA_RESTART}, before;

	sigaction(SIGCONT, &action, NULL);
	if (!sigaction(SIGTSTP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGTSTP, &action, NULL);
}

static bool is_in_foreground(void)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	return foreground < 0 || foreground == getpgrp();
}

/* Stopped again while the terminal is another's, unless we are to end, or SIGTTOU stops nobody. */
static void wait_for_terminal(void)
{
	do {
		screen.goes_on = 0;
		if (is_in_foreground() || stop_is_asked())
			return;
		raise(SIGTTOU);
	} while (screen.goes_on);
}

static bool are_ours(const struct termios *now)
{
	return now->c_iflag == screen.ours.c_iflag && now->c_oflag == screen.ours.c_oflag &&
	       now->c_cflag == screen.ours.c_cflag && now->c_lflag == screen.ours.c_lflag &&
	       !memcmp(now->c_cc, screen.ours.c_cc, sizeof(now->c_cc));
}

static void go_on(void)
{
	struct termios now;
	struct winsize size;

	wait_for_terminal();
	if (stop_is_asked())
		return;
	/* What was set meanwhile, by `stty` say, is to stay when we end. */
	if (!tcgetattr(STDIN_FILENO, &now) && !are_ours(&now))
		screen.before = now;
	/* Only what was left is entered again; nobody has told us of a size that changed. */
	endwin();
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resize_term(size.ws_row, size.ws_col);
	refresh();
	tcsetattr(STDIN_FILENO, TCSANOW, &screen.ours);
	clearok(curscr, TRUE);
}

static void stop_now(void)
{
	screen.is_to_stop = 0;
	if (is_in_foreground()) {
		curs_set(1);
		endwin();
		tcsetattr(STDIN_FILENO, TCSADRAIN, &screen.before);
	}
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	catch_job_control();
	go_on();
}

/* ---- opening ---- */

int screen_check(void)
{
	const char *term = getenv("TERM");
	bool can_draw;
	int known;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		diag_error("'top' needs a terminal, and standard %s is none",
			   isatty(STDIN_FILENO) ? "output" : "input");
		diag_hint("`tcpdwell stuck` and `tcpdwell hist` write lines, for files and pipes");
		return -ENOTTY;
	}
	can_draw = setupterm(NULL, STDOUT_FILENO, &known) == OK && capability("cup");
	if (cur_term)
		del_curterm(cur_term);
	if (can_draw)
		return 0;
	diag_error("'top' cannot draw on this terminal: %s '%s'",
		   known == 1 ? "no way to move the cursor in the description of"
			      : "no terminal description is found for TERM",
		   term ? term : "");
	diag_hint("try TERM=xterm or TERM=linux, with the terminfo files of ncurses installed; "
		  "`tcpdwell stuck --watch` needs none");
	return -ENOTTY;
}

static void set_colours(void)
{
	const char *none = getenv("NO_COLOR");

	/* https://no-color.org: set, and not empty. */
	if ((none && *none) || !has_colors() || start_color() != OK)
		return;
	use_default_colors();
	init_pair(1, COLOR_RED, -1);
	init_pair(2, COLOR_YELLOW, -1);
	init_pair(3, COLOR_GREEN, -1);
}

int screen_open(void)
{
	setlocale(LC_CTYPE, "");
	screen.is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (tcgetattr(STDIN_FILENO, &screen.before)) {
		diag_error("cannot read the terminal's settings: %s", strerror(errno));
		return -errno;
	}
	set_escdelay(ESCAPE_MS);
	screen.terminal = newterm(NULL, stdout, stdin);
	if (!screen.terminal) {
		diag_error("cannot use this terminal as a screen");
		diag_hint("`tcpdwell stuck --watch` needs none");
		return -ENOTTY;
	}
	screen.leave[0] = '\0';
	note_leave("sgr0");
	note_leave("cnorm");
	note_leave("rmkx");
	note_leave("rmcup");
	screen.is_open = 1;
	catch_crashes();
	catch_job_control();
	set_colours();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	tcgetattr(STDIN_FILENO, &screen.ours);
	return 0;
}

void screen_close(void)
{
	struct termios settings;

	if (!screen.terminal)
		return;
	signal(SIGCONT, SIG_DFL);
	settings_to_leave(&settings);
	curs_set(1);
	endwin();
	screen.is_open = 0;
	delscreen(screen.terminal);
	screen.terminal = NULL;
	stop_calls_at_last(NULL);
	/* Whatever the library left. */
	tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
}

void screen_size(unsigned *ret_rows, unsigned *ret_cols)
{
	*ret_rows = (unsigned)getmaxy(stdscr);
	*ret_cols = (unsigned)getmaxx(stdscr);
}

/* ---- drawing ---- */

static attr_t look_of(uint8_t look)
{
	static const struct {
		uint8_t look;
		int pair; /* 0: none */
		attr_t plain;
	} looks[] = {{CELLS_BOLD, 0, A_BOLD},     {CELLS_REVERSE, 0, A_REVERSE},
		     {CELLS_DIM, 0, A_DIM},       {CELLS_RED, 1, A_NORMAL},
		     {CELLS_YELLOW, 2, A_NORMAL}, {CELLS_GREEN, 3, A_NORMAL}};
	attr_t attributes = A_NORMAL;

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (look & looks[i].look)
			attributes |= looks[i].plain | COLOR_PAIR(looks[i].pair);
	return attributes;
}

static void put_row(const struct cells *cells, unsigned row)
{
	const struct cell *at = cells->at + (size_t)row * cells->cols;
	char letter[5];

	move((int)row, 0);
	for (unsigned col = 0; col < cells->cols; col++) {
		attrset(look_of(at[col].look));
		addstr(at[col].letter < 0x80 || screen.is_utf8 ? cells_utf8(at[col].letter, letter)
							       : "?");
	}
}

void screen_put(const struct cells *cells, int row, int col)
{
	erase();
	for (unsigned i = 0; i < cells->rows; i++)
		put_row(cells, i);
	attrset(A_NORMAL);
	curs_set(row >= 0);
	if (row >= 0)
		move(row, col);
	refresh();
}

/* ---- keys ---- */

int screen_key(void)
{
	static const struct {
		int key;
		enum screen_key is;
	} keys[] = {
		{KEY_UP, KEY_OF_UP},         {KEY_DOWN, KEY_OF_DOWN},
		{KEY_LEFT, KEY_OF_LEFT},     {KEY_RIGHT, KEY_OF_RIGHT},
		{KEY_PPAGE, KEY_OF_PAGE_UP}, {KEY_NPAGE, KEY_OF_PAGE_DOWN},
		{KEY_HOME, KEY_OF_HOME},     {KEY_END, KEY_OF_END},
		{KEY_DC, KEY_OF_DELETE},     {KEY_BACKSPACE, KEY_OF_BACKSPACE},
		{KEY_ENTER, KEY_OF_ENTER},   {KEY_RESIZE, KEY_OF_RESIZED},
	};
	wint_t key;
	int kind;

	if (screen.is_to_stop || screen.goes_on) {
		if (screen.is_to_stop)
			stop_now();
		else
			go_on();
		return KEY_OF_RESIZED;
	}
	kind = get_wch(&key);
	if (kind == ERR)
		return KEY_OF_NONE;
	if (kind == OK)
		return key == '\r' ? KEY_OF_ENTER : key == 8 ? KEY_OF_BACKSPACE : (int)key;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == (int)key)
			return keys[i].is;
	return screen_key();
}
