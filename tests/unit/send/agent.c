/* agent - the sender's side of a worker: what packets mean, which of them
 * cannot be right, how much it takes, what a module's end means. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../lib/base/clock.h"
#include "../../../lib/base/mem.h"
#include "../../../lib/send/agent.h"
#include "../../../lib/send/delivery.h"
#include "../../../lib/send/worker.h"
#include "../t.h"

static struct agent *a;
static int worker;		/* its end of the socket */

static void
add_delivery(unsigned long id)
{
	struct delivery *d = &a->delivery[a->deliveries++];

	*d = (struct delivery){ 0 };
	d->id = id;
	d->fd = d->file = -1;
	d->e.count = 2;
	a->given++;
}

/* A child that waits for its end, with two messages of two recipients each. */
static void
begin(int ready)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		exit(1);
	a = mem_new(1, sizeof *a);
	a->fd = pair[0];
	worker = pair[1];
	a->delivery = mem_new(WORKER_HOLDS, sizeof *a->delivery);
	a->deadline = CLOCK_NEVER;
	a->began = clock_ms();
	a->ready = ready ? a->began : 0;
	a->window = ready ? 8 : 0;
	a->pid = fork();
	if (a->pid == 0) {
		close(pair[0]);
		close(pair[1]);
		setpgid(0, 0);
		alarm(30);
		pause();
		_exit(0);
	}
	setpgid(a->pid, a->pid);
	add_delivery(7);
	add_delivery(9);
}

/* How the child ended: the signal; 0 if it lives. */
static int
end(void)
{
	int status = 0;
	pid_t pid = waitpid(a->pid, &status, WNOHANG);
	int i;

	for (i = 0; pid == 0 && a->signals && i < 500; i++) {
		usleep(10000);
		pid = waitpid(a->pid, &status, WNOHANG);
	}
	if (pid == 0) {
		kill(a->pid, SIGKILL);
		waitpid(a->pid, NULL, 0);
	}
	agent_free(a);
	close(worker);
	return pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
say(const struct worker_packet *p, const char *text)
{
	struct worker_packet out = *p;

	out.n = strlen(text);
	memcpy(out.text, text, out.n);
	T(send(worker, &out, offsetof(struct worker_packet, text) + out.n,
	    0) > 0);
}

static enum agent_event_kind
hear(void)
{
	return agent_read(a).kind;
}

/* ---- packets that cannot be right ---- */

static const struct worker_packet recipient = { .kind = WORKER_RECIPIENT,
	.id = 9, .index = 1, .code = 35, .fault = FAULT_RECIPIENT };
static const struct worker_packet success = { .kind = WORKER_MESSAGE,
	.id = 9, .reply = 250 };

static const struct {
	const char *what;
	int ready;
	struct worker_packet p;
} wrong[] = {
	{ "a result of no message", 1, { .kind = WORKER_MESSAGE, .id = 8, .code = 16 } },
	{ "a success of no message", 1, { .kind = WORKER_MESSAGE, .id = 0 } },
	{ "a recipient of no message", 1, { .kind = WORKER_RECIPIENT, .id = 8, .code = 16 } },
	{ "a recipient beyond the envelope", 1, { .kind = WORKER_RECIPIENT, .id = 9, .index = 2, .code = 16 } },
	{ "a recipient far beyond it", 1, { .kind = WORKER_RECIPIENT, .id = 9, .index = (size_t)-1, .code = 16 } },
	{ "a recipient refused by success", 1, { .kind = WORKER_RECIPIENT, .id = 9 } },
	{ "success before it was let in", 0, { .kind = WORKER_MESSAGE, .id = 9 } },
	{ "success with a fault", 1, { .kind = WORKER_MESSAGE, .id = 9, .fault = FAULT_END } },
	{ "success without an answer", 1, { .kind = WORKER_MESSAGE, .id = 9, .unanswered = 1 } },
	{ "a window of none", 0, { .kind = WORKER_READY } },
	{ "a window too large", 0, { .kind = WORKER_READY, .index = WORKER_HOLDS + 1 } },
	{ "no kind", 1, { .id = 9 } },
	{ "an unknown kind", 1, { .kind = WORKER_KINDS, .id = 9 } },
};

/* Of what it had none has a result, and the process is gone. */
static void
impossible(void)
{
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		printf("# %s\n", wrong[i].what);
		begin(wrong[i].ready);
		say(&wrong[i].p, "250 fine");
		T(hear() == AGENT_CRASHED && a->deliveries == 2);
		T(a->fd == -1 && !agent_has_room(a, 0));
		T(hear() == AGENT_NOTHING);
		a->signals = 1;
		T(end() == SIGKILL);
	}
}

static void
second_result(void)
{
	begin(1);
	say(&recipient, "550 no");
	say(&recipient, "550 no");
	T(hear() == AGENT_CRASHED && a->wrong && end() == SIGKILL);
	begin(1);
	say(&success, "250 fine");
	say(&success, "250 fine");
	T(hear() == AGENT_RESULT);
	agent_take(a, 1);
	T(hear() == AGENT_CRASHED && a->wrong && end() == SIGKILL);
}

