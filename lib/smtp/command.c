/* command - what an SMTP session says in a transaction: MAIL, RCPT..., then
 * either DATA, and the message with its final dot if that is wanted, else
 * RSET; or BDAT with the message, and RSET. */
#include <string.h>

#include "../base/chr.h"
#include "options.h"
#include "transaction.h"

/* ---- addresses ---- */

static int
is_atom_text(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!chr_is(s.p[i], CHR_ATEXT) && s.p[i] != '.')
			return 0;
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' &&
	    !memmem(s.p, s.n, "..", 2);
}

/* An address as RFC 5321 writes a mailbox; queue files hold local parts
 * without their quotes. */
static void
add_mailbox(struct buf *b, struct str address)
{
	size_t at = str_rfind(address, '@'), i;
	struct str local = str_head(address, at);

	buf_addc(b, '<');
	if (address.n == 0 || is_atom_text(local)) {
		buf_add(b, local);
	} else {
		buf_addc(b, '"');
		for (i = 0; i < local.n; i++) {
			if (local.p[i] == '"' || local.p[i] == '\\')
				buf_addc(b, '\\');
			buf_addc(b, local.p[i]);
		}
		buf_addc(b, '"');
	}
	buf_put(b, "%>", str_skip(address, at));
}

int
command_needs_utf8(struct str address)
{
	size_t i;

	for (i = 0; i < address.n; i++)
		if (chr_is(address.p[i], CHR_8BIT))
			return 1;
	return 0;
}

/* ---- commands ---- */

enum stage
command_stage(const struct transaction *t, size_t k)
{
	if (k == 0)
		return STAGE_mail;
	if (k <= t->recipients)
		return STAGE_rcpt;
	if (k == t->recipients + 1)
		return t->chunked ? STAGE_dot : STAGE_data;
	return t->go ? STAGE_dot : STAGE_session;
}

static void
say_mail(struct smtp *s, const struct outgoing *o)
{
	const struct extensions *x = &s->session.ext;
	struct buf b = { 0 };

	buf_set(&b, STR("MAIL FROM:"));
	add_mailbox(&b, envelope_sender(&o->e));
	if (x->size)
		buf_fmt(&b, " SIZE=%llu", o->size.octets);
	if (x->eight_bit && o->size.eight_bit)
		buf_add(&b, STR(" BODY=8BITMIME"));
	if (x->utf8 && command_needs_utf8(buf_str(&o->e.text)))
		buf_add(&b, STR(" SMTPUTF8"));
	session_send(&s->session, buf_str(&b));
	buf_free(&b);
}

static void
say_recipient(struct smtp *s, struct transaction *t)
{
	struct outgoing *o = t->o;
	struct buf b = { 0 };
	struct str address = envelope_next(&o->e, &t->say_at);

	for (; o->state[t->say] != RCPT_WAITING; t->say++)
		address = envelope_next(&o->e, &t->say_at);
	o->state[t->say++] = RCPT_ASKED;
	o->waiting--;
	add_mailbox(&b, address);
	session_send(&s->session, STR("RCPT TO:"), buf_str(&b));
	buf_free(&b);
}

void
command_next(struct smtp *s, struct transaction *t)
{
	struct buf b = { 0 };

	switch (command_stage(t, t->said++)) {
	case STAGE_mail:
		say_mail(s, t->o);
		break;
	case STAGE_rcpt:
		say_recipient(s, t);
		break;
	case STAGE_data:
		session_send(&s->session, STR("DATA"));
		break;
	case STAGE_dot:
		buf_fmt(&b, "BDAT %llu LAST", t->o->size.octets);
		session_send(&s->session, buf_str(&b));
		buf_free(&b);
		break;
	default:
		session_send(&s->session, STR("RSET"));
	}
	s->unheard++;
}
