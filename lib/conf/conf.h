/* conf.h - control files: one value a file, in the configuration folder. What
 * is missing there, or empty, the sender takes from its environment, and hands
 * to all other programs in spool/conf. nullmailer(7). */
#ifndef CONF_H
#define CONF_H

struct buf;

/* Sets value to the first line of the file without white space at its ends;
 * the rest of the file is ignored. 1 found; 0 missing, empty or a folder,
 * value empty; -1 there but unreadable, with conf_why. name is relative to the
 * configuration folder. */
int conf_line(const char *name, struct buf *value);

/* The integer a file begins with. A missing file, no digits, or a value
 * outside int give the fallback. 0, or -1 as conf_line. */
int conf_int(const char *name, int fallback, int *value);

/* All of the file as it is; name may also be a whole path. Results as
 * conf_line. */
int conf_file(const char *name, struct buf *text);

/* Takes the variables NULLMAILER_ME and so on out of the environment, for the
 * calls above: in the sender, and in nullmailer-check. A line of notes for each
 * that does not count. */
void conf_environment(struct buf *notes);

/* What the environment gave for a file; NULL: nothing. */
const char *conf_given(const char *name);

/* All control files, each with its NUL, an empty one at the end; remotes is the
 * last, and the only one that may hold secrets. */
extern const char conf_names[];

/* For a short program that reads many files, most of them missing: lists the
 * folder once, and what is not in it is not looked for any more. */
void conf_list(void);

/* 'Could not read config file "PATH": REASON' of the last -1. */
const char *conf_why(void);

/* Makes it "PATH: what is wrong". */
void conf_blame(const char *name, const char *what);

#endif
