/* remote - the smart hosts. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../mail/pattern.h"
#include "../base/mem.h"
#include "../base/opt.h"
#include "../conf/path.h"
#include "mistake.h"
#include "protocol.h"
#include "remote.h"
#include "../base/words.h"

/* People write comments after a remote; an external module gets them too. */
static struct str
without_comment(struct str lines)
{
	size_t i;

	for (i = 0; i + 1 < lines.n; i++)
		if (lines.p[i] == '\n' && lines.p[i + 1] == '#')
			return str_head(lines, i + 1);
	return lines;
}

/* An empty line would end the options early, so empty words are left out. Which
 * mail it is for is none of a module's business. */
static void
add_option(struct remote *r, struct str word)
{
	struct str lines = buf_str(&r->lines);
	int own = str_starts(word, STR("--"));

	if (own)
		word = str_skip(word, 2);
	own = (str_starts(word, STR("if-from=")) ||
	    str_starts(word, STR("if-to="))) &&
	    without_comment(lines).n == lines.n;
	if (word.n)
		buf_put(own ? &r->words : &r->lines, "%\n", word);
}

/* The second word is an option, or neither a program nor a built-in protocol
 * but like one. It must not be shown, as it may be a password's. */
static int
is_no_protocol(struct remote *r)
{
	struct opts all = options_table(&r->options);
	struct str word = buf_str(&r->name), name, hint;
	struct buf path = { 0 };
	int slip = mistake_is_slip(word, STR("smtp")), there;

	name = str_head(word, str_find(word, '='));
	hint = mistake_hint(&all, name);
	path_set(&path, PATH_MODULES, buf_z(&r->name));
	there = access(buf_z(&path), F_OK) == 0;
	buf_free(&path);
	if (there || (!slip && !hint.p && name.n == word.n))
		return 0;
	buf_put(&r->why, "the second word, %, is no protocol; smtp%?",
	    slip || hint.p ? name : STR("an option"),
	    slip ? STR("") : STR(" before it"));
	buf_set(&r->name, STR("smtp"));
	return 1;
}

static void
parse_options(struct remote *r)
{
	int odd = !protocol_find(buf_str(&r->name)) && is_no_protocol(r);

	r->protocol = protocol_find(buf_str(&r->name));
	r->sessions = r->options.sessions = REMOTE_SESSIONS;
	if (r->protocol)
		buf_add(&r->words, without_comment(buf_str(&r->lines)));
	if (odd || options_parse(&r->options, &r->words, &r->why) < 0)
		r->fault = ERR_USAGE;
	else if (r->protocol)
		r->fault = protocol_check(r->protocol, &r->options, &r->why);
	else
		r->fault = options_check_lists(&r->options, &r->why);
	if (r->fault || !r->protocol)
		return;
	if (r->options.sessions > 0 && r->options.sessions <= 1000)
		r->sessions = r->options.sessions;
	else
		buf_fmt(&r->why, "sessions=%d makes no sense, using %d",
		    r->options.sessions, r->sessions);
	buf_set(&r->host, str_of(r->options.host));
}

static void
parse_line(struct remote *r, struct str line)
{
	struct buf word = { 0 };
	size_t n;
	int open = 0, rc;

	buf_fmt(&r->why, "remotes, line %zu: ", r->line);
	n = r->why.n;
	words_next(&line, &r->host);
	if (!words_next(&line, &r->name))
		buf_set(&r->name, STR("smtp"));
	buf_put(&r->lines, "host=%\n", buf_str(&r->host));
	for (; (rc = words_next(&line, &word)) > 0; open |= rc == 2)
		add_option(r, buf_str(&word));
	buf_wipe(&word);
	buf_free(&word);
	parse_options(r);
	if (r->why.n == n && open)
		buf_add(&r->why, STR("a quote is not closed"));
	if (r->why.n == n)
		buf_clear(&r->why);
}

/* How the line is for the null sender, as pattern_match says it. */
static int
names_null(const struct remote *r)
{
	return r->options.if_from ? pattern_match(str_of(r->options.if_from),
	    STR("")) : 1;
}

static void
choose_for_null(struct remotes *r)
{
	int any = 0;
	size_t i;

	for (i = 0; i < r->count; i++)
		any |= r->list[i].null_sender = names_null(&r->list[i]) > 0;
	for (i = 0; i < r->count && !any; i++) {
		r->list[i].null_sender = names_null(&r->list[i]) == 0;
		any = r->list[i].null_sender && !r->list[i].options.if_to;
	}
}

void
remotes_parse(struct remotes *r, struct str text)
{
	struct str line;
	size_t number;

	*r = (struct remotes){ 0 };
	if (str_starts(text, STR("\357\273\277")))
		text = str_skip(text, 3);
	for (number = 1; text.n; number++) {
		line = str_trim(str_cut(&text, '\n'));
		if (!line.n || line.p[0] == '#')
			continue;
		r->list = mem_resize(r->list,
		    (r->count + 1) * sizeof *r->list);
		r->list[r->count] = (struct remote){ 0 };
		r->list[r->count].line = number;
		parse_line(&r->list[r->count++], line);
	}
	choose_for_null(r);
}

void
remotes_notes(const struct remotes *r, struct buf *out)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->list[i].why.n)
			buf_put(out, "%\n", buf_str(&r->list[i].why));
}

int
remotes_load(struct remotes *r)
{
	struct buf text = { 0 };
	int rc = conf_file("remotes", &text);

	if (rc >= 0)
		remotes_parse(r, buf_str(&text));
	buf_wipe(&text);
	buf_free(&text);
	return rc < 0 ? -1 : 0;
}

static int
has_password(const struct remote *r)
{
	struct str text = buf_str(&r->lines);

	while (text.n)
		if (str_starts(str_cut(&text, '\n'), STR("pass=")))
			return 1;
	return 0;
}

int
remotes_exposed(const struct remotes *r, struct buf *path)
{
	struct stat st;
	size_t i;

	for (i = 0; i < r->count && !has_password(&r->list[i]); i++)
		continue;
	path_set(path, PATH_CONFIG, "remotes");
	return i < r->count && stat(buf_z(path), &st) == 0 &&
	    st.st_mode & S_IROTH;
}

int
remote_equal(const struct remote *a, const struct remote *b)
{
	return str_eq(buf_str(&a->name), buf_str(&b->name)) &&
	    str_eq(buf_str(&a->words), buf_str(&b->words)) &&
	    str_eq(buf_str(&a->lines), buf_str(&b->lines));
}

int
remotes_equal(const struct remotes *a, const struct remotes *b)
{
	size_t i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (!remote_equal(&a->list[i], &b->list[i]))
			return 0;
	return a->count == b->count;
}

void
remotes_free(struct remotes *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		buf_wipe(&r->list[i].lines);
		buf_wipe(&r->list[i].words);
		buf_free(&r->list[i].lines);
		buf_free(&r->list[i].words);
		buf_free(&r->list[i].why);
		buf_free(&r->list[i].host);
		buf_free(&r->list[i].name);
	}
	free(r->list);
	*r = (struct remotes){ 0 };
}
