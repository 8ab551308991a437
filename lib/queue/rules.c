/* rules - the control files that change an envelope when it is queued. */
#include <string.h>

#include "../conf/conf.h"
#include "../mail/addresses.h"
#include "../mail/aliases.h"
#include "../mail/envelope.h"
#include "rules.h"

#define DEPTH 10
#define RESULTS 1000		/* of a message ... */
#define ROUND_MAX (1024 * 1024)	/* ... and bytes of a round of them */

/* In the order of enum rules_list. */
static const char files[] = "adminaddr\0allmailfrom\0allmailto\0alwaysbcc";

/* Where no file gives me, that which addresses get is of this host. */
static int
load_names(struct store_rules *r)
{
	struct hostnames *h = &r->names;
	int rc = h->me.n ? 0 : hostnames_load(h);

	if (rc == 0 && !h->configured)
		buf_set(&h->me, buf_str(&h->defaulthost));
	return rc;
}

int
store_rules_load(struct store_rules *r, int bare)
{
	const char *name = files;
	int i, rc = 0;

	for (i = 0; i < RULES_LISTS && rc == 0; i++) {
		rc = addresses_load(name, &r->names, &r->list[i]);
		name += strlen(name) + 1;
	}
	if (rc == 0)
		rc = aliases_load(&r->aliases);
	if (rc == 0 && (bare || r->aliases.n || r->names.me.n))
		rc = load_names(r);
	r->bare = bare;
	return rc;
}

void
store_rules_free(struct store_rules *r)
{
	int i;

	for (i = 0; i < RULES_LISTS; i++)
		buf_free(&r->list[i]);
	buf_free(&r->aliases);
	buf_free(&r->nobody);
	hostnames_free(&r->names);
}

void
store_rules_check(struct buf *notes)
{
	struct store_rules r = { .bare = 0 };

	if (store_rules_load(&r, 0) < 0 || aliases_check(notes) < 0)
		buf_fmt(notes, "%s\n", conf_why());
	store_rules_free(&r);
}

static int
has_local_part(struct str address)
{
	size_t at = str_rfind(address, '@');

	return at > 0 && at < address.n && address_plain(address);
}

/* At a name of this host. */
static int
is_local(const struct store_rules *r, struct str address)
{
	struct str domain = address_domain(address);

	return has_local_part(address) && (str_ieq(domain, STR("localhost"))
	    || str_ieq(domain, buf_str(&r->names.me)));
}

/* The name that this host has made up for itself will do without a dot. */
static int
is_valid(struct store_rules *r, struct str address)
{
	return address_valid(address) || (load_names(r) == 0
	    && !r->names.configured && is_local(r, address));
}

/* Instead of an address. */
static int
put_list(const struct store_rules *r, enum rules_list which, struct buf *out)
{
	buf_add(out, buf_str(&r->list[which]));
	return r->list[which].n > 0;
}

static int
add_valid(struct store_rules *r, struct str address, struct buf *out)
{
	if (!is_valid(r, address))
		return 0;
	buf_put(out, "%\n", address);
	return 1;
}

int
store_sender(struct store_rules *r, struct str address, struct buf *out)
{
	if (!address.n)
		buf_addc(out, '\n');
	return !address.n
	    || (has_local_part(address) && put_list(r, ALLMAILFROM, out))
	    || add_valid(r, address, out);
}

static int
has_line(struct str lines, struct str line)
{
	while (lines.n)
		if (str_eq(str_cut(&lines, '\n'), line))
			return 1;
	return 0;
}

/* What aliases have for an address goes to targets; else it is stored, once if
 * it is of aliases itself. */
static int
take_address(struct store_rules *r, struct str address, int depth,
    struct buf *targets, struct buf *out)
{
	struct str host = buf_str(&r->names.defaulthost);
	struct buf found = { 0 }, full = { 0 };
	struct alias_key key;
	int bare = (depth || r->bare) && address.n
	    && str_find(address, '@') == address.n;
	int rc = 1;

	buf_set(&full, address);
	if (bare)
		buf_put(&full, "@%", host);
	key.address = buf_str(&full);
	key.local = bare || is_local(r, key.address);
	key.any = bare || (key.local &&
	    !str_ieq(address_domain(key.address), host));
	if (r->aliases.n && depth < DEPTH && aliases_find(
	    buf_str(&r->aliases), &r->names, &key, &found)) {
		buf_add(targets, buf_str(&found));
		if (!found.n)
			buf_put(&r->nobody, "%\n", key.address);
	} else if (!depth || !has_line(buf_str(out), key.address))
		rc = (is_local(r, key.address) && put_list(r, ADMINADDR, out))
		    || add_valid(r, key.address, out);
	buf_free(&found);
	buf_free(&full);
	return rc;
}

/* By rounds: those at the names of this host may be names in aliases again. */
int
store_recipient(struct store_rules *r, struct str address, struct buf *out)
{
	struct buf now = { 0 }, next = { 0 }, last;
	struct str rest;
	int depth, rc = 1;

	buf_put(&now, "%\n", address);
	for (depth = 0; now.n && rc > 0; depth++) {
		for (rest = buf_str(&now); rest.n && rc > 0;)
			if ((depth && ++r->results > RESULTS) ||
			    next.n > ROUND_MAX)
				rc = -1;
			else
				rc = take_address(r, str_cut(&rest, '\n'),
				    depth, &next, out);
		last = now;
		now = next;
		next = last;
		buf_clear(&next);
	}
	buf_free(&now);
	buf_free(&next);
	return rc;
}
