/* sender.h - the state of nullmailer-send, and what its files do for each
 * other. Each file calls only those above it:
 *
 *	disk.c		room for copies, the sync of queue/, what was known
 *	sender.c	control files, clock, the queue as it is known
 *	turns.c		which remote has a message next
 *	routes.c	the remotes in this queue run, their agents
 *	secrets.c	passwords that stand elsewhere
 *	journal.c	the log lines of a delivery
 *	reports.c	bounces and delay notifications in the making
 *	dispatch.c	which agent gets the next message
 *	judge.c		what a result means for recipient, message, remote
 *	deliver.c	events of agents, and what follows for the file
 *	run.c		a queue run
 *	loop.c		what comes next
 *	events.c	waiting: signals, trigger, agents, time
 *	send.c		start and end */
#ifndef SENDER_H
#define SENDER_H

#include "../../lib/queue/spool.h"
#include "../../lib/queue/trigger.h"
#include "../../lib/send/agent.h"
#include "../../lib/send/bounce.h"
#include "../../lib/send/delivery.h"
#include "../../lib/send/history.h"
#include "../../lib/send/messages.h"
#include "../../lib/send/settings.h"

#define GRACE 5000		/* ms from TERM to KILL, and at our own end */
#define POLL_PAUSE 300		/* s between queue runs without a trigger */
#define NOT_NOW 1000		/* ms after something of ours that failed */
#define PULL_TIME 5000		/* ms for a trigger after its message */

/* Messages that wait for their turn at a remote. */
struct line {
	struct message *head, *tail;
	size_t count;
};

/* A remote in this run. */
struct route {
	const struct remote *remote;
	struct history *history;
	int external;
	int dead;		/* left out for the rest of this run */
	int sessions;		/* now */
	int max_sessions;	/* at a time, as far as known */
	struct line line;	/* oldest first */
	struct line last;	/* suspects and what needs a witness: after the
				 * line, one by one */
	struct buf tried;	/* addresses on the way to the next session */
	long long open_by;	/* clock_ms by which it must be let in */
	int let_in;		/* a session was, in this run */
	long long not_before;	/* clock_ms: a process could not be started */
	int not_started;	/* how often in a row */
	const struct message *suspect;	/* a connection ended over it, and
				 * nothing was answered since */
	const struct message *witness;	/* its refusal may be the remote's */
	int witness_key;
	int witness_taken;	/* another message was taken since */
	int same_key;		/* of failures in a row, of all sessions ... */
	int same;		/* ... and how many */
	struct buf probation;	/* recipient refused on probation */
	struct buf pass;	/* of passfile or passcommand; empty: not asked
				 * for yet ... */
	long long pass_until;	/* ... clock_ms; after it it is again */
	int pass_again;		/* it was, after the login was refused */
};

struct sender {
	struct spool spool;
	struct buf me;
	struct settings set;
	struct messages messages;
	struct histories histories;
	struct message **fresh;	/* seen, and not yet offered */
	size_t fresh_count;
	long long fresh_at;	/* clock_ms when they are offered at last */
	struct route *routes;
	size_t route_count;
	struct attempt reason;	/* why the last remote was left out */
	struct agent *agents;
	struct bounce *bounces;
	size_t expiring;	/* index of the next message to look at ... */
	long long expire_at;	/* ... and clock_ms when, if it is all that the
				 * run waits for and could not be opened */
	struct trigger trigger;
	int signals, errors;
	int timer, clock;	/* timerfds: of every wait; of steps */
	long long timer_set;	/* clock_ms the timer stands at */
	int once;		/* --once */
	int running;		/* a queue run is going on */
	int all;		/* it offers all messages, not only new ones */
	long long run_began;	/* clock_ms */
	long long all_began;	/* the last one that offered all; 0 none */
	unsigned long delivered;	/* recipients in this run */
	const struct message *settling;	/* it has its result */
	int deferred;		/* something waits for the end of this run */
	int look;		/* a report of ours is in the queue */
	int named;		/* inotify named a new message, and its pull of
				 * the trigger is still to come */
	long long pulls_until;	/* clock_ms: a pull of the trigger may be about
				 * what was offered already */
	int wanted;		/* another run is: enum run_wanted */
	int urgent;		/* HUP or ALRM: logins are asked at once */
	int stop;		/* TERM or INT came */
	long long stop_at;
	long long next_run;
	long long due_at;	/* clock_ms when what was not due will be */
	long long locked_at;	/* clock_ms of the next look at what another
				 * sender's worker has */
	long long pause;	/* s */
	long long not_before;	/* clock_ms: memory or files are short ... */
	int shortages;		/* ... so often in a row */
	long long sync_at;	/* clock_ms; queue/ has changes not synced */
	long long clean_at;	/* clock_ms of the next look at tmp/ */
	int rescan;		/* the folder could not be read, or not yet */
	int scans;		/* a one-shot sender has tried to */
	unsigned long long fits;	/* in this run: there is room for a
					 * copy of so many bytes ... */
	unsigned long long full;	/* ... and for none of so many; 0: not
					 * known */
	int said;		/* enum said, once each */
	long long clock_offset;	/* wall clock minus clock_ms, s */
	unsigned long last_id;
	unsigned long long status;	/* for status_write */
	int status_changed;
	int recalled;		/* what an earlier sender wrote; but for ... */
	struct buf unknown;	/* ... lines of spool/status about messages that
				 * no look at queue/ has found yet */
};

