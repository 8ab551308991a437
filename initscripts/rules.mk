# rules.mk - what puts nullmailer under an init system and into packages, and
# the tests of that; part of the Makefile

SERVICES = openrc systemd runit s6 daemontools sysv openwrt ifupdown udhcpc \
	networkmanager

install-openrc: ## its service; also -systemd -runit -s6 -daemontools -sysv ...
$(SERVICES:%=install-%):
	@$(INSTALL:applets/install.sh=initscripts/install.sh) $(@:install-%=%)

# The library is the same for every layout; its objects are not wanted again.
DEB = $(OBJ)/deb
deb: export MAKE_DEB = BEARSSL_SRC=$(call absolute,$(BEARSSL)) \
	BEARSSL_A=$(call absolute,$(BEARSSL_A)) BEARSSL_O= MUSL=$(MUSL_MADE)
deb: $(LIBS) ## a Debian package, in OBJ/deb
	+@sh initscripts/debian/build.sh $(DEB)

DIST = nullmailer-$(VERSION)
dist: $(BINARY) ## a tarball that builds without a network, in OBJ
	@sh initscripts/dist.sh $(OBJ) $(DIST) $(BUILD_DATE)

HOSTS = $(filter-out %/boot.sh %/cgroup.sh %/lib.sh %/root.sh %/system.sh,$(sort \
	$(wildcard tests/init/*.sh tests/packages/*.sh)))
export SYSTEM = $(call absolute,$(OBJ)/init/system)
export DEB_FOLDER = $(call absolute,$(DEB))
hosts: $(BINARY) $(TOOLS) deb ## init systems, containers, packages, as root
	@sh tests/need.sh $$($(NEED_TESTS) tests/init/*.sh tests/packages/*.sh \
	    tests/interop/lib.sh)
	@sh tests/init/system.sh $(SYSTEM)
	@TEST_TIMEOUT=900 tests/run $(HOSTS)

.PHONY: deb dist hosts $(SERVICES:%=install-%)