/* Lengths that are none. */
static void
malformed(void)
{
	static struct worker_packet p;
	size_t head = offsetof(struct worker_packet, text), i;
	const struct { size_t n, sent; } rows[] = { { 0, 1 },
		{ 0, offsetof(struct worker_packet, text) - 1 }, { 5, head },
		{ 0, head + 1 }, { WORKER_TEXT + 1, sizeof p },
		{ (size_t)-1, sizeof p } };

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		begin(1);
		p.kind = WORKER_NOTE;
		p.n = rows[i].n;
		T(send(worker, &p, rows[i].sent, 0) > 0);
		T(hear() == AGENT_CRASHED);
		a->signals = 1;
		T(end() == SIGKILL);
	}
}

/* ---- what packets mean ---- */

static void
let_in(void)
{
	static const struct worker_packet peer = { .kind = WORKER_PEER };
	struct worker_packet ready = { .kind = WORKER_READY, .index = 8 };
	struct agent_event event;

	begin(0);
	ready.carried.at_once = 50;
	T(hear() == AGENT_NOTHING && agent_pace(a) == 0);
	T(agent_slower_at(a, 0) == CLOCK_NEVER);
	say(&peer, "192.0.2.1 port 25");
	T(hear() == AGENT_NOTHING);
	T(str_eq(buf_str(&a->peer), STR("192.0.2.1 port 25")));
	say(&ready, "");
	event = agent_read(a);
	T(event.kind == AGENT_READY && event.carried.at_once == 50);
	T(a->ready && a->window == 8);
	ready.index = 16;
	say(&ready, "");
	T(hear() == AGENT_NOTHING && a->window == 16);
	T(end() == 0);
}

static void
results(void)
{
	struct worker_packet ours = { .kind = WORKER_MESSAGE, .id = 7,
		.code = ERR_MSG_OPEN, .fault = FAULT_OURS };
	struct agent_event event;

	begin(1);
	say(&recipient, "550 5.1.1 no");
	say(&success, "250 fine");
	event = agent_read(a);
	T(event.kind == AGENT_RESULT && event.which == 1);
	T(event.result.code == 0 && event.result.reply == 250);
	T(str_eq(event.result.text, STR("250 fine")));
	T(a->delivery[1].refusals == 1 && a->delivery[0].refusals == 0);
	T(a->taken == 1 && a->results == 1 && a->given == 2);
	say(&ours, "no descriptor");
	event = agent_read(a);
	T(event.kind == AGENT_RESULT && event.which == 0);
	T(event.result.fault == FAULT_OURS && a->given == 1);
	T(end() == 0);
}

static void
ends(void)
{
	struct worker_packet over = { .kind = WORKER_END, .code = 11,
		.fault = FAULT_END, .answered = 3, .last = 1, .reply = 421 };
	static const struct worker_packet note = { .kind = WORKER_NOTE };
	struct agent_event event;

	begin(1);
	over.carried.window = 16;
	say(&note, "look");
	say(&over, "421 enough");
	event = agent_read(a);
	T(event.kind == AGENT_NOTE && str_eq(event.result.text, STR("look")));
	event = agent_read(a);
	T(event.kind == AGENT_END && event.answered == 3 && event.last);
	T(event.carried.window == 16 && event.result.fault == FAULT_END &&
	    event.result.reply == 421);
	T(a->fd == -1 && a->deliveries == 2 && hear() == AGENT_NOTHING);
	T(end() == 0);
}

/* The child may not have closed its copy yet. */
static void
hang_up(void)
{
	struct pollfd wait = { a->fd, POLLIN, 0 };

	close(worker);
	T(poll(&wait, 1, 5000) == 1);
}

/* End of file with messages in hand is a crash, without them as it should. */
static void
silence(void)
{
	begin(1);
	hang_up();
	T(hear() == AGENT_CRASHED && !a->wrong);
	a->signals = 1;
	T(end() == SIGKILL);
	begin(1);
	hang_up();
	a->deliveries = 0;
	T(hear() == AGENT_CLOSED && end() == 0);
}

/* ---- how much it takes ---- */

static void
room(void)
{
	begin(1);
	T(agent_has_room(a, 0) && !agent_has_room(a, 1));
	a->limit = 2;
	T(!agent_has_room(a, 0));
	a->limit = 3;
	T(agent_has_room(a, 0));
	a->alone = 1;
	T(!agent_has_room(a, 0));
	a->alone = 0;
	a->closing = 1;
	T(!agent_has_room(a, 0));
	a->closing = 0;
	a->window = 1;
	T(!agent_has_room(a, 0));
	a->deliveries = 0;
	T(agent_has_room(a, 0) && agent_has_room(a, 1));
	a->window = 0;
	a->ready = 0;
	T(agent_has_room(a, 0));
	a->signals = 1;
	T(!agent_has_room(a, 0));
	T(end() == 0);
}

/* With many in flight the round trip, a third of the opening, is not
 * counted. */
