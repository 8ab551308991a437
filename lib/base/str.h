/* str.h - a borrowed run of bytes. May hold NUL; owns nothing. */
#ifndef STR_H
#define STR_H

#include <stddef.h>
#include <sys/types.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof literal - 1 })

/* The bytes of a C string; NULL gives the empty run. */
struct str str_of(const char *z);

/* Bytes compared exactly, or with ASCII letters of either case alike. */
int str_eq(struct str a, struct str b);
int str_ieq(struct str a, struct str b);

/* Whether s begins with prefix; the i form ignores ASCII case. */
int str_starts(struct str s, struct str prefix);
int str_istarts(struct str s, struct str prefix);

/* Offset of the first or last c, or s.n when there is none. */
size_t str_find(struct str s, char c);
size_t str_rfind(struct str s, char c);

/* s without its first n bytes, or without all but its first n bytes; n may
 * exceed s.n. */
struct str str_skip(struct str s, size_t n);
struct str str_head(struct str s, size_t n);

/* s without the white space (blank TAB LF VT FF CR) at both ends. */
struct str str_trim(struct str s);

/* Cuts the text up to the next sep off the front of *rest and returns it.
 * Without a sep that is all of it, and *rest becomes empty with p NULL. */
struct str str_cut(struct str *rest, char sep);

/* The UTF-8 character that s, which is not empty, begins with: its length and
 * code point; 0 if it is none. */
size_t str_character(struct str s, unsigned long *code);

/* Decimal digits and nothing else, at most max. 0, or -1 and *out untouched. */
int str_number(struct str s, unsigned long max, unsigned long *out);

/* Writes all of s to a descriptor. 0, or -1 with errno. */
int str_write(int fd, struct str s);

/* As read(2), and again after EINTR. */
ssize_t str_read(int fd, void *to, size_t n);

#endif
