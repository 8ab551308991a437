/* login - AUTH (RFC 4954) in an SMTP session: the mechanisms one after the
 * other, as far as what the server says lets another one be tried. */
#include <stdio.h>
#include <string.h>

#include "../base/base64.h"
#include "options.h"
#include "../net/net.h"
#include "sasl.h"
#include "session.h"

/* How carried.mechanism tells of LOGIN that the name must not go ahead. */
#define BARE " bare"

struct login {
	struct smtp_session *s;
	const struct sasl_mechanism *m;
	int bare;		/* no initial response */
	int refusals;		/* of user or password */
	int hidden;		/* a mechanism that does not show the password
				 * was tried */
	struct buf tried;	/* names, a blank after each */
	struct buf words;	/* why a token was refused */
	struct buf text;	/* the last reply that refused ... */
	int code;		/* ... and its code */
};

/* What an exchange may come to beside 0: the session is over, its ERR_ code; or
 * the server has refused, for the caller to judge; or LOGIN is to begin again
 * without initial response. */
enum { REFUSED = -1, AGAIN_BARE = -2 };

/* Says these words and a response in base64. */
static void
say_coded(struct smtp_session *s, struct str words, struct str name,
    const struct buf *raw, int is_initial)
{
	struct buf coded = { 0 };

	base64_add(&coded, buf_str(raw));
	if (is_initial)
		buf_set(&coded, coded.n ? buf_str(&coded) : STR("="));
	session_send(s, words, name, is_initial ? STR(" ") : STR(""),
	    buf_str(&coded));
	buf_wipe(&coded);
	buf_free(&coded);
}

/* Answers one challenge, the text of a 334 reply in base64. */
static int
respond(struct smtp_session *s, const struct sasl_mechanism *m,
    struct sasl *sasl)
{
	struct str text = str_skip(buf_str(&s->reply.text), 4);
	struct buf challenge = { 0 }, raw = { 0 };
	int rc;

	if (base64_decode(&challenge, str_trim(text)) < 0)
		buf_clear(&challenge);
	rc = m->answer(sasl, buf_str(&challenge), &raw);
	buf_free(&challenge);
	if (rc == 0)
		say_coded(s, STR(""), STR(""), &raw, 0);
	buf_wipe(&raw);
	buf_free(&raw);
	return rc;
}

/* AUTH and what the mechanism has to say first. 0, or -1 if it cannot. */
static int
say_auth(struct login *l, struct sasl *sasl)
{
	struct buf raw = { 0 };
	int rc = l->bare ? 0 : l->m->begin(sasl, &raw);

	if (rc >= 0)
		say_coded(l->s, STR("AUTH "), str_of(l->m->name), &raw, rc);
	buf_wipe(&raw);
	buf_free(&raw);
	return rc < 0 ? -1 : 0;
}

/* There is no answer to this challenge. */
static int
cancel(struct login *l, const struct sasl *sasl)
{
	struct smtp_session *s = l->s;

	if (!sasl->ahead)
		return session_end(s, FAULT_ADDRESS, ERR_PROTOCOL,
		    buf_str(&s->reply.text));
	session_send(s, STR("*"));
	return session_reply(s, PATIENCE_COMMAND) < 0 ? session_lost(s) :
	    AGAIN_BARE;
}

/* Some servers do not take a name that goes ahead; no password was sent. */
static int
first_refusal(struct login *l, const struct sasl *sasl, int class)
{
	int code = l->s->reply.code;

	if (sasl->ahead && !sasl->step && class == 5 && code != 504 &&
	    code != 534)
		return AGAIN_BARE;
	return REFUSED;
}

static int
prove(struct login *l, struct sasl *sasl)
{
	struct smtp_session *s = l->s;
	int class;

	if (say_auth(l, sasl) < 0)
		return session_end(s, FAULT_OURS, ERR_MSG_TEMP,
		    STR("No random numbers to authenticate with"));
	class = session_reply(s, PATIENCE_COMMAND);
	while (class == 3) {
		if (respond(s, l->m, sasl) < 0)
			return cancel(l, sasl);
		class = session_reply(s, PATIENCE_COMMAND);
	}
	if (class < 0)
		return session_lost(s);
	if (class != 2)
		return first_refusal(l, sasl, class);
	if (!l->m->done(sasl))
		return session_end(s, FAULT_REMOTE, ERR_MSG_TEMP,
		    STR("Server has not proven that it knows the password"));
	return 0;
}

static int
exchange(struct login *l)
{
	struct sasl sasl = { 0 };
	int rc;

	sasl.user = str_of(l->s->c.o->user);
	sasl.pass = str_of(l->s->c.o->pass);
	rc = prove(l, &sasl);
	if (sasl_is_token(l->m))
		buf_set(&l->words, buf_str(&sasl.first));
	sasl_free(&sasl);
	if (rc == AGAIN_BARE) {
		l->bare = 1;
		return exchange(l);
	}
	return rc;
}

static void
warn_of_clear_password(struct smtp_session *s)
{
	if (s->carried->warned || s->c.io.ssl || net_is_loopback(s->c.io.fd))
		return;
	s->carried->warned = 1;
	s->c.report->note(s->c.report->context, STR("Warning: the password "
	    "goes over the network in clear; use tls or starttls"));
}

