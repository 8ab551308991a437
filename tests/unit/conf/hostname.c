/* hostname - which names come of which control files. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../lib/conf/conf.h"
#include "../../../lib/conf/hostname.h"
#include "../t.h"

/* The file with the host's own name, and the one that is only a fallback or
 * not read at all. */
#define OWN (DEBIAN_RULES ? "mailname" : "conf/me")

static char system_name[256] = "me";

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(text, f) < 0 || fputs("\n", f) < 0 || fclose(f))
		exit(1);
}

static void
no_files(void)
{
	unlink("conf/me");
	unlink("mailname");
	unlink("conf/defaulthost");
	unlink("conf/defaultdomain");
	unlink("conf/idhost");
}

static void
domain(const struct hostnames *h, char *out, size_t size, const char *name)
{
	struct buf b = { 0 };

	buf_set(&b, str_of(name));
	hostnames_qualify(h, &b);
	snprintf(out, size, "%s", buf_z(&b));
	buf_free(&b);
}

/* files: "name=value name=value", me standing for the host's own file.
 * want: what becomes of no host, of host c, and the Message-Id host. */
static int
gives(const char *files, const char *want)
{
	struct hostnames h = { 0 };
	char list[200], *next = list, a[300], c[300], got[900], *item;

	no_files();
	snprintf(list, sizeof list, "%s", files);
	while ((item = strsep(&next, " ")) && *item) {
		char *value = strchr(item, '='), path[100];

		*value++ = '\0';
		snprintf(path, sizeof path, "conf/%s", item);
		put(strcmp(item, "me") ? path : OWN, value);
	}
	if (hostnames_load(&h) < 0)
		return 0;
	domain(&h, a, sizeof a, "");
	domain(&h, c, sizeof c, "c");
	snprintf(got, sizeof got, "%s %s %s", a, c, buf_z(&h.idhost));
	if (strcmp(got, want))
		printf("# %s gives %s\n", files, got);
	hostnames_free(&h);
	return !strcmp(got, want);
}

static int
row(const char *files, const char *upstream, const char *debian)
{
	return gives(files, DEBIAN_RULES ? debian : upstream);
}

static void
table(void)
{
	T(row("me=f.q.d.n", "f.q.d.n c.f.q.d.n f.q.d.n", "f.q.d.n c f.q.d.n"));
	T(row("me=host", "host.host c.host host", "host c host"));
	T(row("me=host defaultdomain=dom.x", "host.dom.x c.dom.x host",
	    "host.dom.x c.dom.x host"));
	T(row("me=f.q.d.n defaultdomain=q.d.n", "f.q.d.n c.q.d.n f.q.d.n",
	    "f.q.d.n c.q.d.n f.q.d.n"));
	T(row("me=f.q.d.n defaulthost=dh.org", "dh.org c.f.q.d.n f.q.d.n",
	    "dh.org c f.q.d.n"));
	T(row("me=f.q.d.n defaulthost=dh", "dh.f.q.d.n c.f.q.d.n f.q.d.n",
	    "dh c f.q.d.n"));
	T(row("me=f.q.d.n defaulthost=dh defaultdomain=dd.x",
	    "dh.dd.x c.dd.x f.q.d.n", "dh.dd.x c.dd.x f.q.d.n"));
	T(row("me=f.q.d.n defaulthost=localhost defaultdomain=dd.x",
	    "localhost c.dd.x f.q.d.n", "localhost c.dd.x f.q.d.n"));
	T(row("me=f.q.d.n idhost=id", "f.q.d.n c.f.q.d.n id.f.q.d.n",
	    "f.q.d.n c id"));
	T(row("me=f.q.d.n idhost=id defaultdomain=dd.x",
	    "f.q.d.n c.dd.x id.dd.x", "f.q.d.n c.dd.x id.dd.x"));
	T(row("me=f.q.d.n.", "f.q.d.n. c.f.q.d.n. f.q.d.n.",
	    "f.q.d.n. c f.q.d.n."));
}

/* Without me: the literals, unless the system has a dotted name. */
static void
nameless(void)
{
	char want[900];

	if (strchr(system_name, '.')) {
		snprintf(want, sizeof want, "%s c%s%s %s", system_name,
		    DEBIAN_RULES ? "" : ".", DEBIAN_RULES ? "" : system_name,
		    system_name);
		T(gives("", want));
		return;
	}
	T(row("", "defaulthost.defaultdomain c.defaultdomain me",
	    "defaulthost c me"));
	T(row("defaultdomain=dd.x", "defaulthost.dd.x c.dd.x me",
	    "defaulthost.dd.x c.dd.x me"));
	T(row("defaulthost=dh", "dh.defaultdomain c.defaultdomain me",
	    "dh c me"));
}

static int
me_is(const char *want)
{
	struct buf me = { 0 };
	int ok = hostnames_me(&me) == 0 && !strcmp(buf_z(&me), want);

	buf_free(&me);
	return ok;
}

static void
own_name(void)
{
	no_files();
	T(me_is(system_name) && !hostnames_warning());
	put("mailname", "mail.name");
	T(me_is("mail.name") && !hostnames_warning());
	put("conf/me", " ");
	T(me_is("mail.name") && !hostnames_warning());
	put("conf/me", "conf.me");
	T(me_is(DEBIAN_RULES ? "mail.name" : "conf.me"));
	T(!hostnames_warning() == !DEBIAN_RULES);
	unlink("mailname");
	T(me_is(DEBIAN_RULES ? system_name : "conf.me"));
}

static int
configured(const char *files)
{
	struct hostnames h = { 0 };
	int result;

	no_files();
	if (*files)
		put(files, "x.y");
	result = hostnames_load(&h) < 0 ? -1 : h.configured;
	hostnames_free(&h);
	return result;
}

static void
special(void)
{
	struct hostnames h = { 0 };
	char got[300];

	buf_set(&h.defaulthost, STR("dh"));
	buf_set(&h.defaultdomain, STR("dd"));
	domain(&h, got, sizeof got, "LocalHost");
	T(!strcmp(got, "LocalHost"));
	domain(&h, got, sizeof got, "localhosts");
	T(!strcmp(got, "localhosts.dd"));
	domain(&h, got, sizeof got, "[IPv6:::1]");
	T(!strcmp(got, "[IPv6:::1]"));
	domain(&h, got, sizeof got, "a.");
	T(!strcmp(got, "a."));
	hostnames_free(&h);

	T(configured("") == 0 && configured("conf/idhost") == 0);
	T(configured(OWN) == 1 && configured("mailname") == 1);
	T(configured("conf/defaulthost") == 1);
	no_files();
	T(mkdir("conf/me", 0700) == 0 && me_is(system_name));
	rmdir("conf/me");
	T(rename("conf", "hidden") == 0);
	put("conf", "no folder");
	T(hostnames_load(&h) == -1 && strstr(conf_why(), "Not a directory"));
	unlink("conf");
	T(rename("hidden", "conf") == 0);
	hostnames_free(&h);
}

int
main(void)
{
	char dir[] = "/tmp/unit-hostname-XXXXXX", name[256] = "";

	if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("conf", 0700) < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", dir, 1);
	if (gethostname(name, sizeof name - 1) == 0 && strchr(name, '.'))
		strcpy(system_name, name);
	table();
	nameless();
	own_name();
	special();
	no_files();
	rmdir("conf");
	rmdir(dir);
	return T_END();
}
