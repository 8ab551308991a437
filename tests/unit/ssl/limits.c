/* limits - one name against one limit, permitted and excluded, for each kind of
 * name; and what the two lists, the subject, the host and the budget do. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../../ssl/der.h"
#include "../../../ssl/cert.h"
#include "../../../ssl/limits.h"
#include "../../../ssl/name.h"
#include "../t.h"

enum { EMAIL = 0x81, DNS = 0x82, DIRECTORY = 0xA4, URI = 0x86, IP = 0x87,
	REGISTERED = 0x88, PERMITTED = 0xA0, EXCLUDED = 0xA1 };

struct out {
	unsigned char p[512];
	size_t n;
};

static void
put(struct out *o, int tag, const void *p, size_t n)
{
	o->p[o->n++] = (unsigned char)tag;
	o->p[o->n++] = (unsigned char)n;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void
put_limit(struct out *o, int list, int kind, const char *text, size_t n)
{
	struct out base = { { 0 }, 0 }, tree = { { 0 }, 0 };

	put(&base, kind, text, n);
	put(&tree, DER_SEQ, base.p, base.n);
	put(o, list, tree.p, tree.n);
}

static struct der
bytes(const struct out *o)
{
	return (struct der){ o->p, o->n };
}

/* The verdict as a letter: Ok, Not permitted, eXcluded, Unclear, too Many. */
static char
letter(const char *bad)
{
	return !bad ? 'O' : strstr(bad, "not permitted") ? 'N'
	    : strstr(bad, "excluded") ? 'X' : strstr(bad, "unclearly") ? 'U'
	    : strstr(bad, "too many") ? 'M' : '?';
}

static char
judge(struct der limits, struct der names, struct der subject)
{
	unsigned long work = 100000;
	struct cert c;

	memset(&c, 0, sizeof c);
	c.names = names;
	c.subject = subject;
	return letter(limits_broken(limits, &c, NULL, &work));
}

static const struct der no_name = { (const unsigned char *)"\x30\x00", 2 };

static char
one(int list, int kind, const char *limit, size_t m, const char *text, size_t n)
{
	struct out l = { { 0 }, 0 }, names = { { 0 }, 0 };

	put_limit(&l, list, kind, limit, m);
	put(&names, kind, text, n);
	return judge(bytes(&l), bytes(&names), no_name);
}

#define ROW(kind, limit, name, verdicts) \
	{ kind, limit, sizeof(limit) - 1, name, sizeof(name) - 1, verdicts }
