/* path.h - where things are: five roots fixed at build time, or below
 * $NULLMAILER_TEST_PREFIX in a process that has no rights beyond its user's. */
#ifndef PATH_H
#define PATH_H

struct buf;

enum path_root {
	PATH_SPOOL,		/* PREFIX/queue */
	PATH_CONFIG,		/* PREFIX/conf */
	PATH_MODULES,		/* PREFIX/protocols */
	PATH_BIN,		/* PREFIX/bin */
	PATH_SBIN		/* PREFIX/sbin */
};

/* Sets b to the path of name below root; name may be "" for the root. */
void path_set(struct buf *b, enum path_root root, const char *name);

/* Sets b to the path of a file that a line of `remotes` names: as it is where
 * there is such a file, else below the configuration folder. */
void path_option(struct buf *b, const char *name);

#endif
