# writ: `make demo` and `make test` do everything on a fresh Debian 12 machine with a Swift 6 toolchain.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: setup build release test check lint imports demo bench fmt record laws pairs proofs contention crash history attacks locks states fleet install clean help

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

# Build: libgit2, libyaml, libcrypto. Run: git, age, ssh-keygen, visudo, sshd (its -t checks configurations), pwck,
# setpriv, tzdata, nft (egress). Tests and demo: setfacl, newuidmap, strace, chattr, busybox, unzip, ip (network namespaces).
PACKAGES := libgit2-dev libyaml-dev libssl-dev pkg-config git age openssh-client openssh-server sudo passwd util-linux \
	tzdata nftables iproute2 acl uidmap strace e2fsprogs busybox unzip

help:
	@echo "make setup    install missing Debian packages"
	@echo "make build    build writ and writ-agent for debugging"
	@echo "make test     build and run every test"
	@echo "make check    what CI runs: lint, import check, all tests"
	@echo "make demo     run the main job on the example lab"
	@echo "make bench    measure beside the competitors"
	@echo "make laws     the seeded laws at full length (100,000 policies)"
	@echo "make pairs    200 pairs of random policies applied one after the other, and 200 changed bytes of the ledger"
	@echo "make proofs   every byte of every kind of signature and of a ledger of 50 entries, and 1,000 ledgers, here and with ssh-keygen"
	@echo "make contention  8 appliers with 50 attempts each on one remote, killed at random"
	@echo "make crash    an apply of ten changes, killed at each of its system calls that write or start something (an hour)"
	@echo "make attacks  seven kinds of races against the mending of a tree, 5,000 mendings each, with counts"
	@echo "make history  blame of 3,000 commits against a naive replay, and steps against wholes, at full length"
	@echo "make locks    useradd, chpasswd, gpasswd, usermod and writ at the same account files for two minutes"
	@echo "make states   500 random hosts under random policies, looked at inode by inode (two hours)"
	@echo "make fleet    five hosts in namespaces of their own, 1,000 changes, one cut off and one agent killed (root)"
	@echo "make install  install below PREFIX ($(PREFIX))"
	@echo "make fmt      format the code · make record: rewrite golden files · make clean"

# Nothing is done where all packages are there.
setup:
	@missing=(); for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${db:Status-Status}' "$$package" 2>/dev/null | grep -qx installed || missing+=("$$package"); \
	done; \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  if [ "$$(id -u)" -eq 0 ]; then as=(); else as=(sudo); fi; \
	  "$${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq; \
	  "$${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

build: setup
	$(SWIFT) build

release: setup
	$(SWIFT) build -c release --product writ --static-swift-stdlib
	$(SWIFT) build -c release --product writ-agent --scratch-path .build/agent -Xswiftc -static-executable --static-swift-stdlib

# Ends with one line that counts what ran, passed, failed and was skipped; each skip above it names its reason.
test: setup
	$(SWIFT) build --build-tests
	@mkdir -p .build; $(SWIFT) test --skip-build 2>&1 | tee .build/test.log | grep -E '^(✘|➜|↳ [^T]|error|fatal)|recorded an issue|^✔ Test run|^warning' || true; \
	passed=$$(grep -E '^✔ Test .* passed after' .build/test.log | grep -cv '^✔ Test run with' || true); \
	failed=$$(grep -E '^✘ Test .* failed after' .build/test.log | grep -cv '^✘ Test run with' || true); \
	skipped=$$(grep -cE '^➜ Test .* skipped' .build/test.log || true); \
	grep -qE '^✔ Test run with [1-9][0-9]* tests?.* passed' .build/test.log || [ "$$failed" -gt 0 ] || { echo "the run did not end well"; tail -40 .build/test.log; failed=$$((failed + 1)); }; \
	echo "$$passed passed, $$failed failed, $$skipped skipped"; \
	[ "$$failed" -eq 0 ]

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

