/* session.h - the world in which the session is simulated: a clock, a
 * connection, a server with a ledger, and what is known of each message.
 *
 *	session_net.c	instead of lib/net, the clock, and pread
 *	session_event.c, session_server.c	the server
 *	session_make.c	messages, servers, options by chance
 *	session.c	the client's side of a history, and what must hold */
#ifndef SIM_SESSION_H
#define SIM_SESSION_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGES 10
#define RECIPIENTS 160
#define FILE_MAX 6000
#define FILES 100		/* a message's descriptor is this and its
				 * number */

/* What happens once in a connection, at one of its replies. */
enum event {
	E_NOTHING,
	E_421,			/* 421 instead, and it closes */
	E_421_BEHIND,		/* 421 behind, and it closes */
	E_TIRED,		/* refuses RSET after a refusal, and closes */
	E_CLOSE,		/* closes instead */
	E_CLOSE_BEHIND,
	E_RESET,		/* the same, hard */
	E_RESET_BEHIND,
	E_HALF,			/* half the reply, and it closes */
	E_STALL,		/* is silent from here on */
	E_LATE,			/* replies when nobody waits any more */
	E_EARLY,		/* refuses the message before it has come */
	E_GARBAGE,		/* no SMTP instead */
	E_LONG,			/* a long reply */
	E_STRAY_2,		/* one reply more before it, 250 */
	E_STRAY_5,		/* 550 */
	E_MISSING,
	E_SWAPPED,		/* comes after the next one */
	EVENTS
};

enum bdat { BDAT_KNOWN, BDAT_UNKNOWN, BDAT_SILENT, BDAT_503, BDAT_554,
	BDAT_RAW /* a refused chunk is read as commands */ };

struct server_setup {
	int pipelining, chunking, utf8, size;
	enum bdat bdat;
	int lax;		/* 354 though nobody was accepted */
	int greeting;		/* one in so many connections is not let in */
	int messages;		/* a connection; 0 no limit */
	enum event bye;		/* what it does then */
	size_t limit;		/* of recipients ... */
	int limit_code;		/* ... and what it says beyond it */
	size_t crowd;		/* of recipients, refused at the dot */
};

/* What a delivery may end in, as the server knows it. */
struct ledger {
	unsigned char taken[RECIPIENTS];
	unsigned char refused[RECIPIENTS];	/* was told never, or not
						 * possible here */
	int final;		/* code of the reply to the whole message, 0
				 * none was said */
	size_t final_at;	/* where its last octet stands in what the
				 * server said */
};

struct message {
	size_t count;		/* recipients, as first queued */
	size_t listed[RECIPIENTS];	/* which of them the file has now */
	size_t lists;
	char text[FILE_MAX];	/* the queue file, and what may be added */
	size_t body;		/* where the message begins */
	size_t size, was;	/* of the file, before and after a change */
	int changes;		/* octets more or less at some look */
	int looks;
	int reply_mail, reply_data, reply_dot;	/* 0: yes */
	short reply[RECIPIENTS];
	unsigned char utf8[RECIPIENTS];	/* the address is not ASCII */
	int utf8_sender;
	int broken;		/* the file is no queue file */
	/* of the delivery that goes on */
	struct ledger now;
	/* in all */
	unsigned char served[RECIPIENTS];
	unsigned char excused[RECIPIENTS];	/* reports of no answer */
	unsigned char tries[RECIPIENTS];
	unsigned char settled[RECIPIENTS];
};

struct world {
	uint64_t random;
	long long now;
	int loud;
	int failed;
	struct server_setup server;
	struct message message[MESSAGES];
	size_t messages;
	int connection;		/* number */
	int event_at;		/* reply of this connection */
	enum event event;
	int misled;		/* replies are not in step */
	size_t heard;		/* octets that reached the client */
	size_t bye_at;		/* where a 421 ends in what was said, or 0 */
	unsigned long octets;	/* to the server */
	unsigned long count[EVENTS];	/* that happened, for the summary */
};
extern struct world world;

/* ---- session.c ---- */

/* 0 to n - 1. */
unsigned pick(unsigned n);
int chance(unsigned in);	/* one in so many */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something that must hold does not. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- session_make.c ---- */

void make_server(void);
void make_message(size_t n);
/* The queue file for those who are left. */
void write_file(struct message *m, size_t n, const char *body);
int is_too_large(const struct message *m);
extern const char *body_of[MESSAGES];

/* ---- session_server.c ---- */

void server_begin(void);
/* Octets from the client; less are eaten if it closes. */
void server_eat(const char *p, size_t n);
/* 1 once it reads no more. */
int server_is_gone(void);

/* ---- session_net.c ---- */

/* What the server says; it closes behind that, hard or not; at a time. */
void net_say(const char *p, size_t n);
size_t net_said(void);
void net_close(int hard);
void net_stall(void);
void net_later(long long ms);
/* The server goes on with what the client had sent before it closed. */
void net_leftover(void);

#endif
