/* check.h - what the files of nullmailer-check do for each other.
 *
 *	check.c		options, and how a finding is said
 *	files.c		control files, programs, spool
 *	probe.c		a session with each remote
 *	health.c	figures for those who watch
 *	follow.c	a test message on its way */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/* The exit codes. */
enum check_level { CHECK_GOOD, CHECK_WARN, CHECK_BAD };

struct check {
	int json;
	int quiet;		/* findings are not said, nor do they count */
	int worst;		/* enum check_level */
	const char *part;	/* what the findings are about ... */
	const char *about;	/* ... and which one: a folder, a remote */
};

/* Begins a part; both are borrowed. */
void check_part(struct check *c, const char *part, const char *about);

/* Says one finding on stdout; control bytes never get there. name is a control
 * file, a stage or the like. */
void check_say(struct check *c, enum check_level level, const char *name,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- files.c ---- */

struct settings;

/* Reads and judges all control files into set, which is {0}, and what is in the
 * spool. */
void check_files(struct check *c, struct settings *set);
void check_spool(struct check *c, const struct settings *set);

/* ---- probe.c ---- */

/* Has a session with a remote, in a child process: up to the login, no mail.
 * number counts from 1. */
struct remote;
void check_remote(struct check *c, const struct remote *r, size_t number,
    const char *helo);

/* What an administrator who reads this may do about it, or NULL. */
const char *check_hint(const char *stage, const char *text);

/* ---- health.c ---- */

/* Each returns an exit code. age in seconds; failed: so many since a day are a
 * warning. */
int health_alive(void);
int health_plugin(long long age, long long failed);
int health_metrics(void);

/* ---- follow.c ---- */

/* Queues a message to an address and says what becomes of it for so many
 * seconds. */
void check_send(struct check *c, const char *address, long long seconds);

#endif