# An undeclared import between modules compiles without this; the exit status says whether there is one.
imports: setup
	$(SWIFT) build --explicit-target-dependency-import-check error

check: lint imports
	$(MAKE) test

laws: setup
	WRIT_SEEDS=100000 $(SWIFT) test -c release -Xswiftc -enable-testing --filter WritPolicyTests
	WRIT_SEEDS=5000 $(SWIFT) test -c release -Xswiftc -enable-testing --filter ApprovalTwinTests

pairs: setup
	WRIT_PAIRS=200 WRIT_TAMPER=200 $(SWIFT) test -c release -Xswiftc -enable-testing --filter 'WritCommandTests.(PolicyPair|Tamper)Tests'

proofs: setup
	$(SWIFT) build --build-tests
	WRIT_PROOFS=1 WRIT_FUZZ=200000 WRIT_LEDGERS=1000 $(SWIFT) test --skip-build \
	  --filter 'TwinTests|ReaderFuzzTests|CanonicalJSONTests|ExportTests|EveryByteTests'

contention: setup
	$(SWIFT) build --build-tests
	WRIT_CONTENTION=8x50 $(SWIFT) test --skip-build --filter WritCommandTests.ContentionTests

# One run for each call, in writ itself and in whatever it runs; ends with a line that counts them. WRIT_CRASH_SEED=N gives
# another order, CRASH=N the first N of them alone, and WRIT_CRASH_ONLY='write 28' those whose name begins so.
CRASH ?= all
crash: setup
	$(SWIFT) build --build-tests
	WRIT_CRASH=$(CRASH) $(SWIFT) test --skip-build --filter WritCommandTests.CrashPointTests

# One line for each kind of attack, with its rounds, mendings and escapes. ATTACKS=N mendings of each.
ATTACKS ?= 5000
attacks: setup
	$(SWIFT) build --build-tests
	WRIT_ATTACKS=$(ATTACKS) $(SWIFT) test --skip-build --filter 'WritHostLinuxTests.Tree(Race|Size)Tests' | grep -E '^attack: |^✔ Test run|^✘|recorded an issue'

history: setup
	WRIT_HISTORY=1 $(SWIFT) test -c release -Xswiftc -enable-testing --filter WritHistoryTests

locks: setup
	$(SWIFT) build --build-tests
	WRIT_LOCKS=120 $(SWIFT) test --skip-build --filter WritHostLinuxTests.AccountContentionTests

# WRIT_STATES=40-60 takes those seeds alone.
states: setup
	$(SWIFT) build --build-tests
	WRIT_STATES=500 $(SWIFT) test --skip-build --filter WritCommandTests.RandomHostTests

# HOSTSxPEOPLE; each person is four changes on each host.
FLEET ?= 5x51
fleet: setup
	$(SWIFT) build --build-tests
	WRIT_FLEET=$(FLEET) $(SWIFT) test --skip-build --filter WritCommandTests.FleetTests

demo: build
	examples/demo/demo

bench: release
	$(SWIFT) build -c release --product ledger-maker --static-swift-stdlib
	$(SWIFT) build -c release --product host-probe --scratch-path .build/agent -Xswiftc -static-executable --static-swift-stdlib
	examples/bench/bench

fmt:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

record: setup
	WRIT_RECORD=1 $(SWIFT) test --filter WritCommandTests || true
	git status --short Tests

install: release
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -s -m 0755 .build/release/writ $(DESTDIR)$(PREFIX)/bin/writ
	install -s -m 0755 .build/agent/release/writ-agent $(DESTDIR)$(PREFIX)/sbin/writ-agent
	.build/release/writ --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/writ
	.build/release/writ --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_writ
	.build/release/writ --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/writ.fish
	$(SWIFT) package --allow-writing-to-package-directory generate-manual --multi-page
	find .build/plugins/GenerateManual/outputs/writ -name '*.1' -exec install -m 0644 {} $(DESTDIR)$(PREFIX)/share/man/man1/ \;

clean:
	rm -rf .build .demo .bench
