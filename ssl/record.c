/* record - records protected by an AEAD; see record.h. These are classes of
 * BearSSL's engine, whose context is its field in or out: from there it is not
 * far to the struct hs around it, where the keys are. */
#include <stddef.h>
#include <string.h>

#include "alert.h"
#include "hs.h"
#include "suite.h"

enum { TAG = 16, EXPLICIT = 8, PLAIN_MAX = 16384 };

static struct hs *
owner(const void *field, size_t offset)
{
	union { const unsigned char *in; void *out; } u;

	u.in = (const unsigned char *)field - offset;
	return u.out;
}

static struct hs *
owner_in(const void *field)
{
	return owner(field, offsetof(struct hs, eng.in));
}

static struct hs *
owner_out(const void *field)
{
	return owner(field, offsetof(struct hs, eng.out));
}

static int
is_13(const struct hs *h)
{
	return h->eng.session.version == TLS13;
}

static int
is_gcm12(const struct hs *h)
{
	return !is_13(h) && h->suite->cipher == CIPHER_GCM;
}

static void
put64(unsigned char *p, uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--) {
		p[i] = (unsigned char)v;
		v >>= 8;
	}
}

/* RFC 5288 3: four bytes and eight that the record carries; else RFC 8446
 * 5.3, which RFC 7905 2 has too. */
static void
make_nonce(const struct hs *h, const struct seal *s,
    const unsigned char *carried, unsigned char nonce[12])
{
	unsigned char number[8];
	int i;

	memcpy(nonce, s->iv, 12);
	if (is_gcm12(h)) {
		memcpy(nonce + 4, carried, EXPLICIT);
		return;
	}
	put64(number, s->seq);
	for (i = 0; i < 8; i++)
		nonce[4 + i] ^= number[i];
}

/* What the tag vouches for beside the data: the record's header, in TLS 1.2
 * with its number and the length of the plaintext. */
static size_t
make_header(const struct hs *h, const struct seal *s, int type,
    unsigned version, size_t n, unsigned char *out)
{
	size_t at = is_13(h) ? 0 : 8;

	put64(out, s->seq);
	out[at] = (unsigned char)type;
	out[at + 1] = (unsigned char)(version >> 8);
	out[at + 2] = (unsigned char)version;
	out[at + 3] = (unsigned char)(n >> 8);
	out[at + 4] = (unsigned char)n;
	return at + 5;
}

/* NIST SP 800-38D 7: blocks are counted from 2, 1 is for the tag. */
static void
gcm(const struct hs *h, struct seal *s, const unsigned char *nonce,
    const unsigned char *header, size_t header_n, unsigned char *p, size_t n,
    unsigned char *tag, int encrypt)
{
	const br_block_ctr_class **aes = &s->key.vtable;
	unsigned char bits[16];

	put64(bits, (uint64_t)header_n << 3);
	put64(bits + 8, (uint64_t)n << 3);
	memset(tag, 0, TAG);
	if (encrypt)
		(*aes)->run(aes, nonce, 2, p, n);
	h->eng.ighash(tag, s->h, header, header_n);
	h->eng.ighash(tag, s->h, p, n);
	h->eng.ighash(tag, s->h, bits, sizeof bits);
	if (!encrypt)
		(*aes)->run(aes, nonce, 2, p, n);
	(*aes)->run(aes, nonce, 1, tag, TAG);
}

/* Works on n bytes in place and makes their tag. */
static void
run_aead(const struct hs *h, struct seal *s, int type, unsigned version,
    const unsigned char *carried, unsigned char *p, size_t n,
    unsigned char *tag, int encrypt)
{
	unsigned char nonce[12], header[13];
	size_t header_n = make_header(h, s, type, version,
	    is_13(h) ? n + TAG : n, header);

	make_nonce(h, s, carried, nonce);
	if (h->suite->cipher == CIPHER_GCM)
		gcm(h, s, nonce, header, header_n, p, n, tag, encrypt);
	else
		h->eng.ipoly(s->key.chacha, nonce, p, n, header, header_n, tag,
		    h->eng.ichacha, encrypt);
	s->seq++;
}

/* ---- in ---- */

/* The least is what decrypt needs to work with; CCS in TLS 1.3 is one byte. */
static int
fits_in(const br_sslrec_in_class *const *in, size_t n)
{
	const struct hs *h = owner_in(in);
	size_t more = is_gcm12(h) ? EXPLICIT + TAG : TAG;

	if (is_13(h))
		return n >= 1 && n <= PLAIN_MAX + 256;
	return n >= more && n <= PLAIN_MAX + more;
}

/* RFC 8446 5: until Finished a CCS may come between messages, as nothing. */
static unsigned char *
skip_ccs(struct hs *h, unsigned char *p, size_t *n)
{
	if (*n != 1 || p[0] != 1 || h->msg_n || h->state == OPEN)
		return NULL;
	*n = 0;
	return p;
}

/* RFC 8446 5.4: the type is the last byte that is not zero; those that are none
 * the engine and hs.c refuse. Between the parts of a message nothing else may
 * come, and a message or alert has no empty part. */
static unsigned char *
unpad(struct hs *h, unsigned char *p, size_t *n)
{
	int type;

	while (*n && p[*n - 1] == 0)
		--*n;
	if (!*n)
		return NULL;
	type = p[--*n];
	h->eng.record_type_in = (unsigned char)type;
	if (type == DATA)
		return h->msg_n || !h->open ? NULL : p;
	return !*n || (type == ALERT && h->msg_n) ? NULL : p;
}

