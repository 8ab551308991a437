/* pem - what people do to PEM files, and what must not be taken for one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../ssl/pem.h"
#include "../t.h"

static char room[4096];
static struct pem_object o;
static struct pem p;

static void
text(const char *s)
{
	snprintf(room, sizeof room, "%s", s);
	pem_mem(&p, room, strlen(room));
}

/* The next object is label with exactly these bytes. */
static int
gives(const char *label, const char *bytes)
{
	return pem_next(&p, &o) == 1 && strcmp(o.label, label) == 0
	    && o.n == strlen(bytes) && memcmp(o.der, bytes, o.n) == 0;
}

static int
says(const char *why)
{
	return pem_next(&p, &o) == -1 && strstr(p.why, why) != NULL;
}

static void
forms(void)
{
	text("-----BEGIN A-----\nMDAw\n-----END A-----\n");
	T(gives("A", "000"));
	T(pem_next(&p, &o) == 0);
	text("x\r\n-----BEGIN A-----\r\nMDAwMD\r\nAw\r\n-----END A-----");
	T(gives("A", "000000"));
	T(pem_next(&p, &o) == 0);
	text("-----BEGIN A-----  \n MD Aw \t\nMA== \n-----END A-----  \n"
	    "between\n-----BEGIN B C-----\nMDA=\n-----END B C-----");
	T(gives("A", "0000"));
	T(gives("B C", "00"));
	T(pem_next(&p, &o) == 0);
	text("-----BEGIN A-----\nMDA\n-----END A----------BEGIN A-----\n"
	    "\n-----END A-----");
	T(gives("A", "00"));
	T(gives("A", ""));
	text("");
	T(pem_next(&p, &o) == 0);
	text("no object at all ----- BEGIN\n");
	T(pem_next(&p, &o) == 0);
	text("-----BEGIN 0123456789012345678901234567890123456789-----\n"
	    "-----END 0123456789012345678901234567890123456789-----\n");
	T(gives("0123456789012345678901234567890", ""));
}

static void
damage(void)
{
	text("-----BEGIN A-----\nMDAw\n");
	T(says("END"));
	T(pem_next(&p, &o) == 0);
	text("-----BEGIN A-----\nMD!w\n-----END A-----\n"
	    "-----BEGIN B-----\nMDAw\n-----END B-----\n");
	T(says("base64"));
	T(gives("B", "000"));
	text("-----BEGIN A-----\nMDAw\n-----END B-----\n");
	T(says("END"));
	text("-----BEGIN A-----\nM\n-----END A-----\n");
	T(says("base64"));
	text("-----BEGIN A-----\nMDA=w\n-----END A-----\n");
	T(says("base64"));
	text("-----BEGIN A-----\nMDA===\n-----END A-----\n");
	T(says("base64"));
	text("-----BEGIN A\n-----END A-----\n");
	T(says("BEGIN"));
	text("-----BEGIN A");
	T(says("BEGIN"));
}

static void
encrypted(void)
{
	text("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\n"
	    "DEK-Info: AES-256-CBC,00FF\n\nMDAw\n-----END K-----\n"
	    "-----BEGIN A-----\nMDAw\n-----END A-----\n");
	T(gives("K", "000") && o.encrypted);
	T(gives("A", "000") && !o.encrypted);
}

static void
der(void)
{
	pem_mem(&p, memcpy(room, "\x30\x01x\x30\x00\n", 6), 6);
	T(pem_next(&p, &o) == 1 && o.n == 3 && o.label[0] == '\0');
	T(pem_next(&p, &o) == 1 && o.n == 2);
	T(pem_next(&p, &o) == 0);
	pem_mem(&p, memcpy(room, "\x30\x09x", 3), 3);
	T(says("DER"));
	T(pem_next(&p, &o) == 0);
}

static int
refused(const char *file, const char *why)
{
	char said[200] = "";

	return pem_open(&p, file, said, sizeof said) == -1 && p.data == NULL
	    && strstr(said, file) && strstr(said, why);
}

static void
files(void)
{
	char dir[] = "/tmp/unit-pem-XXXXXX", name[64], why[200];
	FILE *f;

	T(mkdtemp(dir) != NULL);
	snprintf(name, sizeof name, "%s/f", dir);
	T(refused(name, "No such file"));
	T(refused(dir, "not a regular file"));
	T(mkfifo(name, 0600) == 0 && refused(name, "not a regular file"));
	unlink(name);
	f = fopen(name, "w");
	T(f && fputs("-----BEGIN A-----\nMDAw\n-----END A-----", f) >= 0);
	T(f && fclose(f) == 0);
	T(pem_open(&p, name, why, sizeof why) == 0 && gives("A", "000"));
	pem_close(&p);
	T(p.data == NULL && p.n == 0);
	T(truncate(name, (16 << 20) + 1) == 0 && refused(name, "16 MB"));
	T(truncate(name, 0) == 0);
	T(pem_open(&p, name, why, sizeof why) == 0 && pem_next(&p, &o) == 0);
	pem_close(&p);
	unlink(name);
	rmdir(dir);
}

static void
wiping(void)
{
	size_t i;

	text("-----BEGIN A-----\nMDAw\n-----END A-----\n");
	T(gives("A", "000"));
	pem_close(&p);
	for (i = 0; i < 40 && room[i] == 0; i++)
		;
	T(i == 40);
}

int
main(void)
{
	forms();
	damage();
	encrypted();
	der();
	files();
	wiping();
	return T_END();
}
