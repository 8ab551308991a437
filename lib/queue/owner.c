/* owner - the owner of the spool. */
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

const char *
owner_rights_lost(int fd, uid_t owner)
{
	struct statvfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (st.st_uid != owner)
		return "it does not belong to the owner of the spool";
	if (!(st.st_mode & S_ISUID))
		return "it has lost its set-uid bit: chmod 4755";
	if (fstatvfs(fd, &fs) == 0 && fs.f_flag & ST_NOSUID)
		return "it is on a file system mounted nosuid";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return "set-uid does nothing here (no-new-privileges)";
	return NULL;
}
