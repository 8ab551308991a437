/* check - gives the certificates of PEM files to ssl/verify and prints one
 * line: "ok", "ok (NOTE)", "refused: WHY" or, when the
 * files and options are no good, "error: WHY".
 *
 * check [-a CAFILE] [-r CRLFILE] [-p PIN] [-i] HOST CHAIN.pem...
 * -t N does it N times and prints microseconds of CPU per time, loading
 * included; -w T is what the clock says, seconds since 1970. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../ssl/der.h"
#include "../../ssl/pem.h"
#include "../../ssl/pubkey.h"
#include "../../ssl/ssl.h"
#include "../../ssl/verify.h"

static struct der certs[256];
static unsigned count;
static time_t clock_says;

/* In place of the library's. */
time_t
time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (clock_says)
		now.tv_sec = clock_says;
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}

static int
die(const char *file, const char *why)
{
	fprintf(stderr, "check: %s: %s\n", file, why);
	exit(2);
}

static void
load(struct pem *p, const char *file)
{
	char why[300];
	struct pem_object o;

	if (pem_open(p, file, why, sizeof why) < 0)
		die(file, why);
	while (pem_next(p, &o) == 1) {
		if (strcmp(o.label, "CERTIFICATE") != 0 && o.label[0])
			continue;
		if (count == sizeof certs / sizeof *certs)
			die(file, "too many");
		certs[count].p = o.der;
		certs[count++].n = o.n;
	}
}

static int
run(const struct ssl_conf *conf, int quiet)
{
	char why[1024];
	struct verify *v;
	struct pubkey key;
	const char *note;
	int bad;

	v = verify_new(conf, why, sizeof why);
	if (!v) {
		if (!quiet)
			printf("error: %s\n", why);
		return 2;
	}
	bad = verify_chain(v, certs, count, &key) < 0;
	note = verify_note(v);
	if (bad != (key.kind == PUBKEY_NONE))
		die(conf->host, "verdict and key differ");
	if (bad != (*verify_why(v) != '\0'))
		die(conf->host, "verdict and reason differ");
	if (!quiet && bad)
		printf("refused: %s\n", verify_why(v));
	else if (!quiet)
		printf(*note ? "ok (%s)\n" : "ok\n", note);
	verify_free(v);
	return bad;
}

static int
measure(const struct ssl_conf *conf, long times)
{
	clock_t begun = clock();
	long i;
	int rc = 0;

	for (i = 0; i < times; i++)
		rc = run(conf, 1);
	printf("%.1f us, verdict %d\n", (double)(clock() - begun) * 1e6
	    / CLOCKS_PER_SEC / (double)times, rc);
	return rc;
}

int
main(int argc, char **argv)
{
	struct ssl_conf conf = { NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0 };
	struct pem files[16];
	long times = 0;
	int o, n, rc;

	while ((o = getopt(argc, argv, "a:r:p:it:w:")) != -1)
		switch (o) {
		case 'a': conf.cafile = optarg; break;
		case 'r': conf.crlfile = optarg; break;
		case 'p': conf.pin = optarg; break;
		case 'i': conf.insecure = 1; break;
		case 't': times = atol(optarg); break;
		case 'w': clock_says = (time_t)atoll(optarg); break;
		default: return 2;
		}
	if (argc - optind < 2 || argc - optind > 16)
		die("usage", "check [options] HOST CHAIN.pem...");
	conf.host = argv[optind++];
	for (n = 0; optind < argc; optind++)
		load(&files[n++], argv[optind]);
	rc = times ? measure(&conf, times) : run(&conf, 0);
	while (n)
		pem_close(&files[--n]);
	return rc;
}
