/* hs12 - the handshake of TLS 1.2, 1.1 and 1.0; see hs12.h.
 *
 * server: ServerHello [Certificate] [ServerKeyExchange] [CertificateRequest]
 *         ServerHelloDone
 * client: [Certificate] ClientKeyExchange [CertificateVerify] CCS Finished
 * server: CCS Finished */
#include <string.h>

#include "alert.h"
#include "der.h"
#include "hs.h"
#include "hs12.h"
#include "key.h"
#include "queue.h"
#include "scheme.h"
#include "suite.h"
#include "verify.h"

enum { NAMED_CURVE = 3 };

/* What a server signs: both randoms and, at most, three numbers. */
enum { SIGNED_MAX = 64 + 3 * (2 + KEX_DH_MAX) + 64 };

void
hs12_begin(struct hs *h, unsigned version)
{
	explicit_bzero(&h->kex, sizeof h->kex);
	h->eng.session.version = (uint16_t)version;
	h->eng.version_out = (uint16_t)version;
	h->state = h->suite->auth == AUTH_NONE ? WANT_KEY12
	    : WANT_CERTIFICATE12;
	hs_hash(h);
}

/* ---- who it is ---- */

static int
key_fits_suite(const struct hs *h)
{
	enum pubkey_kind kind = h->server_key.kind;

	if (h->suite->kx == KX_RSA)
		return kind == PUBKEY_RSA;
	if (h->suite->auth == AUTH_RSA)
		return kind == PUBKEY_RSA || kind == PUBKEY_PSS;
	return kind == PUBKEY_EC || kind == PUBKEY_ED25519;
}

void
hs12_certificate(struct hs *h, struct reader *r)
{
	struct reader list = reader_vector(r, 3), one;
	struct der chain[VERIFY_CERTS];
	size_t n = 0;

	while (list.n) {
		one = reader_vector(&list, 3);
		if (n < VERIFY_CERTS) {
			chain[n].p = one.p;
			chain[n].n = one.n;
		}
		n++;
	}
	r->bad |= list.bad;
	if (!hs_end(h, r) || !hs_verify(h, chain, n))
		return;
	if (!key_fits_suite(h))
		hs_fail(h, ILLEGAL_PARAMETER,
		    "the certificate's key does not fit the cipher suite");
	h->state = h->suite->kx == KX_RSA ? WANT_REQUEST12 : WANT_KEY12;
}

/* ---- the key exchange ---- */

static void
skip_params(struct hs *h, struct reader *r)
{
	if (h->suite->kx == KX_ECDHE) {
		reader_number(r, 3);
		reader_vector(r, 1);
		return;
	}
	reader_vector(r, 2);
	reader_vector(r, 2);
	reader_vector(r, 2);
}

static void
check_key_signature(struct hs *h, const unsigned char *p, size_t n,
    struct reader *r)
{
	unsigned version = h->eng.session.version, scheme = SCHEME_OLD;
	unsigned char text[SIGNED_MAX];
	struct reader sig;
	const char *bad;

	if (version >= BR_TLS12)
		scheme = (unsigned)reader_number(r, 2);
	sig = reader_vector(r, 2);
	if (!hs_end(h, r))
		return;
	if (64 + n > sizeof text) {
		hs_fail(h, ILLEGAL_PARAMETER,
		    "the server's DH group has more than 4096 bits");
		return;
	}
	memcpy(text, h->eng.client_random, 32);
	memcpy(text + 32, h->eng.server_random, 32);
	memcpy(text + 64, p, n);
	bad = scheme_verify(scheme, version, &h->server_key, text, 64 + n,
	    sig);
	if (bad)
		hs_fail(h, DECRYPT_ERROR, bad);
}

static const char *
exchange_ec(struct hs *h, struct reader *r)
{
	unsigned type = (unsigned)reader_number(r, 1);
	unsigned group = (unsigned)reader_number(r, 2);
	struct reader point = reader_vector(r, 1);

	if (type != NAMED_CURVE || !kex_offered(group, 0))
		return "malformed ECDH key or unknown curve";
	h->group = group;
	kex_make(&h->kex, &h->eng.rng, group, &h->share);
	return kex_shared(&h->kex, point, &h->secret);
}

void
hs12_key(struct hs *h, struct reader *r)
{
	struct reader params = *r;
	const char *bad;

	skip_params(h, r);
	if (r->bad || h->suite->auth == AUTH_NONE)
		hs_end(h, r);
	else
		check_key_signature(h, params.p, (size_t)(r->p - params.p), r);
	if (hs_failed(h))
		return;
	if (h->suite->kx == KX_ECDHE)
		bad = exchange_ec(h, &params);
	else
		bad = kex_dh(&params, &h->eng.rng, &h->share, &h->secret);
	if (bad)
		hs_fail(h, ILLEGAL_PARAMETER, bad);
	h->state = h->suite->auth == AUTH_NONE ? WANT_DONE12 : WANT_REQUEST12;
}

void
hs12_request(struct hs *h, struct reader *r)
{
	struct reader types = reader_vector(r, 1), schemes = { NULL, 0, 0 };

	if (h->eng.session.version >= BR_TLS12)
		schemes = reader_vector(r, 2);
	reader_vector(r, 2);
	if (!hs_end(h, r))
		return;
	h->asked = 1;
	h->scheme = key_choose(h->key, h->eng.session.version, types, schemes);
	h->state = WANT_DONE12;
}

/* ---- our answer ---- */

