/* anon - ECDH_anon and DH_anon for BearSSL's client (RFC 5246 7.4, RFC 8422)
 * BearSSL's handshake knows nothing of suites without certificates, but the
 * engine around it is open: a function pointer runs the handshake. We put the
 * anonymous suites into the ClientHello it has written, read along until the
 * ServerHello tells which suite the server chose, and either hand back every
 * byte or carry the connection to its end ourselves. */
#include <stddef.h>
#include <string.h>

#include <bearssl.h>

#include "anon.h"

/* Linked from the library; its own header src/inner.h declares them thus. */
void br_ssl_engine_fail(br_ssl_engine_context *, int);
void br_ssl_engine_flush_record(br_ssl_engine_context *);
int br_ssl_engine_recvrec_finished(const br_ssl_engine_context *);
br_tls_prf_impl br_ssl_engine_get_PRF(br_ssl_engine_context *, int);
void br_ssl_engine_compute_master(br_ssl_engine_context *, int,
    const void *, size_t);
void br_ssl_engine_switch_cbc_in(br_ssl_engine_context *, int, int, int,
    const br_block_cbcdec_class *, size_t);
void br_ssl_engine_switch_cbc_out(br_ssl_engine_context *, int, int, int,
    const br_block_cbcenc_class *, size_t);
void br_ssl_engine_switch_gcm_in(br_ssl_engine_context *, int, int,
    const br_block_ctr_class *, size_t);
void br_ssl_engine_switch_gcm_out(br_ssl_engine_context *, int, int,
    const br_block_ctr_class *, size_t);

enum { FAILED = 0 };	/* br_ssl_engine_context.iomode */

/* Record types, message types and extensions. */
enum { CCS = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23 };
enum {
	HELLO_REQUEST = 0, SERVER_HELLO = 2, SERVER_KEY = 12,
	SERVER_DONE = 14, CLIENT_KEY = 16, FINISHED = 20
};
enum {
	EXT_SNI = 0, EXT_CURVES = 10, EXT_POINTS = 11, EXT_SIGALGS = 13,
	EXT_RENEG = 0xFF01
};

enum state {
	PEEK,		/* no suite known; the bytes read so far are in msg */
	WANT_HELLO, WANT_KEY, WANT_DONE,
	SEND_KEY, SEND_CCS, SEND_FINISHED,
	WANT_CCS, WANT_FINISHED,
	OPEN,
	CLOSING,	/* close_notify not written */
	CLOSED		/* close_notify written; perhaps not gone */
};

/* The suite that BearSSL writes any number of times without knowing it. */
enum { PLACEHOLDER = 0x5600 };

/* Group sizes in bytes: servers still hand out 1024 bits, and BearSSL's
 * arithmetic ends at 4096. */
enum { DH_MIN = 128, DH_MAX = 512 };

struct anon_suite {
	uint16_t id;
	unsigned char ecdh;
	unsigned char key;	/* bytes */
	unsigned char mac;	/* hash, 0 for GCM */
	unsigned char prf;	/* hash, from TLS 1.2 on */
};

/* In the order offered: ECDH before DH, and AES-256 before AES-128 because
 * Postfix has a group of 1024 bits for the latter. */
static const struct anon_suite suites[] = {
	{ 0xC019, 1, 32, br_sha1_ID, br_sha256_ID },
	{ 0xC018, 1, 16, br_sha1_ID, br_sha256_ID },
	{ 0x00A7, 0, 32, 0, br_sha384_ID },
	{ 0x00A6, 0, 16, 0, br_sha256_ID },
	{ 0x006D, 0, 32, br_sha256_ID, br_sha256_ID },
	{ 0x006C, 0, 16, br_sha256_ID, br_sha256_ID },
	{ 0x003A, 0, 32, br_sha1_ID, br_sha256_ID },
	{ 0x0034, 0, 16, br_sha1_ID, br_sha256_ID },
};
enum { SUITES = sizeof suites / sizeof suites[0] };

/* Bytes still to be read; bad once more was asked for than there was. */
struct reader {
	const unsigned char *p;
	size_t n;
	int bad;
};

