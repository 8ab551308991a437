# bearssl.mk - libbearssl.a from BearSSL's sources; for GNU make
#
# Give it CC, AR, OZ (the optimization), OBJ (where objects go), BEARSSL (where get-bearssl.sh is to
# put the sources) and, to use a tree of your own, BEARSSL_SRC; BEARSSL_CFLAGS
# comes last. It gives BEARSSL_A, the archive, and BEARSSL_H, which whatever
# includes bearssl.h must wait for. Two builds in different folders are the
# same, byte by byte.

BEARSSL_A = $(OBJ)/bearssl/libbearssl.a
BEARSSL_H = $(BEARSSL)/inc/bearssl.h

# No seed of its own: ssl/bear.c brings the kernel's.
BEARSSL_FLAGS = $(OZ) -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables \
	-DBR_RDRAND=0 -DBR_USE_URANDOM=0 -DBR_USE_GETENTROPY=0 \
	-ffile-prefix-map=$(BEARSSL)/= -I$(BEARSSL)/inc -I$(BEARSSL)/src

# Where few bytes buy speed. Hashes, RSA and the curves have their work at the
# start of a session, and would grow by 3 and 13 kB to save it 0.1 and 1 ms.
BEARSSL_O3 = int/i31_montmul
BEARSSL_O2 = symcipher/chacha20_ct symcipher/chacha20_sse2

BEARSSL_C := $(sort $(wildcard $(BEARSSL)/src/*.c $(BEARSSL)/src/*/*.c))
BEARSSL_O := $(BEARSSL_C:$(BEARSSL)/src/%.c=$(OBJ)/bearssl/%.o)

BEARSSL_TREE = $(if $(BEARSSL_SRC),$(wildcard $(addprefix \
	$(BEARSSL_SRC)/,inc/*.h src/*.[ch] src/*/*.[ch])))
$(BEARSSL_H): ssl/get-bearssl.sh ssl/bearssl.patch $(BEARSSL_TREE)
	sh ssl/get-bearssl.sh $(BEARSSL) $(BEARSSL_SRC)

# The list of sources is known only once they are there. Once is enough: with
# make -n they never are.
ifeq ($(BEARSSL_C)$(BEARSSL_SEEN),)
$(BEARSSL_A): $(BEARSSL_H) $(MUSL_H)
	$(MAKE) -f $(firstword $(MAKEFILE_LIST)) BEARSSL_SEEN=yes $@
else
$(BEARSSL_O): $(BEARSSL_H) | $(MUSL_H)
$(BEARSSL_A): $(BEARSSL_O)
	rm -f $@
	$(AR) rcsD $@ $(BEARSSL_O)
endif

$(BEARSSL_O3:%=$(OBJ)/bearssl/%.o): BEARSSL_OPT = -O3
$(BEARSSL_O2:%=$(OBJ)/bearssl/%.o): BEARSSL_OPT = -O2

$(OBJ)/bearssl/%.o: $(BEARSSL)/src/%.c ssl/bearssl.mk
	@mkdir -p $(@D)
	@$(CC) $(BEARSSL_FLAGS) $(BEARSSL_OPT) $(BEARSSL_CFLAGS) -c -o $@ $<
