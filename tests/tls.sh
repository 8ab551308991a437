# tls.sh - TLS through the whole sender: whom it trusts where nobody said whom,
# what it does when STARTTLS is stripped or injected into, a session that is cut
# at every byte, options that contradict each other, passwords in clear. Each
# scene is a process with a spool of its own; tls.sh SCENE plays one.
# needs: openssl make cc=gcc ip=iproute2 unshare=util-linux
. tests/lib.sh
P=$T/p
K=${K:-$T}
CUT=${PEER%/*}/cut

# ---- in a scene ----
remotes() { printf '%s\n' "$@" >"$P/conf/remotes"; }
files() { find "$P/queue/$1" -mindepth 1 | wc -l; }
log() { cat "$P/log"; }
lines() { grep -c -e "$1" "$P/log"; }
# put: one message in an empty queue
put() {
	rm -f "$P/queue/queue"/* "$P/queue/failed"/*
	printf 's@x.y\nr@x.y\n\nSubject: x\n\n.dot\ntext\n' >"$P/queue/tmp/new"
	mv "$P/queue/tmp/new" "$P/queue/queue/1000000001.1"
}
# talk NAME INSTRUCTION...: a server of its own; $port
talk() {
	name=$1; shift
	printf '%s\n' "$@" >"$P/$name.talk"
	rm -f "$P/$name.port" "$P/$name.peer"
	"$PEER" -a "${peer_address:-127.0.0.1}" -t 120 -p "$P/$name.port" -l "$P/$name.peer" -o "$P/$name" \
	    "$P/$name.talk" 2>"$P/$name.flaws" &
	peer=$!
	owns $peer
	until_true 5 test -s "$P/$name.port"
	port=$(cat "$P/$name.port")
}
# heard NAME: what the client said to that server, and what became of TLS
heard() { sed -n 's/^[0-9]* [0-9]* \(C: \|T: \)/\1/p' "$P/$1.peer"; }
taken() { grep -c ' M: [0-9]* .* accepted ' "$P/$1.peer"; }
# run [SENDER]: one queue run
run() {
	timeout 120 "${1:-$NM}" nullmailer-send --once >"$P/log" 2>&1
	rc=$?
}
# kept NAME: the message is where it was, nobody was told
kept() { is "$1: the message is kept" "$(files queue) $(files failed)" "1 0"; }

# ---- trust ----
made() { make -s "show-$1"; }
# A sender whose bundle is made of our CA, and for which no system has a file.
build() {
	objs=$(made OBJS) libs=$(made LIBS) link=$(made LINK) obj=$(made OBJ)
	compile=$(made COMPILE | sed 's/-DCA_FILES=.* -DDEB/-DCA_FILES=ABSENT -DDEB/; s/-DVERSION=[^ ]*//; s/-D[A-Z]*_DIR=[^ ]*//g')
	printf '#define ABSENT "%s"\n' "$P/absent" >"$P/absent.h"
	bear=$(made BEARSSL)
	"$obj/mkbundle" ssl/distrust.txt "$K/roots" >"$P/bundle.c" || return 1
	# shellcheck disable=SC2086
	$compile -include "$P/absent.h" -isystem "$bear/inc" -Issl -c -o "$P/anchor.o" ssl/anchor.c &&
	    $compile -include "$P/absent.h" -Issl -c -o "$P/bundle.o" "$P/bundle.c" || return 1
	objs=$(echo "$objs" | sed "s,[^ ]*/ssl/anchor.o,$P/anchor.o,; s,[^ ]*/ssl/bundle.o,$P/bundle.o,")
	# shellcheck disable=SC2086
	$link -o "$P/sender" $objs $libs
}
trust() {
	ok "a sender with a bundle of our own is built" build
	[ -x "$P/sender" ] || return
	rm -f "$P/protocols"/*
	for how in starttls tls; do
		put
		talk good "$how $K/good.pem" auto
		remotes "127.0.0.1 smtp port=$port $how tls-name=mail.test"
		run "$P/sender"
		is "$how, the bundle's CA: delivered" "$rc $(files queue) $(taken good)" "0 0 1"
		has "$how: over TLS" "$(heard good)" '^T: on'

		put
		talk self "$how $K/self.pem" auto
		remotes "127.0.0.1 smtp port=$port $how tls-name=mail.test user=u pass=sesam"
		run "$P/sender"
		kept "$how, self-signed"
		is "$how, self-signed: not a byte of plain text in TLS" \
		    "$(heard self | sed '1,/^C: STARTTLS/d; s/^T: //')" \
		    "$([ $how = tls ] || echo failed)"
		has "$how, self-signed: TLS failed" "$(heard self)" '^T: failed'
		lacks "$how, self-signed: nothing but EHLO and STARTTLS in clear" \
		    "$(heard self)" '^C: [^ES]'
		has "$how, self-signed: refused by the client" "$(log)" \
		    'stage: tls reply: Server SSL/TLS certificate is untrusted'
	done
	put
	talk good "tls $K/good.pem" auto
	remotes "127.0.0.1 smtp port=$port tls tls-name=other.test"
	run "$P/sender"
	kept "another name"
	is "another name: TLS failed" "$(heard good)" 'T: failed'
	has "another name: said so" "$(log)" 'does not match hostname'
	put
	remotes "127.0.0.1 smtp port=$port tls tls-name=mail.test"
	run "$NM"
	kept "the usual bundle"
	has "the usual bundle does not know our CA" "$(log)" 'certificate is untrusted'
	put
	remotes "127.0.0.1 smtp port=$port tls x509cafile=$P/absent tls-name=mail.test"
	run "$P/sender"
	kept "a CA file that is not there"
	has "a CA file that is not there: said so" "$(log)" \
	    "Error loading SSL/TLS X.509 trust file: $P/absent"
}

# ---- STARTTLS stripped, injected into ----
# strips NAME WORDS INSTRUCTION...: such a server gets no mail and no password;
# alone it leaves the message where it was, else the next remote gets it.
strips() {
	what=$1 words=$2; shift 2
	put
	talk bad "$@"
	first="127.0.0.1 smtp port=$port starttls user=u pass=sesam x509cafile=$K/ca.pem tls-name=mail.test"
	remotes "$first"
	run
	kept "$what"
	lacks "$what: no mail, no login" "$(heard bad)" \
	    '^C: \(MAIL\|RCPT\|DATA\|AUTH\|BDAT\|Subject\)'
	lacks "$what: no password" "$(heard bad)" 'sesam\|c2VzYW0\|dQBzZXNhb\|AHUAc2VzYW0'
	is "$what: none taken" "$(taken bad)" 0
	has "$what: temporary, and said why" "$(log)" \
	    "^Attempt failed: .* stage: $words.* next: the next run$"
	is "$what: the server had nothing to object to" "$(cat "$P/bad.flaws")" ''
	talk next auto
	remotes "$first" "127.0.0.1 smtp port=$port"
	run
	is "$what: the next remote has it" "$(files queue) $(taken next) $(taken bad)" "0 1 0"
}
strip() {
	strips "not offered" 'starttls reply: Server does not offer STARTTLS' auto
	strips "EHLO refused" 'starttls reply: Server does not offer STARTTLS' \
	    'on EHLO 502 no' auto
	strips "a letter changed" 'starttls reply: Server does not offer' \
	    'cap STARTTLX' auto
	for code in 454 500 501 502 530 554 421; do
		strips "$code" "starttls reply: $code no" 'cap STARTTLS' \
		    "on STARTTLS $code no" auto
	done
	strips "334" "starttls reply: 334 go on" 'cap STARTTLS' \
	    "on STARTTLS 334 go on" auto
	strips "closed" "starttls reply: Connection closed" 'cap STARTTLS' \
	    'on STARTTLS close' auto
	strips "no reply" "starttls reply: Malformed reply" 'cap STARTTLS' \
	    'on STARTTLS S "SSH-2.0\r\n"' auto
	strips "220 and plain text" "tls reply: " 'cap STARTTLS' lax \
	    'auto until STARTTLS' 'S: 220 go' 'wait 50' 'S: 250-peer' \
	    'S: 250 AUTH PLAIN' 'stall 1' drop
	strips "220 and a line in one" "tls reply: Server sent data before TLS began" \
	    'cap STARTTLS' 'auto until STARTTLS' \
	    'S "220 go\r\n250-peer\r\n250 AUTH PLAIN\r\n"' 'stall 1'
	strips "220, a line, then TLS" "tls reply: Server sent data before TLS began" \
	    'cap STARTTLS' 'auto until STARTTLS' \
	    'S "220 go\r\n250 forged\r\n"' "tls $K/good.pem" auto
	strips "220 and a single byte" "tls reply: Server sent data before TLS began" \
	    'cap STARTTLS' 'auto until STARTTLS' 'S "220 go\r\n2"' \
	    "tls $K/good.pem" auto
	strips "both replies at once" "tls reply: Server sent data before TLS began" \
	    'S: 220 hello' 'C: EHLO *' \
	    'S "250-peer\r\n250 STARTTLS\r\n220 go\r\n250 AUTH PLAIN\r\n"' \
	    'C: STARTTLS' 'stall 1'
	strips "a certificate of nobody" "tls reply: Server SSL/TLS certificate" \
	    "starttls $K/self.pem" auto
	forgotten
}

# What was offered before TLS is nothing: no parameter, nothing ahead, no AUTH.
forgotten() {
	put
	talk forget 'S: 220 hello' 'C: EHLO *' 'S: 250-peer' 'S: 250-PIPELINING' \
	    'S: 250-CHUNKING' 'S: 250-SIZE 10' 'S: 250-AUTH PLAIN LOGIN' \
	    'S: 250 STARTTLS' 'C= STARTTLS' 'S: 220 go' "tls $K/good.pem" \
	    'C: EHLO *' 'S: 250 peer' 'C= MAIL FROM:<s@x.y>' 'wait 50' 'S: 250 ok' \
	    'C= RCPT TO:<r@x.y>' 'wait 50' 'S: 250 ok' 'C= DATA' 'S: 354 go' \
	    data 'S: 250 taken' bye
	remotes "127.0.0.1 smtp port=$port starttls x509cafile=$K/ca.pem tls-name=mail.test"
	run
	is "what was offered before TLS is forgotten" \
	    "$(files queue) $(taken forget) $(cat "$P/forget.flaws")" "0 1 "
	put
	remotes "127.0.0.1 smtp port=$port starttls user=u pass=sesam x509cafile=$K/ca.pem tls-name=mail.test"
	run
	kept "AUTH offered before TLS only"
	lacks "AUTH offered before TLS only: is not said" "$(heard forget)" '^C: AUTH'
	has "AUTH offered before TLS only: said so" "$(log)" \
	    'stage: auth reply: Server does not advertise any supported'
}

# ---- cut at every byte ----
# cutter SIDE FIRST PORT: a proxy to the server at PORT; $cutter
cutter() {
	rm -f "$P/cut.port"
	"$CUT" "$1" "$2" "$3" "$P/cut.port" "$P/cut.log" &
	proxy=$!
	owns $proxy
	until_true 5 test -s "$P/cut.port"
	cutter=$(cat "$P/cut.port")
}
# remotes_times COUNT PORT OPTIONS: that many times the same remote
remotes_times() {
	awk -v n="$1" -v line="127.0.0.1 smtp port=$2 $3" \
	    'BEGIN { while (n-- > 0) print line }' >"$P/conf/remotes"
}
sum() { sort | uniq -c | tr -s ' ' '\n' | tr '\n' ' '; }
# cuts NAME SIDE LAST OPTIONS INSTRUCTION...: LAST is how many times the
# client speaks after the last reply of the message: QUIT, farewell, its end.
# One run tries a remote for each byte, until the message has been taken; then
# one run for each byte that is left. $behind: octets of the reply to RSET, which
# follows that of a chunk and which it does not need.
behind=0
cuts() {
	what=$1 side=$2 last=$3 options=$4; shift 4
	put
	talk whole "$@"
	server=$port
	cutter s -1 "$server"
	remotes "127.0.0.1 smtp port=$cutter $options"
	run
	kill $proxy
	is "$what: whole it is delivered" "$(files queue) $(taken whole)" "0 1"
	heard=$(tail -n 1 "$P/cut.log" | tr ' ' '\n' | sed '/^$/d' | tail -n "$last")
	before=$(echo "$heard" | head -n 1) all=$(echo "$heard" | tail -n 1)
	if [ "$side" = s ]; then bound=$((${before%/*} - behind)) all=${all%/*}
	else bound=$((${before#*/} + 1)) all=${all#*/}; fi
	echo "# $what: taken after $bound bytes, $all in all"
	ok "$what: there is something to cut" [ "$bound" -gt 80 ]

	put
	: >"$P/whole.peer"
	rm -f "$P"/whole.[0-9]*
	cutter "$side" 0 "$server"
	remotes_times $((bound + 1)) "$cutter" "$options"
	run
	is "$what: every attempt but the last failed" \
	    "$rc $(lines '^Sending failed: ') $(lines '^Sent file') $(files queue)" \
	    "0 $bound 1 0"
	lacks "$what: no failure was permanent" "$(log)" 'into failed\|next: none'
	is "$what: as many connections" "$(wc -l <"$P/cut.log")" $((bound + 1))
	ok "$what: taken only where the log says it may have been, and once more" \
	    [ "$(taken whole)" -le $(($(lines '^Attempt .* may have been taken') + 1)) ]
	printf 'Subject: x\r\n\r\n.dot\r\ntext\r\n' >"$P/wanted"
	for f in "$P"/whole.[0-9]*; do
		case $f in *.cut|*.refused|*.unanswered) continue ;; esac
		sed 's/^[.][.]/./' "$f" | cmp -s - "$P/wanted" || echo "$f"
	done >"$P/halves"
	is "$what: nothing was taken by halves" "$(cat "$P/halves")" ''
	kill $proxy
	for first in $(seq "$((bound + 1))" "$all"); do
		put
		cutter "$side" "$first" "$server"
		remotes "127.0.0.1 smtp port=$cutter $options"
		run
		kill $proxy
		[ "$(files queue) $(files failed) $(lines '^Sent file')" = "0 0 1" ] ||
		    echo "$first"
	done >"$P/failures"
	is "$what: after the last reply every cut is a success" \
	    "$(cat "$P/failures")" ''
}
cut_tls_server() {
	cuts "TLS, server cut" s 3 \
	    "starttls x509cafile=$K/ca.pem tls-name=mail.test user=u pass=sesam" \
	    'cap AUTH PLAIN' 'auth u sesam' lax "starttls $K/good.pem" auto
}
cut_tls_client() {
	cuts "TLS, client cut" c 3 \
	    "starttls x509cafile=$K/ca.pem tls-name=mail.test user=u pass=sesam" \
	    'cap AUTH PLAIN' 'auth u sesam' lax "starttls $K/good.pem" auto
}
cut_plain() {
	cuts "plain, server cut" s 2 "" lax auto
	cuts "plain, client cut" c 2 "" lax auto
	behind=14
	cuts "ahead, server cut" s 2 "" lax 'cap PIPELINING' 'cap CHUNKING' auto
	behind=0
	cuts "ahead, client cut" c 2 "" lax 'cap PIPELINING' 'cap CHUNKING' auto
}

