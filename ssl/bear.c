/* bear - ssl.h on BearSSL: TLS 1.2 (RFC 5246), and 1.0 and 1.1 on demand
 * The engine is set up by hand: the library's own profile brings ciphers nobody
 * should use and twice the size. One struct ssl is 40 kB, most of it the two
 * record buffers that let both directions move at once. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <bearssl.h>

#include "anon.h"
#include "ec.h"
#include "key.h"
#include "ssl.h"
#include "verify.h"

/* What a record of 2^14 bytes may carry beside them, in and out. */
enum { IN_SIZE = 16384 + 325, OUT_SIZE = 16384 + 85 };

struct ssl {
	struct anon anon;
	struct verify *verify;
	struct key *key;
	int offer_anon;
	int ready;		/* the handshake of this session is complete */
	int closing;		/* ssl_close was called */
	int more;		/* the last ssl_write did not take all */
	int eof;
	int error;		/* errno of the socket */
	char name[256];		/* for SNI, or "" */
	char why[512];
	unsigned char in[IN_SIZE], out[OUT_SIZE];
};

static const char handshake[] = "Error completing TLS handshake: ";

static void
set_why(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
}

/* ---- set-up ---- */

/* Names no server may hear: RFC 6066 3 allows neither address literals nor a
 * final dot. Colons are only in IPv6 addresses, with or without a zone. */
static int
set_name(struct ssl *s, const char *host, char *why, size_t size)
{
	struct in_addr ip;
	size_t n = host ? strlen(host) : 0;

	if (n && host[n - 1] == '.')
		n--;
	if (!n || n >= sizeof s->name) {
		set_why(why, size, "Error setting TLS server name: %s",
		    n ? "the host is too long" : "the host is empty");
		return -1;
	}
	if (inet_pton(AF_INET, host, &ip) == 1 || strchr(host, ':'))
		return 0;
	memcpy(s->name, host, n);
	return 0;
}

static void
set_hashes(br_ssl_engine_context *eng)
{
	br_ssl_engine_set_hash(eng, br_md5_ID, &br_md5_vtable);
	br_ssl_engine_set_hash(eng, br_sha1_ID, &br_sha1_vtable);
	br_ssl_engine_set_hash(eng, br_sha224_ID, &br_sha224_vtable);
	br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
}

