/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* name.c - see name.h. */
#include "base/name.h"

#include <stdbool.h>
#include <string.h>

/*
 * By Unicode 14: general categories Cc, Cf, Co, Cs, Zl, Zp, Zs but for the space, noncharacters and
 * Default_Ignorable_Code_Point. What was not assigned then stays.
 */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{0x7f, 0xa0},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
	{0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
	{0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x1680, 0x1680},   {0x17b4, 0x17b5},
	{0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},
	{0x3000, 0x3000},   {0x3164, 0x3164},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},
	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
	{0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
	{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff},
	{0x3fffe, 0x3ffff}, {0x4fffe, 0x4ffff}, {0x5fffe, 0x5ffff}, {0x6fffe, 0x6ffff},
	{0x7fffe, 0x7ffff}, {0x8fffe, 0x8ffff}, {0x9fffe, 0x9ffff}, {0xafffe, 0xaffff},
	{0xbfffe, 0xbffff}, {0xcfffe, 0xcffff}, {0xdfffe, 0xe0fff}, {0xefffe, 0x10ffff},
};

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '\\';
}

static bool is_seen(uint32_t character)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (character <= unseen[i].last)
			return character < unseen[i].first;
	return true;
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF are none. */
unsigned name_decode(const char *bytes, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)bytes;
	unsigned n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	uint32_t character = n == 1 ? *at : *at & (0x7fu >> n);

	if (!n || *at > 0xf4)
		return 0;
	for (unsigned i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (character < least[n] || character > 0x10ffff || (character & 0xfff800) == 0xd800)
		return 0;
	*ret_character = character;
	return n;
}

/* Of the character at `name`, the bytes that stay as they are; 0: it is written byte by byte. */
static unsigned kept(const char *name)
{
	uint32_t character;
	unsigned n;

	if (is_plain(*name))
		return 1;
	if (*name == '\\')
		return name[1] != 'x';
	n = name_decode(name, &character);
	return n > 1 && is_seen(character) ? n : 0;
}

static char *put_byte(char *to, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	*to++ = 'x';
	*to++ = digits[byte >> 4];
	*to++ = digits[byte & 15];
	return to;
}

char *name_append(char *to, const char *name)
{
	while (*name) {
		unsigned n = kept(name);

		if (!n)
			to = put_byte(to, (unsigned char)*name++);
		for (; n; n--)
			*to++ = *name++;
	}
	return to;
}

const char *name_text(char *text, size_t room, const char *name)
{
	char *to = text, *end = text + room - 1;

	while (*name) {
		unsigned n = kept(name);

		if (end - to < (n ? n : 4))
			break;
		if (!n)
			to = put_byte(to, (unsigned char)*name++);
		for (; n; n--)
			*to++ = *name++;
	}
	*to = '\0';
	return text;
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t name_fit(const char *text, size_t room)
{
	size_t bytes = strnlen(text, room);

	if (bytes < room)
		return bytes;
	for (bytes--; bytes && !begins_character(text[bytes]); bytes--)
		;
	return bytes;
}

size_t name_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += begins_character(*text);
	return columns;
}

size_t name_cut(const char *text, size_t columns)
{
	size_t bytes = 0;

	for (; text[bytes]; bytes++)
		if (begins_character(text[bytes]) && !columns--)
			break;
	return bytes;
}
