# tls.mk - what SSL=bear adds to the build: BearSSL, and the table of trust
# anchors that mkbundle makes from CA_DIR. The table is the same for every
# machine: a cross build gives MKBUNDLE, one that runs on the build machine.

BEARSSL = $(OBJ)/bearssl-src
include ssl/bearssl.mk
LIBS_bear = $(BEARSSL_A)
.SILENT: $(BEARSSL_A) $(BEARSSL_H)
$(BEARSSL_O): $(OBJ)/bearssl.flags
$(BEARSSL_H): $(OBJ)/bearssl.flags

MLKEM_0 = ssl/nomlkem.o
MLKEM_1 = ssl/mlkem.o ssl/sha3.o

MKBUNDLE = $(OBJ)/mkbundle
MKBUNDLE_O = $(OBJ)/ssl/mkbundle.o $(OBJ)/ssl/cert.o $(OBJ)/ssl/der.o \
	$(OBJ)/ssl/dn.o $(OBJ)/ssl/pem.o $(OBJ)/ssl/pubkey.o

$(TLS_bear:%=$(OBJ)/%) $(MKBUNDLE_O): private CPPFLAGS += -isystem $(BEARSSL)/inc
$(TLS_bear:%=$(OBJ)/%) $(MKBUNDLE_O): $(BEARSSL_H)

$(OBJ)/mkbundle: $(MKBUNDLE_O) $(LIBS)
	$Q$(LINK) -o $@ $(MKBUNDLE_O) $(LIBS)

BUNDLE = $(MKBUNDLE) ssl/distrust.txt $(CA_DIR)
$(OBJ)/ssl/bundle.c: $(MKBUNDLE) ssl/distrust.txt $(OBJ)/bundle.flags \
		$(if $(CA_DIR),$(wildcard $(CA_DIR) $(CA_DIR)/*.crt))
	@mkdir -p $(@D)
	@echo MKBUNDLE $(CA_DIR)
	@$(BUNDLE) >$@.new && mv $@.new $@

$(OBJ)/ssl/bundle.o: $(OBJ)/ssl/bundle.c
	$Q$(COMPILE) -Issl -c -o $@ $(OBJ)/ssl/bundle.c

ROOTS = /usr/share/ca-certificates/mozilla
roots: ## the tree's CA list anew, from ROOTS= or the installed ca-certificates
	@sh tests/need.sh $(ROOTS)=ca-certificates
	@sh ssl/roots.sh $(ROOTS) ssl/roots.pem

.PHONY: roots
