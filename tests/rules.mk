# rules.mk - tests beyond `make check`; part of the Makefile

INTEROP = $(filter-out %/lib.sh,$(call tests,tests/interop/*.sh))

interop: $(BINARY) $(TOOLS) ## the same against real servers, installs them
	@sh tests/need.sh $$($(NEED_TESTS) tests/interop/*.sh)
	@tests/run $(INTEROP)

bench: $(BINARY) $(TOOLS) ## beside nullmailer 2.2 (REF= RUNS= ROWS=)
	-@sh tests/bench/run.sh
	-@sh tests/bench/tls.sh

# Two machines in CI, one of them with 32 bits; the others with ALL=1.
MACHINES_ = aarch64 armhf
MACHINES_1 = aarch64 armhf i386 mips mipsel riscv64
MACHINES = $(MACHINES_$(ALL))
cross: $(BINARY) $(TOOLS) ## other machines: builds, sizes, core tests (ALL=1)
	+@BEARSSL=$(call absolute,$(BEARSSL)) \
	    sh tests/cross/run.sh $(call absolute,$(OBJ)) $(MACHINES)

export VM = $(call absolute,$(OBJ)/vm)
initramfs clock: $(BINARY) $(TOOLS)
	@sh tests/need.sh $$($(NEED_TESTS) tests/vm/$@.sh)
	@TEST_TIMEOUT=600 tests/run tests/vm/$@.sh
initramfs: ## the binary in an initrd under QEMU mails a boot message
clock: ## a machine that boots in 1970, in QEMU
router: ## a MIPS router's kernel in QEMU
	+@$(MAKE) cross MACHINES=mipsel
	@sh tests/need.sh $$($(NEED_TESTS) tests/vm/$@.sh)
	@TEST_TIMEOUT=600 tests/run tests/vm/$@.sh

.PHONY: interop bench cross initramfs clock router
