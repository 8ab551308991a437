/* qmqp - the classic protocol module for QMQP. */
#include "applets.h"
#include "cli.h"
#include "module.h"

int
qmqp_main(int argc, char **argv)
{
	static const struct cli about = { "qmqp", "", "Transmit the message "
	    "on descriptor 3 by QMQP; options also on stdin.", 0, 0 };

	return module_main(&about, argc, argv);
}
