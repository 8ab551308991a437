# lib.sh - what every tests/interop/*.sh begins with. Runs the script once more
# in network, mount and process namespaces of its own: its servers listen on a
# loopback nobody else has, what it mounts is its own, and nothing it starts
# outlives it. Needs root.
# needs: ip=iproute2 unshare=util-linux

# UNPACK: Debian's packages that a script wants unpacked, not installed. It says
# so before it reads this, as in here there is no network.
DEBS=$PWD/obj/interop
download() {
	for package; do
		[ ! -s "$DEBS/$package.deb" ] || continue
		mkdir -p "$DEBS/new"
		(cd "$DEBS/new" && rm -f ./*.deb && apt-get -qq \
		    -o APT::Sandbox::User=root download "$package") || exit 1
		mv "$DEBS/new"/*.deb "$DEBS/$package.deb"
	done
}
if [ "${NAMESPACES:-}" != own ]; then
	# shellcheck disable=SC2086
	download ${UNPACK:-}
	NAMESPACES=own exec unshare --net --mount --pid --fork --kill-child \
	    --mount-proc sh "$0"
fi
. tests/lib.sh
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up
chmod 711 "$T"

# unpack FOLDER: the packages of $UNPACK
unpack() {
	mkdir -p "$1"
	for package in $UNPACK; do
		dpkg-deb -x "$DEBS/$package.deb" "$1" || exit 1
	done
}

# ---- the queue ----
# message NUMBER: all that is legal and has ever been damaged on the way
message() {
	printf 'From: s@example.org\nTo: r%d@example.net\nSubject: %d\n' "$1" "$1"
	printf 'Folded: a\n\tb\n\n.\n..\n.dots and a tab\t\n\nblank at end: \n'
	printf 'eight bits: \303\244\377\200\n%0990d\nFrom the start\n' "$1"
	[ $(($1 % 3)) -ne 0 ] || printf 'no end of line'
}

# inject COUNT: that many messages into the queue, one sendmail each
inject() {
	i=0
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		message "$i" >"$T/message"
		sendmail -t <"$T/message" || return 1
	done
}

# refill COUNT: an empty queue, that many messages, and a copy in $T/sent
refill() {
	rm -rf "$T/sent"
	empty
	inject "$1"
	cp -Rp "$spool/queue" "$T/sent"
}

# timed NAME: a run, and how long it took
timed() {
	run
	echo "#= $1 in $took ms"
}

# texts FOLDER: a checksum of the message in each queue file, sorted. The last
# line gets the end that SMTP gives it.
texts() {
	for f in "$1"/*; do
		sed '1,/^$/d' "$f" | sed -e "\$a\\" | sha256sum
	done | sort
}

# ---- mailboxes ----
arrived() { find "$1" -path '*/new/*' -type f | wc -l; }
have_arrived() { [ "$(arrived "$2")" -ge "$1" ]; }

# arrived_texts FOLDER: like texts, of a mailbox, without the header fields that
# the server put in front
arrived_texts() {
	find "$1" -path '*/new/*' -type f | while read -r f; do
		sed -n '/^Received: (nullmailer/,$p' "$f" | sha256sum
	done | sort
}

# intact COUNT FOLDER: what $T/sent has, as many, has come into that mailbox
# byte for byte and once
intact() {
	until_true 60 have_arrived "$1" "$2"
	texts "$T/sent" >"$T/want"
	arrived_texts "$2" >"$T/have"
	same "$1"
}
# same COUNT: $T/want and $T/have, which have so many lines
same() { [ "$(wc -l <"$T/want")" -eq "$1" ] && cmp "$T/want" "$T/have"; }

# ---- ports ----
# in_use PORT: asked without a connection, as the first one is to be ours
in_use() { grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; }
# listens PORT LOG: waits for a server, without which there is nothing to test
listens() { until_true 10 in_use "$1" || { cat "$2"; exit 1; }; }

# ---- Postfix ----
POSTFIX=$T/postfix

# start_postfix SERVICES LINE...: with these lines of master.cf, the first one
# for a port, and of main.cf. All it writes is below $POSTFIX; what comes for
# example.net goes into the mailbox $POSTFIX/box.
start_postfix() {
	stop_postfix
	mkdir -p "$POSTFIX/conf" "$POSTFIX/spool" "$POSTFIX/lib" "$POSTFIX/box"
	chown postfix "$POSTFIX/lib"
	chown 65534:65534 "$POSTFIX/box"
	services=$1; shift
	postfix_main "$@" >"$POSTFIX/conf/main.cf"
	postfix_master "$services" >"$POSTFIX/conf/master.cf"
	postfix -c "$POSTFIX/conf" start 2>"$T/start" || cat "$T/start"
	listens "${services%% *}" "$T/start"
}
stop_postfix() { postfix -c "$POSTFIX/conf" stop >/dev/null 2>&1; }

postfix_main() {
	cat <<-END
	compatibility_level = 3.6
	queue_directory = $POSTFIX/spool
	data_directory = $POSTFIX/lib
	command_directory = /usr/sbin
	daemon_directory = /usr/lib/postfix/sbin
	maillog_file = $POSTFIX/log
	maillog_file_prefixes = $T
	myhostname = mail.test
	mydestination =
	alias_maps =
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	virtual_mailbox_domains = example.net
	virtual_mailbox_maps = static:all/
	virtual_mailbox_base = $POSTFIX/box
	virtual_mailbox_limit = 0
	virtual_uid_maps = static:65534
	virtual_gid_maps = static:65534
	smtpd_relay_restrictions =
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = private/auth
	END
	printf '%s\n' "$@"
}

postfix_master() {
	printf '%s\n' "$1"
	echo 'postlog unix-dgram n - n - 1 postlogd'
	echo 'qmgr unix n - n 300 1 qmgr'
	echo 'cleanup unix n - n - 0 cleanup'
	echo 'rewrite unix - - n - - trivial-rewrite'
	for s in bounce defer trace; do
		echo "$s unix - - n - 0 bounce"
	done
	echo 'anvil unix - - n - 1 anvil'
	for s in error proxymap verify; do
		echo "$s unix - - n - - $s"
	done
	echo 'flush unix n - n 1000 0 flush'
	echo 'virtual unix - n n - - virtual'
}

# ---- Dovecot ----
# start_dovecot <SETTINGS: also Postfix's logins, with one password for all
start_dovecot() {
	mkdir -p "$T/home"
	chown 65534:65534 "$T/home"
	{
		cat
		cat <<-END
		base_dir = $T/dovecot
		state_dir = $T/dovecot
		log_path = $T/dovecot.log
		auth_mechanisms = plain login
		passdb {
		  driver = static
		  args = password=secret
		}
		userdb {
		  driver = static
		  args = uid=65534 gid=65534 home=$T/home
		}
		service auth {
		  unix_listener $POSTFIX/spool/private/auth {
		    mode = 0666
		  }
		}
		END
	} >"$T/dovecot.conf"
	dovecot -c "$T/dovecot.conf"
	until_true 10 [ -S "$POSTFIX/spool/private/auth" ]
}
stop_dovecot() { doveadm -c "$T/dovecot.conf" stop >/dev/null 2>&1; }

# ---- Exim ----
# Its package takes Postfix's place: UNPACK="exim4-daemon-light libidn12"
EXIM=$T/exim

# start_exim PORT <CONFIGURATION: options, then "begin acl" and so on. All it
# writes is below $EXIM; what it takes goes into the mailbox $EXIM/box. Without
# EXIM_LIMITS=own a connection may have any number of messages.
start_exim() {
	unpack "$EXIM/package"
	mkdir -p "$EXIM/spool" "$EXIM/box" "$EXIM/log"
	chown 64000:64000 "$EXIM/spool" "$EXIM/box" "$EXIM/log"
	trust_exim
	{
		cat <<-END
		spool_directory = $EXIM/spool
		log_file_path = $EXIM/log/%s
		exim_path = $EXIM/package/usr/sbin/exim4
		primary_hostname = mail.test
		deliver_drop_privilege = true
		keep_environment =
		smtp_accept_queue_per_connection = 0
		daemon_smtp_ports = $1
		END
		[ "${EXIM_LIMITS:-}" = own ] ||
		    echo smtp_accept_max_per_connection = 0
		cat
		cat <<-END
		begin routers
		all:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  directory = $EXIM/box
		  maildir_format
		  envelope_to_add
		END
	} >"$EXIM/conf"
	"$EXIM/package/usr/sbin/exim4" -C "$EXIM/conf" -bdf -oX 127.0.0.1 \
	    >"$EXIM/out" 2>&1 &
	owns $!
	listens "${1%% *}" "$EXIM/out"
}

# Exim wants a user of its own, and its set-uid copy a library from where it is
# trusted; with a configuration that is not it drops its privileges.
trust_exim() {
	ldconfig -C "$EXIM/ld.so.cache" "$(dirname "$(
	    find "$EXIM/package" -name 'libidn.so.*' | head -n 1)")"
	{
		grep -v exim /etc/passwd
		echo Debian-exim:x:64000:64000::/:/bin/false
	} >"$EXIM/passwd"
	{ grep -v exim /etc/group; echo Debian-exim:x:64000:; } >"$EXIM/group"
	for f in ld.so.cache passwd group; do
		mount --bind "$EXIM/$f" "/etc/$f"
	done
}

# ---- Debian's nullmailer: UNPACK=nullmailer ----
# reference: unpacks it to $T/package. Set-uid programs do not honour the test
# prefix.
reference() {
	unpack "$T/package"
	chmod u-s "$T/package/usr/sbin/nullmailer-queue" "$T/package/usr/bin/mailq"
}
# their_programs PREFIX: where the test prefix has them
their_programs() {
	rm -rf "${1:?}/bin" "$1/sbin" "$1/protocols"
	ln -s "$T/package/usr/bin" "$1/bin"
	ln -s "$T/package/usr/sbin" "$1/sbin"
	ln -s "$T/package/usr/lib/nullmailer" "$1/protocols"
}

# submission: Dovecot's, with $K/server.crt, on port 2587; relays to 2526
submission() {
	start_dovecot <<-END
	protocols = submission
	listen = 127.0.0.1
	hostname = mail.test
	ssl = required
	ssl_cert = <$K/server.crt
	ssl_key = <$K/server.key
	disable_plaintext_auth = yes
	mail_location = maildir:$T/home
	first_valid_uid = 1
	submission_relay_host = 127.0.0.1
	submission_relay_port = 2526
	submission_relay_ssl = no
	service submission-login {
	  inet_listener submission {
	    port = 2587
	  }
	}
	END
}
