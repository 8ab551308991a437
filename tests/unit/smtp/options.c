/* options - the options of a remote: every row, what is missing, and
 * what contradicts. */
#include <string.h>

#include "../../../lib/base/buf.h"
#include "../../../lib/base/err.h"
#include "../../../lib/base/opt.h"
#include "../../../lib/smtp/options.h"
#include "../t.h"

static struct options o;
static struct opts all;
static struct buf why;

static void
begin(void)
{
	o = (struct options){ 0 };
	all = options_table(&o);
	buf_clear(&why);
}

static int
takes(const char *text)
{
	return opt_text(&all, text, &why) == 0;
}

/* The code of these options, separated by blanks. */
static int
check(const char *options)
{
	static char copy[10][64];
	struct str rest = str_of(options), word;
	size_t i;

	begin();
	for (i = 0; rest.n && i < 10; i++) {
		word = str_cut(&rest, ' ');
		snprintf(copy[i], sizeof copy[i], "%.*s", (int)word.n, word.p);
		if (!takes(copy[i]))
			return -1;
	}
	return options_check(&o, 25, 465, &why);
}

static int
refuses(const char *options, int code, const char *text)
{
	if (check(options) == code && !strcmp(buf_z(&why), text))
		return 1;
	printf("# %s: %s\n", options, buf_z(&why));
	return 0;
}

static void
every_row(void)
{
	begin();
	T(all.count > 0);
	T(takes("host=h") && !strcmp(o.host, "h"));
	T(takes("port=26") && o.port == 26);
	T(takes("-p27") && o.port == 27);
	T(takes("--port= 28") && o.port == 28);
	T(takes("user=u=v w") && !strcmp(o.user, "u=v w"));
	T(takes("pass=") && o.pass && !*o.pass);
	T(takes("auth-login") && o.auth == AUTH_LOGIN);
	T(takes("auth-external") && o.auth == AUTH_EXTERNAL);
	T(takes("source=s") && !strcmp(o.source, "s"));
	T(!o.tls && takes("ssl") && o.tls);
	o.tls = 0;
	T(takes("tls") && o.tls && takes("starttls") && o.starttls);
	T(takes("x509certfile=c") && !strcmp(o.certfile, "c"));
	T(takes("x509keyfile=k") && !strcmp(o.keyfile, "k"));
	T(takes("x509cafile=a") && !strcmp(o.cafile, "a"));
	T(takes("x509crlfile=r") && !strcmp(o.crlfile, "r"));
	T(takes("x509fmtder") && o.x509fmtder);
	T(takes("insecure") && o.insecure);
	T(takes("tls-anon-auth") && o.anon);
	T(takes("tls-name=n") && !strcmp(o.tls_name, "n"));
	T(takes("tls-min=1.0") && !strcmp(o.tls_min, "1.0"));
	T(takes("tls-max=1.2") && !strcmp(o.tls_max, "1.2"));
	T(takes("ipv4") && o.ipv4 && takes("ipv6") && o.ipv6);
	T(takes("no-pipelining") && o.no_pipelining);
	T(takes("no-chunking") && o.no_chunking);
	T(takes("soft-bounce") && !strcmp(o.soft_bounce, ""));
	T(takes("soft-bounce=550,5.4.5") &&
	    !strcmp(o.soft_bounce, "550,5.4.5"));
	T(takes("recipients=50") && o.recipients == 50);
	T(takes("messages=20") && o.messages == 20);
	T(takes("rate=14/1s") && !strcmp(o.rate, "14/1s"));
	T(takes("from=F <f@x.y>") && !strcmp(o.from, "F <f@x.y>"));
	T(takes("bounce-from=b@x.y") && !strcmp(o.bounce_from, "b@x.y"));
	T(takes("domain=d.x") && !strcmp(o.domain, "d.x"));
	T(takes("passfile=/f") && !strcmp(o.passfile, "/f"));
	T(takes("passcommand=a b") && !strcmp(o.passcommand, "a b"));
	T(takes("auth=xoauth2") && !strcmp(o.mechanism, "xoauth2"));
	T(takes("pin=sha256/x") && !strcmp(o.pin, "sha256/x"));
	T(takes("sessions=3") && o.sessions == 3);
	T(takes("-") && takes("--") && why.n == 0);
	T(!takes("port=x") && !takes("port=25x") && !takes("port="));
	T(!takes("user") && !takes("tls=1") && !takes("what"));
	T(!takes("-x") && !takes("Host=h"));
	T(!takes("port=99999999999999999999") && why.n > 0);
}

