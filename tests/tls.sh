# tls.sh - TLS through the whole sender: whom it trusts where nobody said whom,
# what it does when STARTTLS is stripped or injected into, a session that is cut
# at every byte, options that contradict each other, passwords in clear.
# needs: openssl make cc=gcc ip=iproute2 unshare=util-linux
. tests/lib.sh
K=${K:-$T}
prefix
TEXT='Subject: x\n\n.dot\ntext\n'
FROM=s@x.y

# one: a message, and nothing else in the queue
one() { empty; put 1000000001.1 r@x.y; }
# said [NAME]: what the client said to that server, and what became of TLS
said() { transcript "$@" | grep '^\(C\|T\): '; }
# kept NAME: the message is where it was, nobody was told
kept() { is "$1: the message is kept" "$(waiting) $(failed)" "1 0"; }

# ---- trust ----
# A sender whose bundle is made of our CA, and for which no system has a file.
build() {
	objs=$(mk show-OBJS) libs=$(mk show-LIBS) link=$(mk show-LINK) obj=$(mk show-OBJ)
	compile=$(mk show-COMPILE | sed 's/-DCA_FILES=.* -DDEB/-DCA_FILES=ABSENT -DDEB/; s/-DVERSION=[^ ]*//; s/-D[A-Z]*_DIR=[^ ]*//g')
	printf '#define ABSENT "%s"\n' "$P/absent" >"$P/absent.h"
	bear=$(mk show-BEARSSL)
	"$obj/mkbundle" ssl/distrust.txt "$K/roots" >"$P/bundle.c" || return 1
	# shellcheck disable=SC2086
	$compile -include "$P/absent.h" -isystem "$bear/inc" -Issl -c -o "$P/anchor.o" ssl/anchor.c &&
	    $compile -include "$P/absent.h" -Issl -c -o "$P/bundle.o" "$P/bundle.c" || return 1
	objs=$(echo "$objs" | sed "s,[^ ]*/ssl/anchor.o,$P/anchor.o,; s,[^ ]*/ssl/bundle.o,$P/bundle.o,")
	# shellcheck disable=SC2086
	$link -o "$P/nullmailer.own" $objs $libs
}
trust() {
	ok "a sender with a bundle of our own is built" build
	[ -x "$P/nullmailer.own" ] || return
	rm -f "$P/protocols"/*
	SENDER="$P/nullmailer.own nullmailer-send"
	for how in starttls tls; do
		one
		serve "$how $K/good.pem" auto
		remotes "127.0.0.1 smtp port=$port $how tls-name=mail.test"
		run
		is "$how, the bundle's CA: delivered" "$rc $(waiting) $(taken)" "0 0 1"
		has "$how: over TLS" "$(said)" '^T: on'

		one
		serve "$how $K/self.pem" auto
		remotes "127.0.0.1 smtp port=$port $how tls-name=mail.test user=u pass=sesam"
		run
		kept "$how, self-signed"
		is "$how, self-signed: not a byte of plain text in TLS" \
		    "$(said | sed '1,/^C: STARTTLS/d; s/^T: //')" \
		    "$([ $how = tls ] || echo failed)"
		has "$how, self-signed: TLS failed" "$(said)" '^T: failed'
		lacks "$how, self-signed: nothing but EHLO and STARTTLS in clear" \
		    "$(said)" '^C: [^ES]'
		has "$how, self-signed: refused by the client" "$(log)" \
		    'stage: tls reply: Server SSL/TLS certificate is untrusted'
	done
	one
	serve "tls $K/good.pem" auto
	remotes "127.0.0.1 smtp port=$port tls tls-name=other.test"
	run
	kept "another name"
	is "another name: TLS failed" "$(said)" 'T: failed'
	has "another name: said so" "$(log)" 'does not match hostname'
	one
	remotes "127.0.0.1 smtp port=$port tls tls-name=mail.test"
	SENDER=nullmailer-send
	run
	SENDER="$P/nullmailer.own nullmailer-send"
	kept "the usual bundle"
	has "the usual bundle does not know our CA" "$(log)" 'certificate is untrusted'
	one
	remotes "127.0.0.1 smtp port=$port tls x509cafile=$P/absent tls-name=mail.test"
	run
	kept "a CA file that is not there"
	has "a CA file that is not there: said so" "$(log)" \
	    "Error loading SSL/TLS X.509 trust file: $P/absent"
}

# ---- STARTTLS stripped, injected into ----
# strips NAME WORDS INSTRUCTION...: such a server gets no mail and no password;
# alone it leaves the message where it was, else the next remote gets it.
strips() {
	what=$1 words=$2; shift 2
	one
	serve bad: "$@"
	first="127.0.0.1 smtp port=$port starttls user=u pass=sesam x509cafile=$K/ca.pem tls-name=mail.test"
	remotes "$first"
	run
	kept "$what"
	lacks "$what: no mail, no login" "$(said bad)" \
	    '^C: \(MAIL\|RCPT\|DATA\|AUTH\|BDAT\|Subject\)'
	lacks "$what: no password" "$(said bad)" 'sesam\|c2VzYW0\|dQBzZXNhb\|AHUAc2VzYW0'
	is "$what: none taken" "$(taken bad)" 0
	has "$what: temporary, and said why" "$(log)" \
	    "^Attempt failed: .* stage: $(echo "$words" |
	    sed 's/reply: /&"*/').* next: \"the next run\"$"
	is "$what: the server had nothing to object to" "$(cat "$T/bad.flaws")" ''
	serve next: auto
	remotes "$first" "127.0.0.1 smtp port=$port"
	run
	is "$what: the next remote has it" "$(waiting) $(taken next) $(taken bad)" "0 1 0"
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
	    'S: 250 AUTH PLAIN' 'stall 1' close
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
	one
	serve 'S: 220 hello' 'C: EHLO *' 'S: 250-peer' 'S: 250-PIPELINING' \
	    'S: 250-CHUNKING' 'S: 250-SIZE 10' 'S: 250-AUTH PLAIN LOGIN' \
	    'S: 250 STARTTLS' 'C= STARTTLS' 'S: 220 go' "tls $K/good.pem" \
	    'C: EHLO *' 'S: 250 peer' 'C= MAIL FROM:<s@x.y>' 'wait 50' 'S: 250 ok' \
	    'C= RCPT TO:<r@x.y>' 'wait 50' 'S: 250 ok' 'C= DATA' 'S: 354 go' \
	    data 'S: 250 taken' bye
	remotes "127.0.0.1 smtp port=$port starttls x509cafile=$K/ca.pem tls-name=mail.test"
	run
	is "what was offered before TLS is forgotten" \
	    "$(waiting) $(taken) $(cat "$T/flaws")" "0 1 "
	one
	remotes "127.0.0.1 smtp port=$port starttls user=u pass=sesam x509cafile=$K/ca.pem tls-name=mail.test"
	run
	kept "AUTH offered before TLS only"
	lacks "AUTH offered before TLS only: is not said" "$(said)" '^C: AUTH'
	has "AUTH offered before TLS only: said so" "$(log)" \
	    'stage: auth reply: Server does not advertise any supported'
}

