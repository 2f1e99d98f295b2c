/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rawtcp: one end of a TCP connection that does exactly what it is told, in user space, behind a
 * tun device.
 *
 * The kernel under test connects to it, or is connected to, as any host of a network; what a
 * kernel's own TCP would never do on demand (send a FIN that does not acknowledge ours, stay
 * silent, reset a TIME-WAIT) is one call here. One connection at a time, no options, no
 * retransmits, no congestion: the device loses nothing.
 *
 * rawtcp_open() makes the device and its addresses, in the current network namespace. Then per
 * connection: rawtcp_expect() takes the kernel's segments in, rawtcp_send() answers. Sequence
 * numbers are kept here; a caller who wants to break the rules sets snd_nxt or rcv_nxt itself.
 */
#ifndef RAWTCP_H
#define RAWTCP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	RAWTCP_FIN = 0x01,
	RAWTCP_SYN = 0x02,
	RAWTCP_RST = 0x04,
	RAWTCP_ACK = 0x10,
};

#define RAWTCP_PEER4   "10.77.0.2"
#define RAWTCP_PEER6   "fd77::2"
#define RAWTCP_KERNEL4 "10.77.0.1"
#define RAWTCP_KERNEL6 "fd77::1"

struct rawtcp {
	int tun;
	sa_family_t family; /* of the connection: that of the last SYN taken in */
	uint16_t kernel_port;
	uint16_t peer_port;
	uint32_t snd_nxt;
	uint32_t rcv_nxt;
	unsigned char last[2048]; /* the kernel's last segment, as it came */
	size_t last_len;
};

/* 0 or a negative errno; the device lives until the process ends. */
int rawtcp_open(struct rawtcp *r);

/* Forgets what the kernel has sent until now: the next SYN is a new connection's. */
void rawtcp_drain(struct rawtcp *r);

/*
 * Reads until a segment has all of 'flags' and its sequence number is the next one, or it is a SYN,
 * which begins a new connection. 0, or -ETIMEDOUT after 'ms'. Counts what it took in rcv_nxt.
 */
int rawtcp_expect(struct rawtcp *r, unsigned flags, int ms);

/* Sends a SYN to this port of the kernel: a new connection, over that family. 0 or a negative
 * errno. */
int rawtcp_connect(struct rawtcp *r, sa_family_t family, uint16_t peer_port, uint16_t kernel_port);

/* Sends a segment with these flags from snd_nxt, and counts it there. 0 or a negative errno. */
int rawtcp_send(struct rawtcp *r, unsigned flags, const void *data, size_t len);

/* Tells the kernel by ICMP that the host it sent its last segment to cannot be reached. */
int rawtcp_unreachable(struct rawtcp *r);

#endif
