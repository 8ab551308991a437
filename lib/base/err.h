/* err.h - the results of a protocol module: its exit codes, which are also how
 * lib/ reports a delivery. Numbers and texts are nullmailer's and an interface
 * with third-party modules; with the bit ERR_PERMANENT the message fails for
 * good. */
#ifndef ERR_H
#define ERR_H

#define ERR_PERMANENT 32

#define ERRS(X) \
	X(OK, 0, "") \
	X(USAGE, 1, "Unspecified temporary error") \
	X(HOST_NOT_FOUND, 2, "Host not found") \
	X(NO_ADDRESS, 3, "Host has no address") \
	X(RESOLVER, 5, "Temporary error in gethostbyname") \
	X(SOCKET, 6, "Socket failed") \
	X(REFUSED, 7, "Connection refused") \
	X(TIMED_OUT, 8, "Connection timed out") \
	X(UNREACHABLE, 9, "Host or network unreachable") \
	X(CONNECT, 10, "Connection failed") \
	X(PROTOCOL, 11, "Protocol error") \
	X(MSG_OPEN, 12, "Could not open message") \
	X(MSG_READ, 13, "Could not read message") \
	X(MSG_WRITE, 14, "Could not write message") \
	X(EXEC, 15, "Could not exec program") \
	X(MSG_TEMP, 16, "Temporary error in sending the message") \
	X(UNKNOWN, 17, "Unspecified temporary error") \
	X(CONFIG, 18, "Could not read config files") \
	X(BIND, 19, "Failed to bind source address") \
	X(AUTH, 20, "Failed to authenticate to server") \
	X(RESOLVER_FATAL, 33, "Fatal error in gethostbyname") \
	X(MSG_REFUSED, 34, "Server refused the message") \
	X(MSG_PERM, 35, "Permanent error in sending the message")

enum {
#define X(name, code, text) ERR_##name = code,
	ERRS(X)
#undef X
	ERR_END
};

/* How far a session had come. */
#define STAGES(X) X(options) X(connect) X(tls) X(greeting) X(helo) X(starttls) \
	X(auth) X(mail) X(rcpt) X(data) X(dot) X(session) X(module)
enum stage {
#define X(name) STAGE_##name,
	STAGES(X)
#undef X
	STAGE_COUNT
};
const char *stage_name(enum stage stage);

/* The text for a log; unknown codes by their permanent bit. */
const char *err_text(int code);

/* 1 if a module's exit code fails the message for good. A shell's own codes
 * (126, 127, above 128) say that the module failed, not the message. */
int err_is_permanent(int code);

/* 1 if the code is about the remote and not about one message, so that the
 * remote gets no further message in this queue run. */
int err_is_remote(int code);

#endif
