/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fuzz_expr.c - a filter expression, and what it says of some sockets. */
#include "fuzz.h"

#include "base/tcpstate.h"
#include "cli/expr.h"
#include "wire.h"

static struct wire_id socket_of(const char *laddr, uint16_t lport, const char *raddr,
				uint16_t rport)
{
	struct wire_id id = {.cookie = 1, .lport = lport, .rport = rport, .netns = 1};
	unsigned width;

	if (!parse_address(laddr, id.laddr, &width) || !parse_address(raddr, id.raddr, &width))
		abort();
	return id;
}

/* `not` of an expression says the opposite, and of what is undecided nothing else. */
static void check_opposite(const char *text, const struct expr *expr)
{
	char negated[EXPR_TEXT_MAX + 16], why[PARSE_WHY];
	struct wire_id sockets[] = {socket_of("10.0.0.1", 8080, "10.0.0.2", 443),
				    socket_of("2001:db8::1", 22, "2001:db8::2", 1),
				    socket_of("0.0.0.0", 0, "0.0.0.0", 0),
				    socket_of("::", 65535, "::", 0)};
	struct expr other;

	if (!expr->program.n || expr->has_states || expr->family)
		return;
	snprintf(negated, sizeof(negated), "not ( %s )", text);
	if (!expr_parse(negated, &other, why))
		return; /* one step too many, or one too deep */
	for (size_t i = 0; i < 2 * COUNT(sockets); i++) {
		int says = match_program(&expr->program, &sockets[i / 2], i % 2);
		int opposite = match_program(&other.program, &sockets[i / 2], i % 2);

		FUZZ_CHECK(says == MATCH_UNDECIDED ? opposite == says
			   : says == MATCH_YES     ? opposite == MATCH_NO
						   : opposite == MATCH_YES);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len < EXPR_TEXT_MAX ? len : EXPR_TEXT_MAX - 1);
	char why[PARSE_WHY] = "";
	struct expr expr, before;

	memset(&expr, 0xa5, sizeof(expr));
	before = expr;
	expr_begins(text);
	if (expr_parse(text, &expr, why)) {
		FUZZ_CHECK(expr.states && expr.states < 2 << TCPSTATE_ACCEPT_WAIT);
		FUZZ_CHECK(expr.program.n <= MATCH_STEPS_MAX);
		FUZZ_CHECK(expr.condition >= text && expr.condition <= text + strlen(text));
		check_opposite(text, &expr);
	} else {
		FUZZ_CHECK(why[0] && strnlen(why, PARSE_WHY) < PARSE_WHY);
		FUZZ_CHECK(!memcmp(&expr, &before, sizeof(expr)));
	}
	free(text);
	return 0;
}
