/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rawtcp: see rawtcp.h. Packets are built by hand from the RFCs' layouts; the tun device gives and
 * takes them without any framing. The checksum is the only arithmetic.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "rawtcp.h"

#define NETMASK4 "255.255.255.0"

enum {
	PREFIX6 = 64,
	WINDOW = 65535,
	ISN = 77000, /* any will do, and one that can be told in a packet dump is best */
};

/* <linux/ipv6.h> has it, but cannot be included beside <netinet/in.h>. */
struct ifr6 {
	struct in6_addr addr;
	uint32_t prefix;
	int index;
};

/* ---- the device ---- */

static int set_address4(int fd, struct ifreq *ifr, unsigned long request, const char *text)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr->ifr_addr;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	inet_pton(AF_INET, text, &sin->sin_addr);
	return ioctl(fd, request, ifr) < 0 ? -errno : 0;
}

/* A new address cannot be used until the kernel's own worker has looked at it: a moment, at most 1
 * s. */
static void wait_address6(void)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	struct timespec ms = {.tv_nsec = 1000000};

	inet_pton(AF_INET6, RAWTCP_KERNEL6, &sin6.sin6_addr);
	for (int i = 0; i < 1000; i++) {
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		int err = bind(fd, (struct sockaddr *)&sin6, sizeof(sin6));

		close(fd);
		if (err == 0)
			return;
		nanosleep(&ms, NULL);
	}
}

/* A host without IPv6 is none of our business until somebody wants IPv6. */
static void set_address6(struct ifreq *ifr)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifr6 ifr6 = {.prefix = PREFIX6};

	if (fd < 0)
		return;
	if (ioctl(fd, SIOCGIFINDEX, ifr) == 0) {
		ifr6.index = ifr->ifr_ifindex;
		inet_pton(AF_INET6, RAWTCP_KERNEL6, &ifr6.addr);
		if (ioctl(fd, SIOCSIFADDR, &ifr6) == 0)
			wait_address6();
	}
	close(fd);
}

static int configure(struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = set_address4(fd, ifr, SIOCSIFADDR, RAWTCP_KERNEL4);
	if (!err)
		err = set_address4(fd, ifr, SIOCSIFNETMASK, NETMASK4);
	ifr->ifr_flags = IFF_UP | IFF_RUNNING | IFF_POINTOPOINT | IFF_NOARP;
	if (!err && ioctl(fd, SIOCSIFFLAGS, ifr) < 0)
		err = -errno;
	close(fd);
	if (!err)
		set_address6(ifr);
	return err;
}

int rawtcp_open(struct rawtcp *r)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int err = 0;

	memset(r, 0, sizeof(*r));
	r->tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (r->tun < 0)
		return -errno;
	if (ioctl(r->tun, TUNSETIFF, &ifr) < 0)
		err = -errno;
	if (!err)
		err = configure(&ifr);
	if (err)
		close(r->tun);
	return err;
}

/* ---- packets out ---- */

static uint32_t sum16(uint32_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	return sum;
}

static uint16_t sum_end(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The sum of TCP's and ICMPv6's pseudo-header over the addresses of our packets. */
static uint32_t pseudo_sum(sa_family_t family, unsigned protocol, size_t len)
{
	const char *from = family == AF_INET ? RAWTCP_PEER4 : RAWTCP_PEER6;
	const char *to = family == AF_INET ? RAWTCP_KERNEL4 : RAWTCP_KERNEL6;
	unsigned char addr[2][16] = {0};

	inet_pton(family, from, addr[0]);
	inet_pton(family, to, addr[1]);
	return sum16((uint32_t)(protocol + len), addr, sizeof(addr));
}

/* Puts an IP header before 'len' bytes that begin at packet + the header's length, and sends it
 * all. */
static int send_ip4(struct rawtcp *r, unsigned char *packet, unsigned protocol, size_t len)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = (uint8_t)protocol};
	size_t whole = sizeof(ip) + len;

	ip.tot_len = htons((uint16_t)whole);
	inet_pton(AF_INET, RAWTCP_PEER4, &ip.saddr);
	inet_pton(AF_INET, RAWTCP_KERNEL4, &ip.daddr);
	ip.check = sum_end(sum16(0, &ip, sizeof(ip)));
	memcpy(packet, &ip, sizeof(ip));
	return write(r->tun, packet, whole) == (ssize_t)whole ? 0 : -errno;
}

static int send_ip6(struct rawtcp *r, unsigned char *packet, unsigned protocol, size_t len)
{
	struct ip6_hdr ip = {0};
	size_t whole = sizeof(ip) + len;

	ip.ip6_flow = htonl(6U << 28);
	ip.ip6_plen = htons((uint16_t)len);
	ip.ip6_nxt = (uint8_t)protocol;
	ip.ip6_hlim = 64;
	inet_pton(AF_INET6, RAWTCP_PEER6, &ip.ip6_src);
	inet_pton(AF_INET6, RAWTCP_KERNEL6, &ip.ip6_dst);
	memcpy(packet, &ip, sizeof(ip));
	return write(r->tun, packet, whole) == (ssize_t)whole ? 0 : -errno;
}

static size_t header_len(sa_family_t family)
{
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
}

static int send_ip(struct rawtcp *r, unsigned char *packet, unsigned protocol, size_t len)
{
	return r->family == AF_INET ? send_ip4(r, packet, protocol, len)
				    : send_ip6(r, packet, protocol, len);
}

