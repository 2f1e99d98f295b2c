/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* expr.c - words, then a recursive descent over them. See expr.h. */
#include "cli/expr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <nss.h>
#include <stdio.h>
#include <string.h>

#include "base/tcpstate.h"
#include "cli/suggest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define WORD_MAX  128
#define DEPTH_MAX 16 /* of parentheses and `not`; the stack of match.h holds 64 */

#define ALL_STATES ((1 << WIRE_STATES) - 2)

enum token {
	END,
	OPEN,
	CLOSE,
	NOT,
	AND,
	OR,
	EQ,
	NE,
	LT,
	GT,
	LE,
	GE,
	SRC,
	DST,
	SPORT,
	DPORT,
	STATE,
	EXCLUDE,
	REFUSED, /* a word of ss that cannot be asked here */
	OTHER,   /* an address, a port, a state, or nonsense */
};

static const struct {
	const char *word;
	enum token token;
	const char *why; /* of REFUSED: what would be right */
} words[] = {
	{"(", OPEN, NULL},
	{")", CLOSE, NULL},
	{"!", NOT, NULL},
	{"not", NOT, NULL},
	{"&", AND, NULL},
	{"&&", AND, NULL},
	{"and", AND, NULL},
	{"|", OR, NULL},
	{"||", OR, NULL},
	{"or", OR, NULL},
	{"=", EQ, NULL},
	{"==", EQ, NULL},
	{"eq", EQ, NULL},
	{"!=", NE, NULL},
	{"ne", NE, NULL},
	{"neq", NE, NULL},
	{"<", LT, NULL},
	{"lt", LT, NULL},
	{">", GT, NULL},
	{"gt", GT, NULL},
	{"<=", LE, NULL},
	{"le", LE, NULL},
	{"leq", LE, NULL},
	{">=", GE, NULL},
	{"ge", GE, NULL},
	{"geq", GE, NULL},
	{"src", SRC, NULL},
	{"dst", DST, NULL},
	{"sport", SPORT, NULL},
	{"dport", DPORT, NULL},
	{"state", STATE, NULL},
	{"exclude", EXCLUDE, NULL},
	{"excl", EXCLUDE, NULL},
	{"autobound", REFUSED,
	 "tcpdwell does not know who chose a port: ask for a range, sport >= :32768"},
	{"dev", REFUSED, "tcpdwell does not know the device: ask for its addresses with src"},
	{"fwmark", REFUSED, "tcpdwell does not know the mark: ask for ports or addresses"},
	{"cgroup", REFUSED, "use the option --cgroup PATH"},
};

struct parser {
	const char *next; /* behind the current word */
	const char *begin;
	enum token token; /* the current word's */
	char word[WORD_MAX], last[WORD_MAX];
	unsigned depth;
	struct expr *expr;
	char *why;
};

/* ---- words ---- */

/* How long the word is that begins here: an operator, or all up to a space or an operator. */
static size_t word_length(const char *text)
{
	static const char *const operators[] = {"&&", "||", "==", "!=", "<=", ">="};

	for (size_t i = 0; i < COUNT(operators); i++)
		if (!strncmp(text, operators[i], 2))
			return 2;
	if (strchr("()!&|=<>", *text))
		return *text != '\0';
	return strcspn(text, " \t\n\v\f\r()!&|=<>");
}

static size_t find_word(const char *word)
{
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (!strcmp(words[i].word, word))
			break;
	return i;
}

static bool next(struct parser *p)
{
	size_t len, i;

	p->begin = p->next + strspn(p->next, " \t\n\v\f\r");
	len = word_length(p->begin);
	if (len >= sizeof(p->word))
		return parse_refuse(p->why, "'%.20s...': a word of more than %d characters",
				    p->begin, WORD_MAX - 1);
	strcpy(p->last, p->word);
	memcpy(p->word, p->begin, len);
	p->word[len] = '\0';
	p->next = p->begin + len;
	i = find_word(p->word);
	p->token = !len ? END : i < COUNT(words) ? words[i].token : OTHER;
	if (p->token == REFUSED)
		return parse_refuse(p->why, "'%s': %s", p->word, words[i].why);
	return true;
}

