// SPDX-License-Identifier: GPL-2.0-only
/** What can go wrong. */
#ifndef P2PADM_COMMON_ERROR_HPP
#define P2PADM_COMMON_ERROR_HPP

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

#include <cstring>

namespace p2padm
{

/**
 * A system call or a netlink request that failed
 *
 * @c what() reads "<operation>: <errno's text>" and the kernel's own words
 * behind it when it gave some.
 */
class SystemError : public std::runtime_error
{
public:
	SystemError(const std::string &operation, int code,
		    std::string kernel_text = {})
		: std::runtime_error(operation + ": " + std::strerror(code) +
				     (kernel_text.empty() ?
					      "" :
					      " (kernel: " + kernel_text + ")")),
		  code_(code), kernel_text_(std::move(kernel_text))
	{
	}

	int code() const noexcept
	{
		return code_;
	}
	const std::string &kernel_text() const noexcept
	{
		return kernel_text_;
	}

private:
	int code_; // errno
	std::string kernel_text_;
};

/** The module is not loaded, or this namespace has no gateway */
class NoGateway : public std::runtime_error
{
	using std::runtime_error::runtime_error;
};

} // namespace p2padm

#endif
