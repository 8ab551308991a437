/* sasl - how a client proves who it is. */
#include <string.h>
#include <sys/random.h>

#include "../../ssl/digest.h"
#include "../base/base64.h"
#include "sasl.h"

/* A server that asks for more has no good reason. */
#define ROUNDS_MAX 1000000

static int
always_done(const struct sasl *s)
{
	(void)s;
	return 1;
}

static int
no_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	(void)s, (void)challenge, (void)response;
	return -1;
}

static int
plain_begin(struct sasl *s, struct buf *response)
{
	buf_cat(response, STR("\0"), s->user, STR("\0"), s->pass);
	return 1;
}

static int
login_begin(struct sasl *s, struct buf *response)
{
	buf_add(response, s->user);
	s->ahead = 1;
	return 1;
}

/* Name and password go by position, as a server may call them what it likes.
 * But some overlook a name that went ahead and ask for it again: then only a
 * challenge that asks for a password gets it. */
static int
login_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	int at = s->ahead + s->step++;

	if (at > 1 || (s->ahead && !str_istarts(challenge, STR("pass"))))
		return -1;
	buf_add(response, at ? s->pass : s->user);
	return 0;
}

static int
external_begin(struct sasl *s, struct buf *response)
{
	(void)s, (void)response;
	return 1;
}

static int
cram_begin(struct sasl *s, struct buf *response)
{
	(void)s, (void)response;
	return 0;
}

static int
cram_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	unsigned char mac[DIGEST_MAX];
	size_t n = digest_hmac(DIGEST_MD5, s->pass.p, s->pass.n, challenge.p,
	    challenge.n, mac), i;

	if (s->step++ || !n)
		return -1;
	buf_put(response, "% ", s->user);
	for (i = 0; i < n; i++)
		buf_fmt(response, "%02x", mac[i]);
	return 0;
}

/* "," and "=" separate, so a name must not contain them as they are. */
static void
scram_name(struct buf *b, struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '=')
			buf_add(b, STR("=3D"));
		else if (name.p[i] == ',')
			buf_add(b, STR("=2C"));
		else
			buf_addc(b, name.p[i]);
	}
}

static int
scram_begin(struct sasl *s, struct buf *response)
{
	unsigned char random[18];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return -1;
	buf_set(&s->first, STR("n="));
	scram_name(&s->first, s->user);
	buf_add(&s->first, STR(",r="));
	base64_add(&s->first, (struct str){ (char *)random, sizeof random });
	buf_put(response, "n,,%", buf_str(&s->first));
	return 1;
}

/* The value of attribute name in "a=...,b=...", or p NULL. */
static struct str
attribute(struct str message, char name)
{
	struct str part;

	while (message.n) {
		part = str_cut(&message, ',');
		if (part.n > 1 && part.p[0] == name && part.p[1] == '=')
			return str_skip(part, 2);
	}
	return (struct str){ NULL, 0 };
}

/* ClientProof and the ServerSignature to expect, RFC 5802 section 3. */
static void
scram_prove(struct sasl *s, enum digest d, const unsigned char *salted,
    size_t n, struct str message, struct buf *response)
{
	unsigned char key[DIGEST_MAX], stored[DIGEST_MAX], mac[DIGEST_MAX];
	size_t i;

	digest_hmac(d, salted, n, "Server Key", 10, key);
	s->expected_n = digest_hmac(d, key, n, message.p, message.n,
	    s->expected);
	digest_hmac(d, salted, n, "Client Key", 10, key);
	digest_hash(d, key, n, stored);
	digest_hmac(d, stored, n, message.p, message.n, mac);
	for (i = 0; i < n; i++)
		key[i] ^= mac[i];
	buf_add(response, STR(",p="));
	base64_add(response, (struct str){ (char *)key, n });
	explicit_bzero(key, sizeof key);
	explicit_bzero(stored, sizeof stored);
}

static int
scram_first(struct sasl *s, enum digest d, struct str challenge,
    struct buf *response)
{
	struct str nonce = attribute(challenge, 'r');
	struct str ours = attribute(buf_str(&s->first), 'r');
	struct buf salt = { 0 }, message = { 0 };
	unsigned char salted[DIGEST_MAX];
	unsigned long rounds;
	size_t n;
	int rc = -1;

