/* user - against the C library's own reader. */
#include <pwd.h>
#include <string.h>

#include "../../lib/buf.h"
#include "../../lib/user.h"
#include "t.h"

int
main(void)
{
	struct buf name = { 0 };
	struct passwd *e;
	unsigned seen = 0, same = 0;
	unsigned long unused = 4000000000;

	buf_set(&name, STR("left over"));
	while ((e = getpwent()) != NULL) {
		e = getpwuid(e->pw_uid);
		seen++;
		same += user_name(e->pw_uid, &name) == 1
		    && !strcmp(buf_z(&name), e->pw_name);
	}
	endpwent();
	T(seen > 0 && same == seen);
	while (getpwuid((uid_t)unused))
		unused++;
	T(user_name(unused, &name) == 0 && name.n == 0);
	T(user_name(0, &name) == 1 && !strcmp(buf_z(&name), "root"));
	buf_free(&name);
	return T_END();
}