# ---- options ----
# conflict WORDS OPTION...: an error with these words, before any connection
conflict() {
	words=$1; shift
	: >"$P/bad.peer"
	remotes "127.0.0.1 smtp port=$port $*"
	run
	is "$*: kept, not connected" "$(files queue) $(cat "$P/bad.peer")" "1 "
	has "$*: $words" "$(log)" "stage: options reply: $words"
}
options() {
	put
	talk bad auto
	conflict 'Option x509keyfile needs x509certfile' tls "x509keyfile=$K/good.pem"
	conflict 'Options pin and insecure contradict each other' tls insecure pin=sha256/x
	conflict 'Invalid value for tls-min' tls tls-min=9
	conflict 'Error: TLS certificate and TLS anonymous auth options cannot both' \
	    tls insecure tls-anon-auth "x509cafile=$K/ca.pem"
	conflict 'Error loading SSL/TLS X.509 trust file: ' tls x509cafile=/dev/null
	conflict 'Error loading SSL/TLS X.509 CRL file: ' tls "x509cafile=$K/ca.pem" "x509crlfile=$K/absent"
	conflict 'Error setting SSL/TLS X.509 client certificate: ' starttls "x509certfile=$K/self.pem" "x509keyfile=$K/good.pem"
	conflict 'Error' tls pin=sha256/x
	# TLS's own options without TLS are nothing to anybody.
	remotes "127.0.0.1 smtp port=$port tls-min=1.0 insecure"
	run
	is "options of TLS without TLS: delivered" "$(files queue) $(taken bad)" "0 1"
	put
	talk both "tls $K/good.pem" auto
	remotes "127.0.0.1 smtp port=$port starttls tls x509cafile=$K/ca.pem tls-name=mail.test"
	run
	is "tls wins over starttls" "$(files queue) $(heard both | sed 2q | tr '\n' ' ')" \
	    "0 T: on C: EHLO f.q.d.n "
}

