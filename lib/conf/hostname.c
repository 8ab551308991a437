/* hostname - the names of this host. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "../base/chr.h"
#include "conf.h"
#include "hostname.h"

static struct buf warning;

const char *
hostnames_warning(void)
{
	return warning.n ? buf_z(&warning) : NULL;
}

/* conf_line; what can be no name counts as missing. */
static int
load_name(const char *file, struct buf *name)
{
	int rc = conf_line(file, name);

	if (rc > 0 && strpbrk(buf_z(name), " \t#@/<>,;\"")) {
		buf_clear(&warning);
		buf_fmt(&warning, "%s holds no name, and is not used", file);
		buf_clear(name);
		rc = 0;
	}
	return rc;
}

static int
has_dot(const struct buf *name)
{
	return str_find(buf_str(name), '.') < name->n;
}

/* 1 from a file, 0 not, -1 conf_why. Debian's own file comes first if it has a
 * full name. */
static int
me_from_file(struct buf *me)
{
	struct buf other = { 0 };
	int rc, found;

	buf_clear(&warning);
	rc = load_name("me", me);
	if (rc < 0 || (rc > 0 && !DEBIAN_RULES))
		return rc;
	found = load_name("../mailname", &other);
	if (rc > 0 && has_dot(&other))
		buf_set(&warning, STR("Warning: On Debian systems, nullmailer's"
		    " 'me' is disregarded; please use '/etc/mailname' "
		    "instead."));
	if (found > 0 && (rc == 0 || has_dot(&other)))
		buf_set(me, buf_str(&other));
	buf_free(&other);
	return found < 0 ? found : rc | found;
}

/* The domain that the resolver completes names with. */
static void
add_domain(struct buf *me)
{
	struct buf text = { 0 }, domain = { 0 };
	struct str rest, line;
	int is_domain;

	conf_file("/etc/resolv.conf", &text);
	for (rest = buf_str(&text); rest.n;) {
		line = str_trim(str_cut(&rest, '\n'));
		is_domain = str_starts(line, STR("domain"));
		if ((is_domain || (!domain.n &&
		    str_starts(line, STR("search")))) &&
		    line.n > 7 && chr_is(line.p[6], CHR_SPACE)) {
			line = str_trim(str_skip(line, 6));
			buf_set(&domain, str_head(line, str_find(line, ' ')));
		}
	}
	if (domain.n > 1)
		buf_cat(me, STR("."), buf_str(&domain));
	buf_free(&text);
	buf_free(&domain);
}

static void
me_from_system(struct buf *me)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof name - 1);
	buf_set(me, *name && *name != '(' ? str_of(name) : STR("localhost"));
	if (!has_dot(me) && !str_eq(buf_str(me), STR("localhost")))
		add_domain(me);
}

int
hostnames_me(struct buf *me)
{
	int rc = me_from_file(me);

	if (rc == 0)
		me_from_system(me);
	return rc < 0 ? -1 : 0;
}

/* Without the file the value is me. */
static int
load_or_me(const char *file, struct buf *value, const struct buf *me)
{
	int rc = load_name(file, value);

	if (rc == 0)
		buf_set(value, buf_str(me));
	return rc;
}

/* A name without a dot that no file gives completes no other. */
static int
load_rest(struct hostnames *h)
{
	int completes = !DEBIAN_RULES && (h->configured || has_dot(&h->me));
	int host, id;

	if ((completes ? load_or_me("defaultdomain", &h->defaultdomain, &h->me)
	    : load_name("defaultdomain", &h->defaultdomain)) < 0)
		return -1;
	host = load_or_me("defaulthost", &h->defaulthost, &h->me);
	id = load_or_me("idhost", &h->idhost, &h->me);
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
