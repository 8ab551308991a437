/* session_make - the messages and the server of a history, by chance. */
#include <string.h>

#include "session.h"

static const char *const bodies[] = { "Subject: x\n\ntext\n",
	"Subject: \303\244\n\n\303\244\n",
	"Subject: x\n\n.\n..\nRSET\n\nMAIL FROM:<mallory@x.y>\n.\n",
	"", "\n", "no end of line", "Subject: y\n\nx\n\nx\n", };

/* What grows at a file's end. */
#define MORE "RSET\nMAIL FROM:<mallory@x.y>\nRCPT TO:<stranger@x.y>\nDATA\n.\n"

static char *
add(char *p, const char *text)
{
	while (*text)
		*p++ = *text++;
	return p;
}

static char *
add_number(char *p, size_t n)
{
	if (n > 9)
		p = add_number(p, n / 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

/* The queue file for those who are left. */
void
write_file(struct message *m, size_t n, const char *body)
{
	size_t i;
	char *p = add(add_number(add(m->text, "s"), n), m->utf8_sender ?
	    "@x\303\274.y\n" : "@x.y\n");

	for (m->lists = i = 0; i < m->count; i++) {
		if (m->settled[i])
			continue;
		m->listed[m->lists++] = i;
		p = add_number(add(p, "r"), n);
		p = add_number(add(p, "-"), i);
		p = add(p, m->utf8[i] ? "@x\303\274.y\n" : i % 7 == 6 ?
		    " \\@x.y\n" : "@x.y\n");
	}
	p = add(p, m->broken ? "\001\n\n" : "\n");
	m->body = (size_t)(p - m->text);
	p = add(p, body);
	m->size = m->was = (size_t)(p - m->text);
	*add(p, MORE) = '\0';
}

static int
a_refusal(void)
{
	static const int codes[] = { 450, 550, 550, 553, 452 };

	return codes[pick(5)];
}

static size_t
a_number_of_recipients(void)
{
	if (chance(200))
		return 50 + pick(RECIPIENTS - 50);
	return chance(2) ? 1 : 1 + pick(4);
}

const char *body_of[MESSAGES];

void
make_message(size_t n)
{
	struct message *m = &world.message[n];
	size_t i;

	memset(m, 0, offsetof(struct message, text));
	memset(&m->changes, 0, sizeof *m - offsetof(struct message, changes));
	m->count = a_number_of_recipients();
	for (i = 0; i < m->count; i++)
		if (chance(m->count > 10 ? 20 : 5))
			m->reply[i] = (short)a_refusal();
	m->utf8[0] = chance(9);
	m->utf8_sender = chance(40);
	m->broken = chance(40);
	if (chance(12))
		m->reply_mail = chance(2) ? 451 : 554;
	if (chance(12))
		m->reply_data = chance(2) ? 451 : 554;
	if (chance(8))
		m->reply_dot = chance(2) ? 451 : 554;
	if (chance(7) && world.server.bdat == BDAT_KNOWN)
		m->changes = chance(2) ? (int)strlen(MORE) : -2;
	body_of[n] = world.server.bdat == BDAT_KNOWN ?
	    bodies[pick(sizeof bodies / sizeof bodies[0])] : bodies[0];
	write_file(m, n, body_of[n]);
	if (m->changes < 0 && m->size - m->body < 2)
		m->changes = 0;
}

void
make_server(void)
{
	static const enum event byes[] = { E_421, E_421_BEHIND,
		E_CLOSE_BEHIND, E_RESET_BEHIND };
	static const int limits[] = { 452, 552, 451 };
	struct server_setup *x = &world.server;

	*x = (struct server_setup){ 0 };
	x->pipelining = !chance(6);
	x->chunking = !chance(3);
	x->utf8 = chance(2);
	x->size = chance(3);
	x->bdat = chance(6) ? (enum bdat)pick(BDAT_RAW + 1) : BDAT_KNOWN;
	x->lax = chance(5);
	x->greeting = chance(9) ? 2 : 0;
	x->messages = chance(3) ? 1 + (int)pick(5) : 0;
	x->bye = byes[pick(4)];
	if (chance(6)) {
		x->limit = 1 + pick(60);
		x->limit_code = limits[pick(3)];
	}
	x->crowd = chance(10) ? 50 + pick(60) : 0;
}

int
is_too_large(const struct message *m)
{
	size_t i, octets = 0;

	for (i = m->body; i < m->size; i++)
		octets += 1 + (m->text[i] == '\n');
	if (m->size > m->body && m->text[m->size - 1] != '\n')
		octets += 2;
	return world.server.size && (octets > 40 || m->changes);
}