# ---- a password in clear ----
in_clear() {
	put
	talk clear 'cap AUTH PLAIN' auto
	remotes "127.0.0.1 smtp port=$port user=u pass=sesam"
	run
	is "to this machine: delivered" "$(files queue)" 0
	is "to this machine: no warning" "$(lines 'in clear')" 0
	# A network of our own, for an address that is not loopback.
	for root in '' -r; do
		# shellcheck disable=SC2086
		if unshare $root --net true 2>/dev/null; then
			SCENE=in_clear_far unshare $root --net sh tests/tls.sh
			return
		fi
	done
	echo "# no network namespace: a password to another machine is not tested"
}
in_clear_far() {
	ip link set lo up && ip addr add 192.0.2.1 dev lo
	put
	cp "$P/queue/queue/1000000001.1" "$P/queue/queue/1000000002.1"
	cp "$P/queue/queue/1000000001.1" "$P/queue/queue/1000000003.1"
	peer_address=192.0.2.1
	talk far 'cap AUTH PLAIN CRAM-MD5' 'after 1 messages 421 enough' auto
	remotes "192.0.2.1 smtp port=$port user=u pass=sesam auth-login"
	run
	is "to another machine: delivered over several connections" \
	    "$(files queue) $(taken far) $(grep -c ' + ' "$P/far.peer")" "0 3 3"
	is "to another machine: one warning" "$(lines 'password goes over the network in clear')" 1
	lacks "to another machine: without the password" "$(log)" sesam
	put
	run
	is "one warning in the next run" "$(lines 'password goes over the network in clear')" 1
	put
	remotes "192.0.2.1 smtp port=$port user=u pass=sesam"
	run
	is "no warning where the password is not sent" "$(lines 'in clear')" 0
	put
	talk far "starttls $K/good.pem" 'cap AUTH PLAIN' auto
	remotes "192.0.2.1 smtp port=$port starttls x509cafile=$K/ca.pem tls-name=mail.test user=u pass=sesam"
	run
	is "with TLS: delivered without a warning" "$(files queue) $(lines 'in clear')" "0 0"
}