static const struct {
	int kind;
	const char *limit;
	size_t m;
	const char *name;
	size_t n;
	const char *verdicts;	/* when permitted, when excluded */
} rows[] = {
	ROW(DNS, "a.test", "a.test", "OX"),
	ROW(DNS, "a.test", "A.TEST", "OX"),
	ROW(DNS, "a.test", "b.a.test", "OX"),
	ROW(DNS, "a.test", "ba.test", "NO"),
	ROW(DNS, "a.test", "test", "NO"),
	ROW(DNS, "a.test", "a.test.", "OX"),
	ROW(DNS, "a.test.", "b.a.test", "OX"),
	ROW(DNS, ".a.test", "b.a.test", "OX"),
	ROW(DNS, ".a.test", "a.test", "NO"),
	ROW(DNS, "", "a.test", "OX"),
	ROW(DNS, "a.test", "", "NO"),
	ROW(DNS, "a.test", "*.a.test", "OX"),
	ROW(DNS, "b.a.test", "*.a.test", "NX"),
	ROW(DNS, ".b.a.test", "*.a.test", "NX"),
	ROW(DNS, "b.test", "*.a.test", "NO"),
	ROW(DNS, "a.test", "*", "NO"),
	ROW(EMAIL, "a.test", "u@a.test", "OX"),
	ROW(EMAIL, "a.test", "u@A.Test", "OX"),
	ROW(EMAIL, "a.test", "u@b.a.test", "NO"),
	ROW(EMAIL, ".a.test", "u@b.a.test", "OX"),
	ROW(EMAIL, ".a.test", "u@a.test", "NO"),
	ROW(EMAIL, "a.test", "u@a.test@b.test", "NO"),
	ROW(EMAIL, "b.test", "u@a.test@b.test", "OX"),
	ROW(EMAIL, "u@a.test", "u@a.TEST", "OX"),
	ROW(EMAIL, "u@a.test", "U@a.test", "NO"),
	ROW(EMAIL, "u@a.test", "v@a.test", "NO"),
	ROW(EMAIL, "u@a.test", "u@b.test", "NO"),
	ROW(EMAIL, "a.test", "a.test", "UU"),
	ROW(EMAIL, "a.test", "@a.test", "UU"),
	ROW(EMAIL, "a.test", "u@", "UU"),
	ROW(EMAIL, "a.test", "", "UU"),
	ROW(EMAIL, "@a.test", "u@a.test", "UU"),
	ROW(EMAIL, "", "u@a.test", "UU"),
	ROW(URI, "a.test", "https://a.test", "OX"),
	ROW(URI, "a.test", "spiffe://A.test/ns/x", "OX"),
	ROW(URI, "a.test", "https://u:p@a.test:8443/x?y#z", "OX"),
	ROW(URI, "a.test", "https://a.test./", "OX"),
	ROW(URI, "a.test", "https://b.a.test/", "NO"),
	ROW(URI, ".a.test", "https://b.a.test/", "OX"),
	ROW(URI, ".a.test", "https://a.test/", "NO"),
	ROW(URI, "a.test", "https://a.test@b.test/", "NO"),
	ROW(URI, "a.test", "https://b.test/@a.test", "NO"),
	ROW(URI, "a.test", "https://b.test?@a.test", "NO"),
	ROW(URI, "a.test", "https://b.test#@a.test", "NO"),
	ROW(URI, "a.test", "urn:a.test", "UU"),
	ROW(URI, "a.test", "//a.test/", "UU"),
	ROW(URI, "a.test", "a.test", "UU"),
	ROW(URI, "a.test", "https:", "UU"),
	ROW(URI, "a.test", "https:///x", "UU"),
	ROW(URI, "a.test", "https://10.0.0.1/", "UU"),
	ROW(URI, "a.test", "https://[::1]/", "UU"),
	ROW(URI, "a.test", "https://%61.test/", "UU"),
	ROW(URI, ".a.test", "https://b\0.a.test/", "UU"),
	ROW(URI, "", "https://a.test/", "UU"),
	ROW(IP, "\x0a\0\0\0\xff\0\0\0", "\x0a\1\2\3", "OX"),
	ROW(IP, "\x0a\0\0\0\xff\0\0\0", "\x0b\1\2\3", "NO"),
	ROW(IP, "\0\0\0\0\0\0\0\0", "\x0b\1\2\3", "OX"),
	ROW(IP, "\0\0\0\0\0\0\0\0", "0123456789abcdef", "NO"),
	ROW(IP, "\x0a\0\0\0\xff\0\0", "\x0a\1\2\3", "UU"),
	ROW(IP, "\x0a\0\0\0\xff\0\0\0", "\x0a\1\2", "UU"),
	ROW(IP, "\x0a\0\xff\xff", "\x0a\0", "UU"),
	ROW(REGISTERED, "\x2a", "\x2a", "UU"),
	/* O=a, "A" in another string type, O=b, a part more */
#define NAME_A "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x0a\x0c\x01" "a"
	ROW(DIRECTORY, NAME_A, NAME_A, "OX"),
	ROW(DIRECTORY, NAME_A, "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
	    "\x04\x0a\x13\x01" "A", "OX"),
	ROW(DIRECTORY, NAME_A, "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
	    "\x04\x0a\x0c\x01" "b", "NO"),
	ROW(DIRECTORY, NAME_A, "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
	    "\x04\x0a\x1e\x01" "a", "UU"),
	ROW(DIRECTORY, "\x30\0", NAME_A, "OX"),
	ROW(DIRECTORY, NAME_A, "\x30\0", "NO"),
	ROW(DIRECTORY, NAME_A, "\x30\x01", "UU")
};

static void
kinds(void)
{
	size_t i;
	char in, out;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		in = one(PERMITTED, rows[i].kind, rows[i].limit, rows[i].m,
		    rows[i].name, rows[i].n);
		out = one(EXCLUDED, rows[i].kind, rows[i].limit, rows[i].m,
		    rows[i].name, rows[i].n);
		if (in != rows[i].verdicts[0] || out != rows[i].verdicts[1])
			printf("# %s, %s: %c%c\n", rows[i].limit, rows[i].name,
			    in, out);
		T(in == rows[i].verdicts[0]);
		T(out == rows[i].verdicts[1]);
	}
}

#define DER(s) ((struct der){ (const unsigned char *)(s), sizeof(s) - 1 })

/* [0] or [1] { { DNS:a }, { DNS:b } }, and the same with a minimum of 0. */
#define A "\x30\x03\x82\x01" "a"
#define B "\x30\x03\x82\x01" "b"
#define A_MIN "\x30\x06\x82\x01" "a\x80\x01\x00"