static const unsigned char *
get_bytes(struct reader *r, size_t n)
{
	const unsigned char *p = r->p;

	if (n > r->n) {
		r->bad = 1;
		r->n = 0;
		return NULL;
	}
	r->p += n;
	r->n -= n;
	return p;
}

static unsigned
get8(struct reader *r)
{
	const unsigned char *p = get_bytes(r, 1);

	return p ? p[0] : 0;
}

static unsigned
get16(struct reader *r)
{
	const unsigned char *p = get_bytes(r, 2);

	return p ? (unsigned)p[0] << 8 | p[1] : 0;
}

/* A part with its own length in front, of 16 bits. */
static struct reader
get_part(struct reader *r)
{
	struct reader part = { NULL, 0, 0 };
	size_t n = get16(r);

	part.p = get_bytes(r, n);
	part.n = part.p ? n : 0;
	part.bad = r->bad;
	return part;
}

static void
put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static int
over(const struct anon *a)
{
	return a->sc.eng.iomode == FAILED;
}

static void
fail(struct anon *a, int err, const char *why)
{
	if (!over(a))
		a->why = why;
	br_ssl_engine_fail(&a->sc.eng, err);
}

static const struct anon_suite *
find_suite(unsigned id)
{
	size_t i;

	for (i = 0; i < SUITES; i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

/* ---- the ClientHello ---- */

/* BearSSL means to name X25519 first and names it last; servers that follow
 * the client would take P-256, which costs three times as much. */
static void
curves_in_order(struct reader list)
{
	unsigned char *p = (unsigned char *)list.p;
	size_t i;

	for (i = 2; i + 1 < list.n; i += 2) {
		if (p[i] != 0 || p[i + 1] != BR_EC_curve25519)
			continue;
		memmove(p + 2, p, i);
		put16(p, BR_EC_curve25519);
		return;
	}
}

static void
patch_extensions(struct reader *r)
{
	struct reader all = get_part(r), one;
	unsigned type;

	while (all.n) {
		type = get16(&all);
		one = get_part(&all);
		if (type == EXT_CURVES && !one.bad)
			curves_in_order(get_part(&one));
		r->bad |= all.bad;
	}
}

/* The ClientHello lies finished and unsent in the output buffer, in one
 * record. Its suites get their numbers and it is hashed anew. */
static void
patch_hello(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	struct reader r = { NULL, 0, 0 }, list;
	unsigned char *hello;
	size_t size, i, from;

	hello = br_ssl_engine_sendrec_buf(eng, &size);
	r.p = hello;
	r.n = hello ? size : 0;
	get_bytes(&r, 5 + 4 + 2 + 32);
	get_bytes(&r, get8(&r));
	list = get_part(&r);
	get_bytes(&r, get8(&r));
	patch_extensions(&r);
	if (r.bad || r.n || list.n != 2 * (size_t)eng->suites_num) {
		fail(a, BR_ERR_BAD_STATE, "unknown version of BearSSL");
		return;
	}
	from = list.n / 2 - (a->state == PEEK ? SUITES : 0);
	for (i = from; i < list.n / 2; i++) {
		put16((unsigned char *)list.p + 2 * i, suites[i - from].id);
		eng->suites_buf[i] = suites[i - from].id;
	}
	br_multihash_init(&eng->mhash);
	br_multihash_update(&eng->mhash, hello + 5, size - 5);
}

/* ---- secrets ---- */

static void
master(struct anon *a, const unsigned char *pms, size_t n)
{
	br_ssl_engine_compute_master(&a->sc.eng, a->suite->prf, pms, n);
}

static void
switch_out(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	const struct anon_suite *s = a->suite;

	if (s->mac)
		br_ssl_engine_switch_cbc_out(eng, 1, s->prf, s->mac,
		    eng->iaes_cbcenc, s->key);
	else
		br_ssl_engine_switch_gcm_out(eng, 1, s->prf, eng->iaes_ctr,
		    s->key);
}

static void
switch_in(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	const struct anon_suite *s = a->suite;

	if (s->mac)
		br_ssl_engine_switch_cbc_in(eng, 1, s->prf, s->mac,
		    eng->iaes_cbcdec, s->key);
	else
		br_ssl_engine_switch_gcm_in(eng, 1, s->prf, eng->iaes_ctr,
		    s->key);
}

/* verify_data (RFC 5246 7.4.9, RFC 2246 7.4.9) over the messages so far. */
static void
finished(struct anon *a, const char *label, unsigned char out[12])
{
	br_ssl_engine_context *eng = &a->sc.eng;
	unsigned char hash[64];
	br_tls_prf_seed_chunk seed = { hash, 36 };

	if (eng->session.version >= BR_TLS12) {
		seed.len = br_multihash_out(&eng->mhash, a->suite->prf, hash);
	} else {
		br_multihash_out(&eng->mhash, br_md5_ID, hash);
		br_multihash_out(&eng->mhash, br_sha1_ID, hash + 16);
	}
	br_ssl_engine_get_PRF(eng, a->suite->prf)(out, 12,
	    eng->session.master_secret, sizeof eng->session.master_secret,
	    label, 1, &seed);
}

/* One record, which always fits: the buffer is empty and of full size. */
static void
put_record(struct anon *a, unsigned type, const unsigned char *p, size_t n)
{
	br_ssl_engine_context *eng = &a->sc.eng;

	if (n > eng->hlen_out) {
		fail(a, BR_ERR_BAD_STATE, NULL);
		return;
	}
	eng->record_type_out = (unsigned char)type;
	memcpy(eng->hbuf_out, p, n);
	eng->hbuf_out += n;
	eng->hlen_out -= n;
	if (type == HANDSHAKE)
		br_multihash_update(&eng->mhash, p, n);
	br_ssl_engine_flush_record(eng);
}

/* ---- messages from the server ---- */

/* 0 when this extension may be here, each but once. */
static int
check_extension(struct anon *a, unsigned type, struct reader body,
    unsigned *seen)
{
	static const unsigned known[] = {
		EXT_SNI, EXT_CURVES, EXT_POINTS, EXT_SIGALGS, EXT_RENEG
	};
	unsigned i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i] == type)
			break;
	if (i == sizeof known / sizeof known[0] || *seen & 1u << i)
		return -1;
	*seen |= 1u << i;
	if (type == EXT_SNI)
		return a->sni && body.n == 0 ? 0 : -1;
	if (type != EXT_RENEG)
		return 0;
	a->sc.eng.reneg = 2;
	return body.n == 1 && body.p[0] == 0 ? 0 : -1;
}