/* Whether the mechanism shows the password to all who listen. It does not
 * follow one that does not: the password would be had by refusing that. */
static int
is_clear(const struct login *l)
{
	return !l->s->c.io.ssl && l->s->c.o->auth != AUTH_EXTERNAL &&
	    !strchr(l->m->name, '-');
}

/* The next mechanism to be tried, or NULL. What worked is the first. */
static const struct sasl_mechanism *
next_mechanism(struct login *l)
{
	struct smtp_session *s = l->s;
	struct str offered = buf_str(&s->ext.auth), name, known;
	const char *wanted = s->c.o->mechanism;
	const struct sasl_mechanism *m;

	if (wanted && l->tried.n)
		return NULL;
	known = str_of(s->carried->mechanism);
	name = str_cut(&known, ' ');
	if (wanted)
		m = sasl_find(str_of(wanted));
	else if (!l->tried.n && name.n && sasl_offered(offered, name))
		m = sasl_find(name);
	else
		m = sasl_choose(offered, buf_str(&l->tried),
		    s->c.io.ssl != NULL);
	l->bare = m && !l->tried.n && known.n && str_eq(name, str_of(m->name));
	return m;
}

static void
remember(const struct login *l)
{
	snprintf(l->s->carried->mechanism, sizeof l->s->carried->mechanism,
	    "%s%s", l->m->name, l->bare ? BARE : "");
}

/* The reply, and in which mechanisms' name. */
static void
keep_refusal(struct login *l)
{
	buf_clear(&l->text);
	buf_put(&l->text, "% (AUTH % as %%%)", buf_str(&l->s->reply.text),
	    str_trim(buf_str(&l->tried)), str_of(l->s->c.o->user),
	    l->words.n ? STR(": ") : STR(""), buf_str(&l->words));
	l->code = l->s->reply.code;
}

/* An offer of none is often one before TLS. */
static int
offers_nothing(struct smtp_session *s)
{
	struct str offered = str_trim(buf_str(&s->ext.auth));
	struct buf words = { 0 };
	int code;

	buf_put(&words, "Server does not advertise any supported "
	    "authentication methods: it offers %, we know ",
	    offered.n ? offered : STR("none"));
	sasl_names(&words);
	if (!offered.n && !s->c.io.ssl)
		buf_add(&words, STR("; many offer some after starttls"));
	code = session_end(s, FAULT_REMOTE, ERR_MSG_TEMP, buf_str(&words));
	buf_free(&words);
	return code;
}

/* No mechanism is left, or a server that has refused one has gone: what it
 * said to that one counts. */
static int
give_up(struct login *l)
{
	struct smtp_session *s = l->s;

	if (!l->text.n)
		return offers_nothing(s);
	session_end(s, FAULT_LOGIN, ERR_AUTH, buf_str(&l->text));
	s->c.reply = l->code;
	return ERR_AUTH;
}

/* 0: another mechanism may be tried. Else the session is over. */
static int
on_refusal(struct login *l)
{
	struct smtp_session *s = l->s;

	connection_blame(&s->c, s->reply.code, buf_str(&s->reply.text));
	if (s->c.fault == FAULT_ADDRESS && l->text.n)
		return give_up(l);
	keep_refusal(l);
	if (s->c.fault == FAULT_MECHANISM ||
	    (s->c.fault == FAULT_LOGIN && !l->refusals++))
		return 0;
	if (s->c.fault == FAULT_LOGIN)
		return give_up(l);
	session_refused(s);
	buf_set(&s->c.text, buf_str(&l->text));
	return ERR_MSG_TEMP;
}

static int
try_mechanisms(struct login *l)
{
	int rc = 0;

	while (!rc && (l->m = next_mechanism(l)) != NULL) {
		if (!is_clear(l))
			l->hidden = 1;
		else if (l->hidden)
			break;
		else
			warn_of_clear_password(l->s);
		buf_fmt(&l->tried, "%s ", l->m->name);
		rc = exchange(l);
		if (rc == 0) {
			remember(l);
			return 0;
		}
		if (rc == REFUSED)
			rc = on_refusal(l);
		else if (l->s->c.fault == FAULT_ADDRESS && l->text.n)
			rc = give_up(l);
	}
	return rc ? rc : give_up(l);
}

int
session_login(struct smtp_session *s)
{
	struct login l = { 0 };
	int rc;

	s->c.stage = STAGE_auth;
	if (s->c.o->auth == AUTH_EXTERNAL &&
	    !sasl_offered(buf_str(&s->ext.auth), STR("EXTERNAL")))
		return session_end(s, FAULT_REMOTE, ERR_MSG_TEMP, STR("Server "
		    "does not advertise certificate authentication"));
	if (s->c.o->auth != AUTH_EXTERNAL && (!s->c.o->user || !s->c.o->pass))
		return 0;
	l.s = s;
	rc = try_mechanisms(&l);
	buf_free(&l.tried);
	buf_free(&l.words);
	buf_free(&l.text);
	return rc;
}
