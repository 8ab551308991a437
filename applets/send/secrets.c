/* secrets - passwords that stand elsewhere: in a file, or with a command. */
#include <errno.h>
#include <string.h>

#include "../../lib/base/clock.h"
#include "../../lib/send/passcommand.h"
#include "../../lib/smtp/remote.h"
#include "../../lib/smtp/secret.h"
#include "sender.h"

#define WORD_MS 300000		/* what a command has printed is used */

static void
no_secret(struct sender *s, struct route *r, struct str words)
{
	struct result why = { ERR_CONFIG, FAULT_REMOTE, STAGE_auth, 0, 0,
		words };

	route_dead(s, r, &why);
}

static int
read_passfile(struct sender *s, struct route *r)
{
	struct buf why = { 0 };
	int rc;

	buf_wipe(&r->pass);
	rc = secret_read(r->remote->options.passfile, &r->pass, &why);
	if (rc < 0)
		no_secret(s, r, buf_str(&why));
	buf_free(&why);
	return rc == 0;
}

static void
ask(struct sender *s, struct route *r)
{
	const char *not = passcommand_forbidden();
	struct agent *a = not ? NULL : agent_command(r->remote);

	if (!a) {
		no_secret(s, r, str_of(not ? not : strerror(errno)));
		return;
	}
	a->owner = r;
	a->next = s->agents;
	s->agents = a;
	r->sessions++;
}

int
secrets_have(struct sender *s, struct route *r)
{
	const struct options *o = &r->remote->options;

	if (r->external || r->remote->fault)
		return 1;
	if (o->passfile)
		return read_passfile(s, r);
	if (!o->passcommand || (r->pass.n && clock_left(r->pass_until) > 0))
		return 1;
	ask(s, r);
	return 0;
}

void
secrets_told(struct sender *s, struct agent *a, int status)
{
	struct route *r = a->owner;
	struct buf why = { 0 };

	if (!r || s->stop)
		return;
	buf_wipe(&r->pass);
	if (passcommand_word(buf_str(&a->output), status, &r->pass, &why) < 0)
		no_secret(s, r, buf_str(&why));
	r->pass_until = clock_in(WORD_MS);
	buf_free(&why);
}

int
secrets_ask_again(struct route *r)
{
	if (!r->remote->options.passcommand || r->pass_again)
		return 0;
	r->pass_again = 1;
	buf_wipe(&r->pass);
	return 1;
}
