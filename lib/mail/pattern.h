/* pattern.h - which addresses a line of `remotes` is for, as its options
 * if-from and if-to say: a list with commas of user@host, @host, @.domain (the
 * domain and all below), * and <>, which is the null sender; with ! in front it
 * excludes. Case does not matter. nullmailer-send(8). */
#ifndef PATTERN_H
#define PATTERN_H

#include "../base/buf.h"

/* Whether the list takes the address, empty for the null sender: 1; 0 it names
 * it nowhere; -1 it excludes it, which wins. A list of excludes alone takes all
 * but these. What is no pattern names nothing. */
int pattern_match(struct str list, struct str address);

/* 0, also for NULL; -1 with a reason appended to why: the first word that is no
 * pattern, and what it may mean. null: the list is that of if-from, and <> a
 * pattern. */
int pattern_check(const char *list, int null, struct buf *why);

#endif
