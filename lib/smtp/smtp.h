/* smtp.h - an SMTP session, client side: one connection, many messages.
 * RFC 5321, with STARTTLS (3207), AUTH (4954), SIZE (1870), 8BITMIME (6152),
 * SMTPUTF8 (6531), PIPELINING (2920) and CHUNKING (3030) where the server
 * offers them. */
#ifndef SMTP_H
#define SMTP_H

struct buf;
struct smtp;

/* Checks the options and reads the files of TLS. NULL: *code and why tell.
 * Options and report must outlive the session. With strict set a message goes
 * to all of its recipients or to none, as the classic interface of protocol
 * modules can tell of no part. */
struct smtp *smtp_new(struct module_options *o,
    const struct module_report *report, int strict, int *code,
    struct buf *why);

/* What follows must be over by deadline (clock_ms). */
void smtp_limit(struct smtp *s, long long deadline);

/* Connects, says hello, authenticates. 0, or the ERR_ code of the remote:
 * smtp_stage and smtp_text tell, and smtp_open may be tried again. */
int smtp_open(struct smtp *s);

/* Speaks a message's transaction. With PIPELINING or CHUNKING its result, and
 * those of messages before it, may still be out when this returns; smtp_settle
 * or a later smtp_send reports them, in order. 0; or what ended the session:
 * an ERR_ code, or MODULE_AGAIN, which is nobody's fault and will not happen
 * again. What the server could have taken has then been reported, and what has
 * not been reported may be sent again. */
int smtp_send(struct smtp *s, const struct module_message *m);

/* Waits for the oldest result that is out, if any. Returns as smtp_send. */
int smtp_settle(struct smtp *s);

/* How many messages it is worth to have at hand: with CHUNKING many, with
 * PIPELINING the one that is unanswered, the next, and one behind it, so that
 * the session need not wait for more; else one. */
size_t smtp_window(const struct smtp *s);

/* 1 while messages can be sent. */
int smtp_is_open(const struct smtp *s);

/* Why the session ended or did not begin. Borrowed. */
enum stage smtp_stage(const struct smtp *s);
struct str smtp_text(const struct smtp *s);

/* Says QUIT if there is somebody to say it to, and closes; never waits long. */
void smtp_close(struct smtp *s);

void smtp_free(struct smtp *s);

#endif
