/* why - one line that says why a session failed; see why.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alert.h"
#include "hs.h"
#include "key.h"
#include "verify.h"
#include "why.h"

/* Each with its number before it, in the order of the numbers. */
static const char alerts[] =
    "\012unexpected_message\0" "\024bad_record_mac\0" "\026record_overflow\0"
    "\050handshake_failure\0" "\052bad_certificate\0"
    "\053unsupported_certificate\0" "\054certificate_revoked\0"
    "\055certificate_expired\0" "\056certificate_unknown\0"
    "\057illegal_parameter\0" "\060unknown_ca\0" "\061access_denied\0"
    "\062decode_error\0" "\063decrypt_error\0" "\106protocol_version\0"
    "\107insufficient_security\0" "\120internal_error\0"
    "\126inappropriate_fallback\0" "\132user_canceled\0"
    "\144no_renegotiation\0" "\155missing_extension\0"
    "\156unsupported_extension\0" "\160unrecognized_name\0"
    "\163unknown_psk_identity\0" "\164certificate_required\0"
    "\170no_application_protocol\0";

static const char *
alert_name(int code)
{
	const char *p;

	for (p = alerts; *p; p += strlen(p) + 1)
		if (*p == code)
			return p + 1;
	return "of unknown kind";
}

/* What the engine finds wrong by itself. */
static const char *
engine_reason(const br_ssl_engine_context *eng)
{
	switch (eng->err) {
	case BR_ERR_UNSUPPORTED_VERSION:
		return "what the server sends is not TLS";
	case BR_ERR_BAD_VERSION:
		return "the server changes its TLS version";
	case BR_ERR_BAD_LENGTH:
		return "record of a wrong length";
	case BR_ERR_TOO_LARGE:
		return "record or message too large";
	case BR_ERR_BAD_MAC:
		return "record damaged or forged (bad MAC)";
	case BR_ERR_UNEXPECTED:
		return "unexpected message";
	}
	return "internal error";
}

/* A server that refuses or leaves before its hello found nothing in common
 * with us. */
static const char *
nothing_in_common(const struct hs *h)
{
	if (h->max < TLS13)
		return "perhaps it speaks only TLS 1.3, which tls-max or "
		    "tls-anon-auth leave out, or has no cipher suite of ours";
	if (h->min == BR_TLS12)
		return "perhaps it speaks only TLS 1.0 or 1.1, see tls-min, or "
		    "has no cipher suite of ours";
	return "perhaps it has no cipher suite of ours";
}

/* In TLS 1.3 we are through before the server has seen our certificate. */
static const char *
hint(const struct hs *h, int alert)
{
	if (h->open && h->state != OPEN)
		return NULL;
	if (h->state == WANT_HELLO && !h->suite && (alert < 0
	    || alert == PROTOCOL_VERSION || alert == HANDSHAKE_FAILURE
	    || alert == INSUFFICIENT_SECURITY))
		return nothing_in_common(h);
	return key_hint(h->key);
}

void
why_failed(const struct hs *h, int error, char *out, size_t size)
{
	const char *begin = h->open ? "Error in TLS session"
	    : "Error completing TLS handshake";
	const char *more = NULL, *what;
	char text[64];

	if (h->untrusted) {
		snprintf(out, size, "%s", verify_why(h->verify));
		return;
	}
	if (h->theirs >= 0) {
		snprintf(text, sizeof text, "the server sent alert %s",
		    alert_name(h->theirs));
		what = text;
		more = hint(h, h->theirs);
	} else if (h->why) {
		what = h->why;
	} else if (h->eng.err) {
		what = engine_reason(&h->eng);
	} else {
		what = h->open ? "the server cut the connection (no "
		    "close_notify)" : "the server closed the connection";
		if (error && error != EPIPE)
			what = strerror(error);
		more = hint(h, -1);
	}
	snprintf(out, size, "%s: %s%s%s", begin, what, more ? ": " : "",
	    more ? more : "");
}
