/* session - simulates SMTP sessions: lib/smtp on a modelled connection to a
 * modelled server that keeps a ledger. A history is a number of messages and
 * the connections it takes to get rid of them; a seed is a history.
 *
 *	SEED=N		the first seed; alone: this history, told in full
 *	COUNT=N		how many */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../lib/base/buf.h"
#include "../../lib/base/clock.h"
#include "../../lib/smtp/connection.h"
#include "../../lib/smtp/options.h"
#include "../../lib/smtp/smtp.h"
#include "arena.h"
#include "session.h"

#define CONNECTIONS 80		/* a history needs fewer */
#define SICK 4			/* of them something happens to */
#define TRIES 2			/* of a recipient that is put off */
#define MEMORY 500000		/* octets a connection may hold at a time */

struct world world;

/* What the session has reported of a message it was handed. */
struct claim {
	int handed, reported, marked;
	short code[RECIPIENTS];		/* ERR_, -1 not named */
	unsigned char unanswered[RECIPIENTS];
};
static struct claim claims[MESSAGES];
static struct carried carried;
static int by_data;		/* this connection has given chunks up */
static struct options options;
static int timed_out;
static int strict;		/* as the module run by hand */
static long naming;		/* message whose recipients are named, or -1 */
static unsigned long totals[8];
enum { HISTORIES, CONNECTED, TAKEN, NEVER, LATER, UNKNOWN, UNTRIED, OTHER };

/* ---- tools ---- */

unsigned
pick(unsigned n)
{
	world.random ^= world.random << 13;
	world.random ^= world.random >> 7;
	world.random ^= world.random << 17;
	return n ? (unsigned)((world.random >> 11) % n) : 0;
}

int
chance(unsigned in)
{
	return pick(in) == 0;
}

