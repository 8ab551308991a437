/* applets.h - the only list of programs: the dispatcher, --list, the links of
 * make install and the tests all read these rows, so a row is one line.
 *
 *      function  installed name         folder   rights    one line about it */
#define APPLETS(X) \
	X(sendmail, "sendmail",            SBIN,    SUID_DROP, "hand a message to the queue") \
	X(sendmail, "newaliases",          BIN,     SUID_DROP, "check the control file aliases") \
	X(mailq,    "mailq",               BIN,     SUID_KEEP, "list the messages in the queue") \
	X(inject,   "nullmailer-inject",   BIN,     SUID_DROP, "complete a message's header and queue it") \
	X(smtpd,    "nullmailer-smtpd",    BIN,     SUID_DROP, "queue messages from SMTP on stdin") \
	X(dsn,      "nullmailer-dsn",      BIN,     SUID_DROP, "make the report about a message that failed") \
	X(queue,    "nullmailer-queue",    SBIN,    SUID_KEEP, "put a message into the queue") \
	X(send,     "nullmailer-send",     SBIN,    SUID_DROP, "deliver the queue to the smart hosts") \
	X(check,    "nullmailer-check",    BIN,     SUID_DROP, "find out what is wrong before mail does") \
	X(module,   "smtp",                MODULES, SUID_DROP, "transmit one message by SMTP") \
	X(module,   "qmqp",                MODULES, SUID_DROP, "transmit one message by QMQP")

#define X(function, name, folder, rights, about) \
	int function##_main(int argc, char **argv);
APPLETS(X)
#undef X
