# cross.mk - builds that musl-gcc cannot make; part of the Makefile
#
# CROSS=aarch64-linux-gnu- MUSL=DIR: for another machine, with its gcc and a
#   tree of musl, DIR/include and DIR/lib. `make cross` gets and builds both.
# HARDEN=1: at another address in each process, relocations read-only, and
#   functions with arrays notice when these overflow.
#
# A specs file tells gcc where musl's library and start files are, as musl's own
# does; nothing depends on the machine.

PIE_ = -fno-pie
PIE_1 = -fPIE -fstack-protector-strong
PIE = $(PIE_$(HARDEN))
PLACE_ = -static -no-pie
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
