/* session_server - the modelled server: what it understands, what it says to
 * it, what it takes, and all that may go wrong with that. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

/* What a reply answers. */
enum to { TO_OTHER, TO_MAIL, TO_RCPT, TO_DATA, TO_CHUNK, TO_DOT, TO_RSET };

static struct {
	enum { COMMANDS, TEXT, CHUNK, GONE } mode;
	int replies;
	int mail;		/* number of the message, or -1 */
	size_t rcpt[RECIPIENTS];
	size_t rcpts;
	int messages;
	char line[600];
	size_t line_n;
	char body[FILE_MAX * 2];
	size_t body_n, chunk;
	int raw;		/* what follows was sent as a chunk */
	size_t said;		/* where the last reply ends, 0 not said */
	char held[64];		/* a reply that comes late */
	enum to held_to;
} server;

void
server_begin(void)
{
	memset(&server, 0, offsetof(__typeof__(server), line));
	server.mail = -1;
	server.line_n = server.body_n = server.chunk = 0;
	server.raw = 0;
	server.held[0] = '\0';
	if (world.server.greeting && chance((unsigned)world.server.greeting))
		net_say("421 no\r\n", 8);
	else
		net_say("220 hi\r\n", 8);
}

int
server_is_gone(void)
{
	return server.mode == GONE;
}

static void
forget_mail(void)
{
	server.mail = -1;
	server.rcpts = 0;
}

static struct message *
mail(void)
{
	return &world.message[server.mail];
}

static void
refuse_accepted(int code)
{
	size_t i;

	for (i = 0; code >= 500 && i < server.rcpts; i++)
		mail()->now.refused[server.rcpt[i]] = 1;
}

/* ---- what it says ---- */

static void
put(const char *text)
{
	say("    S: %.*s", (int)strcspn(text, "\r"), text);
	net_say(text, strlen(text));
}

static void
go(int hard, const char *text)
{
	if (text) {
		put(text);
		world.bye_at = net_said();
	}
	say("    S: closes%s", hard ? ", hard" : "");
	net_close(hard);
	server.mode = GONE;
}

/* Of a message whose recipients are refused for good or not at all. */
static int
is_simple(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->reply[i] / 100 == 4)
			return 0;
	return !world.server.limit;
}

/* What no client could see through is left out. */
static int
is_allowed(enum event event, enum to to, int code)
{
	if (event == E_EARLY)
		return to == TO_DATA && code == 354;
	if (event == E_STRAY_2)
		return to != TO_DOT;
	if (event == E_STRAY_5)
		return to != TO_DOT && to != TO_CHUNK;
	if (event == E_MISSING)
		return to != TO_DOT && (to != TO_CHUNK || code < 300);
	if (event == E_SWAPPED)
		return (to == TO_RCPT && code / 100 != 4) || to == TO_CHUNK ||
		    to == TO_RSET || (to == TO_MAIL && code == 250 &&
		    is_simple(&world.message[server.mail]));
	return 1;
}

static void
stray(const char *text)
{
	world.misled = 1;
	put(text);
}

/* 1 if the reply itself is not to be said. */
static int
happens_before(enum event event, enum to to, const char *reply)
{
	char half[64];

	switch (event) {
	case E_421:
		go(chance(2), "421 enough\r\n");
		return 1;
	case E_CLOSE:
	case E_RESET:
		go(event == E_RESET, NULL);
		return 1;
	case E_HALF:
		snprintf(half, sizeof half, "%.*s",
		    1 + (int)pick((unsigned)strlen(reply) - 2), reply);
		net_say(half, strlen(half));
		go(chance(2), NULL);
		return 1;
	case E_STALL:
		net_stall();
		return 1;
	case E_LATE:
		net_later(700000);
		return 0;
	case E_GARBAGE:
		stray("what?\r\n");
		return 1;
	case E_STRAY_2:
		stray("250 stray\r\n");
		return 0;
	case E_STRAY_5:
		stray("550 stray\r\n");
		return 0;
	case E_MISSING:
		world.misled = 1;
		return 1;
	case E_SWAPPED:
		world.misled = 1;
		strcpy(server.held, reply);
		server.held_to = to;
		return 1;
	default:
		return 0;
	}
}

static void
refuse_early(void)
{
	refuse_accepted(552);
	put("552 too large\r\n");
	if (server.rcpts) {
		mail()->now.final = 552;
		mail()->now.final_at = net_said();
	}
	go(chance(2), NULL);
}

static void
happens_behind(enum event event)
{
	if (event == E_421_BEHIND)
		go(chance(2), "421 enough\r\n");
	else if (event == E_EARLY)
		refuse_early();
	else if (event == E_CLOSE_BEHIND)
		go(0, NULL);
	else if (event == E_RESET_BEHIND)
		go(1, NULL);
}

