/* fault - every row of the table, in the words of servers, and what beats what:
 * an enhanced code the basic one, 421 both. */
#include <stdlib.h>
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/smtp/fault.h"
#include "../t.h"

static const char *const names[FAULTS] = { "none", "ours", "address",
	"mechanism", "login", "end", "again", "connection", "remote",
	"witness", "transaction", "route", "recipient", "message" };

/* How: a reply, or lost, timeout, garbled. State: what went before, of "a" the
 * connection has answered for a message, "r" recipients were accepted, "m" the
 * transaction has more than fifty. */
struct row {
	const char *stages, *state, *how, *want;
};

static const struct row rows[] = {
	/* up to TLS, and what ends AUTH: the address's */
	{ "connect tls greeting helo starttls auth", "", "lost", "address" },
	{ "connect tls greeting helo starttls auth", "", "timeout", "address" },
	{ "greeting helo starttls auth", "", "garbled", "address" },
	{ "greeting helo starttls auth", "", "421 4.3.2 later", "address" },
	{ "greeting helo starttls", "", "554 5.7.1 go away", "address" },
	{ "greeting helo starttls", "", "450 4.3.2 later", "address" },
	{ "greeting helo starttls", "", "530 5.7.0 what", "address" },
	/* AUTH */
	{ "auth", "", "500 what", "mechanism" },
	{ "auth", "", "501 5.5.4 syntax", "mechanism" },
	{ "auth", "", "502 5.5.1 no", "mechanism" },
	{ "auth", "", "503 5.5.1 no", "mechanism" },
	{ "auth", "", "504 5.7.4 unrecognized", "mechanism" },
	{ "auth", "", "534 5.7.9 too weak", "mechanism" },
	{ "auth", "", "535 5.7.8 wrong", "login" },
	{ "auth", "", "550 5.7.1 disabled", "login" },
	{ "auth", "", "454 4.7.0 later", "remote" },
	/* the end of a connection */
	{ "mail rcpt data dot session", "a", "lost", "end" },
	{ "mail rcpt data dot session", "a", "421 4.7.0 enough", "end" },
	{ "mail rcpt data dot session", "", "lost", "connection" },
	{ "mail rcpt data dot session", "", "421 4.7.0 enough", "connection" },
	{ "mail rcpt data dot session", "a", "timeout", "connection" },
	{ "mail rcpt data dot session", "a", "garbled", "connection" },
	{ "mail rcpt data dot session", "", "timeout", "connection" },
	{ "rcpt", "a", "421 5.1.1 no such user", "end" },
	{ "dot", "am", "421 5.3.4 too large", "end" },
	/* login, account */
	{ "mail rcpt data dot", "", "530 5.7.0 log in first", "remote" },
	{ "mail rcpt data dot", "", "535 5.7.1 no", "remote" },
	{ "mail rcpt data dot", "", "538 what", "remote" },
	{ "mail rcpt data dot", "r", "550 5.7.8 no", "remote" },
	{ "mail rcpt data dot", "", "550 5.7.9 no", "remote" },
	{ "mail rcpt data dot", "", "550 5.7.11 no", "remote" },
	{ "mail rcpt data dot", "", "550 5.7.30 basic is over", "remote" },
	{ "mail rcpt data dot", "", "550 5.7.57 no", "remote" },
	{ "mail rcpt data dot", "", "550 5.3.2 no", "remote" },
	{ "mail rcpt data dot", "m", "550 5.4.5 daily quota", "remote" },
	/* whose it is only a second message shows */
	{ "mail rcpt data dot", "", "500 5.5.2 what", "witness permanent" },
	{ "mail rcpt data dot", "", "501 what", "witness permanent" },
	{ "mail rcpt data dot", "", "502 what", "witness permanent" },
	{ "mail rcpt data dot", "", "503 AUTH first", "witness permanent" },
	{ "mail rcpt data dot", "", "504 what", "witness permanent" },
	{ "mail rcpt data dot", "", "521 no mail", "witness permanent" },
	{ "mail rcpt data dot", "", "534 what", "witness permanent" },
	{ "mail rcpt data dot", "", "555 what", "witness permanent" },
	{ "mail rcpt data dot", "", "550 5.5.1 log in", "witness permanent" },
	{ "mail rcpt data dot", "", "451 4.5.0 no", "witness" },
	{ "mail rcpt data dot", "", "554 5.2.252 as", "witness permanent" },
	{ "mail rcpt data dot", "", "550 5.7.60 as", "witness permanent" },
	{ "mail data dot", "", "550 5.5.3 many", "witness permanent" },
	/* the recipient's own */
	{ "rcpt", "", "550 5.1.1 no such user", "recipient permanent" },
	{ "rcpt", "r", "501 5.1.3 syntax", "recipient permanent" },
	{ "rcpt", "r", "552 5.2.2 full", "recipient permanent" },
	{ "rcpt", "r", "452 4.2.2 full", "recipient" },
	{ "rcpt", "", "550 #5.1.0 rejected", "recipient permanent" },
	{ "rcpt", "", "550 5.6.0 what", "recipient permanent" },
	{ "rcpt", "", "450 4.7.1 greylisted", "recipient" },
	{ "rcpt", "", "550 no", "recipient permanent" },
	{ "rcpt", "", "554 5.7.1 relaying denied", "recipient permanent" },
	/* too many at a time */
	{ "rcpt", "r", "452 too many", "transaction" },
	{ "rcpt", "r", "552 too many", "transaction" },
	{ "rcpt", "r", "451 4.5.3 too many", "transaction" },
	{ "rcpt", "r", "550 5.5.3 too many", "transaction" },
	{ "rcpt", "", "452 too many", "recipient" },
	{ "rcpt", "", "552 too many", "recipient permanent" },
	{ "rcpt", "", "550 5.5.3 too many", "recipient permanent" },
	{ "dot", "m", "554 too many", "transaction" },
	{ "dot", "m", "550 5.5.3 too many", "transaction" },
	{ "dot", "m", "554 5.6.0 what", "transaction" },
	{ "dot", "m", "451 later", "message" },
	{ "mail rcpt data", "m", "503 what", "witness permanent" },
	/* the message at this remote */
	{ "mail rcpt data dot", "rm", "552 5.3.4 large", "route permanent" },
	{ "mail rcpt data dot", "", "452 4.3.4 large", "route" },
	{ "mail data dot", "", "552 too large", "route permanent" },
	{ "mail rcpt data dot", "", "550 5.6.7 utf8", "route permanent" },
	{ "mail data dot", "", "552 5.7.0 blocked", "message permanent" },
	{ "mail data dot", "", "552 5.2.3 length", "message permanent" },
	/* other 4xx and 5xx */
	{ "mail data dot", "", "451 4.3.0 later", "message" },
	{ "mail data dot", "", "432 later", "message" },
	{ "mail data dot", "", "554 5.7.1 spam", "message permanent" },
	{ "mail data dot", "", "550 5.7.1 spam", "message permanent" },
	{ "mail data dot", "", "550 no", "message permanent" },
	{ "mail data dot", "", "550 5.1.8 sender", "message permanent" },
	/* neither is permanent alone */
	{ "dot", "", "550 4.7.1 later", "message" },
	{ "dot", "", "450 5.7.1 never", "message" },
	/* what only looks like an enhanced code */
	{ "rcpt", "", "503 5.1", "witness permanent" },
	{ "rcpt", "", "503 5.1.", "witness permanent" },
	{ "rcpt", "", "503 5.1.1234", "witness permanent" },
	{ "rcpt", "", "503 6.1.1 x", "witness permanent" },
	{ "rcpt", "", "503", "witness permanent" },
	{ "mail", "", "550 5.51.1 x", "message permanent" },
	{ "mail", "", "501 5.10.1 x", "witness permanent" },
};