static void
checks(void)
{
	T(refuses("", ERR_USAGE, "Remote host not set"));
	T(check("host=h") == 0 && o.port == 25);
	T(check("host=h tls") == 0 && o.port == 465);
	T(check("host=h starttls") == 0 && o.port == 25 && o.starttls);
	T(check("host=h tls starttls") == 0 && o.tls && !o.starttls);
	T(check("host=h port=1 tls") == 0 && o.port == 1);
	T(check("host=h port=65535") == 0);
	T(refuses("host=h port=-1", ERR_USAGE, "Invalid value for port"));
	T(refuses("host=h port=65536", ERR_USAGE, "Invalid value for port"));
	T(refuses("host=h x509keyfile=k", ERR_USAGE,
	    "Option x509keyfile needs x509certfile"));
	T(refuses("host=h insecure x509cafile=a tls-anon-auth", ERR_MSG_TEMP,
	    "Error: TLS certificate and TLS anonymous auth options cannot "
	    "both be specified"));
	T(check("host=h tls-anon-auth") == 0 && o.anon);
	T(check("host=h tls-anon-auth insecure") == 0 && o.anon);
	T(check("host=h tls") == 0 && !o.tls_name);
	T(check("host=h tls-min=1.0") == 0);
	T(check("host=h tls-min=1.2") == 0);
	T(refuses("host=h tls-min=1", ERR_USAGE, "Invalid value for tls-min"));
	T(check("host=h pin=x insecure") == ERR_USAGE);
	T(check("host=h tls-max=1.2") == 0);
	T(refuses("host=h tls-max=1.3", ERR_USAGE,
	    "Invalid value for tls-max"));
	T(refuses("host=h ipv4 ipv6", ERR_USAGE,
	    "Options ipv4 and ipv6 contradict each other"));
	T(refuses("host=h user=u", ERR_USAGE, "Option user needs pass"));
	T(check("host=h user=u pass=") == 0 && check("host=h user=") == 0);
	T(check("host=h user=u auth-external") == 0);
	T(check("host=h user=u passfile=f") == 0);
	T(check("host=h user=u passcommand=c auth=XOAuth2") == 0);
	T(check("host=h user=u pass=p auth=scram-sha-256") == 0 &&
	    o.auth == AUTH_NAMED);
	T(check("host=h auth=external") == 0 && o.auth == AUTH_EXTERNAL);
	T(refuses("host=h auth=what", ERR_USAGE, "Invalid value for auth"));
	T(check("host=h user=u pass=p passfile=f") == ERR_USAGE);
	T(check("host=h user=u passcommand=p passfile=f") == ERR_USAGE);
	T(check("host=h recipients=-1") == ERR_USAGE);
	T(check("host=h messages=-1") == ERR_USAGE);
	T(check("host=h from=f@x.y bounce-from=b@x.y") == 0);
	T(check("host=h from=*@x.y") == 0 && check("host=h from=f") ==
	    ERR_USAGE && check("host=h bounce-from=*@x.y") == ERR_USAGE);
	T(check("host=h domain=a-b_1.x") == 0 &&
	    check("host=h domain=[IPv6:::1]") == 0);
	T(refuses("host=h domain=a/b", ERR_USAGE, "Invalid value for domain"));
	T(refuses("host=h domain=", ERR_USAGE, "Invalid value for domain"));
	begin();
	takes("host=h");
	T(options_check(&o, 628, 0, &why) == 0 && o.port == 628);
	begin();
	takes("host=h");
	takes("tls");
	T(options_check(&o, 628, 0, &why) == ERR_USAGE);
	T(!strcmp(buf_z(&why), "Invalid value for port"));
}

/* 1 if the rate is so many messages in so many seconds; 0, 0: refused. */
static int
rate(const char *text, int messages, int seconds)
{
	begin();
	takes("host=h");
	o.rate = text;
	if (options_check(&o, 25, 465, &why) != 0)
		return !messages;
	return o.rate_messages == messages && o.rate_seconds == seconds;
}

static void
rates(void)
{
	T(rate("14/1s", 14, 1) && rate("30/m", 30, 60) && rate("9/60", 9, 60));
	T(rate("500/1d", 500, 86400) && rate("1/2h", 1, 7200));
	T(rate("1/1w", 1, 604800) && rate("2/365d", 2, 31536000));
	T(rate("", 0, 0) && rate("14", 0, 0) && rate("14/", 0, 0));
	T(rate("0/1s", 0, 0) && rate("14/0s", 0, 0) && rate("/s", 0, 0));
	T(rate("14/1x", 0, 0) && rate("x/1s", 0, 0) && rate("1/s1", 0, 0));
	T(rate("1/366d", 0, 0) && rate("1/99999999999999999999w", 0, 0));
	T(rate("99999999999/1s", 0, 0) && rate("-1/1s", 0, 0));
	T(check("host=h") == 0 && !o.rate_messages);
}

/* As a line of remotes or a module's stdin has them: up to an empty line. */
static void
lines(void)
{
	struct buf text = { 0 };

	o = (struct options){ 0 };
	buf_clear(&why);
	buf_set(&text, STR("host=h\n--port=26\n-p 27\nuser=u v\n\nport=28\n"));
	T(options_parse(&o, &text, &why) == 0 && !strcmp(o.host, "h"));
	T(o.port == 27 && !strcmp(o.user, "u v"));
	buf_set(&text, STR("host=i\nwhat\nport=29\n"));
	T(options_parse(&o, &text, &why) < 0 && why.n > 0 && o.port == 27);
	buf_set(&text, STR("port=30"));
	T(options_parse(&o, &text, &why) == 0 && o.port == 30);
	buf_free(&text);
}

int
main(void)
{
	every_row();
	checks();
	rates();
	lines();
	T(!strcmp(stage_name(STAGE_greeting), "greeting"));
	T(!strcmp(stage_name(STAGE_dot), "dot"));
	buf_free(&why);
	return T_END();
}