/* Between a recipient's reply and another refusal no one could tell. */
static void
say_held(enum to to, int code)
{
	if (server.held[0] && server.held_to == TO_RCPT && (to == TO_RCPT ||
	    (to == TO_DATA && code / 100 == 4))) {
		put(server.held);
		server.held[0] = '\0';
	}
}

static void
answer(enum to to, int code, const char *text)
{
	enum event event = E_NOTHING;
	char reply[64];
	int i;

	server.said = 0;
	reply[0] = (char)('0' + code / 100);
	reply[1] = (char)('0' + code / 10 % 10);
	reply[2] = (char)('0' + code % 10);
	strcat(strcpy(reply + 4, text), "\r\n");
	reply[3] = ' ';
	if (++server.replies == world.event_at &&
	    is_allowed(world.event, to, code)) {
		event = world.event;
		world.count[event]++;
	}
	say_held(to, code);
	if (event && happens_before(event, to, reply))
		return;
	for (i = 0; event == E_LONG && i < 40; i++) {
		reply[3] = '-';
		net_say(reply, strlen(reply));
	}
	reply[3] = ' ';
	put(reply);
	server.said = net_said();
	if (server.held[0]) {
		stray(server.held);
		server.held[0] = '\0';
	}
	happens_behind(event);
}

/* ---- messages ---- */

/* Whether the body is how a file of that size stands on the wire. */
static int
is_file(const struct message *m, size_t size)
{
	size_t i, n = 0;

	for (i = m->body; i < size; i++) {
		if (m->text[i] == '\n' && server.body[n++] != '\r')
			return 0;
		if (n >= server.body_n || server.body[n++] != m->text[i])
			return 0;
	}
	if (size > m->body && m->text[size - 1] != '\n')
		n += 2;
	return n == server.body_n;
}

static void
take(void)
{
	struct message *m = mail();
	size_t i;

	if (!is_file(m, m->was) && !is_file(m, m->size))
		wrong("message %d is taken, but not as it is", server.mail);
	for (i = 0; i < server.rcpts; i++) {
		m->now.taken[server.rcpt[i]] = 1;
		m->served[server.rcpt[i]]++;
	}
	say("  message %d taken for %zu, first %zu", server.mail,
	    server.rcpts, server.rcpt[0]);
	server.messages++;
}

/* The end of a connection that has its messages. */
static int
is_full(enum event bye)
{
	return world.server.messages &&
	    server.messages >= world.server.messages &&
	    world.server.bye == bye && !world.misled;
}

/* A whole message is there: the answer to it. */
static void
on_message(enum to to)
{
	struct message *m = mail();
	struct ledger *now = &m->now;
	int code = m->reply_dot;

	if (world.server.crowd && server.rcpts > world.server.crowd)
		code = 554;
	if (server.rcpts) {
		if (code)
			refuse_accepted(code);
		else if (world.event != E_421 ||
		    server.replies + 1 != world.event_at)
			take();
	} else if (!code) {
		code = to == TO_CHUNK ? 503 : 554;
	}
	now->final = code ? code : 250;
	forget_mail();
	answer(to, now->final, "message");
	now->final_at = server.said;
	if (server.mode != GONE && (is_full(E_421_BEHIND) ||
	    is_full(E_CLOSE_BEHIND) || is_full(E_RESET_BEHIND)))
		happens_behind(world.server.bye);
}

/* ---- commands ---- */

static void
on_ehlo(void)
{
	const struct server_setup *x = &world.server;
	char text[256];

	snprintf(text, sizeof text, "250-hi\r\n%s%s%s%s250 8BITMIME\r\n",
	    x->pipelining ? "250-PIPELINING\r\n" : "",
	    x->chunking ? "250-CHUNKING\r\n" : "",
	    x->utf8 ? "250-SMTPUTF8\r\n" : "",
	    x->size ? "250-SIZE 40\r\n" : "");
	net_say(text, strlen(text));
}

static void
on_mail(const char *line)
{
	struct message *m;
	size_t i;
	int n = atoi(line + 12);

	if (strncmp(line, "MAIL FROM:<s", 12) || n >= (int)world.messages) {
		wrong("a stranger's mail: %s", line);
		return;
	}
	if (server.mail >= 0 && !world.misled)
		wrong("MAIL within a transaction");
	if (is_full(E_421)) {
		go(chance(2), "421 enough messages\r\n");
		return;
	}
	m = &world.message[n];
	for (i = 0; m->reply_mail >= 500 && i < m->count; i++)
		m->now.refused[i] = 1;
	if (!m->reply_mail) {
		forget_mail();
		server.mail = n;
	}
	answer(TO_MAIL, m->reply_mail ? m->reply_mail : 250, "sender");
}

static int
rcpt_code(struct message *m, size_t n)
{
	const struct server_setup *x = &world.server;

	if (m->reply[n])
		return m->reply[n];
	return x->limit && server.rcpts >= x->limit ? x->limit_code : 250;
}