static void
lists(void)
{
	struct der a = DER("\x82\x01" "a"), b = DER("\x82\x01" "b"),
	    ab = DER("\x82\x01" "a\x82\x01" "b"), mail = DER("\x81\x01" "a"),
	    none = { NULL, 0 };

	T(judge(DER("\xa0\x0a" A B), a, no_name) == 'O');
	T(judge(DER("\xa0\x0a" A B), b, no_name) == 'O');
	T(judge(DER("\xa0\x05" A), ab, no_name) == 'N');
	T(judge(DER("\xa0\x05" A), mail, no_name) == 'O');
	T(judge(DER("\xa0\x05" A), none, no_name) == 'O');
	T(judge(DER("\xa1\x0a" A B), b, no_name) == 'X');
	T(judge(DER("\xa0\x05" A "\xa1\x05" B), a, no_name) == 'O');
	T(judge(DER("\xa0\x05" A "\xa1\x05" A), a, no_name) == 'X');
	/* RFC 5280 allows no minimum. */
	T(judge(DER("\xa0\x08" A_MIN), a, no_name) == 'U');
	T(judge(DER("\xa0\x08" A_MIN), mail, no_name) == 'O');
	T(judge(DER("\xa0\x0d" A_MIN B), b, no_name) == 'O');
	T(judge(DER("\xa1\x08" A_MIN), a, no_name) == 'U');
	/* Not DER, or in the wrong order. */
	T(judge(DER("\xa0\x05\x30\x04\x82\x01" "a"), mail, no_name) == 'U');
	T(judge(DER("\xa1\x05\x30\x04\x82\x01" "a"), mail, no_name) == 'U');
	T(judge(DER("\xa1\x05" A "\xa0\x05" B), a, no_name) == '?');
	T(judge(DER("\xa0\x06" A), a, no_name) == '?');
	T(judge(DER("\xa0\x05" A), DER("\x82\x02" "a"), no_name) == '?');
}

static void
subject_and_host(void)
{
	static const char o[] = "\xa0\x12\x30\x10\xa4\x0e" NAME_A,
	    email[] = "\xa0\x0c\x30\x0a\x81\x08u@a.test";
	struct der subject = DER("\x30\x19\x31\x17\x30\x15\x06\x09\x2a\x86\x48"
	    "\x86\xf7\x0d\x01\x09\x01\x16\x08u@a.test"),
	    other = DER("\x30\x19\x31\x17\x30\x15\x06\x09\x2a\x86\x48"
	    "\x86\xf7\x0d\x01\x09\x01\x16\x08u@b.test"), none = { NULL, 0 };
	unsigned long work = 1000;
	struct cert c;
	struct host h;

	T(judge(DER(o), none, DER(NAME_A)) == 'O');
	T(judge(DER(o), none, subject) == 'N');
	T(judge(DER(o), none, no_name) == 'O');
	T(judge(DER(email), none, subject) == 'O');
	T(judge(DER(email), none, other) == 'N');
	T(judge(DER(email), none, DER(NAME_A)) == 'O');
	memset(&c, 0, sizeof c);
	c.subject = no_name;
	T(host_parse(&h, "a.test") == 0);
	T(letter(limits_broken(DER("\xa0\x05" A), &c, &h, &work)) == 'N');
	T(letter(limits_broken(DER("\xa0\x05" A), &c, NULL, &work)) == 'O');
	T(host_parse(&h, "10.1.2.3") == 0);
	T(letter(limits_broken(DER("\xa0\x05" A), &c, &h, &work)) == 'O');
}

/* Names times limits is what it costs; nothing is compared when it is spent. */
static void
budget(void)
{
	unsigned long work = 1000, before;
	struct cert c;

	memset(&c, 0, sizeof c);
	c.subject = no_name;
	c.names = DER("\x82\x01" "a");
	T(letter(limits_broken(DER("\xa0\x05" A), &c, NULL, &work)) == 'O');
	T(work < 1000 && work > 900);
	before = work;
	c.names = DER("\x82\x01" "a\x82\x01" "a");
	T(letter(limits_broken(DER("\xa0\x05" A), &c, NULL, &work)) == 'O');
	T(before - work == 2 * (1000 - before));
	work = 30;
	T(letter(limits_broken(DER("\xa0\x05" A), &c, NULL, &work)) == 'M');
	T(work == 0);
	T(letter(limits_broken(DER("\xa1\x05" B), &c, NULL, &work)) == 'M');
}

int
main(void)
{
	kinds();
	lists();
	subject_and_host();
	budget();
	return T_END();
}
