BPF_SOURCES := bpf/exec.bpf.c bpf/exec.h bpf/kernel.h
MULTIARCH := $(shell dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo $(shell uname -m)-linux-gnu)

out/exec.bpf.o: $(BPF_SOURCES)
	@mkdir -p out
	clang -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -Werror \
		-I/usr/include/$(MULTIARCH) -c bpf/exec.bpf.c -o $@.tmp
	llvm-strip -g $@.tmp
	mv $@.tmp $@
