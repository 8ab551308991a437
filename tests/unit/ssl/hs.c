/* hs - which message may come in which state, and what is left of secrets. */
#include <stdlib.h>
#include <string.h>

#include "../../../ssl/alert.h"
#include "../../../ssl/hs.h"
#include "../../../ssl/key.h"
#include "../../../ssl/queue.h"
#include "../../../ssl/ssl.h"
#include "../../../ssl/suite.h"
#include "../../../ssl/verify.h"
#include "../t.h"

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
	h.min = BR_TLS12;
	h.max = TLS13;
	br_ssl_engine_set_hash(&h.eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(&h.eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_aes_ctr(&h.eng, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(&h.eng, br_ghash_ctmul64);
	br_ssl_engine_set_buffers_bidi(&h.eng, in, sizeof in, out, sizeof out);
	br_ssl_engine_inject_entropy(&h.eng, "the same each time", 18);
}

static void
drain(void)
{
	size_t n;

	while (br_ssl_engine_sendrec_buf(&h.eng, &n))
		br_ssl_engine_sendrec_ack(&h.eng, n);
}

/* As if the handshake had come so far. */
static void
come_to(enum state state)
{
	int tls13 = state > OPEN12;

	hs_start(&h);
	drain();
	h.state = state;
	if (state == WANT_HELLO)
		return;
	h.suite = suite_find(&h, tls13 ? 0x1301 : 0xC02F);
	h.eng.session.version = tls13 ? TLS13 : BR_TLS12;
	schedule_begin(&h.schedule, &br_sha256_vtable);
	h.open = state == OPEN || state == OPEN12;
}

/* A message without a body, in a record in clear. */
static void
send_empty(int type)
{
	unsigned char record[] = { HANDSHAKE, 3, 3, 0, 4, 0, 0, 0, 0 }, *to;
	size_t room, used = 0;

	record[5] = (unsigned char)type;
	while (used < sizeof record
	    && (to = br_ssl_engine_recvrec_buf(&h.eng, &room)) != NULL) {
		if (room > sizeof record - used)
			room = sizeof record - used;
		memcpy(to, record + used, room);
		br_ssl_engine_recvrec_ack(&h.eng, room);
		used += room;
	}
}

/* RFC 8446 A.1, RFC 5246 7.3. */
static const unsigned char allowed[][5] = {
	[WANT_HELLO] = { SERVER_HELLO },
	[WANT_CERTIFICATE12] = { CERTIFICATE },
	[WANT_KEY12] = { SERVER_KEY_EXCHANGE },
	[WANT_REQUEST12] = { CERTIFICATE_REQUEST, SERVER_HELLO_DONE },
	[WANT_DONE12] = { SERVER_HELLO_DONE },
	[WANT_CCS12] = { 0 },
	[WANT_FINISHED12] = { FINISHED },
	[OPEN12] = { 0 },
	[WANT_EXTENSIONS] = { ENCRYPTED_EXTENSIONS },
	[WANT_REQUEST] = { CERTIFICATE_REQUEST, CERTIFICATE },
	[WANT_CERTIFICATE] = { CERTIFICATE },
	[WANT_VERIFY] = { CERTIFICATE_VERIFY },
	[WANT_FINISHED] = { FINISHED },
	[OPEN] = { NEW_SESSION_TICKET, KEY_UPDATE }
};

static void
messages(void)
{
	int state, type, may, wrong = 0;

	for (state = WANT_HELLO; state <= OPEN; state++)
		for (type = 0; type < 256; type++) {
			come_to((enum state)state);
			send_empty(type);
			may = type == HELLO_REQUEST ? state <= OPEN12 :
			    strchr((const char *)allowed[state], type) !=
			    NULL;
			wrong += may == (hs_failed(&h)
			    && h.ours == UNEXPECTED_MESSAGE);
		}
	T(wrong == 0);
	T(state == 14);
}

/* Whatever comes after a failure is not even looked at. */
static void
failure(void)
{
	come_to(WANT_VERIFY);
	send_empty(FINISHED);
	T(hs_failed(&h) && h.ours == UNEXPECTED_MESSAGE);
	hs_fail(&h, DECODE_ERROR, "another reason");
	T(h.ours == UNEXPECTED_MESSAGE && strcmp(h.why, "another reason"));
	h.state = OPEN;
	send_empty(KEY_UPDATE);
	T(hs_failed(&h) && !h.open && !h.eng.application_data);
	come_to(WANT_HELLO);
	T(!hs_failed(&h) && h.ours < 0 && !h.why);
}

static int
zero(const void *p, size_t n)
{
	const unsigned char *byte = p;

	while (n && !byte[n - 1])
		n--;
	return !n;
}
#define ZERO(field) zero(&(field), sizeof(field))

static void
secrets(void)
{
	unsigned char keys[RECORD_KEYS_MAX];
	struct writer w = { 0 };

	come_to(OPEN);
	memset(keys, 0x5A, sizeof keys);
	memset(&h.secret, 0x5A, sizeof h.secret);
	memset(&h.kex, 0x5A, sizeof h.kex);
	memset(h.schedule.client, 0x5A, sizeof h.schedule.client);
	memset(h.eng.session.master_secret, 0x5A, 48);
	record_in(&h, keys);
	record_out(&h, keys);
	writer_bytes(&h.share, keys, 10);
	queue_begin(&w, FINISHED);
	queue_end(&h, &w);
	T(h.queue.n == 8 && !ZERO(h.in_seal) && !ZERO(h.out_seal));
	hs_forget(&h);
	T(ZERO(h.kex) && ZERO(h.secret) && ZERO(h.schedule.secret));
	T(ZERO(h.eng.session.master_secret) && !h.share.p && !h.msg);
	T(!ZERO(h.schedule.client) && !ZERO(h.in_seal));
	hs_wipe(&h);
	T(ZERO(h.schedule) && ZERO(h.in_seal) && ZERO(h.out_seal));
	T(ZERO(h.eng.in) && ZERO(h.eng.out) && !h.queue.p);
}

int
main(void)
{
	set_up();
	if (!h.key || !h.verify)
		return 1;
	messages();
	failure();
	secrets();
	hs_wipe(&h);
	key_free(h.key);
	verify_free(h.verify);
	return T_END();
}
