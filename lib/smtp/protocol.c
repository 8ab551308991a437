/* protocol - the built-in protocols as rows of functions. */
#include "../../ssl/ssl.h"
#include "../base/err.h"
#include "module.h"
#include "qmqp.h"
#include "smtp.h"

/* A row, and between it and the protocol's functions what makes one type of
 * session out of two. */
#define PROTOCOL(p) \
	static void * \
	p##_create_any(struct module_options *o, \
	    const struct module_report *r, int strict, int *code, \
	    struct buf *why) \
	{ \
		return p##_new(o, r, strict, code, why); \
	} \
	static void p##_limit_any(void *s, long long t) { p##_limit(s, t); } \
	static int p##_open_any(void *s) { return p##_open(s); } \
	static int \
	p##_send_any(void *s, const struct module_message *m) \
	{ \
		return p##_send(s, m); \
	} \
	static int p##_settle_any(void *s) { return p##_settle(s); } \
	static size_t \
	p##_window_any(const void *s) \
	{ \
		return p##_window(s); \
	} \
	static int p##_is_open_any(const void *s) { return p##_is_open(s); } \
	static enum stage p##_stage_any(const void *s) { return p##_stage(s); } \
	static struct str p##_text_any(const void *s) { return p##_text(s); } \
	static void p##_close_any(void *s) { p##_close(s); } \
	static void p##_free_any(void *s) { p##_free(s); } \
	static const struct module_protocol p = { #p, p##_create_any, \
		p##_limit_any, p##_open_any, p##_send_any, p##_settle_any, \
		p##_window_any, p##_is_open_any, p##_stage_any, \
		p##_text_any, p##_close_any, p##_free_any };

PROTOCOL(smtp)
PROTOCOL(qmqp)

const struct module_protocol *
module_protocol(struct str name)
{
	if (str_eq(name, str_of(smtp.name)))
		return &smtp;
	return str_eq(name, str_of(qmqp.name)) ? &qmqp : NULL;
}
