/* sim.h - a simulator of the sender. The real applets/send and lib/ run on
 * modelled system calls: time, poll, signals, processes and the workers are
 * models; the spool is a real one, on a memory file system, whose calls may
 * fail. A history is what follows from one seed: mail, servers, an
 * administrator, kills; after it the accounts are checked.
 *
 *	main.c		seeds, batches of histories, the one that failed
 *	history.c	one history: lives of senders, the end and its checks
 *	world.c		chance, time, what happens later, what is shown
 *	system.c	poll, timers, signals, processes, output
 *	files.c		calls on files, and how they fail
 *	workers.c	modelled children: processes, packets
 *	connection.c	what a worker does
 *	children.c	external modules, and writers of reports
 *	server.c	what the servers answer
 *	choice.c	which mail a line of remotes is for
 *	ledger.c	who has got what, and why not
 *	rules.c		what may be tried when
 *	spool.c		the spool as it is, mail that is put into it
 *	admin.c		what administrators do, control files */
#ifndef SIM_H
#define SIM_H

#include <setjmp.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../../lib/base/str.h"
#include "../../../lib/smtp/protocol.h"
#include "../../../lib/smtp/remote.h"

struct route;
struct sender;

#define NEVER 0x7fffffffffffffffLL
#define MAILS 320
#define RCPTS 12		/* r0@ ... r11@; the last two write mail */
#define SERVERS 4
#define HIGH 700		/* descriptors of the model are above this */
#define MODELLED 100000		/* and these do not exist */
#define CONTROL 200000		/* of them, control files */

/* ---- world.c ---- */

struct world {
	unsigned long seed;
	unsigned long long random;
	int trace;
	const char *folder;
	long long now;		/* ms since boot */
	long long wall;		/* s; the wall clock is so far ahead of it */
	int inside;		/* the sender's code runs */
	int step_left;		/* calls until the sender is killed; 0 never */
	int calm;		/* nothing goes wrong any more */
	int over;		/* the history ends */
	int faults;		/* calls that have failed so far */
	int one_shot;
	int no_locks, no_marks, no_links, no_watch;
	int wrong;		/* workers may send nonsense */
	int lock_failed;
	int stat_failed;
	int trigger_late;	/* its pull may look like an administrator's */
	int root_failed;	/* where the status file is, or is made */
	int kept_failed;	/* a copy in failed/ could not be discarded */
	long long waits_since;	/* ms; the sender has seen nothing since */
	int in_step;		/* another process runs between two calls */
	struct sender *sender;	/* while one lives */
	int lives;
	int step_in_life;	/* the clock was set in it */
	int died;		/* senders so far that were killed */
	long memory;		/* bytes the sender has */
	long most_memory;
	unsigned long news;	/* what happened, for the bounds */
	unsigned long polls, lines, calls, quiet_polls, most_quiet;
	jmp_buf history, life;
	char broken[512];
	unsigned long long digest;	/* of all that was shown */
};
extern struct world w;

unsigned pick(unsigned n);
int chance(unsigned in_1000);
/* A property of these that stays: below n. */
unsigned nature(unsigned n, int a, int b, int c);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the history, which has shown a fault. */
void violate(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));
#define check(condition, ...) \
	do { \
		if (!(condition)) \
			violate(__VA_ARGS__); \
	} while (0)

void later(long long ms, void (*run)(int), int arg);
long long next_event(void);
void run_events(void);
void clear_events(void);
long long wall_now(void);

/* ---- files.c ---- */

/* A call of the sender: it may be killed here, and other processes run. Returns
 * the errno it is to fail with, or 0. */
enum call { ON_OPEN, ON_CREATE, ON_LINK, ON_UNLINK, ON_RENAME, ON_SYNC,
	ON_STAT, ON_LIST, ON_LOCK, ON_READ, ON_WRITE, ON_CHANGE, ON_MAKE,
	ON_FORK, ON_POLL, ON_CLOSE, ON_OTHER, CALLS };
enum place { IN_NONE, IN_CONF, IN_ROOT, IN_QUEUE, IN_TMP, IN_FAILED, PLACES };
int step(enum call call, enum place place);
enum place fd_place(int fd);
void faults_begin(void);
void fault_event(int unused);
void faults_end(void);
void files_reset(void);
long long disk_full_since(void);
ssize_t control_read(int fd, char *p, size_t n);

/* ---- system.c ---- */

void system_begin(void);
void send_signal(int signal);
void set_clock(long long seconds);
void end_life(int how) __attribute__((noreturn));
enum { ENDED = 1, KILLED, EXITED };
extern int exit_code;

/* ---- workers.c ---- */

void workers_begin(void);
void workers_orphan(void);	/* their sender was killed */
void workers_end(void);		/* all, at the end of the history */
int agent_fd_ready(int fd);
ssize_t agent_fd_read(int fd, char *p, size_t n);
void agent_fd_close(int fd);
pid_t report_begin(void);
int reports_unread(void);	/* whose end no sender has seen */
int proc_wait(int *status);
int proc_kill(pid_t pid, int signal);
int is_on_the_way(int m);	/* a result no sender has read */

/* ---- server.c ---- */

struct answer {
	int reply;
	enum stage stage;
	struct verdict verdict;
	int code;
	char text[160];
};
/* How a connection to server s begins, and how it goes on. */
enum opening { OPEN_FINE, OPEN_ADDRESS, OPEN_NAME, OPEN_LOGIN, OPEN_REMOTE,
	OPEN_OURS, OPEN_AGAIN, OPEN_CRASH, OPEN_SILENT };
