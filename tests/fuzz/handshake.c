/* handshake - what a server sends, from any state of the handshake on. The
 * first three bytes choose versions, state and suite; the rest are records,
 * which are taken for clear ones whatever the keys are, so that every message
 * is reached. No input can hold a Finished that fits: no session may come to be
 * open. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ssl/alert.h"
#include "../../ssl/hs.h"
#include "../../ssl/key.h"
#include "../../ssl/ssl.h"
#include "../../ssl/suite.h"
#include "../../ssl/verify.h"
#include "../../ssl/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct hs h;
static unsigned char in[16384 + 325], out[16384 + 85];

static void
set_up(void)
{
	static struct ssl_conf conf;
	char why[500];

	conf.host = h.name = "mail.test";
	conf.insecure = 1;
	h.key = key_new(&conf, why, sizeof why);
	h.verify = verify_new(&conf, why, sizeof why);
	if (!h.key || !h.verify)
		abort();
	br_ssl_engine_set_hash(&h.eng, br_md5_ID, &br_md5_vtable);
	br_ssl_engine_set_hash(&h.eng, br_sha1_ID, &br_sha1_vtable);
	br_ssl_engine_set_hash(&h.eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(&h.eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(&h.eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_aes_ctr(&h.eng, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(&h.eng, br_ghash_ctmul64);
	br_ssl_engine_set_chacha20(&h.eng, br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(&h.eng, br_poly1305_ctmul_run);
	br_ssl_engine_set_buffers_bidi(&h.eng, in, sizeof in, out, sizeof out);
	br_ssl_engine_inject_entropy(&h.eng, "the same each time", 18);
}

/* What goes out goes nowhere. */
static void
drain(void)
{
	size_t n;

	while (br_ssl_engine_sendrec_buf(&h.eng, &n))
		br_ssl_engine_sendrec_ack(&h.eng, n);
}

static const struct suite *
pick(unsigned n)
{
	static const uint16_t ids[] = {
		0x1301, 0x1302, 0x1303, 0xC02F, 0xC030, 0xCCA8, 0xC02B, 0x009E,
		0x0033, 0xC013, 0xC028, 0x002F, 0x009C, 0xC018, 0x00A7, 0x0034
	};

	return suite_find(&h, ids[n % 16]);
}

/* As if the handshake had come so far. */
static void
jump(unsigned state, unsigned suite)
{
	int tls13;

	h.state = (enum state)(state % (OPEN + 1));
	if (h.state == WANT_HELLO)
		return;
	h.suite = pick(suite);
	if (!h.suite)
		h.suite = suite_find(&h, 0xC02F);
	tls13 = h.state > OPEN12;
	if (tls13 != (h.suite->kx == KX_13))
		h.suite = suite_find(&h, tls13 ? 0x1301 : 0xC02F);
	if (!h.suite)
		exit(1);
	h.eng.session.version = tls13 ? TLS13 : BR_TLS12;
	if (!tls13)
		return;
	schedule_begin(&h.schedule, h.suite->hash == br_sha384_ID
	    ? &br_sha384_vtable : &br_sha256_vtable);
	schedule_next(&h.schedule, "secret", 6);
}

/* One record: header and contents, as clear text. Returns the bytes used. */
static size_t
feed(const uint8_t *p, size_t n)
{
	unsigned char *to;
	size_t room, used = 0;

	while (used < n) {
		h.eng.incrypt = 0;
		to = br_ssl_engine_recvrec_buf(&h.eng, &room);
		if (!to || !room)
			break;
		if (room > n - used)
			room = n - used;
		memcpy(to, p + used, room);
		br_ssl_engine_recvrec_ack(&h.eng, room);
		used += room;
		drain();
	}
	return used;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const unsigned char *words;
	char why[600] = "";
	int open;

	if (n < 3)
		return 0;
	if (!h.key)
		set_up();
	h.offer_anon = data[0] & 1;
	h.min = data[0] & 2 ? BR_TLS10 : BR_TLS12;
	h.max = data[1] % (OPEN + 1) <= OPEN12 && data[0] & 4 ? BR_TLS12
	    : TLS13;
	hs_start(&h);
	drain();
	jump(data[1], data[2]);
	h.open = open = h.state == OPEN || h.state == OPEN12;
	feed(data + 3, n - 3);
	if (h.open && !open)
		abort();
	if (hs_failed(&h) && h.eng.err != BR_ERR_OK) {
		why_failed(&h, 0, why, sizeof why);
		if (strlen(why) < 20 ||
		    alert_last_words(&h, &words) > sizeof out)
			abort();
	}
	hs_wipe(&h);
	return 0;
}
