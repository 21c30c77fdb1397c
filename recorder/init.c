// SPDX-License-Identifier: MIT
/* The first process of an initramfs: file systems, KVM's modules, the console, power off. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "recorder.h"

bool is_init(void)
{
	return getpid() == 1;
}

/* Modules of /modules, in the order of their names. */
static void load_modules(void)
{
	struct dirent **entry;
	int n = scandir("/modules", &entry, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[300];

		if (entry[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/modules/%s", entry[i]->d_name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		/* Of kvm-amd and kvm-intel one is for another CPU. */
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			remark("%s: %s", entry[i]->d_name, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

void init_begin(void)
{
	struct termios terminal;

	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	int console = open("/dev/console", O_RDWR);

	if (console >= 0) {
		dup2(console, 0);
		dup2(console, 1);
		dup2(console, 2);
	}
	if (!tcgetattr(1, &terminal)) {
		cfmakeraw(&terminal);
		tcsetattr(1, TCSANOW, &terminal);
	}
	load_modules();
}

/* The programs of /tests, one after the other. */
void init_run_tests(void)
{
	struct dirent **entry;
	int n = scandir("/tests", &entry, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[300];
		int status = 0;

		if (entry[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/tests/%s", entry[i]->d_name);
		remark("test %s", entry[i]->d_name);
		fflush(stdout);
		pid_t child = fork();

		if (!child) {
			execl(path, path, (char *)NULL);
			_exit(127);
		}
		if (child > 0)
			waitpid(child, &status, 0);
		printf("# status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		fflush(stdout);
	}
}

void init_end(void)
{
	fflush(stdout);
	tcdrain(1);
	sync();
	usleep(300000);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
