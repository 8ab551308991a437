/* identity - every row of tests/data/from.txt, and the envelope. */
#include <stdlib.h>
#include <string.h>

#include "../../../lib/mail/envelope.h"
#include "../../../lib/mail/identity.h"
#include "../t.h"

static int
hex(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, c);

	return at ? (int)(at - digits) : 0;
}

/* The next column, C escapes undone in place; it ends with NUL. */
static struct str
column(struct str *rest)
{
	struct str s = str_trim(str_cut(rest, '|'));
	char *p = (char *)s.p;
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (p[i] != '\\' || i + 1 == s.n)
			p[n++] = p[i];
		else if (p[++i] == 'x' && i + 2 < s.n) {
			p[n++] = (char)(hex(p[i + 1]) * 16 + hex(p[i + 2]));
			i += 2;
		} else
			p[n++] = p[i] == 'n' ? '\n' : p[i] == 'r' ? '\r'
			    : p[i] == 't' ? '\t' : p[i];
	}
	p[n] = '\0';
	return (struct str){ p, n };
}

static void
make_envelope(struct envelope *e, const char *sender)
{
	*e = (struct envelope){ 0 };
	buf_cat(&e->text, str_of(sender), STR("\nr@x.y\nq@x.y\n"));
	e->sender_n = strlen(sender);
	e->count = 2;
}

static struct identity id;
static struct envelope envelope;

static void
set_identity(struct str row)
{
	struct str option = column(&row), sender = column(&row);

	identity_free(&id);
	envelope_free(&envelope);
	make_envelope(&envelope, sender.p ? sender.p : "");
	T(identity_set(&id, option.p, NULL) == 0);
	identity_envelope(&id, &envelope);
}

/* The field, unfolded. */
static int
row_holds(struct str row)
{
	struct str field = column(&row), want = column(&row);
	struct buf got = { 0 };
	size_t i, n = 0;
	int ok;

	identity_field(&id, STR("From"), field, envelope_sender(&envelope),
	    &got);
	for (i = 0; i + 1 < got.n; i++)
		if (got.p[i] != '\n')
			got.p[n++] = got.p[i];
	got.n = n;
	ok = str_starts(buf_str(&got), STR("From: ")) &&
	    str_eq(str_skip(buf_str(&got), 6), want);
	if (!ok)
		printf("# got: %.*s\n", (int)got.n, got.p);
	buf_free(&got);
	return ok;
}

static void
rows(void)
{
	FILE *f = fopen("tests/data/from.txt", "r");
	char line[1024], name[1024];
	int count = 0;

	T(f != NULL);
	while (f && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		memcpy(name, line, sizeof name);
		if (line[0] == '=' && line[1] == ' ' && line[2] != '?') {
			set_identity(str_skip(str_of(line), 2));
			continue;
		}
		t_line(row_holds(str_of(line)), "from.txt", ++count, name);
	}
	T(count >= 120);
	if (f)
		fclose(f);
}

/* The sender that goes out, "!" if the options are refused; the recipients are
 * as they were. */
static int
sends(const char *from, const char *null, const char *sender,
    const char *want)
{
	struct identity new = { 0 };
	struct envelope e;
	struct str got;
	size_t at = 0;
	int ok, refused = identity_set(&new, from, null) < 0;

	make_envelope(&e, sender);
	identity_envelope(&new, &e);
	got = refused ? STR("!") : envelope_sender(&e);
	ok = str_eq(got, str_of(want)) && (refused ||
	    (str_eq(envelope_next(&e, &at), STR("r@x.y")) &&
	    str_eq(envelope_next(&e, &at), STR("q@x.y")) &&
	    !envelope_next(&e, &at).p));
	if (!ok)
		printf("# %s gives %.*s\n", sender, (int)got.n, got.p);
	envelope_free(&e);
	identity_free(&new);
	return ok;
}

static void
envelopes(void)
{
	T(sends(NULL, NULL, "j@x.y", "j@x.y") && sends(NULL, NULL, "", ""));
	T(sends("", "", "j@x.y", "j@x.y"));
	T(sends("a@b.c", NULL, "j@x.y", "a@b.c"));
	T(sends("A <a@b.c>", NULL, "j@x.y", "a@b.c"));
	T(sends("a@b.c", NULL, "", ""));
	T(sends("a@b.c", "d@e.f", "", "d@e.f"));
	T(sends("a@b.c", "d@e.f", "j@x.y", "a@b.c"));
	T(sends(NULL, "d@e.f", "", "d@e.f") &&
	    sends(NULL, "D <d@e.f>", "j@x.y", "j@x.y"));
	T(sends("*@b.c", NULL, "j@x.y", "j@b.c"));
	T(sends("*@b.c", NULL, "j d@x.y", "j d@b.c"));
	T(sends("*@b.c", NULL, "j@h@x.y", "j@h@b.c"));
	T(sends("*@b.c", NULL, "j", "j@b.c") && sends("*@b.c", NULL, "", ""));
	T(sends("\"a b\"@c.d", NULL, "j@x.y", "a b@c.d"));
}

static void
refusals(void)
{
	static const char *const bad[] = { "a", "a@", "@b.c", "a@b.c, d@e.f",
		"A <a@b.c", "A", "T: a@b.c;", "<>", "a b@c.d", "a@b", "(c)",
		"a@b.c\001", "*", "=?a?q?b?=@c" };
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (DEBIAN_RULES && !strcmp(bad[i], "a@b"))
			continue;
		t_line(sends(bad[i], NULL, "j@x.y", "!") &&
		    sends(NULL, bad[i], "j@x.y", "!"), "from", (int)i, bad[i]);
	}
	T(sends(NULL, "*@b.c", "j@x.y", "!"));
}

/* n authors, or an author with so long a name. */
static void
sizes(void)
{
	struct buf text = { 0 }, out = { 0 };
	struct identity new = { 0 };
	size_t i;

	T(identity_set(&new, "a@b.c", NULL) == 0);
	for (i = 0; i < 100; i++)
		buf_fmt(&text, "Author %zu <author%zu@x.y>,\n ", i, i);
	identity_field(&new, STR("From"), buf_str(&text), STR(""), &out);
	T(str_eq(buf_str(&out), STR("From: Author 0 <a@b.c>\n")));
	buf_clear(&text);
	buf_clear(&out);
	for (i = 0; i < 20000; i++)
		buf_add(&text, STR("name "));
	buf_add(&text, STR("<j@x.y>"));
	identity_field(&new, STR("From"), buf_str(&text), STR(""), &out);
	T(out.n > 100000 && str_starts(str_skip(buf_str(&out), out.n - 12),
	    STR("name <a@b.c>")) == 0);
	for (i = 0; out.n && i < out.n; i += 1 + str_find(str_skip(
	    buf_str(&out), i), '\n'))
		if (str_find(str_skip(buf_str(&out), i), '\n') > 998)
			break;
	T(i == out.n);
	T(memmem(out.p, out.n, "<a@b.c>\n", 8) != NULL);
	buf_free(&text);
	buf_free(&out);
	identity_free(&new);
}

int
main(void)
{
	rows();
	envelopes();
	refusals();
	sizes();
	identity_free(&id);
	envelope_free(&envelope);
	return T_END();
}
