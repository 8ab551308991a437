/* err - the results of a protocol module. */
#include <stddef.h>

#include "err.h"

static const struct {
	int code;
	const char *text;
} table[] = {
#define X(name, number, words) { number, words },
	ERRS(X)
#undef X
};

const char *
err_text(int code)
{
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].code == code)
			return table[i].text;
	return err_is_permanent(code) ? "Unspecified permanent error"
	    : "Unspecified temporary error";
}

int
err_is_permanent(int code)
{
	return code & ERR_PERMANENT && code < 126;
}

int
err_is_remote(int code)
{
	return (code >= ERR_USAGE && code <= ERR_CONNECT) ||
	    code == ERR_EXEC || code == ERR_CONFIG || code == ERR_BIND ||
	    code == ERR_AUTH;
}

const char *
stage_name(enum stage stage)
{
	static const char *const names[] = {
#define X(name) #name,
		STAGES(X)
#undef X
	};

	return stage < STAGE_COUNT ? names[stage] : "session";
}