static enum stage
stage_by_name(struct str name)
{
	enum stage stage;

	for (stage = 0; stage < STAGE_COUNT; stage++)
		if (str_eq(str_of(stage_name(stage)), name))
			return stage;
	return STAGE_COUNT;
}

static int
same(const struct row *row, struct str stage)
{
	struct fault_case c = { 0 };
	struct verdict v;
	char got[40];

	c.stage = stage_by_name(stage);
	c.answered = strchr(row->state, 'a') != NULL;
	c.accepted = strchr(row->state, 'r') ? 3 : 0;
	c.recipients = strchr(row->state, 'm') ? 51 : 50;
	c.how = *row->how == 'l' ? FAULT_LOST : *row->how == 't' ?
	    FAULT_TIMEOUT : FAULT_GARBLED;
	if (*row->how >= '0' && *row->how <= '9') {
		c.reply = atoi(row->how);
		c.text = str_of(row->how);
	}
	v = fault_of(&c);
	snprintf(got, sizeof got, "%s%s", names[v.fault],
	    v.permanent ? " permanent" : "");
	if (strcmp(got, row->want))
		printf("# %.*s [%s] %s: %s, not %s\n", (int)stage.n, stage.p,
		    row->state, row->how, got, row->want);
	return c.stage < STAGE_COUNT && !strcmp(got, row->want);
}

