/* vector.h - a file of test vectors: one a line, words between blanks, bytes in
 * hexadecimal, "-" for none; "#" begins a comment. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTOR_WORDS = 12 };

struct vector {
	FILE *f;
	char *line, *word[VECTOR_WORDS];
	size_t size;
	int number;
};

/* The file that is given, else the one in the tree. */
static inline void
vector_open(struct vector *v, int argc, char **argv, const char *file)
{
	memset(v, 0, sizeof *v);
	v->f = fopen(argc > 1 ? argv[1] : file, "r");
	if (!v->f) {
		perror(argc > 1 ? argv[1] : file);
		exit(1);
	}
}

/* The next line's words, "" for those that it lacks. 0 at the end. */
static inline int
vector_next(struct vector *v)
{
	static char none[] = "";
	int i;

	do {
		if (getline(&v->line, &v->size, v->f) < 0) {
			free(v->line);
			fclose(v->f);
			return 0;
		}
		v->number++;
	} while (v->line[0] == '#' || v->line[0] == '\n');
	for (i = 0; i < VECTOR_WORDS; i++) {
		v->word[i] = strtok(i ? NULL : v->line, " \n");
		if (!v->word[i])
			v->word[i] = none;
	}
	return 1;
}

/* The bytes of a word in memory of their own, so that a sanitizer sees reads
 * past them; free() takes them. */
static inline unsigned char *
vector_bytes(const char *hex, size_t *n)
{
	unsigned char *p;
	unsigned byte;
	size_t i;

	*n = *hex == '-' ? 0 : strlen(hex) / 2;
	p = malloc(*n + !*n);
	for (i = 0; p && i < *n; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			byte = 0;
		p[i] = (unsigned char)byte;
	}
	if (!p)
		exit(1);
	return p;
}

/* 1 when the word says these bytes. */
static inline int
vector_is(const char *hex, const void *p, size_t n)
{
	size_t want_n;
	unsigned char *want = vector_bytes(hex, &want_n);
	int same = want_n == n && memcmp(want, p, n) == 0;

	free(want);
	return same;
}

#endif
