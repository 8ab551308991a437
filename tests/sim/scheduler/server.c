/* server - what the servers answer: some properties of recipients, messages
 * and servers stay through a history, others come and go. */
#include <stdio.h>
#include <string.h>

#include "sim.h"

struct server server[SERVERS];

enum mood { GOOD, BUSY, WITNESS_ALL, NO_LOGIN, DOWN, REFUSES_ALL, SLOW,
	NO_MORE_SESSIONS, MOODS };

/* What may be said: to a recipient, and to a message at a stage. */
struct words {
	int reply;
	const char *text;
	enum stage stage;
};

static const struct words no_recipient[] = {
	{ 550, "5.1.1 no such user", STAGE_rcpt },
	{ 553, "5.1.3 what is that", STAGE_rcpt },
	{ 550, "5.7.1 not from you", STAGE_rcpt },
	{ 550, "5.2.1 disabled", STAGE_rcpt },
	{ 550, "no", STAGE_rcpt },
};
static const struct words later_recipient[] = {
	{ 450, "4.2.1 mailbox busy", STAGE_rcpt },
	{ 451, "4.7.1 greylisted", STAGE_rcpt },
	{ 452, "4.2.2 mailbox full", STAGE_rcpt },
	{ 451, "4.3.0 what now", STAGE_rcpt },
};
static const struct words no_message[] = {
	{ 550, "5.7.1 spam", STAGE_dot },
	{ 554, "5.6.0 no such content", STAGE_dot },
	{ 550, "no", STAGE_mail },
	{ 550, "5.6.2 not that", STAGE_data },
};
static const struct words later_message[] = {
	{ 451, "4.3.0 try again", STAGE_dot },
	{ 450, "4.7.0 wait", STAGE_mail },
	{ 451, "later", STAGE_dot },
};
static const struct words busy[] = {
	{ 454, "4.7.0 too fast", STAGE_dot },
	{ 432, "4.3.2 too many at a time", STAGE_dot },
	{ 450, "4.3.2 overloaded", STAGE_mail },
};
static const struct words witness[] = {
	{ 503, "5.5.1 AUTH first", STAGE_mail },
	{ 554, "5.5.0 transaction failed", STAGE_mail },
	{ 554, "5.2.252 SendAsDenied", STAGE_dot },
	{ 501, "syntax", STAGE_mail },
};
static const struct words too_large[] = {
	{ 552, "5.3.4 too large", STAGE_mail },
	{ 553, "5.6.7 no SMTPUTF8", STAGE_mail },
};
static const struct words account[] = {
	{ 530, "authentication required", STAGE_mail },
	{ 550, "5.4.5 daily quota", STAGE_dot },
	{ 550, "5.7.30 no basic authentication", STAGE_dot },
};

#define ONE_OF(words, n) (&words[(n) % (sizeof words / sizeof words[0])])

/* ---- how it is ---- */

void
servers_begin(void)
{
	int s;

	for (s = 0; s < SERVERS; s++) {
		server[s] = (struct server){ 0 };
		server[s].addresses = 1 + (int)pick(3);
		server[s].window = chance(500) ? 8 : chance(500) ? 3 : 1;
		server[s].latency = chance(700) ? 100 : chance(500) ? 3000 :
		    60000;
		server[s].limit = chance(200) ? 1 + (int)pick(6) : 0;
		server[s].lossy = chance(300) ? 20 + (int)pick(300) : 2;
		server[s].sick = chance(200) ? pick(8) : 0;
	}
}

void
server_mood(int unused)
{
	struct server *s = &server[pick(SERVERS)];

	(void)unused;
	if (w.calm)
		return;
	s->mood = chance(400) ? GOOD : (int)pick(MOODS);
	if (chance(200))
		s->sick = pick(8);
	if (chance(200))
		s->lossy = chance(500) ? 2 : 20 + (int)pick(300);
	if (chance(100))
		s->limit = chance(500) ? 0 : 1 + (int)pick(6);
	s->latency = s->mood == SLOW ? 60000 : 300;
	say("h%d: mood %d, sick %x, lossy %d, limit %d", (int)(s - server),
	    s->mood, s->sick, s->lossy, s->limit);
	later(pick(200000), server_mood, 0);
}

