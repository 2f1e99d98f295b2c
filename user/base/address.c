/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* address.c - see address.h. The short form of IPv6 is that of RFC 5952. */
#include "base/address.h"

#include <string.h>

#include "match.h"
#include "base/append.h"

#define GROUPS 8

/* Groups that are 0; fewer than two are none. */
struct gap {
	unsigned begin, end;
};

static char *put_octet(char *to, unsigned octet)
{
	if (octet >= 100)
		*to++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*to++ = (char)('0' + octet / 10 % 10);
	return append_char(to, (char)('0' + octet % 10));
}

static char *put_ipv4(char *to, const uint8_t addr[4])
{
	to = append_char(put_octet(to, addr[0]), '.');
	to = append_char(put_octet(to, addr[1]), '.');
	to = append_char(put_octet(to, addr[2]), '.');
	return put_octet(to, addr[3]);
}

/* In hexadecimal, without zeros in front. */
static char *put_group(char *to, unsigned group)
{
	static const char digits[] = "0123456789abcdef";

	if (group >= 0x1000)
		*to++ = digits[group >> 12];
	if (group >= 0x100)
		*to++ = digits[group >> 8 & 15];
	if (group >= 0x10)
		*to++ = digits[group >> 4 & 15];
	return append_char(to, digits[group & 15]);
}

/* The longest, and of equals the first. */
static struct gap find_gap(const unsigned groups[GROUPS])
{
	struct gap longest = {GROUPS, GROUPS};
	unsigned begin = 0;

	for (unsigned i = 0; i < GROUPS; i++) {
		if (groups[i])
			begin = i + 1;
		else if (i > begin && i + 1 - begin > longest.end - longest.begin)
			longest = (struct gap){begin, i + 1};
	}
	return longest;
}

static char *put_ipv6(char *to, const uint8_t addr[16])
{
	unsigned groups[GROUPS];
	struct gap gap;

	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = (unsigned)(addr[2 * i] << 8 | addr[2 * i + 1]);
	gap = find_gap(groups);
	for (unsigned i = 0; i < gap.begin; i++)
		to = put_group(i ? append_char(to, ':') : to, groups[i]);
	if (gap.begin < GROUPS)
		to = append_char(append_char(to, ':'), ':');
	/* IPv4-compatible, as inet_ntop() still writes it: ::10.0.0.9 */
	if (gap.begin == 0 && gap.end == 6)
		return put_ipv4(to, addr + 12);
	for (unsigned i = gap.end; i < GROUPS; i++)
		to = put_group(i > gap.end ? append_char(to, ':') : to, groups[i]);
	return to;
}

char *address_append(char *to, const uint8_t addr[16])
{
	return match_is_ipv4(addr) ? put_ipv4(to, addr + 12) : put_ipv6(to, addr);
}

const char *address_text(const uint8_t addr[16], char *text)
{
	*address_append(text, addr) = '\0';
	return text;
}

bool address_is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

bool address_is_loopback(const uint8_t addr[16])
{
	static const uint8_t one[16] = {[15] = 1};

	return match_is_ipv4(addr) ? addr[12] == 127 : !memcmp(addr, one, sizeof(one));
}

static char *append_at(char *to, const uint8_t addr[16], const char *device)
{
	to = address_append(to, addr);
	if (!device || !address_is_link_local(addr))
		return to;
	return stpcpy(append_char(to, '%'), device);
}

const char *address_device_text(const uint8_t addr[16], const char *device,
				char text[ADDRESS_TEXT_MAX])
{
	*append_at(text, addr, device) = '\0';
	return text;
}

char *address_append_end(char *to, const uint8_t addr[16], const char *device, uint16_t port)
{
	bool bare = !addr || match_is_ipv4(addr);

	if (!bare)
		*to++ = '[';
	to = addr ? append_at(to, addr, device) : append_char(to, '*');
	if (!bare)
		*to++ = ']';
	to = append_char(to, ':');
	return port ? append_number(to, port) : append_char(to, '*');
}

const char *address_end_text(const uint8_t addr[16], const char *device, uint16_t port,
			     char text[ADDRESS_END_MAX])
{
	*address_append_end(text, addr, device, port) = '\0';
	return text;
}
