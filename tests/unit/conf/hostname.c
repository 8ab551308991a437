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

static char system_name[512];

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
	char list[200], *next = list, a[600], c[600], got[2000], *item;

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

/* Without me: the system's name, with the resolver's domain if it has one. */
static void
nameless(void)
{
	char want[2000];
	int dotted = strchr(system_name, '.') != NULL;

	snprintf(want, sizeof want, "%s c%s%s %s", system_name,
	    DEBIAN_RULES || !dotted ? "" : ".", DEBIAN_RULES || !dotted ? "" :
	    system_name, system_name);
	T(gives("", want));
	snprintf(want, sizeof want, "%s%s c.dd.x %s", system_name, dotted ||
	    !strcmp(system_name, "localhost") ? "" : ".dd.x", system_name);
	T(gives("defaultdomain=dd.x", want));
}

/* As its manual page has it, by other means than ours. */
static void
find_system_name(void)
{
	FILE *f = popen("n=$(uname -n); case $n in *.*|localhost) ;; '(none)') "
	    "n=localhost ;; *) d=$(awk '$1 == \"domain\" { d = $2 } $1 == "
	    "\"search\" && !d { d = $2 } END { if (d != \".\") print d }' "
	    "/etc/resolv.conf 2>/dev/null); [ ! \"$d\" ] || n=$n.$d ;; esac; "
	    "printf %s \"$n\"", "r");

	if (!f || !fgets(system_name, sizeof system_name, f))
		exit(1);
	pclose(f);
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
	put("mailname", "mail");
	T(me_is("conf.me") && !hostnames_warning());
	unlink("mailname");
	T(me_is("conf.me") && !hostnames_warning());
	unlink("conf/me");
	put("mailname", "mail");
	T(me_is("mail"));
	unlink("mailname");
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
	char dir[] = "/tmp/unit-hostname-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("conf", 0700) < 0)
		return 1;
	setenv("NULLMAILER_TEST_PREFIX", dir, 1);
	find_system_name();
	table();
	nameless();
	own_name();
	special();
	no_files();
	rmdir("conf");
	rmdir(dir);
	return T_END();
}
