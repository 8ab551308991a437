# bundle.mk - the table of trust anchors that is compiled in, made from the PEM
# files in CA_DIR by mkbundle. The table is the same for every machine: a cross
# build gives MKBUNDLE, one that runs on the build machine.

MKBUNDLE = $(OBJ)/mkbundle
MKBUNDLE_O = $(OBJ)/ssl/mkbundle.o $(OBJ)/ssl/cert.o $(OBJ)/ssl/der.o \
	$(OBJ)/ssl/pem.o

$(OBJ)/mkbundle: $(MKBUNDLE_O) $(BEARSSL_A)
	$Q$(LINK) -o $@ $^

$(OBJ)/ssl/bundle.c: $(MKBUNDLE)
	@echo MKBUNDLE $(CA_DIR)
	@$(MKBUNDLE) $(CA_DIR) >$@.new && mv $@.new $@

$(OBJ)/ssl/bundle.o: $(OBJ)/ssl/bundle.c
	$Q$(COMPILE) -Issl -c -o $@ $<
