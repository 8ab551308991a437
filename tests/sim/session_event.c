/* session_event - what the modelled server says, and what happens then. */
#include <stdio.h>
#include <string.h>

#include "session_server.h"

struct server server;

void
forget_mail(void)
{
	server.mail = -1;
	server.rcpts = 0;
}

struct message *
mail(void)
{
	return &world.message[server.mail];
}

void
refuse_accepted(int code)
{
	size_t i;

	for (i = 0; code >= 500 && i < server.rcpts; i++)
		mail()->now.refused[server.rcpt[i]] = 1;
}

static void
put(const char *text)
{
	say("    S: %.*s", (int)strcspn(text, "\r"), text);
	net_say(text, strlen(text));
}

void
go(int hard, const char *text)
{
	if (text) {
		put(text);
		world.bye_at = net_said();
	}
	say("    S: closes%s", hard ? ", hard" : "");
	net_close(hard);
	server.mode = GONE;
}

/* Of a message whose recipients are refused for good or not at all. */
static int
is_simple(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->reply[i] / 100 == 4)
			return 0;
	return !world.server.limit;
}

/* What no client could see through is left out. */
static int
is_allowed(enum event event, enum to to, int code)
{
	if (event == E_EARLY)
		return to == TO_DATA && code == 354;
	if (event == E_TIRED)
		return to == TO_RSET && server.before >= 400;
	if (event == E_STRAY_2)
		return to != TO_DOT;
	if (event == E_STRAY_5)
		return to != TO_DOT && to != TO_CHUNK;
	if (event == E_MISSING)
		return to != TO_DOT && (to != TO_CHUNK || code < 300);
	if (event == E_SWAPPED)
		return (to == TO_RCPT && code / 100 != 4) || to == TO_CHUNK ||
		    to == TO_RSET || (to == TO_MAIL && code == 250 &&
		    is_simple(&world.message[server.mail]));
	return 1;
}

static void
stray(const char *text)
{
	world.misled = 1;
	put(text);
}

/* 1 if the reply itself is not to be said. */
static int
happens_before(enum event event, enum to to, const char *reply)
{
	char half[64];

	switch (event) {
	case E_421:
		go(chance(2), "421 enough\r\n");
		return 1;
	case E_TIRED:
		go(chance(2), "554 too many\r\n");
		/* Whether BDAT is understood is not yet known: that may be said
		 * of the message. */
		if (!server.messages)
			world.bye_at = 0;
		return 1;
	case E_CLOSE:
	case E_RESET:
		go(event == E_RESET, NULL);
		return 1;
	case E_HALF:
		snprintf(half, sizeof half, "%.*s",
		    1 + (int)pick((unsigned)strlen(reply) - 2), reply);
		net_say(half, strlen(half));
		go(chance(2), NULL);
		return 1;
	case E_STALL:
		net_stall();
		return 1;
	case E_LATE:
		net_later(700000);
		return 0;
	case E_GARBAGE:
		stray("what?\r\n");
		return 1;
	case E_STRAY_2:
		stray("250 stray\r\n");
		return 0;
	case E_STRAY_5:
		stray("550 stray\r\n");
		return 0;
	case E_MISSING:
		world.misled = 1;
		return 1;
	case E_SWAPPED:
		world.misled = 1;
		strcpy(server.held, reply);
		server.held_to = to;
		return 1;
	default:
		return 0;
	}
}

static void
refuse_early(void)
{
	refuse_accepted(552);
	put("552 too large\r\n");
	if (server.rcpts) {
		mail()->now.final = 552;
		mail()->now.final_at = net_said();
	}
	go(chance(2), NULL);
}

void
happens_behind(enum event event)
{
	if (event == E_421_BEHIND)
		go(chance(2), "421 enough\r\n");
	else if (event == E_EARLY)
		refuse_early();
	else if (event == E_CLOSE_BEHIND)
		go(0, NULL);
	else if (event == E_RESET_BEHIND)
		go(1, NULL);
}

/* Between a recipient's reply and another refusal no one could tell. */
static void
say_held(enum to to, int code)
{
	if (server.held[0] && server.held_to == TO_RCPT && (to == TO_RCPT ||
	    (to == TO_DATA && code / 100 == 4))) {
		put(server.held);
		server.held[0] = '\0';
	}
}

void
answer(enum to to, int code, const char *text)
{
	enum event event = E_NOTHING;
	char reply[64];
	int i;

	server.said = 0;
	reply[0] = (char)('0' + code / 100);
	reply[1] = (char)('0' + code / 10 % 10);
	reply[2] = (char)('0' + code % 10);
	strcat(strcpy(reply + 4, text), "\r\n");
	reply[3] = ' ';
	if (++server.replies == world.event_at &&
	    is_allowed(world.event, to, code)) {
		event = world.event;
		world.count[event]++;
	}
	server.before = code;
	say_held(to, code);
	if (event && happens_before(event, to, reply))
		return;
	for (i = 0; event == E_LONG && i < 40; i++) {
		reply[3] = '-';
		net_say(reply, strlen(reply));
	}
	reply[3] = ' ';
	put(reply);
	server.said = net_said();
	if (server.held[0]) {
		stray(server.held);
		server.held[0] = '\0';
	}
	happens_behind(event);
}
