/* stubs - what the sender names of the rest of the program: the protocols, that
 * only workers use, and the queue program, that only writers of reports do. */
#include <stdlib.h>

#include "../../../applets/applets.h"
#include "../../../lib/net/sandbox.h"
#include "../../../lib/smtp/options.h"
#include "../../../lib/smtp/protocol.h"

static const struct protocol smtp = { .name = "smtp" };

const struct protocol *
protocol_find(struct str name)
{
	return str_eq(name, STR("smtp")) ? &smtp : NULL;
}

int
protocol_check(const struct protocol *p, struct options *o, struct buf *why)
{
	(void)p;
	return options_check(o, 25, 465, why);
}

const char *
sandbox_lacks(void)
{
	return NULL;
}

int
queue_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	abort();
}