/* RFC 8017 7.2: 0, 2, random bytes that are not 0, 0, the secret. */
static void
put_encrypted(struct hs *h, struct writer *w)
{
	br_rsa_public_key *key = &h->server_key.rsa;
	size_t n = key->nlen, i;
	unsigned char *p = writer_room(w, n);

	h->secret.n = 48;
	h->secret.p[0] = BR_TLS12 >> 8;
	h->secret.p[1] = BR_TLS12 & 0xFF;
	br_hmac_drbg_generate(&h->eng.rng, h->secret.p + 2, 46);
	if (p) {
		br_hmac_drbg_generate(&h->eng.rng, p, n);
		for (i = 0; i < n; i++)
			p[i] |= !p[i];
		p[0] = p[n - 49] = 0;
		p[1] = 2;
		memcpy(p + n - 48, h->secret.p, 48);
		if (!br_rsa_public_get_default()(p, n, key))
			hs_fail(h, ILLEGAL_PARAMETER,
			    "the server's key is no RSA key");
	}
}

static void
send_key(struct hs *h)
{
	struct writer w = { 0 };

	queue_begin(&w, CLIENT_KEY_EXCHANGE);
	writer_open(&w, h->suite->kx == KX_ECDHE ? 1 : 2);
	if (h->suite->kx == KX_RSA)
		put_encrypted(h, &w);
	else
		writer_bytes(&w, h->share.p, h->share.n);
	writer_close(&w);
	queue_end(h, &w);
	writer_free(&h->share);
}

/* RFC 5246 8.1, RFC 7627 4. */
static void
make_master(struct hs *h)
{
	br_ssl_session_parameters *s = &h->eng.session;
	unsigned char hash[HASH_MAX];
	size_t n = hs_transcript(h, hash);

	if (h->ems)
		schedule_prf(s->version, h->suite->hash, h->secret.p,
		    h->secret.n, "extended master secret", hash, n, NULL, 0,
		    s->master_secret, 48);
	else
		schedule_prf(s->version, h->suite->hash, h->secret.p,
		    h->secret.n, "master secret", h->eng.client_random, 32,
		    h->eng.server_random, 32, s->master_secret, 48);
	explicit_bzero(&h->secret, sizeof h->secret);
}

/* One direction's part of the key block (RFC 5246 6.3), in which each kind of
 * key has the client's before the server's. */
static void
make_keys(struct hs *h, int server, unsigned char *out)
{
	br_ssl_session_parameters *s = &h->eng.session;
	struct key_sizes z = record_sizes(h);
	const size_t sizes[3] = { z.mac, z.key, z.iv };
	unsigned char block[2 * RECORD_KEYS_MAX], *p = block;
	int i;

	schedule_prf(s->version, h->suite->hash, s->master_secret, 48,
	    "key expansion", h->eng.server_random, 32, h->eng.client_random,
	    32, block, 2 * (z.mac + z.key + z.iv));
	for (i = 0; i < 3; i++) {
		memcpy(out, server ? p + sizes[i] : p, sizes[i]);
		out += sizes[i];
		p += 2 * sizes[i];
	}
	explicit_bzero(block, sizeof block);
}

/* verify_data (RFC 5246 7.4.9) over a transcript hash. */
static void
make_finished(const struct hs *h, const char *label,
    const unsigned char *hash, unsigned char out[12])
{
	const br_ssl_session_parameters *s = &h->eng.session;
	size_t n = s->version < BR_TLS12 ? 36
	    : h->suite->hash == br_sha384_ID ? 48 : 32;

	schedule_prf(s->version, h->suite->hash, s->master_secret, 48, label,
	    hash, n, NULL, 0, out, 12);
}

static void
send_finished12(struct hs *h)
{
	unsigned char hash[HASH_MAX], data[12], keys[RECORD_KEYS_MAX] = { 0 };
	struct writer w = { 0 };

	queue_put(h, CCS, "\1", 1);
	make_keys(h, 0, keys);
	queue_put(h, NEW_KEYS, keys, sizeof keys);
	explicit_bzero(keys, sizeof keys);
	hs_transcript(h, hash);
	make_finished(h, "client finished", hash, data);
	queue_begin(&w, FINISHED);
	writer_bytes(&w, data, sizeof data);
	queue_end(h, &w);
}

/* RFC 5246 7.4.8: the transcript by the scheme's hash; RFC 2246: by MD5 and
 * SHA-1. */
static void
send_verify12(struct hs *h)
{
	unsigned char hash[HASH_MAX];
	const br_hash_class *class;

	if (h->eng.session.version < BR_TLS12) {
		hs_transcript(h, hash);
	} else {
		class = scheme_hash(h->scheme, NULL);
		br_multihash_out(&h->eng.mhash, (int)(class->desc & 0xFF),
		    hash);
	}
	queue_verify(h, hash);
}

void
hs12_done(struct hs *h, struct reader *r)
{
	if (r->n)
		hs_fail(h, DECODE_ERROR, "malformed ServerHelloDone");
	if (hs_failed(h))
		return;
	if (h->asked)
		queue_certificate(h);
	send_key(h);
	make_master(h);
	if (h->scheme)
		send_verify12(h);
	send_finished12(h);
	h->state = WANT_CCS12;
}

/* ---- the end ---- */

void
hs12_ccs(struct hs *h)
{
	unsigned char keys[RECORD_KEYS_MAX];

	make_keys(h, 1, keys);
	record_in(h, keys);
	explicit_bzero(keys, sizeof keys);
	h->state = WANT_FINISHED12;
}

void
hs12_finished(struct hs *h, struct reader *r)
{
	unsigned char want[12];

	make_finished(h, "server finished", h->before, want);
	if (r->n != sizeof want || memcmp(r->p, want, sizeof want) != 0) {
		hs_fail(h, DECRYPT_ERROR, "bad Finished message");
		return;
	}
	hs_forget(h);
	queue_put(h, OPENED, NULL, 0);
	h->state = OPEN12;
}
