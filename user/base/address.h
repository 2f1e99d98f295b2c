/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* address.h - addresses as text: what inet_ntop() writes, in a tenth of its time. */
#ifndef TCPDWELL_ADDRESS_H
#define TCPDWELL_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* "10.0.0.9", "2001:db8::1"; IPv4-mapped is IPv4. `text` has INET6_ADDRSTRLEN bytes. */
const char *address_text(const uint8_t addr[16], char *text);

/* The same as append.h does it. */
char *address_append(char *to, const uint8_t addr[16]);

/* fe80::/10: another host behind each device. */
bool address_is_link_local(const uint8_t addr[16]);

/* 127.0.0.0/8 and ::1: a host of its own in each network namespace. */
bool address_is_loopback(const uint8_t addr[16]);

/* The kernel's number of the loopback device, in each network namespace: include/net/flow.h. */
#define ADDRESS_LOOPBACK_IFINDEX 1

/* The same of one that may be link-local: "fe80::1%eth0". `device` is text of less than
 * ADDRESS_DEVICE_MAX bytes; NULL: not known. */
#define ADDRESS_DEVICE_MAX 68
#define ADDRESS_TEXT_MAX   (INET6_ADDRSTRLEN + ADDRESS_DEVICE_MAX)
const char *address_device_text(const uint8_t addr[16], const char *device,
				char text[ADDRESS_TEXT_MAX]);

/* An end of a connection: "10.0.0.9:443", "[2001:db8::1]:443", "[fe80::1%eth0]:443". A port that is
 * 0, and an address that is NULL, read '*', as ss writes what is not bound. */
#define ADDRESS_END_MAX (ADDRESS_TEXT_MAX + 8)
const char *address_end_text(const uint8_t addr[16], const char *device, uint16_t port,
			     char text[ADDRESS_END_MAX]);
char *address_append_end(char *to, const uint8_t addr[16], const char *device, uint16_t port);

#endif
