# Tallyman. "make" lists what can be made.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

RID := linux-$(subst aarch64,arm64,$(subst x86_64,x64,$(shell uname -m)))
MULTIARCH := $(shell uname -m)-linux-gnu
TEST_PROGRAMS := out/tests/launch out/tests/disk.so
BPF_SOURCES := $(wildcard bpf/*.c bpf/*.h)
SHARED_SOURCES := $(wildcard Directory.*.props BannedSymbols.txt .editorconfig) $(shell find proto -name '*.cs' -o -name '*.proto' -o -name '*.csproj')
AGENT_SOURCES := $(SHARED_SOURCES) $(shell find agent -type f)
COLLECTOR_SOURCES := $(SHARED_SOURCES) $(shell find collector -type f)

.PHONY: help
help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

.PHONY: build
build: prerequisites out/tallyman out/tallyman-collector ## Build out/tallyman and out/tallyman-collector

.PHONY: run
run: build ## Watch this machine: collector on loopback, agent, alerts in this terminal (root; Ctrl-C ends it)
	@packaging/try.sh

.PHONY: test
test: prerequisites-test build $(TEST_PROGRAMS) out/tools/.unpacked tests/interop/node_modules/.installed ## Run all tests (root, for those on the kernel)
	@tests/run.sh

.PHONY: test-faults
test-faults: prerequisites-test build $(TEST_PROGRAMS) tests/interop/node_modules/.installed ## Break everything, for long, and write docs/faults.md (root)
	@tests/faults.sh

.PHONY: test-install
test-install: prerequisites-dist build ## Install, upgrade, remove and purge the packages in clean Debian roots, and boot one with them (root)
	@packaging/prerequisites.sh install
	@tests/install/run.sh
	@tests/install/boot.sh

.PHONY: test-kernels
test-kernels: prerequisites-test build $(TEST_PROGRAMS) ## Boot other kernels under qemu and see the agent work there
	@packaging/prerequisites.sh kernels
	@tests/kernels/run.sh

.PHONY: test-tools
test-tools: prerequisites-test out/exec.bpf.o out/tools/.unpacked ## Hold the reader against the parsers of docker, podman, ctr and kubectl, for long
	TALLYMAN_TOOL_LINES=2000 dotnet test tests/Agent.Tests --filter RealTools

.PHONY: bench
bench: bench-replay bench-latency bench-collector ## All of the benchmarks

.PHONY: bench-collector
bench-collector: prerequisites-test out/tallyman-collector ## Play ten thousand agents against a collector with each store, and see how it fares
	dotnet run --project tests/Fleet -c Release

.PHONY: bench-latency
bench-latency: prerequisites-test build ## Measure how long an execution takes until it is on the collector's disk (root)
	@tests/latency/run.sh

.PHONY: bench-replay
bench-replay: prerequisites-test build ## Measure "tallyman replay" on 1 GB beside ausearch and aureport
	@tests/replay/bench.sh

.PHONY: dist
dist: prerequisites-dist build ## Make what is installed, for each platform that can be had: out/dist/*.tar.gz, *.deb, *.rpm
	@packaging/dist.sh

.PHONY: image
image: dist ## Make images of both, as OCI layouts: out/dist/*-image.tar, for docker load and podman load
	@packaging/image.sh tallyman out/dist/tallyman-image.tar
	@packaging/image.sh tallyman-collector out/dist/tallyman-collector-image.tar

.PHONY: lint
lint: prerequisites-test out/exec.bpf.o ## Check the format of all code; warnings of the build are errors anyway
	clang-format --dry-run -Werror bpf/*.c bpf/*.h tests/launch/*.c
	dotnet format Agent.sln --verify-no-changes

.PHONY: format
format: prerequisites-test out/exec.bpf.o ## Format all code
	clang-format -i bpf/*.c bpf/*.h tests/launch/*.c
	dotnet format Agent.sln

.PHONY: golden
golden: prerequisites-test out/exec.bpf.o ## Write the golden files of the tests anew; look at the difference before you commit it
	GOLDEN=write dotnet test tests/Agent.Tests --filter "FullyQualifiedName~Rendering|FullyQualifiedName~AuditSamples|FullyQualifiedName~KubernetesTests"

.PHONY: dev-certs
dev-certs: ## Make certificates in out/certs for trying mutual TLS out, for this machine's agent or AGENT=ID
	@packaging/dev-certs.sh out/certs $(AGENT)

.PHONY: clean
clean: ## Remove everything that was made
	rm -rf out artifacts tests/interop/node_modules

.PHONY: prerequisites
prerequisites:
	@packaging/prerequisites.sh build

.PHONY: prerequisites-dist
prerequisites-dist:
	@packaging/prerequisites.sh dist

.PHONY: prerequisites-test
prerequisites-test:
	@packaging/prerequisites.sh test

out/exec.bpf.o: $(BPF_SOURCES)
	@mkdir -p out
	clang -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -Werror \
		-I/usr/include/$(MULTIARCH) -c bpf/exec.bpf.c -o $@.tmp
	llvm-strip -g $@.tmp
	mv $@.tmp $@

out/tallyman: out/exec.bpf.o $(AGENT_SOURCES)
	@echo "Building $@, which takes a minute or two …"
	dotnet publish agent -c Release -r $(RID) -p:DebugType=embedded -o out --nologo -v quiet
	@touch $@

out/tallyman-collector: $(COLLECTOR_SOURCES)
	@echo "Building $@, which takes a minute or two …"
	dotnet publish collector -c Release -r $(RID) -p:DebugType=embedded -o out --nologo -v quiet
	@touch $@

# Where they are not to be had, the tests hold the reader against what is installed, and skip the rest.
out/tools/.unpacked: packaging/tools.sh
	packaging/tools.sh || { mkdir -p out/tools && touch $@; }

out/tests/disk.so: tests/launch/disk.c
	@mkdir -p out/tests
	clang -O1 -Wall -Wextra -Werror -shared -fPIC -o $@ $<

out/tests/launch: tests/launch/launch.c
	@mkdir -p out/tests
	clang -O1 -Wall -Wextra -Werror -o $@ $<

tests/interop/node_modules/.installed: tests/interop/package-lock.json
	cd tests/interop && npm ci --no-audit --no-fund --ignore-scripts --silent
	@touch $@