static int
check_extensions(struct anon *a, struct reader *r)
{
	struct reader all, one;
	unsigned type, seen = 0;

	if (!r->n)
		return 0;
	all = get_part(r);
	while (all.n) {
		type = get16(&all);
		one = get_part(&all);
		if (all.bad || check_extension(a, type, one, &seen) < 0)
			return -1;
	}
	return all.bad ? -1 : 0;
}

static void
server_hello(struct anon *a, struct reader r)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	unsigned version = get16(&r), compression;
	const unsigned char *random = get_bytes(&r, 32);
	size_t sid = get8(&r);

	get_bytes(&r, sid);
	a->suite = find_suite(get16(&r));
	compression = get8(&r);
	if (r.bad || !a->suite)
		fail(a, BR_ERR_BAD_HANDSHAKE, "malformed ServerHello");
	else if (version < eng->version_min || version > eng->version_max)
		fail(a, BR_ERR_UNSUPPORTED_VERSION, NULL);
	else if (version != eng->version_in)
		fail(a, BR_ERR_BAD_VERSION, NULL);
	else if (sid > 32)
		fail(a, BR_ERR_OVERSIZED_ID, NULL);
	else if (version < BR_TLS12 && a->suite->mac != br_sha1_ID)
		fail(a, BR_ERR_BAD_CIPHER_SUITE, NULL);
	else if (compression)
		fail(a, BR_ERR_BAD_COMPRESSION, NULL);
	else if (check_extensions(a, &r) < 0)
		fail(a, BR_ERR_EXTRA_EXTENSION, NULL);
	else if (r.n)
		fail(a, BR_ERR_BAD_HANDSHAKE, "bytes behind the ServerHello");
	if (over(a))
		return;
	memcpy(eng->server_random, random, 32);
	eng->version_out = (uint16_t)version;
	eng->session.version = (uint16_t)version;
	eng->session.cipher_suite = a->suite->id;
	eng->session.session_id_len = 0;
	a->state = WANT_KEY;
}

