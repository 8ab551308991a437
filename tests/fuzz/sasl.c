/* sasl - any bytes as what a server says to a login: the first line is what it
 * offers, each other one a challenge. */
#include <stdint.h>
#include <stdlib.h>

#include "../../lib/base/base64.h"
#include "../../lib/smtp/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
login(const struct sasl_mechanism *m, struct str challenges)
{
	struct sasl s = { 0 };
	struct buf out = { 0 }, raw = { 0 };

	s.user = STR("jane");
	s.pass = STR("secret");
	if (m->begin(&s, &out) < 0)
		abort();
	while (challenges.n) {
		struct str line = str_cut(&challenges, '\n');

		buf_clear(&raw);
		buf_clear(&out);
		if (base64_decode(&raw, line) < 0)
			buf_set(&raw, line);
		if (m->answer(&s, buf_str(&raw), &out) < 0)
			break;
	}
	m->done(&s);
	sasl_free(&s);
	buf_free(&out);
	buf_free(&raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n };
	struct str offered = str_cut(&rest, '\n');
	const struct sasl_mechanism *m;
	int in_private;

	for (in_private = 0; in_private < 2; in_private++) {
		m = sasl_choose(offered, STR(""), in_private);
		if (m && !sasl_offered(offered, str_of(m->name)))
			abort();
		if (m)
			login(m, rest);
	}
	return 0;
}
