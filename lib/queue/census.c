/* census - what lies in the spool, in numbers. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../conf/path.h"
#include "census.h"
#include "names.h"
#include "spool.h"
#include "trigger.h"

#define DAY 86400

const char *const census_names[CENSUS_ROWS] = { "waiting", "held", "failed",
	"failed-day", "oldest", "bytes", "sender" };

struct count {
	int folder;
	time_t now;
	long long files, bytes, oldest, recent;
};

/* The time a file came to failed/ is that of its new name. */
static int
count_file(void *context, const char *name)
{
	struct count *k = context;
	struct stat st;

	if (fstatat(k->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0
	    || !S_ISREG(st.st_mode) || spool_is_marked(&st))
		return 0;
	k->files++;
	k->bytes += st.st_size;
	k->recent += k->now - st.st_ctime < DAY;
	if (k->now - st.st_mtime > k->oldest)
		k->oldest = k->now - st.st_mtime;
	return 0;
}

static int
count_folder(int root, const char *name, struct count *k)
{
	int rc;

	*k = (struct count){ .now = time(NULL) };
	k->folder = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW
	    | O_CLOEXEC);
	rc = k->folder < 0 ? -1 : names_list(k->folder, count_file, k);
	names_close(k->folder);
	return rc;
}

int
census_take(long long c[CENSUS_ROWS])
{
	struct spool s = { -1, -1, -1, -1 };
	struct buf path = { 0 };
	struct count k;
	int rc;

	path_set(&path, PATH_SPOOL, "");
	s.root = open(buf_z(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	buf_free(&path);
	count_folder(s.root, "hold", &k);
	c[CENSUS_HELD] = k.files;
	count_folder(s.root, "failed", &k);
	c[CENSUS_FAILED] = k.files;
	c[CENSUS_FAILED_DAY] = k.recent;
	c[CENSUS_SENDER] = trigger_has_reader(&s) == 1;
	rc = count_folder(s.root, "queue", &k);
	c[CENSUS_WAITING] = k.files;
	c[CENSUS_BYTES] = k.bytes;
	c[CENSUS_OLDEST] = k.oldest;
	names_close(s.root);
	return rc;
}

void
census_write(const long long c[CENSUS_ROWS], struct buf *out)
{
	int i;

	for (i = 0; i < CENSUS_ROWS; i++)
		buf_fmt(out, "%s %lld\n", census_names[i], c[i]);
}

int
census_read(long long c[CENSUS_ROWS], struct str text)
{
	unsigned long n;
	int i;

	for (i = 0; i < CENSUS_ROWS; i++) {
		struct str line = str_cut(&text, '\n');

		if (!str_eq(str_cut(&line, ' '), str_of(census_names[i]))
		    || str_number(line, LONG_MAX, &n) < 0)
			return -1;
		c[i] = (long long)n;
	}
	return 0;
}