/* The current word is not what it should be: always false. */
static bool expected(struct parser *p, const char *what)
{
	return p->token == END ? parse_refuse(p->why, "%s is missing after '%s'", what, p->last)
			       : parse_refuse(p->why, "expected %s instead of '%s'", what, p->word);
}

/* ---- the program ---- */

static bool emit(struct parser *p, const struct match_step *step)
{
	struct match_program *program = &p->expr->program;

	if (program->n >= MATCH_STEPS_MAX)
		return parse_refuse(p->why, "more than %d conditions and operators at '%s'",
				    MATCH_STEPS_MAX, p->word);
	program->steps[program->n++] = *step;
	return true;
}

static bool emit_op(struct parser *p, uint8_t op)
{
	return emit(p, &(struct match_step){.op = op});
}

/* ---- ports and addresses ---- */

/* Of the local files only: a program without shared libraries could not load other sources. */
static bool port_of_service(const char *name, uint16_t *ret_port)
{
	const struct servent *service;

	__nss_configure_lookup("services", "files");
	service = getservbyname(name, "tcp");
	if (service)
		*ret_port = ntohs((uint16_t)service->s_port);
	return service != NULL;
}

static bool parse_port(struct parser *p, const char *text, uint16_t *ret_port)
{
	uint64_t port;

	if (!isdigit((unsigned char)*text))
		return port_of_service(text, ret_port) ||
		       parse_refuse(p->why, "'%s': '%.40s' is no port (0-65535) and no service",
				    p->word, text);
	if ((*text == '0' && text[1]) || !parse_number(text, 0, 65535, &port, p->why))
		return parse_refuse(p->why, "'%s': '%.40s' is no port (0-65535, decimal)", p->word,
				    text);
	*ret_port = (uint16_t)port;
	return true;
}

/* With a colon before it or, in `sport` and `dport`, without. '*' is any. */
static bool set_port(struct parser *p, const char *text, struct match_step *leaf)
{
	text += *text == ':';
	if (!strcmp(text, "*"))
		return true;
	if (!*text)
		return parse_refuse(p->why, "'%s': no port after the colon", p->word);
	leaf->by_port = 1;
	if (!parse_port(p, text, &leaf->low))
		return false;
	leaf->high = leaf->low;
	return true;
}

static bool set_family(struct parser *p, uint8_t family)
{
	if (p->expr->family && p->expr->family != family)
		return parse_refuse(p->why, "'%s': inet: and inet6: exclude each other", p->word);
	p->expr->family = family;
	return true;
}

/* Asks the whole for the family, as ss does, and leaves what is behind the colon. */
static bool take_family(struct parser *p, const char **text)
{
	if (!strncmp(*text, "inet:", 5)) {
		*text += 5;
		return set_family(p, 4);
	}
	if (!strncmp(*text, "inet6:", 6)) {
		*text += 6;
		return set_family(p, 6);
	}
	return true;
}

static bool not_an_address(const struct parser *p)
{
	return parse_refuse(p->why,
			    "'%s' is no address such as 10.0.0.0/8, 10.0.0.1:443, "
			    "[2001:db8::1]:443, :443 (tcpdwell does not look up names of hosts)",
			    p->word);
}

/* "10/8" is 10.0.0.0/8. */
static void complete_ipv4(char *text, size_t size)
{
	unsigned dots = 0;

	if (!*text || text[strspn(text, "0123456789.")])
		return;
	for (const char *c = text; *c; c++)
		dots += *c == '.';
	for (; dots < 3 && strlen(text) + 2 < size; dots++)
		strcat(text, ".0");
}

/* Bits beyond the prefix length do not count, as with ss. */
static bool set_address(struct parser *p, const char *host, const char *bits_text,
			struct match_step *leaf)
{
	char text[WORD_MAX];
	uint8_t addr[16];
	unsigned width;
	uint64_t bits;

	strcpy(text, host);
	if (bits_text)
		complete_ipv4(text, sizeof(text));
	if (!parse_address(text, addr, &width))
		return not_an_address(p);
	bits = width;
	if (bits_text && !parse_number(bits_text, 0, width, &bits, p->why))
		return parse_refuse(p->why, "'%s': prefix length '%.40s' is not within 0-%u",
				    p->word, bits_text, width);
	parse_mask(addr, 128 - width + (unsigned)bits, &leaf->prefix);
	leaf->by_addr = 1;
	return true;
}

