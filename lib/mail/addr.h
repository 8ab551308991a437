/* addr.h - address lists: parses those of a header or a command line, and
 * writes them in our own form. RFC 5322 3.4 and 4.4, RFC 2047. */
#ifndef ADDR_H
#define ADDR_H

#include "../base/buf.h"

struct hostnames;

struct addr_list {
	/* The rewritten list. Each item ends with LF and holds no other line
	 * end, so LF stands for ", "; the members of a group are items, the
	 * first after "name: ", the last before ";". */
	struct buf items;
	/* Each address as it goes into an envelope, local part without
	 * quotes, ended by LF; and the same, but those that came without a
	 * domain, and have no "@" in the local part, still without. */
	struct buf recipients, typed;
	size_t count;
	/* Of the first address: where in items its mailbox begins, after the
	 * name of a group, and the address itself. */
	size_t mailbox, spec, spec_n;
};

/* Parses text up to a NUL into l, which may be used and is overwritten. An
 * address without a domain gets defaulthost and every domain is qualified;
 * names NULL leaves both as they are. Time and memory grow with the length
 * of text, the stack does not.
 * 0, also without any address (items empty, or nothing but comments);
 * -1 for bad syntax, l may only be freed or used again. */
int addr_parse(struct addr_list *l, struct str text,
    const struct hostnames *names);

void addr_free(struct addr_list *l);

/* Whether text needs no quotes, in a phrase or as a word of a local part. What
 * begins like an encoded word has no certain end, so there it needs them. */
int addr_is_bare(struct str text, int phrase);
void addr_put_quoted(struct buf *b, struct str text);

/* Appends an envelope's address as a header shows it: the local part, all
 * before the last '@', in quotes unless it is a dot-atom. */
void addr_put(struct buf *b, struct str address);

/* Appends a person's name as it stands before an address, or after it in
 * brackets: quoted where that is needed, and as UTF-8 encoded words when it is
 * not ASCII. Bytes that are not UTF-8 are taken for Latin-1, control bytes
 * become blanks. */
void addr_put_phrase(struct buf *b, struct str name);
void addr_put_comment(struct buf *b, struct str name);

#endif
