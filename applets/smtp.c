/* smtp - the classic protocol module for SMTP. */
#include "applets.h"
#include "cli.h"
#include "module.h"

int
smtp_main(int argc, char **argv)
{
	static const struct cli about = { "smtp", "", "Transmit the message "
	    "on descriptor 3 by SMTP; options also on stdin.", 0, 0 };

	return module_main(&about, argc, argv);
}
