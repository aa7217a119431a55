// SPDX-License-Identifier: GPL-2.0-only
#include "sandbox.hpp"

#include <cap-ng.h>
#include <fcntl.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

#include "error.hpp"
#include "file.hpp"

namespace p2padm
{

namespace
{

/** What may be called with any arguments */
constexpr int allowed[] = {
	// events, time, signals
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
	// files
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(fcntl), SCMP_SYS(lseek),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(fsync), SCMP_SYS(flock),
	SCMP_SYS(ftruncate), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	// sockets that socket() let be made
	SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom),
	// memory, and what libraries ask for
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),
	// the end; abort() asks for a signal to itself
	SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

/** @param error as libseccomp says it: negative */
void check(int error)
{
	if (error)
		throw SystemError("making the filter of system calls", -error);
}

template <typename... Conditions>
void allow(const Filter &filter, int call, Conditions... conditions)
{
	check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, sizeof...(conditions),
			       conditions...));
}

void allow_some_of(const Filter &filter)
{
	// nothing that is written becomes a program
	const scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	allow(filter, SCMP_SYS(mmap), no_code);
	allow(filter, SCMP_SYS(mprotect), no_code);
	// the gateway, and the service manager
	allow(filter, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0));
	allow(filter, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	// names of interfaces
	allow(filter, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, SIOCGIFNAME, 0));
}

const passwd *find_user(const std::string &user)
{
	const passwd *entry = getpwnam(user.c_str());

	if (!entry)
		throw std::runtime_error("there is no user " + user + ": useradd --system " + user +
					 " makes one, --user names another");
	return entry;
}

/** @param flags O_DIRECTORY or 0 */
void give(const std::filesystem::path &path, int flags, const passwd &user)
{
	const auto fd = FileDescriptor::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);

	if (fchown(fd.get(), user.pw_uid, user.pw_gid))
		throw SystemError("giving " + path.string() + " to " + user.pw_name, errno);
}

} // namespace

void prepare_directory(const std::filesystem::path &path, const std::string &user)
{
	if (path.empty() || std::filesystem::is_directory(path))
		return;
	if (path != path.parent_path())
		prepare_directory(path.parent_path(), user);
	if (mkdir(path.c_str(), 0750)) {
		if (errno == EEXIST) // another one was first, and made what it needs
			return;
		throw SystemError("creating " + path.string(), errno);
	}
	if (!user.empty())
		give(path, O_DIRECTORY, *find_user(user));
}

void adopt_directory(const std::filesystem::path &path, const std::string &user)
{
	struct stat st {};

	prepare_directory(path, user);
	if (user.empty() || lstat(path.c_str(), &st) || st.st_uid != 0)
		return;
	const passwd *entry = find_user(user);

	// it is root's: nobody else can have put anything there
	for (const auto &file : std::filesystem::directory_iterator(path))
		if (file.is_regular_file() && !file.is_symlink())
			give(file.path(), 0, *entry);
	give(path, O_DIRECTORY, *entry);
}

void drop_privileges(const std::string &user)
{
	const bool root = geteuid() == 0;
	int error;

	capng_clear(CAPNG_SELECT_BOTH);
	capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
		     CAP_NET_ADMIN);
	if (!user.empty()) {
		const passwd *entry = find_user(user);

		error = capng_change_id(static_cast<int>(entry->pw_uid),
					static_cast<int>(entry->pw_gid),
					static_cast<capng_flags_t>(CAPNG_DROP_SUPP_GRP |
								   CAPNG_CLEAR_BOUNDING));
	} else {
		// who is not root has no say in the bounding set
		error = capng_apply(root ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
	}
	if (error)
		throw std::runtime_error("capabilities cannot be given up" +
					 (user.empty() ? "" : ", or user " + user + " not be become") +
					 ": libcap-ng says " + std::to_string(error));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		throw SystemError("setting no_new_privs", errno);
}

void confine()
{
	const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS), seccomp_release);

	if (!filter)
		throw std::bad_alloc();
	for (const int call : allowed)
		allow(filter, call);
	allow_some_of(filter);
	check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1));
	check(seccomp_load(filter.get()));
}

} // namespace p2padm