void
servers_calm(void)
{
	int s;

	for (s = 0; s < SERVERS; s++) {
		server[s].mood = GOOD;
		server[s].sick = 0;
		server[s].lossy = 0;
		server[s].latency = 300;
	}
}

enum opening
server_opens(int s, int address)
{
	if (w.calm)
		return OPEN_FINE;
	if (server[s].mood == DOWN || (address >= 0 &&
	    server[s].sick & 1u << address))
		return chance(100) ? OPEN_SILENT : OPEN_ADDRESS;
	if (server[s].mood == NO_LOGIN)
		return chance(900) ? OPEN_LOGIN : OPEN_REMOTE;
	if (server[s].mood == NO_MORE_SESSIONS && chance(500))
		return OPEN_ADDRESS;
	if (chance(950))
		return OPEN_FINE;
	return (enum opening)pick(OPEN_SILENT + 1);
}

/* Some messages are poison: a connection is lost over them. */
int
server_loses(int s, int m)
{
	if (w.calm)
		return 0;
	if (m >= 0 && nature(1000, m, s, 1) < 40)
		return chance(900);
	return chance((unsigned)server[s].lossy);
}

/* ---- what it says ---- */

static struct answer
answer_of(const struct words *a, int s, int m, int r,
    const struct options *o)
{
	struct fault_case c = { a->stage, a->reply, { NULL, 0 }, FAULT_LOST, 1,
		0, 1 };
	struct answer out = { 0 };
	int n = snprintf(out.text, sizeof out.text, "%d %s h%d m%d", a->reply,
	    a->text, s, m);

	if (r >= 0)
		n += snprintf(out.text + n, sizeof out.text - (size_t)n,
		    " r%d", r);
	out.reply = a->reply;
	out.stage = a->stage;
	c.text = (struct str){ out.text, (size_t)n };
	out.verdict = fault_of(&c);
	if (out.verdict.permanent && fault_softened(o->soft_bounce, a->reply,
	    c.text))
		out.verdict.permanent = 0;
	out.code = out.verdict.permanent ? ERR_MSG_PERM : ERR_MSG_TEMP;
	return out;
}

static struct answer
accepted(int s, int m)
{
	struct answer out = { 0 };

	snprintf(out.text, sizeof out.text, "250 2.0.0 fine h%d m%d", s, m);
	return out;
}

/* How the recipient is, to all servers or to this one. */
struct answer
server_recipient(int s, int m, int r, int again, const struct options *o)
{
	unsigned n = nature(1000, r, 77, 2);
	unsigned kind = nature(100, m, r, 3);

	if (server[s].mood == REFUSES_ALL && !w.calm)
		return answer_of(ONE_OF(no_recipient, 2), s, m, r, o);
	if (n < 100)
		return answer_of(ONE_OF(no_recipient, n), s, m, r, o);
	if (nature(1000, r, s, 4) < 60)
		return answer_of(ONE_OF(no_recipient, n), s, m, r, o);
	if (n < 250 && again < (int)(kind % 3) && !w.calm)
		return answer_of(ONE_OF(later_recipient, kind), s, m, r, o);
	if (!w.calm && chance(30))
		return answer_of(ONE_OF(later_recipient, pick(4)), s, m, r,
		    o);
	return accepted(s, m);
}

static const struct words *
words_for(int s, int m)
{
	unsigned n = nature(1000, m, s, 5), kind = nature(100, m, s, 6);

	if (w.calm)
		return NULL;
	if (server[s].mood == BUSY)
		return ONE_OF(busy, nature(100, s, 0, 7));
	if (server[s].mood == WITNESS_ALL)
		return ONE_OF(witness, nature(100, s, 0, 8));
	if (n < 40)
		return ONE_OF(no_message, kind);
	if (n < 80)
		return ONE_OF(too_large, nature(100, m, 0, 9));
	if (n < 110)
		return ONE_OF(witness, kind);
	if (n < 120)
		return ONE_OF(account, kind);
	return chance(30) ? ONE_OF(later_message, pick(3)) : NULL;
}

struct answer
server_message(int s, int m, const struct options *o)
{
	const struct words *a = m < 0 ? NULL : words_for(s, m);
	struct answer out;

	if (a)
		return answer_of(a, s, m, -1, o);
	out = accepted(s, m);
	out.reply = 250;
	out.stage = STAGE_dot;
	return out;
}