static void
on_rcpt(const char *line)
{
	const char *at = strchr(line, '-');
	size_t n = at ? (size_t)atoi(at + 1) : RECIPIENTS;
	int code;

	if (server.mail < 0) {
		answer(TO_RCPT, 503, "MAIL first");
		return;
	}
	if (n >= mail()->count) {
		wrong("an unknown recipient: %s", line);
		return;
	}
	code = rcpt_code(mail(), n);
	if (code == 250)
		server.rcpt[server.rcpts++] = n;
	else if (code >= 500)
		mail()->now.refused[n] = 1;
	answer(TO_RCPT, code, code == 451 ? "4.5.3 too many" : "recipient");
}

static void
on_data(void)
{
	int code = server.mail >= 0 ? mail()->reply_data : 0;

	if (server.mail < 0 || (!server.rcpts && !world.server.lax)) {
		answer(TO_DATA, 503, "no recipient");
	} else if (code) {
		refuse_accepted(code);
		forget_mail();
		answer(TO_DATA, code, "data");
	} else {
		server.body_n = 0;
		server.mode = TEXT;
		answer(TO_DATA, 354, "go");
	}
}

static void
on_bdat(const char *line)
{
	const enum bdat how = world.server.bdat;

	server.raw |= how == BDAT_UNKNOWN ||
	    (how == BDAT_RAW && !server.rcpts);
	if (how == BDAT_UNKNOWN) {
		answer(TO_OTHER, 500, "what");
		return;
	}
	if (how == BDAT_RAW && !server.rcpts) {
		answer(TO_CHUNK, 503, "no recipient");
		return;
	}
	if (how == BDAT_SILENT)
		net_stall();
	server.chunk = (size_t)atol(line + 5);
	server.body_n = 0;
	server.mode = CHUNK;
}

static void
on_chunk(void)
{
	const enum bdat how = world.server.bdat;

	server.mode = COMMANDS;
	if (how == BDAT_503 || how == BDAT_554) {
		forget_mail();
		answer(TO_OTHER, how == BDAT_503 ? 503 : 554, "no chunks");
	} else if (server.mail < 0) {
		answer(TO_CHUNK, 503, "MAIL first");
	} else {
		on_message(TO_CHUNK);
	}
}

static void
on_command(const char *line)
{
	say("C: %s", line);
	if (!strncmp(line, "EHLO ", 5)) {
		on_ehlo();
	} else if (!strncmp(line, "MAIL ", 5)) {
		on_mail(line);
	} else if (!strncmp(line, "RCPT ", 5)) {
		on_rcpt(line);
	} else if (!strcmp(line, "DATA")) {
		on_data();
	} else if (!strncmp(line, "BDAT ", 5)) {
		on_bdat(line);
	} else if (!strcmp(line, "RSET")) {
		forget_mail();
		answer(TO_RSET, 250, "reset");
	} else if (!strcmp(line, "QUIT")) {
		go(0, NULL);
	} else {
		if (!server.raw)
			wrong("no command: %s", line);
		world.misled = 1;
		answer(TO_OTHER, 500, "what");
	}
}

/* ---- octets ---- */

static void
on_text(const char *line, size_t n)
{
	if (n == 1 && line[0] == '.') {
		server.mode = COMMANDS;
		if (!server.rcpts && !server.body_n) {
			forget_mail();
			answer(TO_DOT, 554, "nobody");
			return;
		}
		on_message(TO_DOT);
		return;
	}
	if (n && line[0] == '.')
		line++, n--;
	if (server.body_n + n + 2 > sizeof server.body)
		return;
	memcpy(server.body + server.body_n, line, n);
	memcpy(server.body + server.body_n + n, "\r\n", 2);
	server.body_n += n + 2;
}

static void
on_line(void)
{
	size_t n = server.line_n;

	server.line_n = 0;
	if (n && server.line[n - 1] == '\r')
		n--;
	server.line[n] = '\0';
	if (server.mode == TEXT)
		on_text(server.line, n);
	else
		on_command(server.line);
}

static size_t
eat_chunk(const char *p, size_t n)
{
	if (n > server.chunk)
		n = server.chunk;
	if (server.body_n + n <= sizeof server.body)
		memcpy(server.body + server.body_n, p, n);
	server.body_n += n;
	server.chunk -= n;
	return n;
}

void
server_eat(const char *p, size_t n)
{
	size_t used;

	while (n && server.mode != GONE) {
		if (server.mode == CHUNK) {
			used = eat_chunk(p, n);
			p += used, n -= used;
			if (!server.chunk)
				on_chunk();
			continue;
		}
		if (server.line_n < sizeof server.line - 1)
			server.line[server.line_n++] = *p;
		if (*p == '\n') {
			server.line_n--;
			on_line();
		}
		p++, n--;
	}
	if (server.mode == CHUNK && !server.chunk)
		on_chunk();
}