	if (nonce.n <= ours.n || !str_starts(nonce, ours) ||
	    str_number(attribute(challenge, 'i'), ROUNDS_MAX, &rounds) < 0 ||
	    !rounds || base64_decode(&salt, attribute(challenge, 's')) < 0)
		goto out;
	n = digest_stretch(d, s->pass.p, s->pass.n, buf_z(&salt), salt.n,
	    rounds, salted);
	if (!n)
		goto out;
	buf_put(response, "c=biws,r=%", nonce);
	buf_put(&message, "%,%,%", buf_str(&s->first), challenge,
	    buf_str(response));
	scram_prove(s, d, salted, n, buf_str(&message), response);
	explicit_bzero(salted, sizeof salted);
	rc = 0;
out:
	buf_free(&salt);
	buf_free(&message);
	return rc;
}

static int
scram_last(struct sasl *s, struct str challenge)
{
	struct buf proof = { 0 };
	int rc = base64_decode(&proof, attribute(challenge, 'v'));

	if (rc == 0 && !str_eq(buf_str(&proof),
	    (struct str){ (char *)s->expected, s->expected_n }))
		rc = -1;
	buf_free(&proof);
	return rc;
}

static int
scram(struct sasl *s, enum digest d, struct str challenge,
    struct buf *response)
{
	switch (s->step++) {
	case 0:
		return scram_first(s, d, challenge, response);
	case 1:
		return scram_last(s, challenge);
	default:
		return -1;
	}
}

static int
scram_sha1_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	return scram(s, DIGEST_SHA1, challenge, response);
}

static int
scram_sha256_answer(struct sasl *s, struct str challenge,
    struct buf *response)
{
	return scram(s, DIGEST_SHA256, challenge, response);
}

static int
scram_done(const struct sasl *s)
{
	return s->step == 2;
}

static int
xoauth_begin(struct sasl *s, struct buf *response)
{
	buf_put(response, "user=%\1auth=Bearer %\1\1", s->user, s->pass);
	return 1;
}

static int
bearer_begin(struct sasl *s, struct buf *response)
{
	buf_add(response, STR("n,a="));
	scram_name(response, s->user);
	buf_put(response, ",\1auth=Bearer %\1\1", s->pass);
	return 1;
}

/* A challenge says why the token is refused; the refusal follows. */
static int
xoauth_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	(void)response;
	buf_set(&s->first, challenge);
	return s->step++ ? -1 : 0;
}

static int
bearer_answer(struct sasl *s, struct str challenge, struct buf *response)
{
	buf_addc(response, '\1');
	return xoauth_answer(s, challenge, response);
}

static const struct sasl_mechanism mechanisms[] = {
	{ "PLAIN", plain_begin, no_answer, always_done },
	{ "LOGIN", login_begin, login_answer, always_done },
	{ "SCRAM-SHA-256", scram_begin, scram_sha256_answer, scram_done },
	{ "SCRAM-SHA-1", scram_begin, scram_sha1_answer, scram_done },
	{ "CRAM-MD5", cram_begin, cram_answer, always_done },
	{ "EXTERNAL", external_begin, no_answer, always_done },
	{ "XOAUTH2", xoauth_begin, xoauth_answer, always_done },
	{ "OAUTHBEARER", bearer_begin, bearer_answer, always_done },
};

const struct sasl_mechanism *
sasl_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (str_ieq(str_of(mechanisms[i].name), name))
			return &mechanisms[i];
	return NULL;
}

void
sasl_names(struct buf *out)
{
	size_t i;

	for (i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (!sasl_is_token(&mechanisms[i]))
			buf_cat(out, i ? STR(" ") : STR(""),
			    str_of(mechanisms[i].name));
}

int
sasl_is_token(const struct sasl_mechanism *m)
{
	return m->begin == xoauth_begin || m->begin == bearer_begin;
}

int
sasl_offered(struct str offered, struct str name)
{
	while (offered.n)
		if (str_ieq(str_cut(&offered, ' '), name))
			return 1;
	return 0;
}

const struct sasl_mechanism *
sasl_choose(struct str offered, struct str tried, int in_private)
{
	static const char *const order[2][5] = {
		{ "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN",
		    "LOGIN" },
		{ "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1",
		    "CRAM-MD5" },
	};
	unsigned char probe[DIGEST_MAX];
	int hashes = digest_hash(DIGEST_MD5, "", 0, probe) > 0;
	size_t i;

	for (i = 0; i < 5; i++) {
		struct str name = str_of(order[!!in_private][i]);

		if (sasl_offered(offered, name) && !sasl_offered(tried, name) &&
		    (hashes || str_find(name, '-') == name.n))
			return sasl_find(name);
	}
	return NULL;
}

void
sasl_free(struct sasl *s)
{
	explicit_bzero(s->expected, sizeof s->expected);
	buf_free(&s->first);
}
