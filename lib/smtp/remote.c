/* remote - the smart hosts. */
#include <stdlib.h>
#include <sys/stat.h>

#include "../conf/conf.h"
#include "../base/mem.h"
#include "../conf/path.h"
#include "remote.h"
#include "../base/words.h"

/* An empty line would end the options early, so empty words are left out. */
static void
add_option(struct remote *r, struct str word)
{
	unsigned long n;

	if (str_starts(word, STR("--")))
		word = str_skip(word, 2);
	if (str_starts(word, STR("sessions=")) &&
	    str_number(str_skip(word, 9), 1000, &n) == 0 && n)
		r->sessions = (int)n;
	if (word.n)
		buf_cat(&r->options, word, STR("\n"));
}

static void
parse_line(struct remote *r, struct str line)
{
	struct buf word = { 0 };

	r->sessions = REMOTE_SESSIONS;
	words_next(&line, &r->host);
	if (!words_next(&line, &r->protocol))
		buf_set(&r->protocol, STR("smtp"));
	buf_cat(&r->options, STR("host="), buf_str(&r->host), STR("\n"));
	while (words_next(&line, &word))
		add_option(r, buf_str(&word));
	buf_wipe(&word);
	buf_free(&word);
}

void
remotes_parse(struct remotes *r, struct str text)
{
	struct str line;

	*r = (struct remotes){ 0 };
	while (text.n) {
		line = str_trim(str_cut(&text, '\n'));
		if (!line.n || line.p[0] == '#')
			continue;
		r->list = mem_resize(r->list,
		    (r->count + 1) * sizeof *r->list);
		r->list[r->count] = (struct remote){ 0 };
		parse_line(&r->list[r->count++], line);
	}
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
	struct str text = buf_str(&r->options);

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
	return str_eq(buf_str(&a->protocol), buf_str(&b->protocol)) &&
	    str_eq(buf_str(&a->options), buf_str(&b->options));
}

void
remotes_free(struct remotes *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		buf_wipe(&r->list[i].options);
		buf_free(&r->list[i].options);
		buf_free(&r->list[i].host);
		buf_free(&r->list[i].protocol);
	}
	free(r->list);
	*r = (struct remotes){ 0 };
}
