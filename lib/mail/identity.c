/* identity - whose mail it is. */
#include "../base/chr.h"
#include "addr.h"
#include "envelope.h"
#include "header.h"
#include "identity.h"

static int
keeps_local(struct str address)
{
	return str_starts(address, STR("*@"));
}

static void
put_address(const struct identity *id, struct str local, struct buf *out)
{
	struct str address = buf_str(&id->address);

	if (keeps_local(address))
		buf_cat(out, local, str_skip(address, 1));
	else
		addr_put(out, address);
}

/* What stands before the address, without quotes if it must be encoded. */
static void
keep_name(struct identity *id, struct str phrase)
{
	struct buf plain = { 0 };
	size_t i, high = 0;

	phrase = str_head(phrase, str_rfind(phrase, '<'));
	phrase = str_trim(phrase);
	for (i = 0; i < phrase.n; i++) {
		high |= chr_is(phrase.p[i], CHR_8BIT);
		if (phrase.p[i] == '\\' && i + 1 < phrase.n)
			buf_addc(&plain, phrase.p[++i]);
		else if (phrase.p[i] != '"')
			buf_addc(&plain, phrase.p[i]);
	}
	if (high)
		addr_put_phrase(&id->name, buf_str(&plain));
	else
		buf_set(&id->name, phrase);
	buf_free(&plain);
}

/* One address with a domain, in a buffer of its own; *l has the rest. */
static int
set_address(struct buf *address, struct addr_list *l, const char *text)
{
	if (!text || !*text)
		return 0;
	if (addr_parse(l, str_of(text), NULL) < 0 || l->count != 1 ||
	    l->mailbox)
		return -1;
	buf_set(address, str_head(buf_str(&l->recipients),
	    l->recipients.n - 1));
	return address_valid(buf_str(address)) ? 0 : -1;
}

int
identity_set(struct identity *id, const char *from, const char *null)
{
	struct addr_list l = { 0 };
	int rc = set_address(&id->null, &l, null);

	if (keeps_local(buf_str(&id->null)))
		rc = -1;
	if (rc == 0)
		rc = set_address(&id->address, &l, from);
	if (rc == 0 && id->address.n)
		keep_name(id, str_head(buf_str(&l.items), l.spec));
	addr_free(&l);
	return rc;
}

void
identity_envelope(const struct identity *id, struct envelope *e)
{
	struct str address = buf_str(&id->address), sender, keep;
	struct buf text = { 0 };

	if (!address.n && !id->null.n)
		return;
	sender = envelope_sender(e);
	keep = str_head(sender, str_rfind(sender, '@'));
	if (!sender.n)
		buf_set(&text, buf_str(&id->null));
	else if (keeps_local(address))
		buf_cat(&text, keep, str_skip(address, 1));
	else
		buf_set(&text, address.n ? address : sender);
	keep = str_skip(buf_str(&e->text), e->sender_n);
	e->sender_n = text.n;
	buf_add(&text, keep);
	buf_free(&e->text);
	e->text = text;
}

/* Of "*@DOMAIN" where no author is known: the sender's. */
static void
put_local(struct buf *b, struct str sender)
{
	if (sender.n)
		addr_put(b, str_head(sender, str_rfind(sender, '@')));
	else
		buf_add(b, STR("MAILER-DAEMON"));
}

/* The first mailbox of l, with our address instead of its own. */
static void
put_author(const struct identity *id, const struct addr_list *l,
    struct buf *out)
{
	struct str item = str_skip(buf_str(&l->items), l->mailbox), spec;
	size_t before = l->spec - l->mailbox;

	item = str_head(item, str_find(item, '\n'));
	if (item.p[item.n - 1] == ';')
		item.n--;
	spec = str_head(str_skip(item, before), l->spec_n);
	if (!id->name.n)
		buf_add(out, str_head(item, before));
	put_address(id, str_head(spec, str_rfind(spec, '@')), out);
	if (!id->name.n)
		buf_add(out, str_skip(item, before + l->spec_n));
}

void
identity_field(const struct identity *id, struct str name, struct str text,
    struct str sender, struct buf *out)
{
	struct addr_list l = { 0 };
	struct buf item = { 0 }, local = { 0 };

	if (id->name.n)
		buf_put(&item, "% <", buf_str(&id->name));
	if (text.p && addr_parse(&l, text, NULL) == 0 && l.count) {
		put_author(id, &l, &item);
	} else {
		put_local(&local, sender);
		put_address(id, buf_str(&local), &item);
	}
	if (id->name.n)
		buf_addc(&item, '>');
	header_put_items(out, name, buf_str(&item));
	buf_free(&item);
	buf_free(&local);
	addr_free(&l);
}

void
identity_free(struct identity *id)
{
	buf_free(&id->address);
	buf_free(&id->name);
	buf_free(&id->null);
}