void
say(const char *format, ...)
{
	va_list ap;

	if (!world.loud)
		return;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void
wrong(const char *format, ...)
{
	va_list ap;

	world.failed = 1;
	if (!world.loud)
		return;
	printf("WRONG: ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

/* ---- what is reported ---- */

static struct claim *
claim_of(unsigned long id)
{
	size_t n = id % 1000;

	if (n < world.messages && claims[n].handed &&
	    id / 1000 == (unsigned long)world.connection &&
	    !claims[n].reported)
		return &claims[n];
	wrong("a report of %lu, which it does not have", id);
	return NULL;
}

static void
keep(struct claim *c, unsigned long id, size_t i, const struct result *r)
{
	const struct message *m = &world.message[id % 1000];

	c->code[m->listed[i]] = (short)r->code;
	c->unanswered[m->listed[i]] = (unsigned char)r->unanswered;
	if (!r->code != (r->fault == FAULT_NONE) || (!r->code &&
	    r->unanswered) || !r->text.n)
		wrong("a result that contradicts itself");
}

static void
on_recipient(void *context, unsigned long id, size_t index,
    const struct result *r)
{
	const struct message *m = &world.message[id % 1000 % MESSAGES];
	struct claim *c = claim_of(id);

	(void)context;
	if (!c)
		return;
	if (strict || (naming >= 0 && naming != (long)id))
		wrong("recipients of two messages at a time, or by hand");
	naming = (long)id;
	if (index >= m->lists || c->code[m->listed[index]] >= 0) {
		wrong("recipient %zu twice, or not there", index);
		return;
	}
	say("  report: message %lu, recipient %zu: %d%s %.*s", id % 1000,
	    m->listed[index], r->code, r->unanswered ? " unanswered" : "",
	    (int)r->text.n, r->text.p);
	keep(c, id, index, r);
}

static void
on_taken(void *context, unsigned long id)
{
	struct claim *c = claim_of(id);

	(void)context;
	if (c)
		c->marked = 1;
}

static void
on_report(void *context, unsigned long id, const struct result *r)
{
	const struct message *m = &world.message[id % 1000 % MESSAGES];
	struct claim *c = claim_of(id);
	size_t i, taken = 0;

	(void)context;
	if (!c)
		return;
	if (naming >= 0 && naming != (long)id)
		wrong("recipients of another message");
	naming = -1;
	say("  report: message %lu: %d fault %d%s %.*s", id % 1000, r->code,
	    r->fault, r->unanswered ? " unanswered" : "", (int)r->text.n,
	    r->text.p);
	for (i = 0; i < m->lists; i++) {
		if (c->code[m->listed[i]] < 0)
			keep(c, id, i, r);
		taken += !c->code[m->listed[i]];
	}
	if (c->marked != (taken == m->lists))
		wrong("message %lu is marked: %d", id % 1000, c->marked);
	c->reported = 1;
}

static void
on_note(void *context, struct str text)
{
	(void)context, (void)text;
}

static void
make_options(void)
{
	options = (struct options){ 0 };
	strict = chance(20);
	options.no_pipelining = chance(20);
	options.no_chunking = chance(20);
	options.recipients = chance(8) ? 1 + (int)pick(70) : 0;
	if (chance(20))
		options.soft_bounce = chance(2) ? "" :
		    "5.1.1,550,552,553,554,503";
}

/* ---- a connection ---- */

/* What the server cannot be asked needs no refusal of it. */
static void
hand_over(size_t n)
{
	struct message *m = &world.message[n];
	struct claim *c = &claims[n];
	size_t i;

	m->now = (struct ledger){ 0 };
	c->handed = 1;
	c->reported = c->marked = 0;
	for (i = 0; i < m->count; i++) {
		c->code[i] = -1;
		m->now.refused[i] = (!world.server.utf8 && (m->utf8_sender ||
		    m->utf8[i])) || is_too_large(m);
	}
}

static size_t
held(void)
{
	size_t n, count = 0;

	for (n = 0; n < world.messages; n++)
		count += claims[n].handed && !claims[n].reported;
	return count;
}

static int
held_any(void)
{
	size_t n;

	for (n = 0; n < world.messages; n++)
		if (claims[n].handed)
			return 1;
	return 0;
}

/* No more than its window is on its way, and a message whose recipients are not
 * all done. */
static void
check_window(const struct connection *c, size_t window)
{
	if (window < smtp_protocol.window(c))
		window = smtp_protocol.window(c);
	by_data |= carried.no_chunking;
	if (!by_data &&
	    held() > window + 1 + (window < PROTOCOL_AHEAD))
		wrong("%zu messages at a time, the window is %zu", held(),
		    window);
}

/* As the worker does it. */
static int
deliver(struct connection *c)
{
	struct protocol_message m = { 0 };
	size_t n, window;
	int rc = 0;

	if (!carried.window && smtp_protocol.window(c) > 8)
		wrong("it begins with %zu", smtp_protocol.window(c));
	for (n = 0; n < world.messages && !rc; n++) {
		if (!world.message[n].lists || (strict && held_any()))
			continue;
		hand_over(n);
		m.id = n + 1000 * (unsigned long)world.connection;
		m.fd = FILES + (int)n;
		window = smtp_protocol.window(c);
		rc = smtp_protocol.send(c, &m);
		check_window(c, window);
		while (!rc && held() && chance(9)) {
			rc = smtp_protocol.settle(c);
			by_data |= carried.no_chunking;
		}
	}
	while (!rc && held())
		rc = smtp_protocol.settle(c);
	return rc;
}

static void
connect_once(void)
{
	static const struct protocol_report report = { NULL, on_recipient,
		on_report, on_note, NULL, on_taken };
	struct protocol_setup setup = { &options, "h", &report, &carried,
		strict, { NULL, 0 }, { NULL, 0 }, 0 };
	struct connection *c;
	struct buf why = { 0 };
	size_t live = arena_live();
	int code;

	naming = -1;
	by_data = carried.no_chunking;
	c = smtp_protocol.create(&setup, &code, &why);
	c->limit = CLOCK_NEVER;
	code = smtp_protocol.open(c);
	if (code && c->fault != FAULT_ADDRESS)
		wrong("not let in, and not the address's fault");
	if (!code)
		code = deliver(c);
	say("-- end: %d, fault %d, stage %s: %s", code, c->fault,
	    stage_name(c->stage), buf_z(&c->text));
	timed_out = code == ERR_TIMED_OUT;
	if (code && !c->fault)
		wrong("an end without a fault");
	smtp_protocol.close(c);
	net_leftover();
	smtp_protocol.free(c);
	buf_free(&why);
	if (arena_live() != live)
		wrong("%zu octets are not freed", arena_live() - live);
	if (arena_peak() > MEMORY)
		wrong("more memory than it should take");
}

/* ---- what must hold ---- */

static int
is_known(const struct ledger *now)
{
	return !world.misled && !timed_out && ((now->final_at &&
	    world.heard >= now->final_at) || (world.bye_at &&
	    world.heard >= world.bye_at));
}

static void
judge_recipient(size_t n, size_t i)
{
	const struct claim *c = &claims[n];
	struct message *m = &world.message[n];
	int taken = m->now.taken[i], code = c->reported ? c->code[i] : -1;

	if (code == 0 && !taken)
		wrong("message %zu: %zu was reported taken", n, i);
	if (code != 0 && taken && !(c->reported && c->unanswered[i]))
		wrong("message %zu: %zu has it, and nothing says so", n, i);
	if (code > 0 && err_is_permanent(code) && !strict &&
	    (!m->now.refused[i] || m->broken || (options.soft_bounce &&
	    !is_too_large(m) && world.server.utf8)))
		wrong("message %zu: %zu was not refused for good", n, i);
	if (m->served[i] > 1 + m->excused[i])
		wrong("message %zu: %zu has it too often", n, i);
	if (code > 0 && c->unanswered[i]) {
		if (is_known(&m->now))
			wrong("message %zu: %zu: the answer was there", n, i);
		m->excused[i]++;
	}
	if (code > 0 && !err_is_permanent(code))
		m->tries[i]++;
	m->settled[i] = code == 0 || err_is_permanent(code > 0 ? code : 0) ||
	    m->tries[i] == TRIES;
	totals[code < 0 ? UNTRIED : !code ? TAKEN : err_is_permanent(code) ?
	    NEVER : c->unanswered[i] ? UNKNOWN : LATER]++;
}

/* 1 if anybody is left. */
static int
judge(void)
{
	struct message *m;
	size_t n, i;
	int left = 0;

	for (n = 0; n < world.messages; n++) {
		m = &world.message[n];
		for (i = 0; claims[n].handed && i < m->lists; i++)
			judge_recipient(n, m->listed[i]);
		if (claims[n].handed && m->lists) {
			m->changes = m->looks = 0;
			write_file(m, n, body_of[n]);
		}
		left += m->lists > 0;
		claims[n].handed = 0;
	}
	return left;
}

/* ---- a history ---- */

static void
make_event(void)
{
	int sick = world.connection < SICK && chance(2) &&
	    world.server.bdat == BDAT_KNOWN;

	world.misled = 0;
	sick &= !strict || chance(2);
	world.event = !sick ? E_NOTHING : chance(3) ? E_STRAY_2 +
	    pick(EVENTS - E_STRAY_2) : 1 + pick(EVENTS - 1);
	if (strict && world.event >= E_STRAY_2)
		world.event = E_NOTHING;
	world.event_at = 1 + (int)pick(chance(2) ? 8 : 40);
}

static void
history(uint64_t seed)
{
	size_t n;

	world.random = seed * 0x9e3779b97f4a7c15ULL + 0x1234567ULL;
	world.now = 1000;
	world.failed = 0;
	make_server();
	world.messages = 1 + pick(chance(6) ? MESSAGES : 3);
	for (n = 0; n < world.messages; n++)
		make_message(n);
	carried = (struct carried){ 0 };
	make_options();
	for (world.connection = 0; !world.failed; world.connection++) {
		make_event();
		say("-- connection %d", world.connection);
		connect_once();
		totals[CONNECTED]++;
		if (!judge())
			break;
		if (world.connection == CONNECTIONS)
			wrong("it goes on for ever");
	}
	totals[HISTORIES]++;
}

/* Whether all that may happen has happened, so that it means something. */
static int
all_happened(void)
{
	int event;

	for (event = 1; event < EVENTS; event++)
		if (!world.count[event])
			return 0;
	return 1;
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

int
main(void)
{
	uint64_t first = number("SEED", 1), count = number("COUNT",
	    getenv("SEED") ? 1 : 20000), seed;
	clock_t begun = clock();
	double seconds;

	world.loud = getenv("SEED") && count == 1;
	for (seed = first; seed < first + count && !world.failed; seed++)
		history(seed);
	if (world.failed && !world.loud) {
		printf("# seed %llu\n", (unsigned long long)--seed);
		world.loud = 1;
		history(seed);
	}
	seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	printf("#= session: %lu histories, %.0f a second, %lu connections; "
	    "recipients: taken %lu, refused %lu, put off %lu, unanswered %lu, "
	    "not tried %lu\n", totals[HISTORIES], (double)totals[HISTORIES] /
	    (seconds > 0 ? seconds : 1), totals[CONNECTED], totals[TAKEN],
	    totals[NEVER], totals[LATER], totals[UNKNOWN], totals[UNTRIED]);
	printf("%s 1 - session: seeds %llu to %llu\n", world.failed ?
	    "not ok" : "ok", (unsigned long long)first,
	    (unsigned long long)(first + count - 1));
	if (count >= 10000 && !world.failed)
		printf("%s 2 - session: all that may happen has happened\n",
		    all_happened() ? "ok" : "not ok");
	return world.failed || (count >= 10000 && !all_happened());
}
