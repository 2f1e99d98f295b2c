/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * no_tls.c - for `make static` only. Debian's libmicrohttpd.a can do TLS by GnuTLS, of which no
 * static archive can be linked (that of p11-kit does not exist). http.c never asks for TLS, so
 * nothing of it is called but these two, at load and at exit; static.mk makes the other references
 * weak, which leaves them 0.
 */
int gnutls_global_init(void);
void gnutls_global_deinit(void);

int gnutls_global_init(void)
{
	return 0;
}

void gnutls_global_deinit(void)
{
}
