/* sasl - how a client proves who it is. */
#include "sasl.h"

static void
plain_begin(struct sasl *s, struct buf *response)
{
	buf_cat(response, STR("\0"), s->user, STR("\0"), s->pass);
}

static int
no_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	(void)s, (void)challenge, (void)response;
	return -1;
}

static void
login_begin(struct sasl *s, struct buf *response)
{
	buf_add(response, s->user);
}

/* Servers that overlook the initial response ask for the name again. */
static int
login_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	if (s->step++ > 1)
		return -1;
	if (str_istarts(challenge, STR("user")))
		buf_add(response, s->user);
	else
		buf_add(response, s->pass);
	return 0;
}

static void
external_begin(struct sasl *s, struct buf *response)
{
	(void)s, (void)response;
}

static const struct sasl_mechanism mechanisms[] = {
	{ "PLAIN", plain_begin, no_answer },
	{ "LOGIN", login_begin, login_answer },
	{ "EXTERNAL", external_begin, no_answer },
};

const struct sasl_mechanism *
sasl_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (str_ieq(str_of(mechanisms[i].name), name))
			return &mechanisms[i];
	return NULL;
}

int
sasl_offered(struct str offered, struct str name)
{
	while (offered.n)
		if (str_ieq(str_cut(&offered, ' '), name))
			return 1;
	return 0;
}

const struct sasl_mechanism *
sasl_choose(struct str offered)
{
	if (sasl_offered(offered, STR("PLAIN")))
		return sasl_find(STR("PLAIN"));
	if (sasl_offered(offered, STR("LOGIN")))
		return sasl_find(STR("LOGIN"));
	return NULL;
}
