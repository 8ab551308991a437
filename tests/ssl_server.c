/* ssl_server - the TLS of tests/peer.c: a server between two sockets
 *
 * ssl_server FILE
 * Descriptor 0 is a client that begins a handshake, 1 a stream socket to
 * whoever talks with it in plain text. FILE holds the key and the chain, PEM.
 * After the handshake one byte 'T' goes to 1, then what the client says. When
 * the output of 1 ends the client gets a close_notify; when 1 is closed it
 * gets what was under way and nothing else. Exit 1: TLS failed. */
#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../ssl/pem.h"

enum { NET = 0, PLAIN = 1, CHAIN = 8, PATIENCE = 60000 };

static br_ssl_server_context server;
static br_ssl_engine_context *const tls = &server.eng;
static unsigned char records[BR_SSL_BUFSIZE_BIDI];
static br_x509_certificate chain[CHAIN];
static br_skey_decoder_context key;
static size_t certificates;
static int ended, dropped;

static void
die(const char *why)
{
	fprintf(stderr, "ssl_server: %s\n", why);
	exit(1);
}

static void
take(const struct pem_object *o)
{
	unsigned char *copy = malloc(o->n);

	if (!copy)
		die("out of memory");
	memcpy(copy, o->der, o->n);
	if (strcmp(o->label, "CERTIFICATE")) {
		br_skey_decoder_init(&key);
		br_skey_decoder_push(&key, copy, o->n);
		free(copy);
		return;
	}
	if (certificates == CHAIN)
		die("too many certificates");
	chain[certificates].data = copy;
	chain[certificates++].data_len = o->n;
}

static void
load(const char *file)
{
	struct pem pem;
	struct pem_object o;
	char why[200];

	if (pem_open(&pem, file, why, sizeof why) < 0)
		die(why);
	while (pem_next(&pem, &o) > 0)
		take(&o);
	pem_close(&pem);
	if (!certificates)
		die("no certificate");
}

static void
begin(void)
{
	unsigned char seed[32];

	if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC)
		br_ssl_server_init_full_ec(&server, chain, certificates,
		    BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key));
	else if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_RSA)
		br_ssl_server_init_full_rsa(&server, chain, certificates,
		    br_skey_decoder_get_rsa(&key));
	else
		die("no key");
	if (getrandom(seed, sizeof seed, 0) != sizeof seed)
		die("no random numbers");
	br_ssl_engine_inject_entropy(tls, seed, sizeof seed);
	br_ssl_engine_set_buffer(tls, records, sizeof records, 1);
	if (!br_ssl_server_reset(&server))
		die("cannot begin");
}

/* From a descriptor into the engine: bytes, 0 at the end, -1 none now. */
static ssize_t
pull(int fd, unsigned char *(*where)(const br_ssl_engine_context *, size_t *),
    void (*ack)(br_ssl_engine_context *, size_t))
{
	size_t room;
	unsigned char *p = where(tls, &room);
	ssize_t n = read(fd, p, room);

	if (n > 0)
		ack(tls, (size_t)n);
	return n;
}

static ssize_t
push(int fd, unsigned char *(*where)(const br_ssl_engine_context *, size_t *),
    void (*ack)(br_ssl_engine_context *, size_t))
{
	size_t n;
	unsigned char *p = where(tls, &n);
	ssize_t done = write(fd, p, n);

	if (done > 0)
		ack(tls, (size_t)done);
	return done;
}

static void
from_plain(int revents)
{
	ssize_t n = pull(PLAIN, br_ssl_engine_sendapp_buf,
	    br_ssl_engine_sendapp_ack);

	if (n > 0) {
		br_ssl_engine_flush(tls, 0);
	} else if (n == 0 && !(revents & POLLHUP)) {
		ended = 1;
		br_ssl_engine_close(tls);
	} else if (n == 0 || errno != EAGAIN) {
		dropped = 1;
	}
}

/* Moves what can be moved. 0 when nothing is left to be done. */
static int
turn(unsigned state)
{
	struct pollfd p[2] = { { NET, 0, 0 }, { PLAIN, 0, 0 } };

	if (state & BR_SSL_SENDREC)
		p[NET].events |= POLLOUT;
	else if (dropped)
		return 0;
	if (state & BR_SSL_RECVREC)
		p[NET].events |= POLLIN;
	if (state & BR_SSL_RECVAPP)
		p[PLAIN].events |= POLLOUT;
	if (state & BR_SSL_SENDAPP && !ended && !dropped)
		p[PLAIN].events |= POLLIN;
	if (!p[PLAIN].events)
		p[PLAIN].fd = -1;
	if (poll(p, 2, PATIENCE) <= 0)
		return 0;
	if (p[NET].revents & POLLOUT && push(NET, br_ssl_engine_sendrec_buf,
	    br_ssl_engine_sendrec_ack) < 0)
		return 0;
	if (p[NET].revents & ~POLLOUT && state & BR_SSL_RECVREC &&
	    !pull(NET, br_ssl_engine_recvrec_buf, br_ssl_engine_recvrec_ack))
		return 0;
	if (p[PLAIN].revents & POLLOUT && push(PLAIN,
	    br_ssl_engine_recvapp_buf, br_ssl_engine_recvapp_ack) < 0)
		return 0;
	if (p[PLAIN].revents & ~POLLOUT && state & BR_SSL_SENDAPP)
		from_plain(p[PLAIN].revents);
	return 1;
}

int
main(int argc, char **argv)
{
	unsigned state;
	int ready = 0;

	if (argc != 2)
		die("usage: ssl_server FILE");
	signal(SIGPIPE, SIG_IGN);
	load(argv[1]);
	begin();
	fcntl(NET, F_SETFL, fcntl(NET, F_GETFL) | O_NONBLOCK);
	fcntl(PLAIN, F_SETFL, fcntl(PLAIN, F_GETFL) | O_NONBLOCK);
	do {
		state = br_ssl_engine_current_state(tls);
		if (!ready && state & BR_SSL_SENDAPP) {
			ready = 1;
			if (write(PLAIN, "T", 1) != 1)
				die("nobody is there");
		}
	} while (state != BR_SSL_CLOSED && turn(state));
	return !ready || br_ssl_engine_last_error(tls);
}
