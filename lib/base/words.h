/* words.h - splits a line of `remotes` as a shell would split a command:
 * blanks separate, '...' is literal, in "..." and outside quotes a backslash
 * takes the next character literally. Nothing is expanded; '#' is an ordinary
 * character; an unterminated quote ends with the line. */
#ifndef WORDS_H
#define WORDS_H

#include "buf.h"

/* Cuts the next word off *line into word. 1; 2 if a quote in it was not closed;
 * 0 when there is none. */
int words_next(struct str *line, struct buf *word);

#endif