/* The library would take a Poly1305 that is 12 % faster and 3 kB larger. */
static void
set_chapol(br_ssl_engine_context *eng)
{
	br_chacha20_run sse2 = br_chacha20_sse2_get();

	br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable,
	    &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(eng, sse2 ? sse2 : br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(eng, br_poly1305_ctmul_run);
}

/* The processor's AES instructions serve the suites that are chosen today. The
 * CBC ones do without; with the library's choice they would take 1.3 kB. */
static void
set_aes(br_ssl_engine_context *eng)
{
	const br_block_ctr_class *ctr = br_aes_x86ni_ctr_get_vtable();
	br_ghash ghash = br_ghash_pclmul_get();

	br_ssl_engine_set_cbc(eng, &br_sslrec_in_cbc_vtable,
	    &br_sslrec_out_cbc_vtable);
	br_ssl_engine_set_aes_cbc(eng, &br_aes_ct64_cbcenc_vtable,
	    &br_aes_ct64_cbcdec_vtable);
	br_ssl_engine_set_gcm(eng, &br_sslrec_in_gcm_vtable,
	    &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(eng, ctr ? ctr : &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(eng, ghash ? ghash : br_ghash_ctmul64);
}

static void
set_engine(struct ssl *s, int tls10)
{
	br_ssl_client_context *sc = &s->anon.sc;
	br_ssl_engine_context *eng = &sc->eng;

	br_ssl_client_zero(sc);
	br_ssl_engine_set_versions(eng, tls10 ? BR_TLS10 : BR_TLS12, BR_TLS12);
	br_ssl_client_set_default_rsapub(sc);
	br_ssl_engine_set_default_rsavrfy(eng);
	br_ssl_engine_set_ec(eng, &ec_all);
	br_ssl_engine_set_ecdsa(eng, br_ecdsa_vrfy_asn1_get_default());
	set_hashes(eng);
	br_ssl_engine_set_x509(eng, verify_class(s->verify));
	br_ssl_engine_set_prf10(eng, br_tls10_prf);
	br_ssl_engine_set_prf_sha256(eng, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(eng, br_tls12_sha384_prf);
	set_aes(eng);
	set_chapol(eng);
	br_ssl_engine_set_buffers_bidi(eng, s->in, sizeof s->in, s->out,
	    sizeof s->out);
}

static int
set_up(struct ssl *s, const struct ssl_conf *conf, char *why, size_t size)
{
	if (set_name(s, conf->host, why, size) < 0)
		return -1;
	s->key = key_new(conf, why, size);
	if (!s->key)
		return -1;
	s->verify = verify_new(conf, why, size);
	if (!s->verify)
		return -1;
	set_engine(s, conf->tls10);
	return 0;
}

/* Whoever wants the server verified must not be offered less by it: anonymous
 * suites are for those who asked for no verification. */
struct ssl *
ssl_new(const struct ssl_conf *conf, char *why, size_t size)
{
	struct ssl *s = calloc(1, sizeof *s);

	if (!s) {
		set_why(why, size,
		    "Error initializing TLS library: out of memory");
		return NULL;
	}
	s->offer_anon = conf->anon && conf->insecure && !conf->pin;
	if (set_up(s, conf, why, size) == 0)
		return s;
	ssl_free(s);
	return NULL;
}

void
ssl_free(struct ssl *s)
{
	if (!s)
		return;
	if (s->verify)
		verify_free(s->verify);
	key_free(s->key);
	explicit_bzero(s, sizeof *s);
	free(s);
}

/* ---- the handshake ---- */

static void
woken(int signal)
{
	(void)signal;
}

/* In a first boot the kernel has no entropy to give, and begins to make some
 * only when somebody waits for it: a second on today's kernels, on old ones
 * perhaps for ever. A seed from elsewhere would be a weak one. 0, or -1 with
 * errno. */
static int
get_seed(void *seed, size_t n)
{
	struct itimerval patience = { { 1, 0 }, { 10, 0 } }, none = { 0 };
	struct sigaction wake = { 0 }, old;
	ssize_t got = getrandom(seed, n, GRND_NONBLOCK);
	int error;

	if (got == (ssize_t)n)
		return 0;
	wake.sa_handler = woken;
	sigaction(SIGALRM, &wake, &old);
	setitimer(ITIMER_REAL, &patience, NULL);
	got = getrandom(seed, n, 0);
	error = errno;
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &old, NULL);
	errno = error == EINTR ? EAGAIN : error;
	return got == (ssize_t)n ? 0 : -1;
}

static const uint16_t gcm[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
};

static const uint16_t chapol[] = {
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};

static const uint16_t others[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	BR_TLS_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_RSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_RSA_WITH_AES_256_CBC_SHA256,
	BR_TLS_RSA_WITH_AES_128_CBC_SHA,
	BR_TLS_RSA_WITH_AES_256_CBC_SHA,
};

enum {
	GCM_SIZE = sizeof gcm, CHAPOL_SIZE = sizeof chapol,
	OTHERS_SIZE = sizeof others,
	SUITES = (GCM_SIZE + CHAPOL_SIZE + OTHERS_SIZE) / sizeof gcm[0]
};

/* AES without the processor's help is slow; ChaCha20 is fast anywhere. */
static void
list_suites(uint16_t list[SUITES])
{
	unsigned char *p = (unsigned char *)list;

	if (br_aes_x86ni_ctr_get_vtable() && br_ghash_pclmul_get()) {
		memcpy(p, gcm, GCM_SIZE);
		memcpy(p + GCM_SIZE, chapol, CHAPOL_SIZE);
	} else {
		memcpy(p, chapol, CHAPOL_SIZE);
		memcpy(p + CHAPOL_SIZE, gcm, GCM_SIZE);
	}
	memcpy(p + GCM_SIZE + CHAPOL_SIZE, others, OTHERS_SIZE);
}

int
ssl_start(struct ssl *s)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	unsigned char seed[32];
	uint16_t suites[SUITES];

	s->ready = s->closing = s->more = s->eof = s->error = 0;
	s->why[0] = '\0';
	if (get_seed(seed, sizeof seed) < 0) {
		set_why(s->why, sizeof s->why, "Error initializing TLS "
		    "library: no random numbers from the kernel: %s",
		    errno == EAGAIN ? "not ready yet" : strerror(errno));
		return -1;
	}
	br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
	explicit_bzero(seed, sizeof seed);
	memset(&eng->session, 0, sizeof eng->session);
	key_use(s->key, &s->anon.sc);
	list_suites(suites);
	if (anon_reset(&s->anon, suites, SUITES, *s->name ? s->name : NULL,
	    s->offer_anon))
		return 0;
	set_why(s->why, sizeof s->why, "Error creating TLS session: %s",
	    anon_why(&s->anon) ? anon_why(&s->anon) : "no random numbers");
	return -1;
}

/* ---- why it failed ---- */

static const struct {
	int code;
	const char *name;
} alerts[] = {
	{ 10, "unexpected_message" }, { 20, "bad_record_mac" },
	{ 22, "record_overflow" }, { 40, "handshake_failure" },
	{ 42, "bad_certificate" }, { 43, "unsupported_certificate" },
	{ 44, "certificate_revoked" }, { 45, "certificate_expired" },
	{ 46, "certificate_unknown" }, { 47, "illegal_parameter" },
	{ 48, "unknown_ca" }, { 49, "access_denied" }, { 50, "decode_error" },
	{ 51, "decrypt_error" }, { 70, "protocol_version" },
	{ 71, "insufficient_security" }, { 80, "internal_error" },
	{ 86, "inappropriate_fallback" }, { 90, "user_canceled" },
	{ 100, "no_renegotiation" }, { 109, "missing_extension" },
	{ 110, "unsupported_extension" }, { 112, "unrecognized_name" },
	{ 115, "unknown_psk_identity" }, { 116, "certificate_required" },
	{ 120, "no_application_protocol" },
};

/* By BearSSL's numbers; those that cannot come from a server are left out. */
static const char *const reasons[] = {
	[BR_ERR_UNSUPPORTED_VERSION] =
	    "the server chose a TLS version that was not offered",
	[BR_ERR_BAD_VERSION] = "the server changes its TLS version",
	[BR_ERR_BAD_LENGTH] = "record of a wrong length",
	[BR_ERR_TOO_LARGE] = "record or message too large",
	[BR_ERR_BAD_MAC] = "record damaged or forged (bad MAC)",
	[BR_ERR_NO_RANDOM] = "no random numbers",
	[BR_ERR_UNKNOWN_TYPE] = "record of unknown type",
	[BR_ERR_UNEXPECTED] = "unexpected message",
	[BR_ERR_BAD_CCS] = "malformed ChangeCipherSpec",
	[BR_ERR_BAD_ALERT] = "malformed alert",
	[BR_ERR_BAD_HANDSHAKE] = "malformed handshake message",
	[BR_ERR_OVERSIZED_ID] = "oversized session id",
	[BR_ERR_BAD_CIPHER_SUITE] =
	    "the server chose a cipher suite that was not offered",
	[BR_ERR_BAD_COMPRESSION] = "the server chose compression",
	[BR_ERR_BAD_FRAGLEN] = "bad maximum fragment length",
	[BR_ERR_BAD_SECRENEG] = "bad secure renegotiation extension",
	[BR_ERR_EXTRA_EXTENSION] =
	    "the server sent a bad extension, or one nobody asked for",
	[BR_ERR_BAD_SNI] = "bad server name extension",
	[BR_ERR_BAD_HELLO_DONE] = "malformed ServerHelloDone",
	[BR_ERR_LIMIT_EXCEEDED] =
	    "the server's key or signature has more than 4096 bits",
	[BR_ERR_BAD_FINISHED] = "bad Finished message",
	[BR_ERR_RESUME_MISMATCH] = "bad session resumption",
	[BR_ERR_INVALID_ALGORITHM] = "unsupported curve or algorithm",
	[BR_ERR_BAD_SIGNATURE] =
	    "the server's signature does not fit its certificate",
	[BR_ERR_WRONG_KEY_USAGE] =
	    "the certificate's key does not fit the cipher suite",
};

static const char only_13[] = "the server speaks only TLS 1.3, which this "
    "program does not speak";

static const char *
alert_name(int code)
{
	size_t i;

	for (i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
		if (alerts[i].code == code)
			return alerts[i].name;
	return "of unknown kind";
}

/* Before its hello, a server that refuses found nothing in common with us. */
static void
explain_alert(struct ssl *s, const char *begin, int code)
{
	const br_ssl_engine_context *eng = &s->anon.sc.eng;
	const char *hint = s->ready ? NULL : key_hint(s->key);
	const char *name = alert_name(code);

	if (!eng->session.version && code == BR_ALERT_PROTOCOL_VERSION)
		set_why(s->why, sizeof s->why, "%s%s (alert %s)", begin,
		    only_13, name);
	else if (!eng->session.version && code == BR_ALERT_HANDSHAKE_FAILURE)
		set_why(s->why, sizeof s->why, "%s%s, or it accepts none of "
		    "the cipher suites offered (alert %s)", begin, only_13,
		    name);
	else
		set_why(s->why, sizeof s->why, "%sthe server sent alert %s%s%s",
		    begin, name, hint ? ": " : "", hint ? hint : "");
}

/* Before BearSSL has seen a record, "version" means no TLS at all. */
static const char *
version_reason(const br_ssl_engine_context *eng)
{
	switch (eng->version_in) {
	case 0:
		return "what the server sends is not TLS";
	case BR_TLS10:
		return "the server offers only TLS 1.0, see tls-min";
	case BR_TLS11:
		return "the server offers only TLS 1.1, see tls-min";
	}
	return reasons[BR_ERR_UNSUPPORTED_VERSION];
}

static const char *
reason(const struct ssl *s, int err)
{
	const char *text = anon_why(&s->anon);

	if (text)
		return text;
	if (err == BR_ERR_UNSUPPORTED_VERSION)
		return version_reason(&s->anon.sc.eng);
	if (err >= 0 && (size_t)err < sizeof reasons / sizeof reasons[0])
		text = reasons[err];
	return text ? text : "internal error";
}

static void
explain_cut(struct ssl *s, const char *begin)
{
	const char *hint = s->ready ? NULL : key_hint(s->key);
	const char *text = "the server closed the connection";

	if (s->ready && s->eof)
		text = "the server cut the connection (no close_notify)";
	set_why(s->why, sizeof s->why, "%s%s%s%s", begin,
	    s->error && s->error != EPIPE ? strerror(s->error) : text,
	    hint ? ": " : "", hint ? hint : "");
}

/* Errors from 32 on that are no alerts are the verifier's. */
static int
explain(struct ssl *s)
{
	int err = br_ssl_engine_last_error(&s->anon.sc.eng);
	const char *begin = s->ready ? "Error in TLS session: " : handshake;

	if (err >= BR_ERR_SEND_FATAL_ALERT)
		set_why(s->why, sizeof s->why, "%sprotocol error: alert %s "
		    "sent", begin, alert_name(err - BR_ERR_SEND_FATAL_ALERT));
	else if (err >= BR_ERR_RECV_FATAL_ALERT)
		explain_alert(s, begin, err - BR_ERR_RECV_FATAL_ALERT);
	else if (err >= BR_ERR_X509_OK)
		set_why(s->why, sizeof s->why, "%s", verify_why(s->verify));
	else if (err != BR_ERR_OK)
		set_why(s->why, sizeof s->why, "%s%s", begin, reason(s, err));
	else
		explain_cut(s, begin);
	return -1;
}

/* ---- records ---- */

/* Sends what there is until the socket is full. 0, or errno. */
static int
push(struct ssl *s, int fd)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	unsigned char *p;
	ssize_t r;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(eng, &n)) != NULL) {
		r = send(fd, p, n, MSG_NOSIGNAL);
		if (r >= 0)
			br_ssl_engine_sendrec_ack(eng, (size_t)r);
		else if (errno == EAGAIN)
			return 0;
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* One read. 1 when bytes have come, 0 when none can come now. The end of the
 * handshake is looked for here because a close may come right behind it. */
static int
pull(struct ssl *s, int fd)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	unsigned char *p;
	ssize_t r;
	size_t n;

	p = br_ssl_engine_recvrec_buf(eng, &n);
	if (!p || s->eof)
		return 0;
	do
		r = recv(fd, p, n, 0);
	while (r < 0 && errno == EINTR);
	if (r > 0)
		br_ssl_engine_recvrec_ack(eng, (size_t)r);
	else if (r == 0)
		s->eof = 1;
	else if (errno != EAGAIN)
		s->error = errno;
	if (eng->application_data == 1)
		s->ready = 1;
	return r > 0;
}

/* What ssl_step returns. Data behind our own close_notify interests nobody, so
 * the stream may be cut there. Who has more to write wants to know when there
 * is room, even if the record before it is gone already. */
static int
verdict(struct ssl *s)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	unsigned state = br_ssl_engine_current_state(eng);
	int err = br_ssl_engine_last_error(eng);
	int over = s->eof || s->error || state == BR_SSL_CLOSED;

	if (s->ready && err == BR_ERR_OK
	    && (eng->shutdown_recv || (s->closing && over)))
		return 0;
	if (over && !(state & BR_SSL_RECVAPP))
		return explain(s);
	return POLLIN | (state & BR_SSL_SENDREC || s->more ? POLLOUT : 0);
}

