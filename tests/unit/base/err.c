/* err - numbers and texts are an interface: they stay as they are. */
#include <string.h>

#include "../../../lib/base/err.h"
#include "../t.h"

int
main(void)
{
	T(ERR_OK == 0 && ERR_USAGE == 1 && ERR_HOST_NOT_FOUND == 2);
	T(ERR_REFUSED == 7 && ERR_PROTOCOL == 11 && ERR_MSG_OPEN == 12);
	T(ERR_EXEC == 15 && ERR_MSG_TEMP == 16 && ERR_CONFIG == 18);
	T(ERR_BIND == 19 && ERR_AUTH == 20);
	T(ERR_RESOLVER_FATAL == 33 && ERR_MSG_REFUSED == 34);
	T(ERR_MSG_PERM == 35 && ERR_PERMANENT == 32);
	T(!strcmp(err_text(7), "Connection refused"));
	T(!strcmp(err_text(35), "Permanent error in sending the message"));
	T(!strcmp(err_text(29), "Unspecified temporary error"));
	T(!strcmp(err_text(61), "Unspecified permanent error"));
	T(!strcmp(err_text(127), "Unspecified temporary error"));

	T(!err_is_permanent(0) && !err_is_permanent(31));
	T(err_is_permanent(32) && err_is_permanent(63));
	T(!err_is_permanent(64) && err_is_permanent(111));
	T(!err_is_permanent(126) && !err_is_permanent(127));
	T(!err_is_permanent(137) && !err_is_permanent(255));

	T(err_is_remote(ERR_REFUSED) && err_is_remote(ERR_TIMED_OUT));
	T(err_is_remote(ERR_AUTH) && err_is_remote(ERR_BIND));
	T(!err_is_remote(0) && !err_is_remote(ERR_MSG_TEMP));
	T(!err_is_remote(ERR_MSG_PERM) && !err_is_remote(ERR_MSG_READ));
	return T_END();
}
