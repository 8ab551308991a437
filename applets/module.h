/* module.h - the classic protocol module: transmits one message.
 * nullmailer-smtp(8): options as arguments and on stdin, the message
 * on descriptor 3, the result as exit code and as text on stdout and stderr. */
#ifndef APPLETS_MODULE_H
#define APPLETS_MODULE_H

struct cli;

/* The whole x_main of the module called about->program. */
int module_main(const struct cli *about, int argc, char **argv);

#endif