/* ClientKeyExchange with our public value, which lies behind a header of
 * 4 + lead bytes already. */
static void
cke_ready(struct anon *a, size_t lead, size_t n)
{
	a->cke[0] = CLIENT_KEY;
	a->cke[1] = 0;
	put16(a->cke + 2, (unsigned)(lead + n));
	if (lead == 1)
		a->cke[4] = (unsigned char)n;
	else
		put16(a->cke + 4, (unsigned)n);
	a->cke_n = 4 + lead + n;
	a->state = WANT_DONE;
}

/* A private key between 1 and the order, as BearSSL itself makes it: a few
 * bits shorter than the order and odd. Returns its size. */
static size_t
ec_key(struct anon *a, int curve, unsigned char key[66])
{
	br_ssl_engine_context *eng = &a->sc.eng;
	const unsigned char *order;
	unsigned mask = 0xFF;
	size_t n;

	order = eng->iec->order(curve, &n);
	while (mask >= order[0])
		mask >>= 1;
	br_hmac_drbg_generate(&eng->rng, key, n);
	key[0] &= (unsigned char)mask;
	key[n - 1] |= 1;
	return n;
}

static int
all_zero(const unsigned char *p, size_t n)
{
	unsigned char any = 0;

	while (n--)
		any |= p[n];
	return !any;
}

/* RFC 8422 5.4 without the signature. BearSSL 0.6 does not look at the size of
 * a point it multiplies. */
static void
server_ecdh(struct anon *a, struct reader r)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	unsigned char key[66], point[133];
	unsigned type = get8(&r), curve = get16(&r);
	size_t n = get8(&r), key_n, want, off, len;
	const unsigned char *p = get_bytes(&r, n);

	if (r.bad || r.n || type != 3 || curve >= 32
	    || !(eng->iec->supported_curves >> curve & 1)) {
		fail(a, BR_ERR_INVALID_ALGORITHM,
		    "malformed ECDH key or unknown curve");
		return;
	}
	eng->iec->generator((int)curve, &want);
	if (n != want) {
		fail(a, BR_ERR_INVALID_ALGORITHM, "ECDH point of a wrong size");
		return;
	}
	memcpy(point, p, n);
	key_n = ec_key(a, (int)curve, key);
	off = eng->iec->xoff((int)curve, &len);
	if (!eng->iec->mul(point, n, key, key_n, (int)curve)
	    || all_zero(point + off, len)) {
		fail(a, BR_ERR_INVALID_ALGORITHM, "ECDH point off the curve");
	} else {
		master(a, point + off, len);
		eng->iec->mulgen(a->cke + 5, key, key_n, (int)curve);
		cke_ready(a, 1, n);
	}
	explicit_bzero(key, sizeof key);
	explicit_bzero(point, sizeof point);
}

static void
strip(struct reader *r)
{
	while (r->n && r->p[0] == 0) {
		r->p++;
		r->n--;
	}
}

/* Puts v at the end of out, which has the size of p. 0 unless 1 < v < p - 1;
 * p is odd. */
static int
dh_value(const struct reader *v, const struct reader *p, unsigned char *out)
{
	unsigned char low[DH_MAX];

	if (v->n == 0 || v->n > p->n || (v->n == 1 && v->p[0] <= 1))
		return 0;
	memset(out, 0, p->n - v->n);
	memcpy(out + (p->n - v->n), v->p, v->n);
	memcpy(low, p->p, p->n);
	low[p->n - 1] &= 0xFE;
	return memcmp(out, low, p->n) < 0;
}

static const char *
check_group(const struct reader *p)
{
	if (p->n < DH_MIN || (p->n == DH_MIN && !(p->p[0] & 0x80)))
		return "the server's DH group has less than 1024 bits";
	if (p->n > DH_MAX)
		return "the server's DH group has more than 4096 bits";
	return p->p[p->n - 1] & 1 ? NULL : "the server's DH prime is even";
}