static void
pace(void)
{
	begin(1);
	a->window = 1;
	a->ready = clock_ms();
	a->began = a->ready - 300;
	a->since = a->ready;
	T(agent_pace(a) >= 100 && agent_pace(a) < 200);
	a->since = a->ready - 5000;
	T(agent_pace(a) >= 5000 && agent_pace(a) < 6000);
	T(agent_slower_at(a, 5000) == a->since + 5001);
	a->since = a->ready;
	a->results = 4;
	a->worked = 8100;
	T(agent_pace(a) == 2025);
	a->window = 8;
	T(agent_pace(a) == 2000 && agent_slower_at(a, 9) == a->since + 110);
	a->deliveries = 0;
	T(agent_slower_at(a, 9) == CLOCK_NEVER);
	T(end() == 0);
}

/* A result costs what has passed since the one before. */
static void
worked(void)
{
	begin(1);
	a->since = clock_ms() - 500;
	say(&success, "250 fine");
	T(hear() == AGENT_RESULT && a->results == 1);
	T(a->worked >= 500 && a->worked < 5000);
	T(clock_ms() - a->since < 5000 && a->since >= a->ready);
	T(end() == 0);
}

/* A round trip is 100 ms: how many it takes at so many ms a message, as far as
 * the window goes; one is in the server's hands and the others on their way. */
static void
window(void)
{
	static const struct { size_t window; int results, pace; size_t most; }
	    rows[] = {
		{ 64, 10, 1, 64 },
		{ 64, 10, 2, 52 },
		{ 64, 10, 10, 12 },
		{ 64, 10, 51, 3 },
		{ 64, 10, 101, 2 },
		{ 64, 10, 5000, 2 },
		{ 16, 10, 2, 16 },
		{ 64, 10, 0, 64 },	/* faster than can be measured */
		{ 64, 0, 5000, 64 },	/* nothing known */
		{ PROTOCOL_AHEAD, 10, 5000, PROTOCOL_AHEAD },	/* no CHUNKING */
		{ 1, 10, 5000, 1 },
		{ 0, 0, 0, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		begin(1);
		a->window = rows[i].window;
		a->ready = clock_ms();
		a->began = a->ready - 300;
		a->results = (unsigned long)rows[i].results;
		a->worked = 100 + rows[i].results * rows[i].pace;
		a->deliveries = 0;
		do {
			a->since = clock_ms();
			add_delivery(100 + a->deliveries);
		} while (agent_has_room(a, 0));
		printf("# row %zu: %zu\n", i, a->deliveries);
		T(a->deliveries == rows[i].most);
		T(end() == 0);
	}
}

/* ---- its end ---- */

/* What is still on its way when it gets no more is not heard. */
static void
late(void)
{
	begin(1);
	a->owner = a;
	say(&success, "250 fine");
	agent_retire(a, 60000);
	T(hear() == AGENT_NOTHING && a->deliveries == 2 && !a->owner);
	T(!agent_has_room(a, 0) && a->deadline < CLOCK_NEVER);
	agent_kill(a, 60000);
	T(a->signals == 1 && end() == SIGTERM);
	begin(1);
	a->signals = 1;
	agent_kill(a, 60000);
	T(a->signals == 2 && end() == SIGKILL);
}

/* ---- a module ---- */

static void
modules(void)
{
	static const struct { int status, signals; enum agent_event_kind kind;
		int code; enum fault fault; } rows[] = {
		{ 0, 0, AGENT_RESULT, 0, FAULT_NONE },
		{ ERR_MSG_TEMP << 8, 0, AGENT_RESULT, ERR_MSG_TEMP, FAULT_MESSAGE },
		{ ERR_MSG_PERM << 8, 0, AGENT_RESULT, ERR_MSG_PERM, FAULT_MESSAGE },
		{ ERR_REFUSED << 8, 0, AGENT_RESULT, ERR_REFUSED, FAULT_REMOTE },
		{ 126 << 8, 0, AGENT_RESULT, 126, FAULT_MESSAGE },
		{ SIGSEGV, 0, AGENT_CRASHED, 0, FAULT_NONE },
		{ 0, 1, AGENT_CRASHED, 0, FAULT_NONE },
	};
	struct agent_event event;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		begin(0);
		a->external = 1;
		a->deliveries = 1;
		a->signals = rows[i].signals;
		fcntl(a->fd, F_SETFL, O_NONBLOCK);
		T(send(worker, " said \n", 7, 0) == 7);
		T(hear() == AGENT_NOTHING);
		event = agent_ended(a, rows[i].status);
		T(event.kind == rows[i].kind &&
		    event.result.code == rows[i].code &&
		    event.result.fault == rows[i].fault);
		T(event.kind != AGENT_RESULT ||
		    str_eq(event.result.text, STR("said")));
		a->signals = 1;
		T(a->fd == -1 && end() == SIGKILL);
	}
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	impossible();
	second_result();
	malformed();
	let_in();
	results();
	ends();
	silence();
	room();
	pace();
	worked();
	window();
	late();
	modules();
	return T_END();
}
