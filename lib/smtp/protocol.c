/* protocol - the built-in protocols. */
#include "../base/buf.h"
#include "options.h"
#include "protocol.h"
#include "qmqp.h"
#include "smtp.h"

const struct protocol *
protocol_find(struct str name)
{
	static const struct protocol *const rows[] = {
		&smtp_protocol, &qmqp_protocol
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (str_eq(name, str_of(rows[i]->name)))
			return rows[i];
	return NULL;
}

int
protocol_check(const struct protocol *p, struct options *o, struct buf *why)
{
	int code = options_check(o, p->port, p->port_tls, why);

	if (code || !o->starttls || p->starttls)
		return code;
	buf_add(why, STR("QMQP does not support STARTTLS"));
	return ERR_USAGE;
}