/* g^x and y^x mod p. BearSSL's RSA is that very operation, and constant-time
 * in the exponent. Twice the bits of the group's strength are enough for x,
 * which serves once. The secret loses its leading zeros (RFC 5246 8.1.2). */
static int
dh_exchange(struct anon *a, struct reader p, unsigned char *g,
    unsigned char *y)
{
	unsigned char x[40];
	br_rsa_public_key k;
	br_rsa_public pub = br_rsa_public_get_default();
	struct reader z;
	int ok;

	k.n = (unsigned char *)p.p;
	k.nlen = p.n;
	k.e = x;
	k.elen = p.n > 384 ? 40 : 32;
	br_hmac_drbg_generate(&a->sc.eng.rng, x, k.elen);
	x[0] |= 0x80;
	ok = pub(g, p.n, &k) && pub(y, p.n, &k);
	z.p = y;
	z.n = p.n;
	strip(&z);
	ok = ok && (z.n > 1 || (z.n == 1 && z.p[0] > 1));
	if (ok)
		master(a, z.p, z.n);
	explicit_bzero(x, sizeof x);
	return ok;
}

/* RFC 5246 7.4.3 without the signature. */
static void
server_dh(struct anon *a, struct reader r)
{
	struct reader p = get_part(&r), g = get_part(&r), y = get_part(&r);
	unsigned char buf[DH_MAX];
	const char *bad;

	strip(&p);
	strip(&g);
	strip(&y);
	if (r.bad || r.n) {
		fail(a, BR_ERR_BAD_HANDSHAKE, "malformed DH key");
		return;
	}
	bad = check_group(&p);
	if (!bad && (!dh_value(&g, &p, a->cke + 6) || !dh_value(&y, &p, buf)))
		bad = "the server's DH values are out of range";
	if (!bad && !dh_exchange(a, p, a->cke + 6, buf))
		bad = "the server's DH values give no secret";
	explicit_bzero(buf, sizeof buf);
	if (bad)
		fail(a, BR_ERR_INVALID_ALGORITHM, bad);
	else
		cke_ready(a, 2, p.n);
}

/* Nothing may be behind it until our answer has come. */
static void
server_done(struct anon *a, struct reader r)
{
	br_ssl_engine_context *eng = &a->sc.eng;

	if (r.n)
		fail(a, BR_ERR_BAD_HELLO_DONE, NULL);
	else if (eng->hlen_in || !br_ssl_engine_recvrec_finished(eng))
		fail(a, BR_ERR_UNEXPECTED, NULL);
	a->state = SEND_KEY;
}

static void
server_finished(struct anon *a, struct reader r, const unsigned char *want)
{
	br_ssl_engine_context *eng = &a->sc.eng;

	if (r.n != 12 || memcmp(r.p, want, 12) != 0) {
		fail(a, BR_ERR_BAD_FINISHED, NULL);
		return;
	}
	memcpy(eng->saved_finished + 12, want, 12);
	eng->application_data = 1;
	eng->record_type_out = DATA;
	a->state = OPEN;
}

/* Only when there is room at once: silence is an answer as good. */
static void
refuse_renegotiation(struct anon *a)
{
	static const unsigned char warning[2] = {
		1, BR_ALERT_NO_RENEGOTIATION
	};

	if (a->state != OPEN || !a->sc.eng.hlen_out)
		return;
	put_record(a, ALERT, warning, 2);
	a->sc.eng.record_type_out = DATA;
}

/* One message is complete. HelloRequest counts nowhere. */
static void
handle(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	struct reader r = { a->msg + 4, 0, 0 };
	unsigned char want[12];
	int type = a->msg[0];

	r.n = a->n - 4;
	a->n = 0;
	if (type == HELLO_REQUEST && !r.n) {
		refuse_renegotiation(a);
		return;
	}
	if (a->state == WANT_FINISHED)
		finished(a, "server finished", want);
	br_multihash_update(&eng->mhash, a->msg, 4 + r.n);
	if (a->state == WANT_HELLO && type == SERVER_HELLO)
		server_hello(a, r);
	else if (a->state == WANT_KEY && type == SERVER_KEY && a->suite->ecdh)
		server_ecdh(a, r);
	else if (a->state == WANT_KEY && type == SERVER_KEY)
		server_dh(a, r);
	else if (a->state == WANT_DONE && type == SERVER_DONE)
		server_done(a, r);
	else if (a->state == WANT_FINISHED && type == FINISHED)
		server_finished(a, r, want);
	else
		fail(a, BR_ERR_UNEXPECTED, NULL);
}

