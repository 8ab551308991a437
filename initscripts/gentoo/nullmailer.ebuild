# mail-mta/nullmailer/nullmailer-@VERSION@.ebuild, with the Manifest beside it.
# Read by bash, and its phases run with stubs; portage has not been tried.
EAPI=8

inherit systemd toolchain-funcs

DESCRIPTION="Relay-only mail transport agent in one static binary"
HOMEPAGE="https://example.org/nullmailer"
SRC_URI="https://example.org/nullmailer/${P}.tar.gz"

LICENSE="MIT MPL-2.0"
SLOT="0"
KEYWORDS="~amd64 ~arm ~arm64 ~mips ~riscv ~x86"

# musl and BearSSL come with the archive: nothing of the system is linked.
RDEPEND="
	acct-group/nullmail
	acct-user/nullmail
	!mail-mta/courier
	!mail-mta/esmtp
	!mail-mta/exim
	!mail-mta/msmtp[mta]
	!mail-mta/netqmail
	!mail-mta/opensmtpd
	!mail-mta/postfix
	!mail-mta/sendmail
	!mail-mta/ssmtp[mta]
"
BDEPEND="app-arch/xz-utils dev-build/make sys-devel/patch"

_make() {
	emake CC="$(tc-getCC)" AR="$(tc-getAR)" HOSTCC="$(tc-getBUILD_CC)" \
		WERROR= STRIP= HARDEN=1 PREFIX=/usr CONFIG=/etc/nullmailer \
		SPOOL=/var/spool/nullmailer OWNER=nullmail "$@"
}

src_compile() {
	_make
}

src_test() {
	_make units
}

# Owner before rights: a new owner takes the set-uid bit away.
src_install() {
	_make DESTDIR="${D}" install install-openrc install-systemd
	rm -r "${D:?}/var" || die
	keepdir /var/spool/nullmailer
	fowners nullmail /var/spool/nullmailer /usr/sbin/nullmailer-queue
	fperms 4755 /usr/sbin/nullmailer-queue
	dodoc README.md CHANGES
}

pkg_postinst() {
	elog "The smart host stands in /etc/nullmailer/remotes, see nullmailer(7);"
	elog "nullmailer-check says what is wrong with it."
}
