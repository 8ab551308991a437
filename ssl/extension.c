/* extension - the extensions a server sends; see extension.h. */
#include <string.h>

#include "alert.h"
#include "extension.h"
#include "hs.h"

const char extension_bad[] =
    "the server sent a bad extension, or one not asked for";

/* Those that some servers of TLS 1.2 send without need do no harm. */
static const struct {
	uint16_t type;
	unsigned char where;
	unsigned char tls13;	/* offered with TLS 1.3 only */
	unsigned char kept;	/* where in struct extensions */
} known[] = {
	{ EXT_SNI, IN_HELLO12 | IN_ENCRYPTED, 0, REST },
	{ EXT_GROUPS, IN_HELLO12 | IN_ENCRYPTED, 0, REST },
	{ EXT_POINTS, IN_HELLO12, 0, REST },
	{ EXT_SCHEMES, IN_HELLO12 | IN_REQUEST, 0, SCHEMES },
	{ EXT_EMS, IN_HELLO12, 0, EMS },
	{ EXT_RENEG, IN_HELLO12, 0, RENEG },
	{ EXT_VERSIONS, IN_HELLO | IN_RETRY, 1, VERSIONS },
	{ EXT_SHARE, IN_HELLO | IN_RETRY, 1, SHARE },
	{ EXT_COOKIE, IN_RETRY, 1, COOKIE },
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* The alert for an extension here, -1 when it may be. In a request the server
 * may name what we have not offered, and what we do not know. */
static int
judge_extension(const struct hs *h, unsigned type, struct reader body,
    unsigned where, unsigned *seen, struct extensions *e)
{
	unsigned i;

	for (i = 0; i < KNOWN && known[i].type != type; i++)
		;
	if (i < KNOWN) {
		if (*seen & 1u << i)
			return ILLEGAL_PARAMETER;
		*seen |= 1u << i;
		e->of[known[i].kept] = body;
	}
	if (where == IN_REQUEST)
		return -1;
	if (i == KNOWN || (known[i].tls13 && h->max != TLS13)
	    || (type == EXT_SNI && !*h->name))
		return UNSUPPORTED_EXTENSION;
	if (!(known[i].where & where))
		return ILLEGAL_PARAMETER;
	if ((type == EXT_SNI || type == EXT_EMS) && body.n)
		return DECODE_ERROR;
	return -1;
}

int
extensions_read(struct hs *h, struct reader *r, unsigned where,
    struct extensions *e)
{
	struct reader all = reader_vector(r, 2), body;
	unsigned type, seen = 0;
	int alert = all.bad ? DECODE_ERROR : -1;

	memset(e, 0, sizeof *e);
	while (alert < 0 && all.n) {
		type = (unsigned)reader_number(&all, 2);
		body = reader_vector(&all, 2);
		if (all.bad)
			alert = DECODE_ERROR;
		else
			alert = judge_extension(h, type, body, where, &seen, e);
	}
	if (alert >= 0)
		hs_fail(h, alert, extension_bad);
	return alert < 0;
}
