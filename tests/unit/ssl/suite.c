/* suite - what is offered to whom, and in which order. */
#include <stdlib.h>
#include <string.h>

#include "../../../ssl/hs.h"
#include "../../../ssl/suite.h"
#include "../t.h"

static struct hs h;
static unsigned list[64];
static size_t count;

static void
offer(unsigned max, int anon)
{
	struct writer w = { 0 };
	struct reader r;

	h.max = max;
	h.offer_anon = anon;
	suite_list(&h, &w);
	r.p = w.p;
	r.n = w.n;
	r.bad = 0;
	r = reader_vector(&r, 2);
	for (count = 0; r.n && count < 64; count++)
		list[count] = (unsigned)reader_number(&r, 2);
	writer_free(&w);
}

static size_t
place(unsigned id)
{
	size_t i;

	for (i = 0; i < count && list[i] != id; i++)
		;
	return i;
}

static int
unique(void)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (place(list[i]) != i || !suite_find(&h, list[i]))
			return 0;
	return 1;
}

/* Row by row: what the names of the numbers say. */
static void
rows(void)
{
	size_t i;
	int wrong = 0;

	for (i = 0; i < count; i++) {
		const struct suite *s = suite_find(&h, list[i]);

		wrong += (s->cipher == CIPHER_CBC) != (s->mac != 0);
		wrong += s->cipher == CIPHER_CHAPOL && s->key != 32;
		wrong += s->cipher == CIPHER_GCM
		    && (s->key == 32) != (s->hash == br_sha384_ID);
		wrong += s->mac == br_sha384_ID && s->hash != br_sha384_ID;
		wrong += (s->kx == KX_13) != (list[i] >> 8 == 0x13);
		wrong += s->kx == KX_ECDHE && list[i] >> 8 != 0xC0
		    && list[i] >> 8 != 0xCC;
	}
	T(wrong == 0);
}

int
main(void)
{
	offer(TLS13, 1);
	T(count == 38 && unique());
	rows();
	offer(TLS13, 0);
	T(count == 30 && unique());
	T(place(0x1301) < place(0xC02B) && place(0x1303) < place(0xC02B));
	T(place(0xC02F) < place(0x009E) && place(0x009E) < place(0xC013));
	T(place(0xCCA8) < place(0xCCAA) && place(0x0033) < place(0x009C));
	T(!suite_find(&h, 0xC018) && !suite_find(&h, 0x0034));
	T(!suite_find(&h, 0x1304) && !suite_find(&h, 0x0005));
	offer(BR_TLS12, 1);
	T(count == 35 && unique() && !suite_find(&h, 0x1301));
	T(place(0xC019) == 27 && place(0xC018) == 28 && place(0x0034) == 34);
	offer(BR_TLS12, 0);
	T(count == 27 && unique());
	return T_END();
}
