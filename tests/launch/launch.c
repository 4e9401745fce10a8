// SPDX-License-Identifier: Apache-2.0
/*
 * Starts programs in the ways that tests of execution tracing need and a shell has not.
 *
 *   launch execveat PATH ARG...            by a descriptor of PATH
 *   launch memfd PATH NAME ARG...          a copy of PATH in memory, called NAME
 *   launch deleted PATH ARG...             PATH, unlinked before it is started
 *   launch hex PATH HEX...                 with arguments of any bytes, in hexadecimal
 *   launch empty PATH                      with no argument at all, not even argv[0]
 *   launch many COUNT PATH ARG... -- LAST  with COUNT times "x" between ARG... and LAST
 *   launch big COUNT SIZE PATH ARG... -- LAST
 *                                          with COUNT times "--label" and SIZE bytes between ARG... and LAST
 *   launch storm COUNT SIZE PATH ARG...    COUNT processes one after the other, each with SIZE bytes behind ARG...
 *                                          that tell its number
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

static void run_fd(int fd, char **argv)
{
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	fail("execveat");
}

static int copy_to_memory(const char *path, const char *name)
{
	int from = open_file(path);
	int to = memfd_create(name, MFD_CLOEXEC);
	struct stat status;
	off_t offset = 0;

	if (to < 0 || fstat(from, &status))
		fail("memfd");
	while (offset < status.st_size)
		if (sendfile(to, from, &offset, status.st_size - offset) <= 0)
			fail("sendfile");
	return to;
}

static char *unhex(const char *hex)
{
	size_t length = strlen(hex) / 2;
	char *bytes = calloc(length + 1, 1);
	unsigned int byte;

	for (size_t i = 0; i < length && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
		bytes[i] = (char)byte;
	return bytes;
}

static char *text(size_t size)
{
	char *bytes = malloc(size + 1);

	memset(bytes, 'x', size);
	bytes[size] = 0;
	return bytes;
}

/* ARG... up to "--", then what `fill` gives for each of `count`, then what stands behind "--". */
static char **fill(char **args, int count, int size)
{
	char **argv = calloc(strlen("x") + 2 * (size_t)count + 4096, sizeof(char *));
	char *filling = text(size);
	int n = 0;

	while (*args && strcmp(*args, "--"))
		argv[n++] = *args++;
	for (int i = 0; i < count; i++) {
		if (size > 1)
			argv[n++] = "--label";
		argv[n++] = filling;
	}
	if (*args)
		args++;
	while (*args)
		argv[n++] = *args++;
	argv[n] = NULL;
	return argv;
}

static void storm(int count, int size, const char *path, char **args)
{
	char *argv[64] = {};
	char *filling = text(size);
	int n = 0;

	while (args[n] && n < 60) {
		argv[n] = args[n];
		n++;
	}
	argv[n] = filling;
	for (int i = 0; i < count; i++) {
		pid_t pid;

		snprintf(filling, size, "%d", i);
		filling[strlen(filling)] = '.';
		pid = fork();
		if (pid < 0)
			fail("fork");
		if (pid == 0) {
			execv(path, argv);
			fail(path);
		}
		waitpid(pid, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	const char *mode = argc > 2 ? argv[1] : "";

	setrlimit(RLIMIT_STACK, &unlimited); /* a quarter of it is the limit of argv */
	if (!strcmp(mode, "execveat"))
		run_fd(open_file(argv[2]), argv + 2);
	if (!strcmp(mode, "memfd"))
		run_fd(copy_to_memory(argv[2], argv[3]), argv + 3);
	if (!strcmp(mode, "deleted")) {
		int fd = open_file(argv[2]);

		unlink(argv[2]);
		run_fd(fd, argv + 2);
	}
	if (!strcmp(mode, "hex")) {
		for (int i = 3; i < argc; i++)
			argv[i] = unhex(argv[i]);
		execv(argv[2], argv + 2);
		fail(argv[2]);
	}
	if (!strcmp(mode, "empty")) {
		execve(argv[2], argv + argc, environ);
		fail(argv[2]);
	}
	if (!strcmp(mode, "many")) {
		execv(argv[3], fill(argv + 3, atoi(argv[2]), 1));
		fail(argv[3]);
	}
	if (!strcmp(mode, "big")) {
		execv(argv[4], fill(argv + 4, atoi(argv[2]), atoi(argv[3])));
		fail(argv[4]);
	}
	if (!strcmp(mode, "storm")) {
		storm(atoi(argv[2]), atoi(argv[3]), argv[4], argv + 4);
		return 0;
	}
	fprintf(stderr, "launch: no mode '%s', see the comment in launch.c\n", mode);
	return 64;
}
