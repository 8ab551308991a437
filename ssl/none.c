/* none - the ssl.h of a build without TLS (SSL=none): every use says so. */
#include <stdio.h>

#include "ssl.h"

static const char absent[] =
	"Error initializing TLS library: this build has no TLS (SSL=none)";

struct ssl *
ssl_new(const struct ssl_conf *conf, char *why, size_t size)
{
	(void)conf;
	snprintf(why, size, "%s", absent);
	return NULL;
}

int
ssl_start(struct ssl *s)
{
	(void)s;
	return -1;
}

int
ssl_step(struct ssl *s, int fd, int revents)
{
	(void)s, (void)fd, (void)revents;
	return -1;
}

int
ssl_ready(const struct ssl *s)
{
	(void)s;
	return 0;
}

size_t
ssl_read(struct ssl *s, void *p, size_t n)
{
	(void)s, (void)p, (void)n;
	return 0;
}

size_t
ssl_write(struct ssl *s, const void *p, size_t n)
{
	(void)s, (void)p, (void)n;
	return 0;
}

void
ssl_flush(struct ssl *s)
{
	(void)s;
}

void
ssl_close(struct ssl *s)
{
	(void)s;
}

const char *
ssl_why(const struct ssl *s)
{
	(void)s;
	return absent;
}

const char *
ssl_note(const struct ssl *s)
{
	(void)s;
	return "";
}

const char *
ssl_about(const struct ssl *s)
{
	(void)s;
	return "";
}

void
ssl_describe_chain(struct ssl *s, char *out, size_t size)
{
	(void)s, (void)out, (void)size;
}

const char *
ssl_roots(void)
{
	return "no TLS";
}

void
ssl_free(struct ssl *s)
{
	(void)s;
}