static int
same_tag(const unsigned char *a, const unsigned char *b)
{
	unsigned char differ = 0;
	int i;

	for (i = 0; i < TAG; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* TLS 1.3's. What is wrong with it beside its tag is failed here: the engine
 * knows no other fault. */
static unsigned char *
open13(struct hs *h, int type, unsigned char *p, size_t *n)
{
	unsigned char *inner = NULL;

	if (type == CCS)
		inner = skip_ccs(h, p, n);
	else if (type == DATA && *n > PLAIN_MAX + 1)
		hs_fail(h, RECORD_OVERFLOW, "record or message too large");
	else if (type == DATA)
		inner = unpad(h, p, n);
	if (!inner)
		hs_unexpected(h);
	return inner;
}

/* The version in a record of TLS 1.3 is to be ignored (RFC 8446 5.1). */
static unsigned char *
decrypt(const br_sslrec_in_class **in, int type, unsigned version, void *data,
    size_t *n)
{
	struct hs *h = owner_in(in);
	unsigned char *p = data, tag[TAG];
	size_t more = is_gcm12(h) ? EXPLICIT : 0;

	if (is_13(h))
		h->eng.version_in = 0;
	if (is_13(h) && type != DATA)
		return open13(h, type, p, n);
	if (*n < TAG)
		return NULL;
	*n -= TAG + more;
	run_aead(h, &h->in_seal, type, version, p, p + more, *n, tag, 0);
	if (!same_tag(tag, p + more + *n))
		return NULL;
	return is_13(h) ? open13(h, type, p, n) : p + more;
}

/* ---- out ---- */

/* TLS 1.3 adds the type to the plaintext. */
static void
room_out(const br_sslrec_out_class *const *out, size_t *start, size_t *end)
{
	struct hs *h = owner_out(out);

	*start += is_gcm12(h) ? EXPLICIT : 0;
	*end -= TAG + 1;
	if (*end - *start > PLAIN_MAX)
		*end = *start + PLAIN_MAX;
}

static unsigned char *
encrypt(const br_sslrec_out_class **out, int type, unsigned version,
    void *data, size_t *n)
{
	struct hs *h = owner_out(out);
	unsigned char *p = data;
	size_t more = is_gcm12(h) ? EXPLICIT : 0, size = *n;

	if (is_13(h)) {
		p[size++] = (unsigned char)type;
		type = DATA;
	}
	if (more)
		put64(p - more, h->out_seal.seq);
	run_aead(h, &h->out_seal, type, version, p - more, p, size, p + size,
	    1);
	size += more + TAG;
	p -= more + 5;
	p[0] = (unsigned char)type;
	p[1] = (unsigned char)(version >> 8);
	p[2] = (unsigned char)version;
	p[3] = (unsigned char)(size >> 8);
	p[4] = (unsigned char)size;
	*n = size + 5;
	return p;
}

/* ---- keys ---- */

/* From TLS 1.1 on each record with CBC carries its iv. */
struct key_sizes
record_sizes(const struct hs *h)
{
	const struct suite *s = h->suite;
	struct key_sizes z = { 0, s->key, 12, NULL };

	if (s->cipher == CIPHER_CBC) {
		z.hash = br_multihash_getimpl(&h->eng.mhash, s->mac);
		z.mac = hash_size(z.hash);
		z.iv = h->eng.session.version < BR_TLS11 ? 16 : 0;
	} else if (is_gcm12(h)) {
		z.iv = 4;
	}
	return z;
}

static void
set_keys(const struct hs *h, struct seal *s, const unsigned char *p)
{
	static const unsigned char zeros[12];
	struct key_sizes z = record_sizes(h);

	explicit_bzero(s, sizeof *s);
	memcpy(s->iv, p + z.key, z.iv);
	if (h->suite->cipher != CIPHER_GCM) {
		memcpy(s->key.chacha, p, sizeof s->key.chacha);
		return;
	}
	h->eng.iaes_ctr->init(&s->key.vtable, p, z.key);
	h->eng.iaes_ctr->run(&s->key.vtable, zeros, 0, s->h, sizeof s->h);
}

void
record_in(struct hs *h, const unsigned char *p)
{
	static const br_sslrec_in_class class = {
		sizeof(br_sslrec_in_class *), fits_in, decrypt
	};
	struct key_sizes z = record_sizes(h);

	h->eng.incrypt = 1;
	if (z.mac) {
		br_sslrec_in_cbc_vtable.init(&h->eng.in.cbc.vtable,
		    &br_aes_ct64_cbcdec_vtable, p + z.mac, z.key, z.hash, p,
		    z.mac, z.mac, z.iv ? p + z.mac + z.key : NULL);
		return;
	}
	set_keys(h, &h->in_seal, p);
	h->eng.in.vtable = &class;
}

void
record_out(struct hs *h, const unsigned char *p)
{
	static const br_sslrec_out_class class = {
		sizeof(br_sslrec_out_class *), room_out, encrypt
	};
	struct key_sizes z = record_sizes(h);

	if (z.mac) {
		br_sslrec_out_cbc_vtable.init(&h->eng.out.cbc.vtable,
		    &br_aes_ct64_cbcenc_vtable, p + z.mac, z.key, z.hash, p,
		    z.mac, z.mac, z.iv ? p + z.mac + z.key : NULL);
		return;
	}
	set_keys(h, &h->out_seal, p);
	h->eng.out.vtable = &class;
}