int rawtcp_send(struct rawtcp *r, unsigned flags, const void *data, size_t len)
{
	struct tcphdr tcp = {.doff = sizeof(tcp) / 4, .window = htons(WINDOW)};
	size_t whole = sizeof(tcp) + len;
	unsigned char packet[1500], *body = packet + header_len(r->family);

	if (header_len(r->family) + whole > sizeof(packet))
		return -EMSGSIZE;
	tcp.source = htons(r->peer_port);
	tcp.dest = htons(r->kernel_port);
	tcp.seq = htonl(r->snd_nxt);
	tcp.ack_seq = flags & RAWTCP_ACK ? htonl(r->rcv_nxt) : 0;
	tcp.th_flags = (uint8_t)flags;
	memcpy(body, &tcp, sizeof(tcp));
	if (len > 0)
		memcpy(body + sizeof(tcp), data, len);
	tcp.check = sum_end(sum16(pseudo_sum(r->family, IPPROTO_TCP, whole), body, whole));
	memcpy(body, &tcp, sizeof(tcp));
	r->snd_nxt += len + !!(flags & RAWTCP_SYN) + !!(flags & RAWTCP_FIN);
	return send_ip(r, packet, IPPROTO_TCP, whole);
}

int rawtcp_connect(struct rawtcp *r, sa_family_t family, uint16_t peer_port, uint16_t kernel_port)
{
	r->family = family;
	r->peer_port = peer_port;
	r->kernel_port = kernel_port;
	r->snd_nxt = ISN;
	return rawtcp_send(r, RAWTCP_SYN, NULL, 0);
}

int rawtcp_unreachable(struct rawtcp *r)
{
	size_t quote = r->last_len < 500 ? r->last_len : 500,
	       whole = sizeof(struct icmphdr) + quote;
	struct icmphdr icmp = {.type = ICMP_DEST_UNREACH, .code = ICMP_HOST_UNREACH};
	unsigned char packet[600], *body = packet + header_len(r->family);
	unsigned protocol = r->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint32_t sum = 0;

	if (r->family == AF_INET6) {
		icmp.type = ICMP6_DST_UNREACH;
		/* Others end no request (icmpv6_err_convert(): not fatal). */
		icmp.code = ICMP6_DST_UNREACH_ADMIN;
		sum = pseudo_sum(AF_INET6, protocol, whole);
	}
	memcpy(body, &icmp, sizeof(icmp));
	memcpy(body + sizeof(icmp), r->last, quote);
	icmp.checksum = sum_end(sum16(sum, body, whole));
	memcpy(body, &icmp, sizeof(icmp));
	return send_ip(r, packet, protocol, whole);
}

/* ---- packets in ---- */

/* The TCP header in the last packet and the length of its payload, or NULL. */
static const struct tcphdr *parse(const struct rawtcp *r, sa_family_t *family, size_t *ret_len)
{
	const struct ip6_hdr *ip6 = (const void *)r->last;
	const struct iphdr *ip4 = (const void *)r->last;
	const struct tcphdr *tcp;
	size_t head;

	if (r->last_len < sizeof(*ip4) + sizeof(*tcp))
		return NULL;
	*family = ip4->version == 4 ? AF_INET : AF_INET6;
	if (*family == AF_INET6 && r->last_len < sizeof(*ip6) + sizeof(*tcp))
		return NULL;
	if ((*family == AF_INET ? ip4->protocol : ip6->ip6_nxt) != IPPROTO_TCP)
		return NULL;
	head = *family == AF_INET ? (size_t)ip4->ihl * 4 : sizeof(*ip6);
	if (head + sizeof(*tcp) > r->last_len)
		return NULL;
	tcp = (const void *)(r->last + head);
	*ret_len = r->last_len - head - (size_t)tcp->doff * 4;
	return tcp;
}

/* True when the last packet is what is waited for; takes it in. */
static bool take(struct rawtcp *r, unsigned flags)
{
	sa_family_t family = 0;
	size_t len = 0;
	const struct tcphdr *tcp = parse(r, &family, &len);

	if (!tcp)
		return false;
	if (tcp->syn && !tcp->ack) {
		r->family = family;
		r->kernel_port = ntohs(tcp->source);
		r->peer_port = ntohs(tcp->dest);
		r->snd_nxt = ISN;
	}
	if (tcp->syn)
		r->rcv_nxt = ntohl(tcp->seq);
	if (ntohs(tcp->source) != r->kernel_port || ntohl(tcp->seq) != r->rcv_nxt)
		return false;
	r->rcv_nxt += len + tcp->syn + tcp->fin;
	return (tcp->th_flags & flags) == flags;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int rawtcp_expect(struct rawtcp *r, unsigned flags, int ms)
{
	struct pollfd p = {.fd = r->tun, .events = POLLIN};
	int64_t until = now_ms() + ms, left;
	ssize_t got;

	while ((left = until - now_ms()) > 0) {
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = read(r->tun, r->last, sizeof(r->last));
		if (got < 0)
			return -errno;
		r->last_len = (size_t)got;
		if (take(r, flags))
			return 0;
	}
	return -ETIMEDOUT;
}

void rawtcp_drain(struct rawtcp *r)
{
	struct pollfd p = {.fd = r->tun, .events = POLLIN};

	while (poll(&p, 1, 0) > 0 && read(r->tun, r->last, sizeof(r->last)) > 0)
		;
}
