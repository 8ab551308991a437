/* envelope - any bytes as a queue file. What is taken for an envelope is the
 * beginning of the file, and has recipients fit for a line each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/mail/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
check(const struct envelope *e, struct str file)
{
	struct str sender = envelope_sender(e), one;
	size_t at = 0, count = 0, length = sender.n + 1;

	must(!sender.n || address_plain(sender));
	while ((one = envelope_next(e, &at)).p) {
		must(address_plain(one));
		must(!address_valid(one) || address_domain(one).n > 0);
		length += one.n + 1;
		count++;
	}
	must(count == e->count && count > 0);
	must(length == e->text.n && (size_t)e->body == length + 1);
	must(str_starts(file, buf_str(&e->text)) && file.p[length] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct envelope e;
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("envelope", MFD_CLOEXEC);
	must(ftruncate(fd, 0) == 0);
	must(pwrite(fd, data, n, 0) == (ssize_t)n);
	if (envelope_read(fd, &e) == 0)
		check(&e, (struct str){ (const char *)data, n });
	envelope_free(&e);
	return 0;
}
