# rules.mk - tests beyond `make check`; part of the Makefile

INTEROP = $(filter-out %/lib.sh,$(call tests,tests/interop/*.sh))

interop: $(BINARY) $(TOOLS) ## the same against real servers, installs them
	@sh tests/need.sh $$($(NEED_TESTS) tests/interop/*.sh)
	@tests/run $(INTEROP)

bench: $(BINARY) $(TOOLS) ## beside nullmailer 2.2 (REF= RUNS= ROWS=)
	+-@sh tests/bench/run.sh
	+-@sh tests/bench/tls.sh

# Deterministic, without sleep and sockets: a seed is a history. A simulator is a
# folder of tests/sim, or files there that begin with its name; link in a folder
# has options for the linker. It is called with the first seed and how many.
SIM_FILES = session
SIM_FOLDERS = $(patsubst tests/sim/%/,%,$(wildcard tests/sim/*/))
SIM_ALLOC = tests/sim/$(if $(SAN),no)arena.c
SIMS = $(SIM_FILES) $(SIM_FOLDERS)
SEED =
COUNT =
NEW = 30
SIM_MAKE = $(MAKE) OBJ=$(OBJ)/sim SSL=none $(if $(SAN),,CFLAGS=-O2) WERROR= \
	MUSL=$(MUSL_MADE)
sim long mutations: $(LIBC_A)
sim: ## what may happen, by seeds (SEED= COUNT= SIMS=), for NEW= seconds
	+@$(SIM_MAKE) simulated
simulated: $(SIMS:%=$(OBJ)/tests/sim/%)
	@SEED='$(SEED)' COUNT='$(COUNT)' NEW='$(NEW)' sh tests/sim/run.sh $^
long: ## the same in large numbers: hours
	+@$(SIM_MAKE) SIMS=session SEED=1 COUNT=10000000 simulated
	+@$(SIM_MAKE) SIMS=files SEED=1 COUNT=1000000 simulated
	+@JOBS=$$(nproc) $(SIM_MAKE) SIMS=scheduler SEED=1 COUNT=1000000 simulated
