/* world - chance, time, what happens later, what is shown. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define EVENTS 4096

struct world w;

static struct event {
	long long at;
	unsigned long order;
	void (*run)(int);
	int arg;
} events[EVENTS];
static int event_count;
static unsigned long event_order;

static unsigned long long
mix(unsigned long long x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

unsigned
pick(unsigned n)
{
	w.random += 0x9e3779b97f4a7c15;
	return (unsigned)(mix(w.random) >> 33) % (n ? n : 1);
}

int
chance(unsigned in_1000)
{
	return pick(1000) < in_1000;
}

unsigned
nature(unsigned n, int a, int b, int c)
{
	unsigned long long x = w.seed * 1000003 + (unsigned)a * 10007u +
	    (unsigned)b * 101u + (unsigned)c;

	return (unsigned)(mix(mix(x + 0x9e3779b97f4a7c15)) >> 33) % n;
}

long long
wall_now(void)
{
	return w.now / 1000 + w.wall;
}

/* ---- what is shown ---- */

static void
show(const char *text)
{
	printf("%10lld.%03d  %s\n", w.now / 1000, (int)(w.now % 1000), text);
}

static void
add_digest(const char *text)
{
	for (; *text; text++)
		w.digest = (w.digest ^ (unsigned char)*text) * 0x100000001b3;
	w.digest ^= (unsigned long long)w.now;
}

/* Text is made only where it is looked at; what makes a history another one
 * shows in the format's time and numbers too. */
void
say(const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!w.trace)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	/* The folder's name is of this process. */
	if (!strstr(text, w.folder))
		add_digest(text);
	if (w.trace > 1)
		show(text);
}

void
violate(const char *format, ...)
{
	va_list ap;

	w.inside = 0;
	va_start(ap, format);
	vsnprintf(w.broken, sizeof w.broken, format, ap);
	va_end(ap);
	say("VIOLATION: %s", w.broken);
	longjmp(w.history, 1);
}

/* ---- what happens later ---- */

void
later(long long ms, void (*run)(int), int arg)
{
	struct event *e = &events[event_count];

	check(event_count < EVENTS, "the simulator has too many events");
	event_count++;
	e->at = w.now + ms;
	e->order = event_order++;
	e->run = run;
	e->arg = arg;
}

void
clear_events(void)
{
	event_count = 0;
	event_order = 0;
}

static int
first_event(void)
{
	int i, first = 0;

	for (i = 1; i < event_count; i++)
		if (events[i].at < events[first].at ||
		    (events[i].at == events[first].at &&
		    events[i].order < events[first].order))
			first = i;
	return first;
}

long long
next_event(void)
{
	return event_count ? events[first_event()].at : NEVER;
}

/* Those that are due. */
void
run_events(void)
{
	struct event e;
	int i, inside = w.inside;

	w.inside = 0;
	while (event_count) {
		i = first_event();
		if (events[i].at > w.now)
			break;
		e = events[i];
		events[i] = events[--event_count];
		e.run(e.arg);
	}
	w.inside = inside;
}