/* ---- records ---- */

static unsigned
next_byte(br_ssl_engine_context *eng)
{
	eng->hlen_in--;
	return *eng->hbuf_in++;
}

/* Moves input to msg until that holds n bytes. 1 when it does. */
static int
fill(struct anon *a, size_t n)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	size_t take = n > a->n ? n - a->n : 0;

	if (take > eng->hlen_in)
		take = eng->hlen_in;
	memcpy(a->msg + a->n, eng->hbuf_in, take);
	a->n += take;
	eng->hbuf_in += take;
	eng->hlen_in -= take;
	return a->n >= n;
}

static void
read_messages(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	size_t size;

	while (eng->hlen_in && !over(a)) {
		if (!fill(a, 4))
			return;
		size = (size_t)a->msg[1] << 16 | (size_t)a->msg[2] << 8
		    | a->msg[3];
		if (4 + size > sizeof a->msg)
			fail(a, BR_ERR_TOO_LARGE, NULL);
		else if (4 + size < a->n)
			fail(a, BR_ERR_BAD_HANDSHAKE, "malformed ServerHello");
		else if (fill(a, 4 + size))
			handle(a);
	}
}

static void
read_ccs(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;

	if (a->state != WANT_CCS || a->n) {
		fail(a, BR_ERR_UNEXPECTED, NULL);
	} else if (eng->hlen_in != 1 || next_byte(eng) != 1
	    || !br_ssl_engine_recvrec_finished(eng)) {
		fail(a, BR_ERR_BAD_CCS, NULL);
	} else {
		switch_in(a);
		a->state = WANT_FINISHED;
	}
}

/* The level of an alert is kept where BearSSL keeps it: the two bytes may
 * come one by one. */
static void
read_alerts(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	unsigned b, level;

	while (eng->hlen_in && !over(a)) {
		b = next_byte(eng);
		level = eng->alert;
		if (!level) {
			eng->alert = b == 1 ? 1 : 2;
			continue;
		}
		eng->alert = 0;
		if (level == 2 || b == BR_ALERT_NO_RENEGOTIATION)
			fail(a, BR_ERR_RECV_FATAL_ALERT + (int)b, NULL);
		else if (b == BR_ALERT_CLOSE_NOTIFY)
			eng->shutdown_recv = 1;
	}
}

/* No data goes out any more. Unless the peer has closed too, what he still
 * sends is thrown away until he does. */
static void
begin_close(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;

	eng->application_data =
	    eng->application_data == 1 && !eng->shutdown_recv ? 2 : 0;
	br_ssl_engine_flush_record(eng);
	a->state = CLOSING;
}

static void
input(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;

	if (!eng->hlen_in)
		return;
	if (eng->record_type_in == ALERT) {
		read_alerts(a);
		if (eng->shutdown_recv && a->state < CLOSING)
			begin_close(a);
		else if (eng->shutdown_recv)
			eng->application_data = 0;
	} else if (a->state >= CLOSING) {
		eng->hlen_in = 0;
	} else if (eng->record_type_in == CCS) {
		read_ccs(a);
	} else if (eng->record_type_in == HANDSHAKE) {
		read_messages(a);
	} else {
		fail(a, BR_ERR_UNEXPECTED, NULL);
	}
}

static void
send_finished(struct anon *a)
{
	unsigned char msg[16] = { FINISHED, 0, 0, 12 };

	finished(a, "client finished", msg + 4);
	memcpy(a->sc.eng.saved_finished, msg + 4, 12);
	put_record(a, HANDSHAKE, msg, sizeof msg);
	a->state = WANT_CCS;
}

