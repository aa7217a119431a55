// SPDX-License-Identifier: GPL-2.0-only
/** Each test gives up its privileges in a child; the lab test looks at the daemon's own. */
#include "sandbox.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "directory.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

/** As _exit(), before which sanitizers make a call of their own */
void leave(int status)
{
	syscall(SYS_exit_group, status);
}

/** How a child ends that does it: waitpid(2)'s status */
int in_child(const std::function<void()> &act)
{
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		try {
			act();
		} catch (...) {
			leave(3);
		}
		leave(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

void enter()
{
	drop_privileges("");
	confine();
}

TEST(Sandbox, WhatIsNeededWorks)
{
	const int status = in_child([] {
		enter();
		if (access("/", R_OK) || getpid() == 0)
			leave(4);
	});

	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Sandbox, HoldsInAThreadThatIsThere)
{
	const int status = in_child([] {
		std::atomic<bool> go = false;
		std::thread other([&go] {
			while (!go)
				std::this_thread::yield();
			execl("/bin/true", "true", nullptr);
		});

		drop_privileges("");
		confine();
		go = true;
		other.join();
	});

	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
}

TEST(Sandbox, WhatIsNotNeededKills)
{
	const std::function<void()> calls[] = {
		[] { execl("/bin/true", "true", nullptr); },
		[] { syscall(SYS_ptrace, 0, 0, 0, 0); },
		[] { syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); },
		[] { syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); },
		[] { syscall(SYS_chmod, "/", 0755); },
	};

	for (const auto &call : calls) {
		const int status = in_child([&] {
			enter();
			call();
		});

		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
	}
}

TEST(Sandbox, NoNewPrivileges)
{
	const int status = in_child([] {
		drop_privileges("");
		leave(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 4);
	});

	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Sandbox, AUserThatIsNotThereIsAnError)
{
	EXPECT_THROW(drop_privileges("nobody-of-that-name"), std::runtime_error);
}

TEST(Sandbox, DirectoriesAreMadeOnce)
{
	Directory dir;

	prepare_directory(dir / "a/b", "");
	EXPECT_TRUE(std::filesystem::is_directory(dir / "a/b"));
	prepare_directory(dir / "a/b", "nobody-of-that-name"); // it is there: left alone
	EXPECT_THROW(prepare_directory(dir / "c", "nobody-of-that-name"), std::runtime_error);
}

} // namespace
