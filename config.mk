# config.mk - every knob. The command line overrides: make SSL=none PREFIX=/opt

VERSION = 3.0

# No certificate is checked against a time before this one, and no message is
# older than it: seconds since the epoch, raised with each release.
BUILD_DATE = $(or $(SOURCE_DATE_EPOCH),1795219200)

# Compilers: the target's (must make static programs) and, for generators and
# tests with a sanitizer, the build machine's. WERROR= keeps warnings warnings.
CC = musl-gcc
AR = ar
HOSTCC = cc
CFLAGS = -Oz
WERROR = -Werror
STRIP = -s

# HARDEN=1: a position-independent executable, at another address in each
# process, with read-only relocations and a stack protector. It is 28 KB larger.
HARDEN =

# Another machine's compiler, as in CROSS=aarch64-linux-gnu-, and the folder
# with musl's include and lib for it. `make cross` gets and builds both.
CROSS =
MUSL =

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

# ---- what follows from HARDEN, CROSS and MUSL ----
#
# A specs file gives gcc the places of musl's library and start files, as musl's
# own does; nothing depends on the machine. At a fixed place nothing is relocated:
# a page for read-only relocations would be up to 4 KB of nothing in the file.

PIE_ = -fno-pie
PIE_1 = -fPIE -fstack-protector-strong
PIE = $(PIE_$(HARDEN))
PLACE_ = -static -no-pie -Wl,-z,norelro
PLACE_1 = -static-pie -Wl,-z,relro -Wl,-z,now
PLACE = $(PLACE_$(HARDEN))

ifneq ($(CROSS)$(HARDEN),)
HOST_MUSL := $(shell $(HOSTCC) -dumpmachine | sed 's/-gnu$$/-musl/')
MUSL_INC = $(if $(MUSL),$(MUSL)/include,/usr/include/$(HOST_MUSL))
MUSL_LIB = $(if $(MUSL),$(MUSL)/lib,/usr/lib/$(HOST_MUSL))
CC = $(CROSS)gcc -nostdinc -isystem $(MUSL_INC) -isystem $(GCC_INC) \
	-specs $(OBJ)/musl.specs
GCC_INC := $(shell $(CROSS)gcc -print-file-name=include)
AR = $(CROSS)ar
NEED_$(CC) = $(CROSS)gcc $(if $(MUSL),,$(MUSL_LIB)/crt1.o=musl-dev)
BEARSSL_CFLAGS += $(PIE)
$(OBJ)/flags $(OBJ)/bearssl.flags: $(OBJ)/musl.specs

define SPECS
*link_libgcc:
-L$(MUSL_LIB) -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*startfile:
%{static-pie:$(MUSL_LIB)/rcrt1.o;:$(MUSL_LIB)/crt1.o} $(MUSL_LIB)/crti.o %{static-pie:crtbeginS.o%s;:crtbeginT.o%s}

*endfile:
%{static-pie:crtendS.o%s;:crtend.o%s} $(MUSL_LIB)/crtn.o

endef
$(OBJ)/musl.specs: export SPECS := $(SPECS)
$(OBJ)/musl.specs: force
	@mkdir -p $(@D)
	@printf '%s\n' "$$SPECS" | cmp -s - $@ || printf '%s\n' "$$SPECS" >$@
endif