static void
output(struct anon *a)
{
	static const unsigned char one = 1, close_notify[2] = { 1, 0 };

	switch (a->state) {
	case SEND_KEY:
		put_record(a, HANDSHAKE, a->cke, a->cke_n);
		a->state = SEND_CCS;
		break;
	case SEND_CCS:
		put_record(a, CCS, &one, 1);
		switch_out(a);
		a->state = SEND_FINISHED;
		break;
	case SEND_FINISHED:
		send_finished(a);
		break;
	case CLOSING:
		put_record(a, ALERT, close_notify, 2);
		a->state = CLOSED;
		break;
	case CLOSED:
		if (a->sc.eng.shutdown_recv)
			br_ssl_engine_fail(&a->sc.eng, BR_ERR_OK);
	}
}

static void
run(struct anon *a)
{
	if (a->sc.eng.action == 1 && a->state < CLOSING)
		begin_close(a);
	input(a);
	if (!over(a) && a->sc.eng.hlen_out)
		output(a);
}

/* ---- until the ServerHello is known ---- */

static void
to_library(struct anon *a)
{
	a->lib_run(&a->sc.eng.cpu);
}

/* The library gets what was held back as if it came now, then the rest. */
static void
replay(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	unsigned char *rest = eng->hbuf_in;
	size_t n = eng->hlen_in;

	eng->hsrun = a->lib_run;
	eng->hbuf_in = a->msg;
	eng->hlen_in = a->n;
	to_library(a);
	if (over(a))
		return;
	eng->hbuf_in = rest;
	eng->hlen_in = n;
	if (n)
		to_library(a);
}

/* The suite lies behind a session id of up to 32 bytes. Records that are not
 * encrypted come piecemeal, so this may take 73 calls. */
static void
peek(struct anon *a)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	size_t sid;

	while (fill(a, 4) && all_zero(a->msg, 4))
		a->n = 0;
	if (a->n < 4)
		return;
	if (a->msg[0] != SERVER_HELLO) {
		replay(a);
		return;
	}
	if (!fill(a, 39))
		return;
	sid = a->msg[38];
	if (sid > 32) {
		replay(a);
		return;
	}
	if (!fill(a, 41 + sid))
		return;
	if (!find_suite((unsigned)a->msg[39 + sid] << 8 | a->msg[40 + sid])) {
		replay(a);
		return;
	}
	eng->record_type_out = HANDSHAKE;
	a->state = WANT_HELLO;
	run(a);
}

static void
anon_run(void *cpu)
{
	br_ssl_engine_context *eng = (void *)((unsigned char *)cpu
	    - offsetof(br_ssl_engine_context, cpu));
	struct anon *a = (struct anon *)eng;

	if (a->state != PEEK)
		run(a);
	else if (eng->hlen_in && eng->record_type_in == HANDSHAKE
	    && eng->action == 0)
		peek(a);
	else if (!a->n)
		to_library(a);
	else if (eng->hlen_in || eng->action)
		fail(a, BR_ERR_UNEXPECTED, NULL);
}

int
anon_reset(struct anon *a, const uint16_t *list, size_t n, const char *name,
    int offer)
{
	br_ssl_engine_context *eng = &a->sc.eng;
	uint16_t all[BR_MAX_CIPHER_SUITES];
	size_t i, more = offer ? SUITES : 0;

	a->suite = NULL;
	a->why = NULL;
	a->n = 0;
	a->sni = name != NULL;
	a->state = offer ? PEEK : OPEN;
	if (n + more > BR_MAX_CIPHER_SUITES)
		n = BR_MAX_CIPHER_SUITES - more;
	memcpy(all, list, n * sizeof all[0]);
	for (i = 0; i < more; i++)
		all[n + i] = PLACEHOLDER;
	br_ssl_engine_set_suites(eng, all, n + more);
	br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
	if (!br_ssl_client_reset(&a->sc, name, 0))
		return 0;
	patch_hello(a);
	a->lib_run = eng->hsrun;
	if (offer)
		eng->hsrun = anon_run;
	return !over(a);
}

int
anon_chosen(const struct anon *a)
{
	return a->suite != NULL;
}

const char *
anon_why(const struct anon *a)
{
	return a->why;
}
