/* bear - ssl.h on BearSSL's engine and primitives: set-up, socket, plaintext
 * The engine is set up by hand: the library's own profile brings ciphers that
 * are not to be used and twice the size. One struct ssl is 42 kB, most of it
 * the two record buffers that let both directions move at once. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <bearssl.h>

#include "alert.h"
#include "hs.h"
#include "key.h"
#include "seed.h"
#include "ssl.h"
#include "suite.h"
#include "verify.h"
#include "why.h"

/* What a record of 2^14 bytes may carry beside them, in and out. */
enum { IN_SIZE = 16384 + 325, OUT_SIZE = 16384 + 85 };

/* Records without plaintext that a session may have beyond those that have
 * some: a chain in pieces, tickets, warnings, empty ones. And reads in one
 * ssl_step, after which the caller can look at its deadline. */
enum { IDLE_MAX = 4096, READS_MAX = 64 };

struct ssl {
	struct hs hs;
	int idle;		/* records without plaintext */
	int closing;		/* ssl_close was called */
	int more;		/* the last ssl_write did not take all */
	int eof;
	int error;		/* errno of the socket */
	char name[256];		/* for SNI, or "" */
	char why[512];
	unsigned char in[IN_SIZE], out[OUT_SIZE];
};

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
		snprintf(why, size, "Error setting TLS server name: %s",
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

/* The library would take a Poly1305 that is 12 % faster and 3 kB larger. The
 * processor's AES instructions serve the suites that are chosen today; those
 * with CBC do without, which saves 1.3 kB. */
static void
set_ciphers(br_ssl_engine_context *eng)
{
	const br_block_ctr_class *ctr = br_aes_x86ni_ctr_get_vtable();
	br_ghash ghash = br_ghash_pclmul_get();
	br_chacha20_run sse2 = br_chacha20_sse2_get();

	br_ssl_engine_set_aes_ctr(eng, ctr ? ctr : &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(eng, ghash ? ghash : br_ghash_ctmul64);
	br_ssl_engine_set_chacha20(eng, sse2 ? sse2 : br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(eng, br_poly1305_ctmul_run);
}

/* A server without a certificate may choose TLS 1.3 and have none to show. */
static void
set_versions(struct hs *h, const struct ssl_conf *conf)
{
	h->min = conf->tls10 ? BR_TLS10 : BR_TLS12;
	h->max = conf->tls_max12 || h->offer_anon ? BR_TLS12 : TLS13;
}

static int
set_up(struct ssl *s, const struct ssl_conf *conf, char *why, size_t size)
{
	if (set_name(s, conf->host, why, size) < 0)
		return -1;
	s->hs.name = s->name;
	s->hs.key = key_new(conf, why, size);
	if (!s->hs.key)
		return -1;
	s->hs.verify = verify_new(conf, why, size);
	if (!s->hs.verify)
		return -1;
	set_versions(&s->hs, conf);
	set_hashes(&s->hs.eng);
	set_ciphers(&s->hs.eng);
	br_ssl_engine_set_buffers_bidi(&s->hs.eng, s->in, sizeof s->in,
	    s->out, sizeof s->out);
	return 0;
}

/* Where the server is to be verified it must not be offered less: anonymous
 * suites are for a configuration that asks for no verification. */
struct ssl *
ssl_new(const struct ssl_conf *conf, char *why, size_t size)
{
	struct ssl *s = calloc(1, sizeof *s);

	if (!s) {
		snprintf(why, size,
		    "Error initializing TLS library: out of memory");
		return NULL;
	}
	s->hs.offer_anon = conf->anon && conf->insecure && !conf->pin;
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
	hs_wipe(&s->hs);
	verify_free(s->hs.verify);
	key_free(s->hs.key);
	explicit_bzero(s, sizeof *s);
	free(s);
}

/* ---- the handshake ---- */

int
ssl_start(struct ssl *s)
{
	unsigned char seed[32];

	s->idle = s->closing = s->more = s->eof = s->error = 0;
	s->why[0] = '\0';
	if (seed_get(seed, sizeof seed) < 0) {
		snprintf(s->why, sizeof s->why, "Error initializing TLS "
		    "library: no random numbers from the kernel: %s",
		    errno == EAGAIN ? "not ready yet" : strerror(errno));
		return -1;
	}
	br_ssl_engine_inject_entropy(&s->hs.eng, seed, sizeof seed);
	explicit_bzero(seed, sizeof seed);
	key_forget_hint(s->hs.key);
	hs_start(&s->hs);
	return 0;
}

/* ---- records ---- */

/* A server whose second ticket waits for our acknowledgement of the first, as
 * Nagle's algorithm has it, has its answer wait as long: 40 ms. */
static void
acknowledge(const struct ssl *s, int fd)
{
	int on = 1;

	if (s->hs.eng.session.version == TLS13)
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* Sends what there is until the socket is full. 0, or errno. */
static int
push(struct ssl *s, int fd)
{
	br_ssl_engine_context *eng = &s->hs.eng;
	unsigned char *p;
	ssize_t r;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(eng, &n)) != NULL) {
		r = send(fd, p, n, MSG_NOSIGNAL);
		if (r < 0 && errno == EAGAIN)
			return 0;
		if (r < 0 && errno != EINTR)
			return errno;
		if (r < 0)
			continue;
		br_ssl_engine_sendrec_ack(eng, (size_t)r);
		acknowledge(s, fd);
	}
	return 0;
}

/* Bytes have come. Between two records and with nothing to read the last one
 * had no plaintext. */
static void
count_record(struct ssl *s)
{
	const br_ssl_engine_context *eng = &s->hs.eng;
	size_t n;

	if (br_ssl_engine_recvapp_buf(eng, &n))
		s->idle -= s->idle > 0;
	else if (eng->ixa == 0 && eng->ixb == 0 && ++s->idle > IDLE_MAX)
		hs_fail(&s->hs, UNEXPECTED_MESSAGE,
		    "the server sends too many records without data");
}

/* One read. 1 when bytes have come, 0 when none can come now, or none may. */
static int
pull(struct ssl *s, int fd)
{
	br_ssl_engine_context *eng = &s->hs.eng;
	unsigned char *p;
	ssize_t r;
	size_t n;

	p = br_ssl_engine_recvrec_buf(eng, &n);
	if (!p || s->eof || hs_busy(&s->hs))
		return 0;
	do
		r = recv(fd, p, n, 0);
	while (r < 0 && errno == EINTR);
	if (r > 0) {
		br_ssl_engine_recvrec_ack(eng, (size_t)r);
		count_record(s);
	} else if (r == 0) {
		s->eof = 1;
	} else if (errno != EAGAIN) {
		s->error = errno;
	}
	return r > 0;
}

/* The server may learn why, if the socket has room for it. What we have not
 * read would make of our end a reset, which can overtake the alert. Nothing of
 * what was secret is of use any more. */
static int
give_reason(struct ssl *s, int fd)
{
	const unsigned char *p;
	size_t n = alert_last_words(&s->hs, &p);
	int reads = 0;

	if (n && !s->eof && !s->error)
		send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (reads++ < READS_MAX
	    && recv(fd, s->in, sizeof s->in, MSG_DONTWAIT) > 0)
		;
	why_failed(&s->hs, s->error, s->why, sizeof s->why);
	hs_wipe(&s->hs);
	return -1;
}

/* What ssl_step returns. Data after our own close_notify is of no interest, so
 * the stream may be cut there. A caller with more to write wants to know when
 * there is room, even if the record before it is gone already. */
static int
verdict(struct ssl *s, int fd)
{
	br_ssl_engine_context *eng = &s->hs.eng;
	unsigned state = br_ssl_engine_current_state(eng);
	int over = s->eof || s->error || state == BR_SSL_CLOSED;

	if (s->hs.open && eng->err == BR_ERR_OK
	    && (eng->shutdown_recv || (s->closing && over)))
		return 0;
	if (over && !(state & BR_SSL_RECVAPP))
		return give_reason(s, fd);
	return (hs_busy(&s->hs) ? 0 : POLLIN)
	    | (state & BR_SSL_SENDREC || s->more ? POLLOUT : 0);
}

/* A write that fails may be the echo of an alert that waits to be read. */
int
ssl_step(struct ssl *s, int fd, int revents)
{
	int failed, reads = 0;

	if (s->why[0])
		return -1;
	do
		failed = push(s, fd);
	while ((failed || revents & ~POLLOUT) && reads++ < READS_MAX
	    && pull(s, fd));
	if (failed && !s->error)
		s->error = failed;
	return verdict(s, fd);
}

int
ssl_ready(const struct ssl *s)
{
	return s->hs.open;
}

/* ---- plaintext ---- */

size_t
ssl_read(struct ssl *s, void *p, size_t n)
{
	br_ssl_engine_context *eng = &s->hs.eng;
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
	br_ssl_engine_context *eng = &s->hs.eng;
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
	br_ssl_engine_flush(&s->hs.eng, 0);
}

/* BearSSL 0.6 waits for ever while there is plaintext that is not read. */
void
ssl_close(struct ssl *s)
{
	br_ssl_engine_context *eng = &s->hs.eng;
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
ssl_about(const struct ssl *s)
{
	static const struct {
		unsigned number;
		char name[16];
	} groups[] = {
		{ GROUP_X25519, "x25519" }, { GROUP_P256, "P-256" },
		{ GROUP_P384, "P-384" }, { GROUP_P521, "P-521" },
		{ GROUP_X25519MLKEM768, "X25519MLKEM768" },
		{ 0, "none" }
	};
	static char text[64];
	unsigned version = s->hs.eng.session.version;
	size_t i = 0;

	while (groups[i].number && groups[i].number != s->hs.group)
		i++;
	snprintf(text, sizeof text, "TLS 1.%u, suite %04x, group %s",
	    (version & 0xff) - 1, s->hs.suite->id, groups[i].name);
	return text;
}

void
ssl_describe_chain(struct ssl *s, char *out, size_t size)
{
	verify_describe(s->hs.verify, out, size);
}

const char *
ssl_note(const struct ssl *s)
{
	if (s->hs.open && s->hs.suite->auth == AUTH_NONE)
		return "the TLS server is anonymous, so it may be anybody's";
	return verify_note(s->hs.verify);
}
