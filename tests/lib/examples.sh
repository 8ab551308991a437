# examples.sh - every example of the installed pages is pasted, as it stands in
# a terminal, in a tree $R where nullmailer is installed, with $spool, $config
# and $OWNER; `inside` runs a command there. The network is the test's own.
# needs: mandoc col=bsdextrautils setpriv=util-linux
# shellcheck shell=sh disable=SC2154

# split PAGE FOLDER: its examples as FOLDER/NAME.1 and so on; they are what is
# indented more than the text
split() {
	name=${1##*/}
	mandoc -T ascii -O width=200 "$1" | col -bx |
	    awk -v file="$2/${name%.gz}" '
		/^[A-Z]/ { inside = /^EXAMPLES/; blank = "" }
		!inside { next }
		substr($0, 1, 11) ~ /^ *$/ && NF {
			if (!open) close(file "." n++)
			printf "%s%s\n", blank, substr($0, 12) >(file "." n)
			open = 1; blank = ""
			next
		}
		/^$/ { if (open) blank = blank "\n"; next }
		{ open = 0; blank = "" }'
}

# A message to admin@example.com waits, another has failed.
seed() {
	empty
	printf 'To: admin@example.com\n\nhello\n' | by_owner "sendmail -t"
	for f in "$spool"/queue/*; do cp -p "$f" "$spool/failed/1.${f##*.}"; done
	remotes "192.0.2.26"
	inside chown "$OWNER" "${config#"$R"}/remotes"
}

# as USER FOLDER COMMAND: by /bin/sh, as users have it
as() {
	inside setpriv --reuid="$1" --regid="$(inside id -g "$1")" --clear-groups \
	    sh -c "PATH=\$PATH:/usr/sbin; cd $2 && $3"
}
by_owner() { as "$OWNER" / "$1"; }
# pasted USER FOLDER: without a word of complaint; no sender runs
expected='^mailq: no nullmailer-send runs$|^mailq: failed: |^smtp: Succeeded: '
expected="$expected|^sendmail: aliases: [0-9]* names$"
pasted() {
	as "$1" "$2" "sh -eu" <"$T/paste" >"$T/out" 2>"$T/all" || {
		cp "$T/all" "$T/err"
		return 1
	}
	! grep -vE "$expected" "$T/all" >"$T/err"
}
quiet() { "$@" >"$T/err" 2>&1; }

play_user() { pasted nobody /tmp; }
play_root() { pasted root /; }
play_queue() { pasted root "${spool#"$R"}/queue"; }
play_config() { pasted root "${config#"$R"}"; }
# It goes to the background: its processes are those that have this root.
daemons() {
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/root")" = "$R" ] &&
		    grep -q '^nullmailer-send' "$p/cmdline" && echo "${p#/proc/}"
	done 2>/dev/null
}
no_daemon() { [ -z "$(daemons)" ]; }
# ends_daemon RESULT: gives that back
ends_daemon() {
	# shellcheck disable=SC2046
	kill $(daemons) && until_true 20 no_daemon && return "$1"
}
play_daemon() {
	pasted root / && until_true 20 drained
	ends_daemon $?
}
alive() { until_true 20 by_owner "nullmailer-check --alive"; }
play_running() {
	by_owner "nullmailer-send --daemon"
	alive
	pasted root /
	ends_daemon $?
}
# A unit of systemd; the message waits.
key() { sed -n "s/^$1=//p" "$T/paste"; }
play_oneshot() {
	remotes "192.0.2.26 smtp port=1"
	inside chown "$OWNER" "${config#"$R"}/remotes"
	by_owner "$(key ExecStart)" >"$T/out" 2>&1
	[ $? = "$(key SuccessExitStatus)" ] && [ "$(key User)" = "$OWNER" ]
}
play_syntax() { quiet sh -n "$T/paste"; }
# What it writes is a line of cron's, with a user and a command that works.
play_cron() {
	pasted root / || return
	read -r _ _ _ _ _ user command <"$R/etc/cron.d/nullmailer"
	rm "$R/etc/cron.d/nullmailer"
	[ "$user" = "$OWNER" ] && by_owner "$command" && drained
}
# A line of remotes may go on in the next one on paper only; dots stand for
# something.
play_remotes() {
	sed 's/^ *//; s|sha256/\.\.\.|sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=|' \
	    "$T/paste" | awk '/\\$/ { sub(/\\$/, ""); printf "%s", $0; next } 1' \
	    >"$config/remotes"
	for f in gmail ses bridge; do conf $f secret; done
	cp "$T/ca.pem" "$config/ca.pem"
	inside chown -R "$OWNER" "${config#"$R"}"
	chmod 600 "$config/remotes"
	by_owner "nullmailer-check --offline" >"$T/out" 2>&1
	grep '^! *remotes' "$T/out" >"$T/err"
	grep -q '^  *remotes' "$T/out" && [ ! -s "$T/err" ]
}
# The client's lines are those without a code.
play_dialogue() {
	command=$(sed -n '1s/^\$ //p' "$T/example")
	sed 1d "$T/example" | grep -v '^[0-9][0-9][0-9] ' |
	    by_owner "$command" 2>"$T/err" | tr -d '\r' >"$T/out"
	sed 1d "$T/example" | grep '^[0-9][0-9][0-9] ' | quiet diff - "$T/out"
}
# The words of a container file, whose binary stands at its top. No sender runs.
play_health() {
	by_owner "$(sed 's|^HEALTHCHECK CMD \["/\(.*\)"\]$|\1|; s/", "/ /g' \
	    "$T/example")" >"$T/out" 2>"$T/err"
	[ $? = 1 ] && ! grep -i usage "$T/err" "$T/out"
}

# examples PAGE...: all of them, by the rows of data/examples.txt
examples() {
	mkdir -p "$T/examples"
	for page; do split "$page" "$T/examples"; done
	is "each example has its row" "$(ls "$T/examples")" "$(sed '/^#/d
		s/ \([0-9]*\) .*/.\1/' tests/data/examples.txt | LC_ALL=C sort)"
	sed '/^#/d' tests/data/examples.txt >"$T/rows"
	cp -a "$config" "$T/config.kept"
	while read -r page number how <&9; do
		cp "$T/examples/$page.$number" "$T/example" || continue
		sed 's/^[#$] //' "$T/example" >"$T/paste"
		: >"$T/err"
		seed
		ok "$page, example $number ($how)" "play_$how"
		[ ! -s "$T/err" ] || sed 's/^/# /' "$T/err"
		rm -rf "$config"
		cp -a "$T/config.kept" "$config"
	done 9<"$T/rows"
	empty
}
