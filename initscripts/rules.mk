# rules.mk - what puts nullmailer under an init system and into packages, and
# the tests of that; part of the Makefile

SERVICES = openrc systemd runit s6 daemontools sysv openwrt ifupdown udhcpc \
	networkmanager

install-openrc: ## its service; also -systemd -runit -s6 -daemontools -sysv ...
$(SERVICES:%=install-%):
	@$(INSTALL:applets/install.sh=initscripts/install.sh) $(@:install-%=%)

# The archives are there unless the build was given other trees.
DEB = $(OBJ)/deb
DIST = nullmailer-$(VERSION)
ORIGS = $(OBJ)/$(MUSL_FILE) \
	$(OBJ)/$(shell sed -n 's/^tarball=//p' ssl/get-bearssl.sh)
deb: $(LIBS) ## a Debian source package, and the package, in OBJ/deb
	@sh tests/need.sh $$($(NEED_TESTS) initscripts/deb.sh)
	@OMIT='$(addprefix --exclude=./,obj $(OBJ) $(BINARY))' sh initscripts/deb.sh \
	    $(DEB) $(VERSION) $(BUILD_DATE) $(ORIGS)
dist: $(LIBS) ## a tarball that builds without a network; OBJ/recipes for it
	@sh initscripts/dist.sh $(OBJ) $(DIST) $(VERSION) $(BUILD_DATE) $(ORIGS)
	@sh initscripts/recipes.sh $(OBJ)/recipes $(OBJ)/$(DIST).tar.gz $(VERSION)
sbom: $(LIBS) ## what the program is made of (SPDX)
	@sh initscripts/sbom.sh $(DIST) $(VERSION) $(BUILD_DATE) $(ORIGS)

HOSTS = $(filter-out %/boot.sh %/cgroup.sh %/lib.sh %/root.sh %/system.sh,$(sort \
	$(wildcard tests/init/*.sh tests/packages/*.sh)))
export SYSTEM = $(call absolute,$(OBJ)/init/system)
export DEB_FOLDER = $(call absolute,$(DEB))
hosts: $(BINARY) $(TOOLS) deb ## init systems, containers, packages, as root
	@sh tests/need.sh $$($(NEED_TESTS) tests/init/*.sh tests/packages/*.sh \
	    tests/interop/lib.sh)
	@sh tests/init/system.sh $(SYSTEM)
	@TEST_TIMEOUT=900 tests/run $(HOSTS)

.PHONY: deb dist sbom hosts $(SERVICES:%=install-%)