/* A run for new mail, and what is due; for what is due; for all. */
enum run_wanted { RUN_NONE, RUN_NEW, RUN_DUE, RUN_ALL };

/* What is said once, until it is over. */
enum said { SAID_LOCKS = 1, SAID_FULL = 2, SAID_SYNC = 4, SAID_NOT_NOW = 8,
	SAID_FORK = 16, SAID_SCAN = 32, SAID_TRIGGER = 64 };

/* ---- sender.c ---- */

/* Reads all control files, or keeps what there was. 0 if there is something
 * to work with; does not return after an error at the first time. */
int sender_configure(struct sender *s, int first);
int sender_one_shot(const struct sender *s);

/* 1 the first time, until sender_over. */
int sender_first(struct sender *s, enum said what);
void sender_over(struct sender *s, enum said what);

/* Wall clock, and how a message stands to it. */
long long sender_now(void);
void sender_watch_clock(struct sender *s);
int sender_expired(const struct sender *s, const struct message *m,
    long long now);
int sender_delayed(const struct sender *s, const struct message *m,
    long long now);

/* Lists the queue; or looks at the names that inotify gave. */
void sender_scan(struct sender *s);
void sender_look(struct sender *s);

/* A name whose file is another one. */
void sender_look_at(struct sender *s, const char *name);

/* What was locked is as good as new. */
void sender_look_locked(struct sender *s);

/* Opens a message for delivery, after what is left to be done to its file. 0;
 * 1 not now, the state is as before; -1: not in this run, or never: state or
 * turn is set. */
int sender_open(struct sender *s, struct message *m, struct delivery *d);

/* delivery_settle, once more after making what an administrator has removed. A
 * failure is logged. */
int sender_settle(struct sender *s, struct delivery *d, enum rcpt_result which);

/* ---- disk.c ---- */

/* 1 if there is no room for a file of so many bytes. */
int sender_is_full(struct sender *s, unsigned long long bytes);
void sender_note_full(struct sender *s, int error);

/* A run begins: there may be by now. */
void sender_look_for_room(struct sender *s);

/* Memory for when there is none left, and the names of what is in hand for when
 * that was not enough. -1 if it is not to be had now. */
int sender_keep_reserve(const struct sender *s);

/* A result of spool_ and delivery_settle: 1 is to be synced within a second. */
void sender_unsynced(struct sender *s, int rc);
void sender_sync(struct sender *s);

/* What lies in failed/ longer than failedlifetime goes, and the lines in
 * spool/failures about files that are gone, if these are too many. */
void sender_clean_failed(struct sender *s, size_t too_many);
#define FAILURES_MAX 65536	/* bytes of them */

/* After a look at queue/: what an earlier sender has written about messages
 * that are in the list by now. After one that found all, the others are
 * gone. */
void sender_recall(struct sender *s);

/* ---- turns.c ---- */

/* m waits for the remote whose turn it is, at the end of the line, at its
 * beginning, or after all others; for none if all have had it. */
enum route_place { ROUTE_END, ROUTE_FRONT, ROUTE_LAST };
void routes_offer(struct sender *s, struct message *m, enum route_place where);

/* Its turn at this remote, or in this run, is over; or, in the third case, in
 * this run for the recipients whom this remote takes. */