$(SIM_FILES:%=$(OBJ)/tests/sim/%): $(OBJ)/tests/sim/%: $(OBJ)/all.a \
	    $(wildcard tests/sim/*.[ch]) $(LIBS)
	@mkdir -p $(@D)
	@echo LINK $@
	$Q$(COMPILE) -MF $@.d -MT $@ $(STATIC) -o $@ tests/sim/$**.c \
	    $(SIM_ALLOC) $(OBJ)/all.a $(LIBS)
.SECONDEXPANSION:
$(SIM_FOLDERS:%=$(OBJ)/tests/sim/%): $$(wildcard tests/sim/$$(@F)/*) \
	    $(OBJ)/all.a $(LIBS)
	@mkdir -p $(@D)
	@echo LINK $@
	$Q$(COMPILE) -MF $@.d -MT $@ -Wno-missing-prototypes $(STATIC) -o $@ \
	    $(filter %.c,$^) $(patsubst %,@%,$(filter %/link,$^)) \
	    $(OBJ)/all.a $(LIBS)
mutations: ## breaks the code in known ways, which the simulators must see
	+@$(SIM_MAKE) $(SIMS:%=$(OBJ)/sim/tests/sim/%)
	@EVERY=$(MUTATION) MUSL=$(MUSL_MADE) sh tests/sim/mutate.sh
MUTATION = 1
sim-coverage: ## which lines of the sender and the session they reach
	@sh tests/need.sh $$($(NEED_TESTS) tests/sim/coverage.sh)
	+@$(MAKE) OBJ=$(OBJ)/coverage SSL=none CFLAGS='-O0 --coverage' WERROR= \
	    CC=musl-gcc MUSL=system covered
covered: $(SIMS:%=$(OBJ)/tests/sim/%)
	@sh tests/sim/coverage.sh $(OBJ) $^
mutation-sample: ## one of MUTATION=18 of them
	+@$(MAKE) MUTATION=18 mutations

# One fault of EVERY, from number FROM on; EVERY=1 is all of them.
EVERY = 31
FROM = 0
FAULTS = $(filter-out %/lib.sh,$(call tests,tests/faults/*.sh))
inject: $(BINARY) $(TOOLS) ## failing system calls, kills (EVERY= FROM=)
	@sh tests/need.sh $$($(NEED_TESTS) $(FAULTS))
	@EVERY=$(EVERY) FROM=$(FROM) TEST_TIMEOUT=3600 TEST_JOBS=$$(nproc) \
	    tests/run $(FAULTS)

# Built with clang; SECONDS_EACH= is for each target.
FUZZ = $(patsubst %.c,$(OBJ)/%,$(wildcard tests/fuzz/*.c))
FUZZ_A = libclang_rt.fuzzer-$(shell uname -m).a
FUZZER = address,undefined -fno-sanitize-recover=all
fuzz: ## libFuzzer on whatever reads what strangers write
	@sh tests/need.sh clang $$($(NEED_TESTS) tests/fuzz/run.sh)
	@sh tests/need.sh $$(clang -print-file-name=$(FUZZ_A))=libclang-rt-dev
	+@$(MAKE) SAN=1 HOSTCC=clang OBJ=$(OBJ)/fuzz \
	    SANITIZE='-fsanitize=fuzzer-no-link,$(FUZZER)' fuzzed
$(FUZZ): private CFLAGS += -fsanitize=fuzzer
fuzzed: $(FUZZ)
	@sh tests/fuzz/run.sh $(FUZZ)

MACHINES = aarch64 armhf i386 mips mipsel riscv64
BUILD_FOR = BEARSSL=$(call absolute,$(BEARSSL)) \
	MUSL_SRC=$(MUSL_FOUND) SOURCES=$(call absolute,$(OBJ)) \
	sh tests/cross/run.sh $(call absolute,$(OBJ))
cross: $(BINARY) $(TOOLS) ## other machines: builds, sizes, core tests (MACHINES=)
	+@PLAY=1 $(BUILD_FOR) $(MACHINES)

harden: $(BINARY) ## the HARDEN=1 build: what it is, and core tests
	+@$(MAKE) HARDEN=1 OBJ=$(OBJ)/harden BINARY=$(OBJ)/harden/nullmailer \
	    BEARSSL_SRC=$(call absolute,$(BEARSSL)) \
	    MUSL=$(MUSL) MUSL_SRC=$(MUSL_FOUND) \
	    hardened
HARDENED = tests/binary.sh tests/cross/harden.sh tests/cross/core.sh \
	tests/sandbox.sh
hardened: $(BINARY) $(TOOLS)
	@sh tests/need.sh openssl $$($(NEED_TESTS) $(HARDENED))
	@tests/run $(HARDENED)

# Virtual machines; those that are no PCs need the binaries of make cross.
VMS = arm64 clock initramfs router shares
CROSS_arm64 = aarch64
CROSS_clock = i386
CROSS_router = mipsel
CROSS_shares = mipsel
export VM = $(call absolute,$(OBJ)/vm)
$(VMS): $(BINARY) $(TOOLS)
	+@$(if $(CROSS_$@),$(BUILD_FOR) $(CROSS_$@))
	@sh tests/need.sh $$($(NEED_TESTS) tests/vm/$@.sh)
	@TEST_TIMEOUT=1200 tests/run tests/vm/$@.sh
initramfs: ## the binary in an initrd under QEMU mails a boot message
clock: ## in QEMU: booting in 1970, steps of the clock, 32 bits in 2040
router: ## a MIPS router's kernel in QEMU
arm64: ## a 64-bit ARM's kernel in QEMU
shares: ## a spool on vfat, virtiofs and 9p in QEMU

.PHONY: sim simulated long mutations mutation-sample sim-coverage covered \
	inject interop bench fuzz fuzzed cross harden hardened $(VMS)