/*
 * Takes a host condition apart, in place: "ADDR", "ADDR:PORT", ":PORT", "[ADDR]:PORT", any of them
 * with "/LEN" behind ADDR. Outputs are NULL where there is none.
 */
static bool split_host(struct parser *p, char *text, char **ret_host, char **ret_bits,
		       char **ret_port)
{
	char *rest, *slash, *colon;

	*ret_host = text;
	if (*text == '[') {
		*ret_host = text + 1;
		rest = strchr(text, ']');
		if (!rest)
			return parse_refuse(p->why, "'%s': no ']' closes the '['", p->word);
		*rest++ = '\0';
		if (*rest && *rest != ':' && *rest != '/')
			return not_an_address(p);
	} else {
		rest = text;
	}
	slash = strchr(rest, '/');
	colon = strrchr(slash ? slash : rest, ':');
	if (!slash && colon && *text != '[' && strchr(text, ':') != colon)
		return parse_refuse(p->why, "'%s': write an IPv6 address in brackets: [%.60s]",
				    p->word, text);
	if (!slash && *text == '[')
		slash = strchr(*ret_host, '/'); /* [ADDR/LEN] is how ss has it */
	if (slash)
		*slash++ = '\0';
	*ret_bits = slash;
	if (colon)
		*colon++ = '\0';
	*ret_port = colon;
	return true;
}

static bool is_any(const char *host)
{
	static const char *const any[] = {"", "*", "any", "all", "default"};

	for (size_t i = 0; i < COUNT(any); i++)
		if (!strcmp(any[i], host))
			return true;
	return false;
}

static bool parse_host(struct parser *p, struct match_step *leaf)
{
	char text[WORD_MAX], *host = NULL, *bits = NULL, *port = NULL;
	const char *word = p->word;

	if (!take_family(p, &word))
		return false;
	strcpy(text, word);
	if (!split_host(p, text, &host, &bits, &port))
		return false;
	if (!*host && !port && *word != '*')
		return not_an_address(p);
	if (is_any(host) && bits)
		return not_an_address(p);
	if (!is_any(host) && !set_address(p, host, bits, leaf))
		return false;
	return !port || set_port(p, port, leaf);
}

/* ---- conditions ---- */

/* IPv4 is kept as mapped IPv6: a shorter prefix of IPv6 that holds those is not meant to. */
static bool emit_without_ipv4(struct parser *p, const struct match_step *leaf)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
	struct match_step ipv4 = {.op = leaf->op, .by_addr = 1};
	const __u64 *mask = leaf->prefix.mask, *addr = leaf->prefix.addr;

	parse_mask(mapped, 96, &ipv4.prefix);
	if (!leaf->by_addr || (mask[1] & ipv4.prefix.mask[1]) == ipv4.prefix.mask[1] || addr[0] ||
	    addr[1] != (ipv4.prefix.addr[1] & mask[1]))
		return true;
	return emit(p, &ipv4) && emit_op(p, MATCH_OP_NOT) && emit_op(p, MATCH_OP_AND);
}

static bool parse_end(struct parser *p, uint8_t op)
{
	struct match_step leaf = {.op = op};
	bool differs;

	if (!next(p))
		return false;
	differs = p->token == NE;
	if (p->token > NE && p->token <= GE)
		return parse_refuse(p->why, "'%s': addresses are compared with = and != only",
				    p->word);
	if ((p->token == EQ || p->token == NE) && !next(p))
		return false;
	if (p->token != OTHER)
		return expected(p, "an address");
	return parse_host(p, &leaf) && emit(p, &leaf) && emit_without_ipv4(p, &leaf) &&
	       (!differs || emit_op(p, MATCH_OP_NOT)) && next(p);
}

/* From the one port to the range that the comparison holds for. */
static void widen(struct match_step *leaf, enum token comparison)
{
	uint16_t port = leaf->low;
	bool is_none = (comparison == LT && port == 0) || (comparison == GT && port == 65535);

	if (comparison == LT || comparison == LE) {
		leaf->low = 0;
		leaf->high = (uint16_t)(port - (comparison == LT));
	} else if (comparison == GT || comparison == GE) {
		leaf->low = (uint16_t)(port + (comparison == GT));
		leaf->high = 65535;
	}
	if (is_none) {
		leaf->low = 1;
		leaf->high = 0;
	}
}