void routes_next(struct sender *s, struct message *m);
void routes_over(struct sender *s, struct message *m);
void routes_over_here(struct sender *s, struct message *m);

/* Whether a remote takes some recipient of the open message. */
int route_begins(const struct sender *s, const struct route *r,
    struct delivery *d);

/* The next message of r, taken off; NULL if there is none. */
struct message *route_shift(struct sender *s, struct route *r,
    enum route_place where);
size_t route_waiting(const struct route *r);

/* The first of a line, taken off; NULL if there is none. */
struct message *turns_shift(struct line *l);

/* ---- routes.c ---- */

void routes_make(struct sender *s);
void routes_free(struct sender *s);

/* Leaves a remote out for the rest of the run. */
void route_dead(struct sender *s, struct route *r, const struct result *why);

/* Its login was refused: it is asked again after a pause, or when the file that
 * says it has changed. */
void routes_login_refused(struct route *r);

/* The agent's deliveries were not attempted: they are first again. */
void route_give_back(struct sender *s, struct agent *a);

/* An agent gets no more messages; has so much time for what it does; is
 * freed. */
void route_retire(struct agent *a);
void route_set_patience(const struct sender *s, struct agent *a);
void route_forget(struct sender *s, struct agent *a);

/* Another agent of the same remote that does well. */
int route_has_sister(const struct sender *s, const struct agent *a);

/* The agent's session is one too many for its remote. */
void route_take_fewer(const struct agent *a, const struct result *why);

/* ---- secrets.c ---- */

/* Gets the password for another session. 1 it is there, or not needed; 0 not
 * yet, or r is dead. */
int secrets_have(struct sender *s, struct route *r);

/* A passcommand has ended with this wait status. */
void secrets_told(struct sender *s, struct agent *a, int status);

/* The login was refused. 1 if the word may have been an old one: it is asked
 * for once more in this run. */
int secrets_ask_again(struct route *r);
/* ---- journal.c ---- */

/* A delivery begins; once for each. */
void journal_begins(const struct agent *a, struct delivery *d);
void journal_refused(const struct delivery *d);
void journal_failed(const struct sender *s, const struct agent *a,
    const struct delivery *d, const struct result *r);
void journal_delivered(const struct agent *a, const struct delivery *d,
    const struct result *r);

/* Names the oldest delivery as one that the server may have taken without its
 * answer having come. */
void journal_cut_off(const struct agent *a);

/* ---- reports.c ---- */

/* A bounce about those who FAILED, or a notification about all; it takes over
 * d. */
void reports_begin(struct sender *s, struct bounce *b);
void reports_ended(struct sender *s, struct bounce *b, int status);
int reports_have_room(const struct sender *s);

/* Bounces expired messages and announces delays, after all remotes were tried;
 * a few reports at a time. 1 when all is done. */
int reports_expire(struct sender *s);

/* ---- dispatch.c ---- */

/* Hands messages to r while it takes them. */
void dispatch(struct sender *s, struct route *r);

/* clock_ms when time alone makes another look worth while. */
long long dispatch_again_at(const struct sender *s);

/* ---- judge.c ---- */

/* Where a message goes after a delivery, if something of it is left. */
enum judge_next { JUDGE_NEXT, JUDGE_LAST, JUDGE_OVER };

/* Decides what each recipient of d ended in, given the result of the message,
 * and what that says about the message and the remote. Returns what the
 * attempt is to be called as a whole. */
struct result judge(struct sender *s, struct agent *a, struct delivery *d,
    const struct result *whole, enum judge_next *next);

/* ---- deliver.c ---- */

/* Reads what an agent has to say; waits for children; ends an agent whose time
 * is over. */
void deliver_read(struct sender *s, struct agent *a);
void deliver_reap(struct sender *s);
void deliver_timed_out(struct agent *a);

/* ---- run.c ---- */

void run_begin(struct sender *s);

/* New mail joins the run, or waits for the next. */
void run_join(struct sender *s);

/* Hands out what can be handed out, and ends the run when it is over. */
void run_advance(struct sender *s);
void run_write_status(struct sender *s);

/* ---- loop.c, events.c ---- */

void loop(struct sender *s);
void loop_signal(struct sender *s, int signal);
void loop_pulled(struct sender *s);
void loop_end(struct sender *s);

/* Waits until (clock_ms) for something to happen, and deals with it. */
void events_open(struct sender *s);
void events_wait(struct sender *s, long long until);

#endif
