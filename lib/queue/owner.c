/* owner - the owner of the spool. */
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../conf/path.h"
#include "owner.h"

int
owner_find(struct stat *st)
{
	struct buf path = { 0 };
	int rc;

	path_set(&path, PATH_SPOOL, "queue");
	rc = stat(buf_z(&path), st);
	if (rc < 0) {
		path_set(&path, PATH_SPOOL, "");
		rc = stat(buf_z(&path), st);
	}
	buf_free(&path);
	return rc;
}

int
owner_take(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0
	    || setresuid(uid, uid, uid) < 0 ? -1 : 0;
}

int
owner_become(struct buf *why)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (owner_find(&st) < 0 || st.st_uid == 0)
		return 1;
	if (owner_take(st.st_uid, st.st_gid) == 0)
		return 0;
	buf_fmt(why, "cannot become uid %lu, the owner of the spool: %s",
	    (unsigned long)st.st_uid, strerror(errno));
	return -1;
}

int
owner_is_here(void)
{
	struct stat st;

	return getuid() == 0
	    || (owner_find(&st) == 0 && st.st_uid == getuid());
}