static void
table(void)
{
	struct str stages;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (stages = str_of(rows[i].stages); stages.n;)
			T(same(&rows[i], str_cut(&stages, ' ')));
}

static void
keys(void)
{
	T(fault_key(550, STR("550 5.7.1 no")) == 7007001);
	T(fault_key(550, STR("550-5.7.1 no\n550 5.7.1 no")) == 7007001);
	T(fault_key(452, STR("452 4.2.252 x")) == 6002252);
	T(fault_key(550, STR("550 no")) == 550);
	T(fault_key(550, STR("550")) == 550);
	T(fault_key(0, STR("550 5.7.1 no")) == 0);
}

static void
busy(void)
{
	T(fault_may_be_busy(STAGE_mail, 450, STR("450 4.1.8 later")));
	T(fault_may_be_busy(STAGE_data, 451, STR("451 later")));
	T(fault_may_be_busy(STAGE_dot, 432, STR("432 4.3.2 too many")));
	T(!fault_may_be_busy(STAGE_dot, 554, STR("554 5.3.2 no")));
	T(!fault_may_be_busy(STAGE_connect, 421, STR("421 later")));
	T(fault_may_be_busy(STAGE_rcpt, 432, STR("432 later")));
	T(fault_may_be_busy(STAGE_rcpt, 454, STR("454 later")));
	T(!fault_may_be_busy(STAGE_rcpt, 454, STR("454 4.7.1 greylisted")));
	T(fault_may_be_busy(STAGE_rcpt, 450, STR("450 4.3.1 full")));
	T(fault_may_be_busy(STAGE_rcpt, 451, STR("451 4.4.5 busy")));
	T(fault_may_be_busy(STAGE_rcpt, 450, STR("450 4.7.28 rate")));
	T(!fault_may_be_busy(STAGE_rcpt, 450, STR("450 greylisted")));
	T(!fault_may_be_busy(STAGE_rcpt, 450, STR("450 4.2.0 greylisted")));
	T(!fault_may_be_busy(STAGE_rcpt, 450, STR("450 4.7.1 greylisted")));
	T(!fault_may_be_busy(STAGE_rcpt, 552, STR("552 5.3.4 large")));
}

static void
softened(void)
{
	T(!fault_softened(NULL, 550, STR("550 5.7.1 no")));
	T(fault_softened("", 550, STR("550 5.7.1 no")));
	T(!fault_softened("", 450, STR("450 no")));
	T(fault_softened("550", 550, STR("550 5.7.1 no")));
	T(!fault_softened("550", 554, STR("554 5.7.1 no")));
	T(fault_softened("550,5.4.5", 554, STR("554 5.4.5 no")));
	T(!fault_softened("550,5.4.5", 554, STR("554 5.4.6 no")));
	T(!fault_softened("5.4.5", 554, STR("554 no")));
	T(fault_softened_on_probation(550, STR("550 5.7.1 relaying")));
	T(fault_softened_on_probation(550, STR("550 no such user")));
	T(fault_softened_on_probation(550, STR("550 4.1.1 what")));
	T(!fault_softened_on_probation(550, STR("550 5.1.1 no such user")));
	T(!fault_softened_on_probation(552, STR("552 5.2.2 full")));
	T(!fault_softened_on_probation(554, STR("554 5.6.0 what")));
	T(!fault_softened_on_probation(450, STR("450 later")));
}

int
main(void)
{
	table();
	keys();
	busy();
	softened();
	return T_END();
}
