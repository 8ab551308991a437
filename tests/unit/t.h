/* t.h - a unit test is a program of T() lines; it prints one TAP line each. */
#include <stdio.h>

static int t_number, t_failed;

#define T(condition) t_line(!!(condition), __FILE__, __LINE__, #condition)

static inline void
t_line(int ok, const char *file, int line, const char *text)
{
	t_failed += !ok;
	printf("%sok %d - %s:%d %s\n", ok ? "" : "not ", ++t_number, file,
	    line, text);
}

#define T_END() (t_failed != 0)
