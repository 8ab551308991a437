/* sasl - PLAIN, LOGIN and EXTERNAL byte for byte; the examples of RFC 2195,
 * 5802 and 7677; servers that do not prove themselves. */
#include "../../../lib/smtp/sasl.h"
#include "../../../ssl/digest.h"
#include "../t.h"

static struct buf response;

static const struct sasl_mechanism *
by_name(const char *name)
{
	return sasl_find(str_of(name));
}

static int
chosen(struct str offered, int in_private, const char *want)
{
	const struct sasl_mechanism *m = sasl_choose(offered, STR(""),
	    in_private);

	return want ? m && m == by_name(want) : !m;
}

static int
begins(const char *name, struct sasl *s, struct str want)
{
	buf_clear(&response);
	return by_name(name)->begin(s, &response) == 1 &&
	    str_eq(buf_str(&response), want);
}

static int
answers(const char *name, struct sasl *s, struct str challenge,
    struct str want)
{
	buf_clear(&response);
	return by_name(name)->answer(s, challenge, &response) == 0 &&
	    str_eq(buf_str(&response), want);
}

static int
refuses(const char *name, struct sasl *s, struct str challenge)
{
	buf_clear(&response);
	return by_name(name)->answer(s, challenge, &response) == -1;
}

/* RFC 7628 section 4, and Google's example. */
static void
tokens(void)
{
	struct sasl s = { 0 };

	s.user = STR("user@example.com");
	s.pass = STR("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
	T(begins("OAUTHBEARER", &s, STR("n,a=user@example.com,\1auth=Bearer "
	    "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1")));
	T(answers("OAUTHBEARER", &s, STR("{\"status\":\"401\"}"), STR("\1")));
	T(str_eq(buf_str(&s.first), STR("{\"status\":\"401\"}")));
	T(refuses("OAUTHBEARER", &s, STR("{}")));
	sasl_free(&s);
	s = (struct sasl){ 0 };
	s.user = STR("a,b=c");
	s.pass = STR("t");
	T(begins("OAUTHBEARER", &s, STR("n,a=a=2Cb=3Dc,\1auth=Bearer t"
	    "\1\1")));
	T(begins("XOAUTH2", &s, STR("user=a,b=c\1auth=Bearer t\1\1")));
	T(answers("XOAUTH2", &s, STR("{}"), STR("")));
	T(refuses("XOAUTH2", &s, STR("{}")));
	T(sasl_is_token(by_name("xoauth2")) && !sasl_is_token(by_name("PLAIN"))
	    && sasl_is_token(by_name("OAUTHBEARER")));
	T(chosen(STR("XOAUTH2 OAUTHBEARER"), 1, NULL));
	sasl_free(&s);
}

static void
choice(void)
{
	T(chosen(STR("LOGIN PLAIN"), 1, "PLAIN"));
	T(chosen(STR("login"), 1, "LOGIN"));
	T(chosen(STR("XPLAIN PLAINX  LOGIN"), 0, "LOGIN"));
	T(sasl_choose(STR("PLAIN LOGIN"), STR("PLAIN "), 1) ==
	    by_name("LOGIN"));
	T(!sasl_choose(STR("PLAIN LOGIN"), STR("PLAIN LOGIN "), 0));
	T(chosen(STR(""), 0, NULL) && chosen(STR("GSSAPI"), 1, NULL));
	T(sasl_offered(STR("A external B"), STR("EXTERNAL")));
	T(!sasl_offered(STR("A B"), STR("")) && !sasl_offered(STR(""),
	    STR("PLAIN")));
	T(!sasl_find(STR("PLAI")) && !sasl_find(STR("")));
}

static void
in_clear(void)
{
	struct sasl s = { 0 };

	s.user = STR("u");
	s.pass = STR("p w\0\377");
	T(begins("PLAIN", &s, STR("\0u\0p w\0\377")));
	T(refuses("PLAIN", &s, STR("")));
	T(begins("LOGIN", &s, STR("u")));
	T(answers("LOGIN", &s, STR("password?"), STR("p w\0\377")));
	T(refuses("LOGIN", &s, STR("Password:")));
	/* Who overlooks the name must not get the password for it. */
	s.step = 0;
	T(begins("LOGIN", &s, STR("u")) && refuses("LOGIN", &s, STR("Login:")));
	s.step = 0;
	T(begins("LOGIN", &s, STR("u")) && refuses("LOGIN", &s, STR("")));
	s.step = s.ahead = 0;
	T(answers("LOGIN", &s, STR("Password:"), STR("u")));
	T(answers("LOGIN", &s, STR(""), STR("p w\0\377")));
	T(refuses("LOGIN", &s, STR("Username:")));
	T(begins("EXTERNAL", &s, STR("")));
	T(refuses("EXTERNAL", &s, STR("")));
	T(by_name("LOGIN")->done(&s));
	sasl_free(&s);
}

static void
cram(void)
{
	struct sasl s = { 0 };

	s.user = STR("tim");
	s.pass = STR("tanstaaftanstaaf");
	buf_clear(&response);
	T(by_name("CRAM-MD5")->begin(&s, &response) == 0 && !response.n);
	T(answers("CRAM-MD5", &s,
	    STR("<1896.697170952@postoffice.reston.mci.net>"),
	    STR("tim b913a602c7eda7a495b4e6e7334d3890")));
	T(refuses("CRAM-MD5", &s, STR("<again>")));
	sasl_free(&s);
}

#define SHA1 "SCRAM-SHA-1"
#define CLIENT1 "fyko+d2lbbFgONRv9qkxdawL"
#define SERVER1 CLIENT1 "3rfcNHYJY1ZVvWVs7j"
#define FIRST1 "r=" SERVER1 ",s=QSXCR+Q6sek8bf92,i=4096"

static struct sasl
scram_user(void)
{
	struct sasl s = { 0 };

	s.user = STR("user");
	s.pass = STR("pencil");
	buf_set(&s.first, STR("n=user,r=" CLIENT1));
	return s;
}

static void
scram(void)
{
	struct sasl s = scram_user();

	T(answers(SHA1, &s, STR(FIRST1), STR("c=biws,r=" SERVER1
	    ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=")));
	T(!by_name(SHA1)->done(&s));
	T(answers(SHA1, &s, STR("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), STR("")));
	T(by_name(SHA1)->done(&s));
	T(refuses(SHA1, &s, STR("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")));
	sasl_free(&s);
	s = scram_user();
	buf_set(&s.first, STR("n=user,r=rOprNGfwEbeRWgbNEkqO"));
	T(answers("SCRAM-SHA-256", &s, STR("r=rOprNGfwEbeRWgbNEkqO"
	    "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
	    "i=4096"), STR("c=biws,r=rOprNGfwEbeRWgbNEkqO"
	    "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")));
	T(answers("SCRAM-SHA-256", &s,
	    STR("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), STR("")));
	sasl_free(&s);
}

/* A first message that must be refused, from a fresh start. */
static int
bad_first(struct str challenge)
{
	struct sasl s = scram_user();
	int rc = refuses(SHA1, &s, challenge);

	sasl_free(&s);
	return rc;
}

/* A last message that does not prove that the server knows the password. */
static int
bad_last(struct str challenge)
{
	struct sasl s = scram_user();
	int rc = !refuses(SHA1, &s, STR(FIRST1)) &&
	    refuses(SHA1, &s, challenge);

	sasl_free(&s);
	return rc;
}

static void
scram_insults(void)
{
	struct sasl s = scram_user();
	struct buf first = { 0 };

	T(bad_first(STR("")));
	T(bad_first(STR("r=other" SERVER1 ",s=QSXCR+Q6sek8bf92,i=4096")));
	T(bad_first(STR("r=" CLIENT1 ",s=QSXCR+Q6sek8bf92,i=4096")));
	T(bad_first(STR("r=" SERVER1 ",s=QSXCR+Q6sek8bf9,i=4096")));
	T(bad_first(STR("r=" SERVER1 ",s=QSXCR+Q6sek8bf92,i=0")));
	T(bad_first(STR("r=" SERVER1 ",s=QSXCR+Q6sek8bf92,i=-1")));
	T(bad_first(STR("r=" SERVER1 ",s=QSXCR+Q6sek8bf92,i=2000000000")));
	T(bad_first(STR("r=" SERVER1 ",s=QSXCR+Q6sek8bf92")));
	T(bad_last(STR("")));
	T(bad_last(STR("v=")));
	T(bad_last(STR("v=rmF9pqV8S7suAoZWja4dJRkFsKU=")));
	T(bad_last(STR("v=rmF9pqV8S7suAoZWja4dJRkF")));
	T(bad_last(STR("e=invalid-proof")));
	buf_clear(&response);
	s.user = STR("a,b=c");
	T(by_name(SHA1)->begin(&s, &response) == 1);
	T(str_starts(buf_str(&response), STR("n,,n=a=2Cb=3Dc,r=")));
	buf_set(&first, buf_str(&response));
	buf_clear(&response);
	by_name(SHA1)->begin(&s, &response);
	T(!str_eq(buf_str(&first), buf_str(&response)));
	buf_free(&first);
	sasl_free(&s);
}

int
main(void)
{
	tokens();
	unsigned char probe[DIGEST_MAX];

	choice();
	in_clear();
	if (digest_hash(DIGEST_MD5, "", 0, probe) > 0) {
		T(chosen(STR("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1"), 0, SHA1));
		T(chosen(STR("PLAIN LOGIN CRAM-MD5"), 0, "CRAM-MD5"));
		T(chosen(STR("CRAM-MD5 PLAIN"), 1, "PLAIN"));
		cram();
		scram();
		scram_insults();
	} else {
		T(chosen(STR("PLAIN CRAM-MD5 SCRAM-SHA-1"), 0, "PLAIN"));
	}
	buf_free(&response);
	return T_END();
}
