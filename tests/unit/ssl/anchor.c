/* anchor - the compiled-in list: its records, and what is said of it. */
#include <stdio.h>
#include <string.h>

#include "../../../ssl/der.h"
#include "../../../ssl/cert.h"
#include "../../../ssl/anchor.h"
#include "../../../ssl/bundle.h"
#include "../../../ssl/ssl.h"
#include "../t.h"

/* Counts records; 0 when they do not end where the table does. */
static unsigned
records(void)
{
	size_t at = 0, n;
	unsigned count = 0;

	while (bundle_size - at >= BUNDLE_HEAD) {
		n = (size_t)bundle[at + 9] << 8 | bundle[at + 10];
		if (n > bundle_size - at - BUNDLE_HEAD)
			return 0;
		at += BUNDLE_HEAD + n;
		count++;
	}
	return at == bundle_size ? count : 0;
}

int
main(void)
{
	char want[80];
	struct anchors *a = anchors_bundled();

	T(records() == bundle_count);
	snprintf(want, sizeof want, *bundle_date ? "%u roots of %s"
	    : bundle_count ? "%u roots" : "no roots", bundle_count,
	    bundle_date);
	T(strcmp(ssl_roots(), want) == 0);
	T(!*bundle_date || strlen(bundle_date) == 10);
	snprintf(want, sizeof want, *bundle_date ? "the compiled-in list of %s"
	    : "the compiled-in list", bundle_date);
	T(a && strcmp(anchors_source(a), want) == 0);
	anchors_free(a);
	return T_END();
}