static bool parse_port_condition(struct parser *p, uint8_t op)
{
	struct match_step leaf = {.op = op};
	enum token comparison = EQ;
	const char *text = p->word;

	if (!next(p))
		return false;
	if (p->token >= EQ && p->token <= GE) {
		comparison = p->token;
		if (!next(p))
			return false;
	}
	if (p->token != OTHER)
		return expected(p, "a port such as :443");
	if (!take_family(p, &text) || !set_port(p, text, &leaf))
		return false;
	if (!leaf.by_port && comparison > NE)
		return parse_refuse(p->why, "'%s': any port is neither less nor more", p->word);
	widen(&leaf, comparison);
	return emit(p, &leaf) && (comparison != NE || emit_op(p, MATCH_OP_NOT)) && next(p);
}

static bool parse_list_of_terms(struct parser *p);

static bool parse_parenthesis(struct parser *p)
{
	if (!next(p) || !parse_list_of_terms(p))
		return false;
	return p->token == CLOSE ? next(p) : expected(p, "')'");
}

static bool parse_term(struct parser *p)
{
	bool ok;

	switch (p->token) {
	case SRC:
		return parse_end(p, MATCH_OP_LOCAL);
	case DST:
		return parse_end(p, MATCH_OP_REMOTE);
	case SPORT:
		return parse_port_condition(p, MATCH_OP_LOCAL);
	case DPORT:
		return parse_port_condition(p, MATCH_OP_REMOTE);
	case STATE:
	case EXCLUDE:
		return parse_refuse(p->why, "'%s' must stand before all conditions, as with ss",
				    p->word);
	case OPEN:
	case NOT:
		if (++p->depth > DEPTH_MAX)
			return parse_refuse(p->why, "'%s': nested more than %d deep", p->word,
					    DEPTH_MAX);
		ok = p->token == OPEN ? parse_parenthesis(p)
				      : next(p) && parse_term(p) && emit_op(p, MATCH_OP_NOT);
		p->depth--;
		return ok;
	default:
		return expected(p, "src, dst, sport, dport, not or '('");
	}
}

static bool parse_list_of_terms(struct parser *p)
{
	if (!parse_term(p))
		return false;
	while (p->token != END && p->token != CLOSE) {
		uint8_t op = p->token == OR ? MATCH_OP_OR : MATCH_OP_AND;

		if ((p->token == OR || p->token == AND) && !next(p))
			return false;
		if (!parse_term(p) || !emit_op(p, op))
			return false;
	}
	return true;
}

/* ---- states ---- */

static bool parse_state(struct parser *p)
{
	struct expr *expr = p->expr;
	bool excluded = p->token == EXCLUDE;
	uint16_t states;

	if (!next(p))
		return false;
	if (p->token == END)
		return expected(p, "a state");
	states = tcpstate_parse_states(p->word);
	if (!states)
		return suggest_state(p->word, p->why);
	if (!expr->has_states)
		expr->states = excluded ? ALL_STATES : 0;
	expr->has_states = true;
	if (excluded)
		expr->states &= (uint16_t)~states;
	else
		expr->states |= states;
	return next(p);
}

/* ---- all of it ---- */

bool expr_begins(const char *text)
{
	char why[PARSE_WHY];
	struct parser p = {.next = text, .why = why};

	if (!next(&p))
		return p.token == REFUSED;
	return p.token == OPEN || p.token == NOT || (p.token >= SRC && p.token <= EXCLUDE);
}

bool expr_parse(const char *text, struct expr *ret_expr, char *why)
{
	struct expr expr = {.states = ALL_STATES};
	struct parser p = {.next = text, .expr = &expr, .why = why};

	if (!next(&p))
		return false;
	while (p.token == STATE || p.token == EXCLUDE)
		if (!parse_state(&p))
			return false;
	expr.condition = p.begin;
	if (!expr.states)
		return parse_refuse(why, "'exclude' leaves no state");
	if (p.token != END && !parse_list_of_terms(&p))
		return false;
	if (p.token != END)
		return expected(&p, "the end");
	*ret_expr = expr;
	return true;
}
