# coverage.sh OBJ PROGRAM... - plays histories with simulators that were built
# with --coverage below OBJ, and tells of each file of the session and the sender
# how many lines and branches they reach, and the lines they do not. The
# simulator of the files has files of its own and can write no results.
#
# What stays out of reach, and what tests it instead:
#   login, sasl		the modelled server wants no login; unit/smtp, smtp.sh
#   connection, session, options: TLS	built without; tls.sh, unit/smtp
#   qmqp		one connection, one message; qmqp.sh
#   worker, child, external, bounce (the child), logger	are processes, in whose
#			place the model has its own; unit/send, send.sh,
#			foreign.sh, interop/kill.sh
#   send: --daemon, the lock, a broken spool	end before there is a history;
#			send.sh, syslog.sh
# needs: gcov=gcc
set -u
obj=$1
shift
find "$obj" -name '*.gcda' -exec rm -f {} +
for program; do
	case $program in
	*/files) continue ;;
	*/session) count=30000 ;;
	*) count=2000 ;;
	esac
	SEED=1 COUNT=$count "$program" 1 $count || exit 1
done

# FILE: a line of figures, and then the lines not reached
figures() {
	awk -v file="$1" -F: '
	/^branch/ { branches++; taken += !/ (never executed|taken 0)/ }
	/^ *#####:/ { lines++; missed = missed " " $2 + 0 }
	/^ *[0-9]+\*?:/ { lines++; reached++ }
	END {
		printf "%-28s %4d of %4d lines, %4d of %4d branches\n", file,
		    reached, lines, taken, branches
		if (missed) print "    not:" missed
	}'
}
for file in lib/smtp/*.c lib/send/*.c applets/send/*.c; do
	if [ -e "$obj/${file%.c}.gcda" ]; then
		gcov -b -c -t "$obj/${file%.c}.gcda" 2>/dev/null |
		    figures "$file"
	else
		echo "$file: not at all"
	fi
done