# ---- cut at every byte ----
# cutter SIDE FIRST PORT: a proxy to the server at PORT; $cutter
cutter() {
	rm -f "$T/cut.port"
	"$TOOLS/cut" "$1" "$2" "$3" "$T/cut.port" "$T/cut.log" &
	proxy=$!
	owns $proxy
	until_true 5 test -s "$T/cut.port"
	cutter=$(cat "$T/cut.port")
}
# remotes_times COUNT PORT OPTIONS: that many times the same remote
remotes_times() {
	awk -v n="$1" -v line="127.0.0.1 smtp port=$2 $3" \
	    'BEGIN { while (n-- > 0) print line }' >"$config/remotes"
}
# runs COUNT: so many at most, until nothing waits; log is that of all. What is
# remembered of an attempt without answer would hold the message back.
runs() {
	: >"$T/runs"
	for _ in $(seq 1 "$1"); do
		run
		log >>"$T/runs"
		[ "$rc $(waiting)" = "0 1" ] || break
		rm -f "$spool/status"
	done
	mv "$T/runs" "$T/log"
	: >"$T/err"
}
# cuts NAME SIDE LAST OPTIONS INSTRUCTION...: LAST is how many times the
# client speaks after the last reply of the message: QUIT, farewell, its end.
# A run tries a remote for each byte, until all of the message was sent; then
# its turn ends with the attempt, so that there is a run for each byte of the
# answer, and for each byte after it. $behind: octets of the reply to RSET, which
# follows that of a chunk and which it does not need.
behind=0
cuts() {
	what=$1 side=$2 last=$3 options=$4; shift 4
	one
	serve "$@"
	behind_it=$port
	cutter s -1 "$behind_it"
	remotes "127.0.0.1 smtp port=$cutter $options"
	run
	kill $proxy
	is "$what: whole it is delivered" "$(waiting) $(taken)" "0 1"
	counts=$(tail -n 1 "$T/cut.log" | tr ' ' '\n' | sed '/^$/d' | tail -n "$last")
	before=$(echo "$counts" | head -n 1) all=$(echo "$counts" | tail -n 1)
	if [ "$side" = s ]; then bound=$((${before%/*} - behind)) all=${all%/*}
	else bound=$((${before#*/} + 1)) all=${all#*/}; fi
	echo "# $what: taken after $bound bytes, $all in all"
	ok "$what: there is something to cut" [ "$bound" -gt 80 ]

	one
	: >"$T/peer"
	rm -f "$T"/got.*
	cutter "$side" 0 "$behind_it"
	remotes_times $((bound + 1)) "$cutter" "$options"
	runs "$bound"
	is "$what: every attempt but the last failed" \
	    "$rc $(lines '^Sending failed: ') $(lines '^Sent file') $(waiting)" \
	    "0 $bound 1 0"
	lacks "$what: no failure was permanent" "$(log)" 'into failed\|Attempt failed.* next: none'
	is "$what: as many connections" "$(wc -l <"$T/cut.log")" $((bound + 1))
	ok "$what: taken only where the log says it may have been, and once more" \
	    [ "$(taken)" -le $(($(lines '^Attempt .* may have been taken') + 1)) ]
	printf 'Subject: x\r\n\r\n.dot\r\ntext\r\n' >"$T/wanted"
	for f in "$T"/got.*; do
		case $f in *.cut|*.refused|*.unanswered) continue ;; esac
		sed 's/^[.][.]/./' "$f" | cmp -s - "$T/wanted" || echo "$f"
	done >"$T/halves"
	is "$what: nothing was taken by halves" "$(cat "$T/halves")" ''
	kill $proxy
	for first in $(seq "$((bound + 1))" "$all"); do
		one
		cutter "$side" "$first" "$behind_it"
		remotes "127.0.0.1 smtp port=$cutter $options"
		run
		kill $proxy
		[ "$(waiting) $(failed) $(lines '^Sent file')" = "0 0 1" ] ||
		    echo "$first: $cutter $rc $(log)"
	done >"$T/failures"
	is "$what: after the last reply every cut is a success" \
	    "$(cat "$T/failures")" ''
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
	: >"$T/peer"
	remotes "127.0.0.1 smtp port=$port $*"
	run
	is "$*: kept, not connected" "$(waiting) $(cat "$T/peer")" "1 "
	has "$*: $words" "$(log)" \
	    "stage: options reply: \"*$words\|^remotes, line 1: $words"
}
options() {
	one
	serve auto
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
	is "options of TLS without TLS: delivered" "$(waiting) $(taken)" "0 1"
	one
	serve "tls $K/good.pem" auto
	remotes "127.0.0.1 smtp port=$port starttls tls x509cafile=$K/ca.pem tls-name=mail.test"
	run
	is "tls wins over starttls" "$(waiting) $(said | sed 2q | tr '\n' ' ')" \
	    "0 T: on C: EHLO f.q.d.n "
}

