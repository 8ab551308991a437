/* hostname - the names of this host. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "hostname.h"

static const char *warning;

const char *
hostnames_warning(void)
{
	return warning;
}

/* 1 from a file, 0 not, -1 conf_why. */
static int
me_from_file(struct buf *me)
{
	int rc;

	warning = NULL;
	rc = conf_line("me", me);
	if (DEBIAN_RULES && rc > 0)
		warning = "Warning: On Debian systems, nullmailer's 'me' is "
		    "disregarded; please use '/etc/mailname' instead.";
	if (rc < 0 || (rc > 0 && !DEBIAN_RULES))
		return rc;
	return conf_line("../mailname", me);
}

static void
me_from_system(struct buf *me)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (gethostname(name, sizeof name - 1) == 0 && strchr(name, '.'))
		buf_set(me, str_of(name));
	else
		buf_set(me, STR("me"));
}

int
hostnames_me(struct buf *me)
{
	int rc = me_from_file(me);

	if (rc == 0)
		me_from_system(me);
	return rc < 0 ? -1 : 0;
}

/* Without the file the value is me, or the word if this host has no name. */
static int
load_or(const char *file, struct buf *value, const struct buf *me,
    struct str word)
{
	int rc = conf_line(file, value);

	if (rc == 0)
		buf_set(value, str_eq(buf_str(me), STR("me")) ? word
		    : buf_str(me));
	return rc;
}

static int
load_rest(struct hostnames *h)
{
	struct str no_domain = STR("defaultdomain");
	int host, id;

	if (DEBIAN_RULES) {
		if (conf_line("defaultdomain", &h->defaultdomain) < 0)
			return -1;
	} else if (load_or("defaultdomain", &h->defaultdomain, &h->me,
	    no_domain) < 0)
		return -1;
	host = load_or("defaulthost", &h->defaulthost, &h->me,
	    STR("defaulthost"));
	id = load_or("idhost", &h->idhost, &h->me, buf_str(&h->me));
	if (host < 0 || id < 0)
		return -1;
	hostnames_qualify(h, &h->defaulthost);
	if (id > 0)
		hostnames_qualify(h, &h->idhost);
	h->configured |= host;
	return 0;
}

int
hostnames_load(struct hostnames *h)
{
	int rc = me_from_file(&h->me);

	if (rc < 0)
		return -1;
	h->configured = rc;
	if (rc == 0)
		me_from_system(&h->me);
	return load_rest(h);
}

void
hostnames_qualify(const struct hostnames *h, struct buf *domain)
{
	struct str name = buf_str(domain);

	if (name.n == 0) {
		buf_set(domain, buf_str(&h->defaulthost));
		return;
	}
	if (name.p[0] == '[' || str_find(name, '.') < name.n ||
	    str_ieq(name, STR("localhost")) || h->defaultdomain.n == 0)
		return;
	buf_put(domain, ".%", buf_str(&h->defaultdomain));
}

void
hostnames_free(struct hostnames *h)
{
	buf_free(&h->me);
	buf_free(&h->defaultdomain);
	buf_free(&h->defaulthost);
	buf_free(&h->idhost);
	h->configured = 0;
}