struct server {
	int addresses;
	unsigned sick;		/* addresses, a bit each */
	int mood;
	int window;
	int latency;		/* ms */
	int limit;		/* messages a connection; 0 any */
	int lossy;		/* in 1000 */
	unsigned proven;	/* a sender has read of an accepted recipient;
				 * a bit for each port */
};
extern struct server server[SERVERS];
void servers_begin(void);
void server_mood(int unused);
void servers_calm(void);
enum opening server_opens(int s, int address);
/* Whether the connection is lost over this message. */
int server_loses(int s, int m);
/* The answer to recipient r of m; reply 0: accepted. And to the message. */
struct answer server_recipient(int s, int m, int r, int again,
    const struct options *o);
int server_wants_no_more(int s);
struct answer server_busy(int s, int m, const struct options *o);
struct answer server_message(int s, int m, const struct options *o);

/* ---- choice.c ---- */

enum { FROM_D = 1, FROM_E = 2, FROM_NULL = 4 };	/* senders */
/* Whether the lines of this history choose; the lists of a server, or NULL. */
int choices_made(void);
const char *choice_to(int s);
const char *choice_from(int s);
const char *choice_domain(int r);
unsigned choice_sender(int m);
/* The recipients, a bit each, whom a line takes of this sender. */
unsigned choice_takes(const struct remotes *all, size_t which,
    unsigned sender);

/* ---- ledger.c ---- */

struct account {
	short due;		/* so many copies were accepted */
	short taken;		/* by servers */
	short excused;		/* whose answer never came */
	short unsettled;	/* read by a sender, perhaps only in memory */
	short failed;		/* copies in failed/, and reports, as seen */
	short fail_excused;
	short reports, reports_excused;
	short tries;
	unsigned may_fail;	/* MAY_ */
	unsigned route;		/* servers that cannot take it */
};
enum { MAY_REPLY = 1, MAY_EXPIRE = 2, MAY_ROUTE = 4, MAY_WITNESS = 8,
	MAY_MODULE = 16 };

struct mail {
	int used;
	int report;		/* it is a report */
	int null_sender;
	int released;		/* an administrator has seen to it */
	int doubt;		/* about its age */
	int grown;		/* by a recipient */
	unsigned touched;	/* servers that may see it too early, once, if
				 * a sender finds that late ... */
	unsigned early;		/* ... and have, until there is a result */
	int edited;		/* ... while on its way */
	int took_place;		/* of another one, and its name */
	long long queued;	/* ms since boot */
	long long born;		/* the same; or when it was touched */
	long long lifetime;	/* s, least since then */
	int in_hand;		/* deliveries now */
	int delays;		/* notifications */
	int named;		/* the log has spoken of an attempt */
	int excuses;		/* in the life of a sender */
	int suspect;		/* a sender has read that */
	int unanswered;
	long long not_before;	/* ms, after an attempt without answer ... */
	unsigned blocked;	/* ... to these recipients, a bit each */
	int unanswered_life;
	long long last_result[SERVERS];	/* ms; -1 never */
	int witness_key[SERVERS];
	long witness_at[SERVERS];
	long order;
	struct account account[RCPTS];
	char name[64];		/* in queue/ */
};
extern struct mail mail[MAILS];
extern int mails;

void ledger_begin(void);
long long lifetime_now(void);
int new_mail(int is_report, int null_sender);
void ledger_taken(int m, int r, int how_many);
/* The answer never reached a sender. */
void ledger_lost(int m, const short took[RCPTS], int marked, int orphan);
void ledger_read(int m, const short took[RCPTS]);
void ledger_took_unheard(int s);
/* A sender has read this answer. */
void ledger_answer(int s, int m, int r, const struct answer *a);
void ledger_witness(int s, int m, const struct result *r);
void ledger_new_run(void);
void ledger_failing(int m, int r, struct str text, int why_expired);
void ledger_death(void);
void ledger_forget(int m);
void ledger_check(const char *when);
int mail_of_name(struct str name);
void release_mail(int m);

/* ---- rules.c ---- */

void rules_begin(void);
/* The next run may try everything at once; and ask where a login was
 * refused. */
void rules_all(int login);
/* The file names so many recipients, and these, a bit each, are tried. */
void rules_try(int s, int m, int recipients, unsigned whom);
void rules_start(int s, const struct remote *r, int alive);
void rules_login_refused(int s);
void rules_result(int s, int m, const struct result *r, int sister,
    unsigned whom);
void rules_line(struct str line);
void rules_poll(long long before);
const struct route *route_of(int s);
void rules_end_of_life(void);

/* ---- admin.c ---- */

struct settings_now {
	int pausetime, maxpause, sendtimeout, queuelifetime, delaywarn;
	int lines;		/* in remotes */
	int order[SERVERS];	/* of servers */
	int port[SERVERS];	/* 0 or 1 */
	int least_pause;	/* since the start of the history */
	long long changed;	/* ms */
};
extern struct settings_now conf;
void admin_begin(void);
/* Its text, or NULL. */
const char *control_file(const char *path);
void admin_event(int unused);
void admin_calm(void);
void inject_event(int how_many);

/* ---- history.c ---- */

/* 0, or 1 with w.broken. */
int run_history(unsigned long seed);

#endif
