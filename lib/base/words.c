/* words - splits a line of `remotes` as a shell would split a command. */
#include "chr.h"
#include "words.h"

static char
take_char(struct str *line)
{
	char c = line->p[0];

	*line = str_skip(*line, 1);
	return c;
}

/* 1; 2 if the quote does not end. */
static int
take_quoted(struct str *line, struct buf *word, char quote)
{
	char c;

	while (line->n) {
		c = take_char(line);
		if (c == quote)
			return 1;
		if (c == '\\' && quote == '"' && line->n)
			c = take_char(line);
		buf_addc(word, c);
	}
	return 2;
}

int
words_next(struct str *line, struct buf *word)
{
	int rc = 1;
	char c;

	buf_clear(word);
	*line = str_trim(*line);
	if (!line->n)
		return 0;
	while (line->n && !chr_is(line->p[0], CHR_SPACE)) {
		c = take_char(line);
		if (c == '\'' || c == '"')
			rc = take_quoted(line, word, c);
		else if (c != '\\')
			buf_addc(word, c);
		else if (line->n)
			buf_addc(word, take_char(line));
	}
	return rc;
}
