/* qmqp.h - a QMQP session, client side: netstrings, one message for each
 * connection, one answer for all recipients. nullmailer-qmqp(8). */
#ifndef QMQP_H
#define QMQP_H

struct buf;
struct qmqp;

/* Checks the options and reads the files of TLS. NULL: *code and why tell.
 * Options and report must outlive the session. strict has no effect: a message
 * always goes to all of its recipients or to none. */
struct qmqp *qmqp_new(struct module_options *o,
    const struct module_report *report, int strict, int *code,
    struct buf *why);

/* What follows must be over by deadline (clock_ms). */
void qmqp_limit(struct qmqp *q, long long deadline);

/* Makes the session one that takes a message. 0; qmqp_send connects. */
int qmqp_open(struct qmqp *q);

/* Connects, hands the message over, reports the answer and closes. 0, or the
 * ERR_ code that ended it: qmqp_stage and qmqp_text tell; before STAGE_data
 * there was no connection. What the server could have taken has then been
 * reported, and what has not been may be sent again. */
int qmqp_send(struct qmqp *q, const struct module_message *m);

/* Nothing is ever still out: 0. */
int qmqp_settle(struct qmqp *q);
size_t qmqp_window(const struct qmqp *q);

/* 1 between qmqp_open and the end of qmqp_send. */
int qmqp_is_open(const struct qmqp *q);

/* Where and why the last message ended. Borrowed. */
enum stage qmqp_stage(const struct qmqp *q);
struct str qmqp_text(const struct qmqp *q);

void qmqp_close(struct qmqp *q);

void qmqp_free(struct qmqp *q);

#endif