/* A write that fails may be the echo of an alert that waits to be read. */
int
ssl_step(struct ssl *s, int fd, int revents)
{
	int failed;

	if (s->why[0])
		return -1;
	do
		failed = push(s, fd);
	while ((failed || revents & ~POLLOUT) && pull(s, fd));
	if (failed && !s->error)
		s->error = failed;
	return verdict(s);
}

int
ssl_ready(const struct ssl *s)
{
	return s->ready;
}

/* ---- plaintext ---- */

size_t
ssl_read(struct ssl *s, void *p, size_t n)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	unsigned char *from;
	size_t have;

	from = br_ssl_engine_recvapp_buf(eng, &have);
	if (!from)
		return 0;
	if (n > have)
		n = have;
	memcpy(p, from, n);
	br_ssl_engine_recvapp_ack(eng, n);
	return n;
}

size_t
ssl_write(struct ssl *s, const void *p, size_t n)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	unsigned char *to;
	size_t room;

	to = br_ssl_engine_sendapp_buf(eng, &room);
	s->more = n > room;
	if (!to)
		return 0;
	if (n > room)
		n = room;
	memcpy(to, p, n);
	br_ssl_engine_sendapp_ack(eng, n);
	return n;
}

void
ssl_flush(struct ssl *s)
{
	br_ssl_engine_flush(&s->anon.sc.eng, 0);
}

/* BearSSL 0.6 waits for ever behind plaintext that nobody has read. */
void
ssl_close(struct ssl *s)
{
	br_ssl_engine_context *eng = &s->anon.sc.eng;
	size_t n;

	while (br_ssl_engine_recvapp_buf(eng, &n))
		br_ssl_engine_recvapp_ack(eng, n);
	s->closing = 1;
	s->more = 0;
	br_ssl_engine_close(eng);
}

const char *
ssl_why(const struct ssl *s)
{
	return s->why;
}

const char *
ssl_note(const struct ssl *s)
{
	if (s->ready && anon_chosen(&s->anon))
		return "the TLS server is anonymous, so it may be anybody's";
	return verify_note(s->verify);
}
