/* qmqp.h - QMQP, client side: netstrings, one message for each connection, one
 * answer for all recipients. nullmailer-qmqp(8). */
#ifndef QMQP_H
#define QMQP_H

#include "protocol.h"

/* A message always goes to all of its recipients or to none, and nothing is
 * ever outstanding. stage before STAGE_data: there was no connection. */
extern const struct protocol qmqp_protocol;

#endif
