# config.mk - every knob. The command line overrides: make SSL=none PREFIX=/opt

VERSION = 3.0

# No certificate is checked against a time before this one, and no message is
# older than it: seconds since the epoch, raised with each release.
BUILD_DATE = $(or $(SOURCE_DATE_EPOCH),1795219200)

# Compilers: the target's, gcc from 9 on or clang, and, for tests with a
# sanitizer, the build machine's. WERROR= keeps warnings warnings.
CC = $(CROSS)gcc
AR = $(CROSS)ar
HOSTCC = cc
CFLAGS = $(OZ) $(SMALLER)
WERROR = -Werror
STRIP = -s

# HARDEN=1: a position-independent executable, at another address in each
# process, with read-only relocations and a stack protector. It is 47 KB larger.
HARDEN =

# Another machine's compiler, as in CROSS=aarch64-linux-gnu-.
CROSS =

# The C library: empty builds musl, from the tree MUSL_SRC or, where that is
# empty, from the distribution's source package; `system` takes the compiler's
# own, which must be able to make static programs (musl-gcc, Alpine's gcc); a
# folder holds include and lib of one that has been built before.
MUSL =
MUSL_SRC =

OBJ = obj
BINARY = nullmailer

# TLS: bear (BearSSL) or none. BEARSSL_SRC names a source tree of BearSSL,
# which is copied and repaired; empty fetches the distribution's source package.
SSL = bear
BEARSSL_SRC =

# MLKEM=1: also the key agreement that quantum computers do not break
# (X25519MLKEM768), for servers that ask for it; 4 KB.
MLKEM = 1

# The CA list that is compiled in: the tree's, which `make roots` renews, or a
# folder of PEM files NAME.crt; empty: none. CA_FILES: the system's own bundles,
# which come first, tried in this order.
CA_DIR = ssl/roots.pem
CA_FILES = /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem \
	/etc/pki/tls/certs/ca-bundle.crt

# Paths: upstream's layout below PREFIX, or LAYOUT=debian for Debian's paths
# and its rules (/etc/mailname first, undotted domains accepted, nothing
# appended without defaultdomain).
LAYOUT = upstream
PREFIX = /usr/local
DESTDIR =

BIN_upstream = $(PREFIX)/bin
SBIN_upstream = $(PREFIX)/sbin
MODULES_upstream = $(PREFIX)/libexec/nullmailer
MAN_upstream = $(PREFIX)/share/man
CONFIG_upstream = $(PREFIX)/etc/nullmailer
SPOOL_upstream = $(PREFIX)/var/spool/nullmailer
OWNER_upstream = nullmail
RULES_upstream = 0

BIN_debian = /usr/bin
SBIN_debian = /usr/sbin
MODULES_debian = /usr/lib/nullmailer
MAN_debian = /usr/share/man
CONFIG_debian = /etc/nullmailer
SPOOL_debian = /var/spool/nullmailer
OWNER_debian = mail
RULES_debian = 1

BIN = $(BIN_$(LAYOUT))
SBIN = $(SBIN_$(LAYOUT))
MODULES = $(MODULES_$(LAYOUT))
MAN = $(MAN_$(LAYOUT))
CONFIG = $(CONFIG_$(LAYOUT))
SPOOL = $(SPOOL_$(LAYOUT))

# The owner of the spool and of the set-uid copy.
OWNER = $(OWNER_$(LAYOUT))

# ---- what follows from CC and HARDEN ----

# gcc has -Oz since version 12. What a compiler is asked is asked when something
# is compiled, once: before, it may not be there yet.
takes = $(shell $(CC) -Werror $1 -E -x c /dev/null >/dev/null 2>&1 && echo $1)
OZ = $(eval OZ := $(or $(call takes,-Oz),-Os))$(OZ)

# What -Oz of gcc still does although it makes this program larger.
LARGER = -fno-inline-functions-called-once -fno-move-loop-invariants \
	-fno-optimize-sibling-calls -fno-caller-saves
SMALLER = $(eval SMALLER := $(call takes,$(LARGER)))$(SMALLER)

# At a fixed place nothing is relocated: a page for read-only relocations would
# be up to 4 KB of nothing in the file. Alpine's gcc has to be told; clang has
# not, and would warn.
PIE_ = -fno-pie
PIE_1 = -fPIE -fstack-protector-strong
PIE = $(PIE_$(HARDEN))
PLACE_ = -static -no-pie -Wno-unused-command-line-argument -Wl,-z,norelro
PLACE_1 = -static-pie -Wl,-z,relro -Wl,-z,now
PLACE = $(PLACE_$(HARDEN))
BEARSSL_CFLAGS += $(PIE)