# ---- a password in clear ----
in_clear() {
	one
	serve 'cap AUTH PLAIN' auto
	remotes "127.0.0.1 smtp port=$port user=u pass=sesam"
	run
	is "to this machine: delivered" "$(waiting)" 0
	is "to this machine: no warning" "$(lines 'in clear')" 0
}
in_clear_far() {
	own_network
	ip link set lo up && ip addr add 192.0.2.1 dev lo
	empty
	put_many 3
	serve -a 192.0.2.1 'cap AUTH PLAIN CRAM-MD5' 'after 1 messages 421 enough' auto
	remotes "192.0.2.1 smtp port=$port user=u pass=sesam auth-login"
	run
	is "to another machine: delivered over several connections" \
	    "$(waiting) $(taken) $(connections)" "0 3 3"
	is "to another machine: one warning" "$(lines 'password goes over the network in clear')" 1
	lacks "to another machine: without the password" "$(log)" sesam
	one
	run
	is "one warning in the next run" "$(lines 'password goes over the network in clear')" 1
	one
	remotes "192.0.2.1 smtp port=$port user=u pass=sesam"
	run
	is "no warning where the password is not sent" "$(lines 'in clear')" 0
	one
	serve -a 192.0.2.1 "starttls $K/good.pem" 'cap AUTH PLAIN' auto
	remotes "192.0.2.1 smtp port=$port starttls x509cafile=$K/ca.pem tls-name=mail.test user=u pass=sesam"
	run
	is "with TLS: delivered without a warning" "$(waiting) $(lines 'in clear')" "0 0"
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
[ -n "${SCENE:-}" ] || ok "certificates are made" certificates
export K
scenes 'cut_tls_server cut_tls_client cut_plain trust strip options in_clear
    in_clear_far'
