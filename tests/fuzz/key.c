/* key - any bytes as the file of the client's certificate and key. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bearssl.h>

#include "../../ssl/key.h"
#include "../../ssl/ssl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct ssl_conf conf;
	static char name[64];
	static int fd = -1;
	char why[300] = "";
	struct key *k;

	if (fd < 0) {
		fd = memfd_create("key", MFD_CLOEXEC);
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		conf.certfile = name;
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	k = key_new(&conf, why, sizeof why);
	if (!k && !*why)
		abort();
	key_free(k);
	return 0;
}