# ---- all of it ----
certificates() (
	cd "$K" && mkdir roots && {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Test CA' -keyout ca.key -out ca.pem &&
	printf 'subjectAltName=DNS:mail.test\n' >ext &&
	openssl req -new -newkey rsa:2048 -nodes -keyout good.key -subj /CN=mail.test -out csr &&
	openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out good.crt &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mail.test -addext subjectAltName=DNS:mail.test -keyout self.key -out self.crt &&
	cat good.key good.crt >good.pem && cat self.key self.crt >self.pem &&
	cp ca.pem roots/ca.crt; } >"$K/openssl" 2>&1
)
scenes="cut_tls_server cut_tls_client cut_plain trust strip options in_clear"
if [ $# -gt 0 ]; then
	scenes=$*
fi
if [ -z "${SCENE:-}" ]; then
	ok "certificates are made" certificates
	pids=
	for s in $scenes; do
		SCENE=$s K=$K sh tests/tls.sh >"$T/$s.out" 2>&1 &
		pids="$pids $!"
		owns $!
	done
	for pid in $pids; do wait "$pid"; done
	for s in $scenes; do
		cat "$T/$s.out"
		grep -q '^ok ' "$T/$s.out" || ok "$s has tests" false
		! grep -q '^not ok' "$T/$s.out" || test_failed=1
	done
	exit
fi
prefix "$P"
"$SCENE"
