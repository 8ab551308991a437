/* extension - the extensions a server sends; see extension.h. */
#include <string.h>

#include "alert.h"
#include "extension.h"
#include "hs.h"

const char extension_bad[] =
    "the server sent a bad extension, or one nobody asked for";

/* Those that some servers of TLS 1.2 send without need do no harm. */
static const struct {
	uint16_t type;
	unsigned char where;
	unsigned char tls13;	/* offered with TLS 1.3 only */
} known[] = {
	{ EXT_SNI, IN_HELLO12 | IN_ENCRYPTED, 0 },
	{ EXT_GROUPS, IN_HELLO12 | IN_ENCRYPTED, 0 },
	{ EXT_POINTS, IN_HELLO12, 0 },
	{ EXT_SCHEMES, IN_HELLO12 | IN_REQUEST, 0 },
	{ EXT_EMS, IN_HELLO12, 0 },
	{ EXT_RENEG, IN_HELLO12, 0 },
	{ EXT_VERSIONS, IN_HELLO | IN_RETRY, 1 },
	{ EXT_SHARE, IN_HELLO | IN_RETRY, 1 },
	{ EXT_COOKIE, IN_RETRY, 1 },
};
enum { KNOWN = sizeof known / sizeof known[0] };

static void
keep_extension(struct extensions *e, unsigned type, struct reader body)
{
	switch (type) {
	case EXT_VERSIONS: e->version = body; break;
	case EXT_SHARE: e->share = body; break;
	case EXT_COOKIE: e->cookie = body; break;
	case EXT_SCHEMES: e->schemes = body; break;
	case EXT_EMS: e->ems = body; break;
	case EXT_RENEG: e->reneg = body; break;
	}
}

/* The alert for an extension here, -1 when it may be. In a request the server
 * may name what we have not offered, and what nobody knows. */
static int
judge_extension(const struct hs *h, unsigned type, size_t n, unsigned where,
    unsigned *seen)
{
	unsigned i;

	for (i = 0; i < KNOWN && known[i].type != type; i++)
		;
	if (i < KNOWN && *seen & 1u << i)
		return ILLEGAL_PARAMETER;
	if (i < KNOWN)
		*seen |= 1u << i;
	if (where == IN_REQUEST)
		return -1;
	if (i == KNOWN || (known[i].tls13 && h->max != TLS13)
	    || (type == EXT_SNI && !*h->name))
		return UNSUPPORTED_EXTENSION;
	if (!(known[i].where & where))
		return ILLEGAL_PARAMETER;
	if ((type == EXT_SNI || type == EXT_EMS) && n)
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
			alert = judge_extension(h, type, body.n, where, &seen);
		keep_extension(e, type, body);
	}
	if (alert >= 0)
		hs_fail(h, alert, extension_bad);
	return alert < 0;
}
