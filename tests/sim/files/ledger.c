/* ledger - what the world knows of each message, and what must hold. */
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "disk.h"
#include "ledger.h"

struct entry ledger[MESSAGES];
int messages, touched, violated;
static unsigned long long seed_of_history;

void
ledger_begin(unsigned long long seed)
{
	memset(ledger, 0, sizeof ledger);
	messages = touched = violated = 0;
	seed_of_history = seed;
}

void
violate(const char *what, int id, int i)
{
	tell("VIOLATION: %s: message %d recipient %d", what, id, i);
	if (!violated++ && !shown)
		printf("# seed %llu: %s: message %d recipient %d\n",
		    seed_of_history, what, id, i);
}

int
message_text(char *to, int id)
{
	int n = sprintf(to, "s%d@x.y\n", id), i;

	for (i = 0; i < ledger[id].recipients; i++)
		n += sprintf(to + n, "r%d@m%d.y\n", i, id);
	n += sprintf(to + n, "\nSubject: %d\n\n", id);
	for (i = 0; i < id % 5 * 20; i++)
		n += sprintf(to + n, "%c", "abcdefg\n"[i % 8]);
	return n + sprintf(to + n, "end %d\n", id);
}

int
parse(int ino, unsigned *mask)
{
	static char text[DATA_SIZE + 1], want[DATA_SIZE];
	struct inode *in = disk_inode(ino);
	char *line, *body;
	int id, i, n, bad = 0;

	*mask = 0;
	memcpy(text, in->data, (size_t)in->n);
	text[in->n] = '\0';
	body = strstr(text, "\n\n");
	if (in->folder || !body || body == strchr(text, '\n'))
		return -1;
	if (memchr(text, '\0', (size_t)(body - text)))
		return -1;
	if (sscanf(text, "s%d@x.y\n", &id) != 1 || id < 0 || id >= messages)
		return -2;
	for (line = strchr(text, '\n') + 1; line < body + 1;
	    line = strchr(line, '\n') + 1) {
		if (sscanf(line, "r%d@m%d.y\n", &i, &n) != 2 || n != id
		    || i >= ledger[id].recipients)
			return -2;
		*mask |= 1u << i;
	}
	line = strstr(body, "\nSubject: ");
	message_text(want, id);
	bad |= strncmp(body + 2, "Received: (", 11) || !line
	    || strcmp(line + 1, strstr(want, "\nSubject: ") + 1);
	bad |= (int)strlen(text) != in->n;
	return bad ? -2 : id;
}

int
names_in(const char *folder)
{
	int n = 0;

	while (disk_name(disk_find(ROOT, folder), n))
		n++;
	return n;
}

static void
look_into(int folder, unsigned masks[MESSAGES])
{
	const char *name;
	unsigned mask;
	int i, id;

	for (i = 0; (name = disk_name(folder, i)) != NULL; i++) {
		if (name[0] == '.')
			continue;
		id = parse(disk_find(folder, name), &mask);
		if (id == -2)
			violate(name, -1, -1);
		else if (id >= 0)
			masks[id] |= mask;
	}
}

void
audit(void)
{
	unsigned queued[MESSAGES] = { 0 }, failed[MESSAGES] = { 0 };
	int id, i;

	look_into(disk_find(ROOT, "queue"), queued);
	look_into(disk_find(ROOT, "failed"), failed);
	for (id = 0; id < messages; id++)
		for (i = 0; i < ledger[id].recipients; i++) {
			struct entry *m = &ledger[id];

			if (!m->accepted || m->removed || m->risked
			    || m->served[i]
			    || queued[id] >> i & 1
			    || (m->refused[i] && failed[id] >> i & 1))
				continue;
			violate("lost", id, i);
		}
}

/* ---- the administrator ---- */

/* A message comes by hand, synced, perhaps over another one. */
static void
put_by_hand(const char *name)
{
	char text[DATA_SIZE], copy[DATA_SIZE], *body;
	int ino, id = messages, n;

	if (id == MESSAGES || (ino = disk_new()) == 0)
		return;
	messages++;
	ledger[id] = (struct entry){ .recipients = 2, .accepted = 1 };
	n = message_text(text, id);
	body = strstr(text, "\n\n") + 2;
	n = sprintf(copy, "%.*sReceived: (x);\n\ty\n%.*s", (int)(body - text),
	    text, n - (int)(body - text), body);
	disk_write(ino, copy, n);
	disk_inode(ino)->mode = disk_inode(ino)->mode_before = 0600;
	disk_inode(ino)->mtime = now;
	disk_set(QUEUE, name, ino);
	disk_sync_all();
	tell("message %d is put into queue/%s by hand", id, name);
}

void
remove_by_hand(const char *name)
{
	unsigned mask;
	int id = parse(disk_find(QUEUE, name), &mask);

	if (id < 0)
		return;
	touched = 1;
	ledger[id].removed = 1;
	tell("message %d is removed by hand", id);
	if (dice(2))
		put_by_hand(name);
	else
		disk_set(QUEUE, name, 0);
}

void
clean_up_failed(void)
{
	int id, i, failed = disk_find(ROOT, "failed");
	const char *name;
	unsigned mask;

	tell("failed/ is removed by hand");
	while (failed && (name = disk_name(failed, 0)) != NULL) {
		id = parse(disk_find(failed, name), &mask);
		for (i = 0; id >= 0 && i < RECIPIENTS; i++)
			ledger[id].removed |= mask >> i & 1;
		disk_set(failed, name, 0);
	}
	if (failed)
		disk_set(ROOT, "failed", 0);
	disk_sync_all();
}
