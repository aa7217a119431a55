// SPDX-License-Identifier: GPL-2.0-only
/**
 * RAII over libnl: a message, a socket, one request and its answers.
 *
 * libnl 3.7 turns the kernel's errno into its own codes and drops extack, so
 * both are taken from the error message here.
 */
#ifndef P2PADM_CTL_NETLINK_HPP
#define P2PADM_CTL_NETLINK_HPP

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

struct nl_msg;
struct nl_sock;
struct nlattr;
struct nlmsghdr;

namespace p2padm::netlink
{

/**
 * Attributes of one message or nest, by number
 *
 * An attribute that is absent or too short reads as zero or "": a kernel may
 * be older or newer than this program.
 */
class Attributes
{
public:
	/** What follows @p header_size bytes of a message's fixed header */
	Attributes(nlmsghdr *message, int header_size, int max);
	/** What is in @p nest; nothing when it is null */
	Attributes(nlattr *nest, int max);

	nlattr *operator[](int attribute) const
	{
		return table_[static_cast<std::size_t>(attribute)];
	}
	std::string string(int attribute) const;
	/** A number or fixed struct */
	template <typename T> T value(int attribute) const
	{
		static_assert(std::is_trivially_copyable_v<T>);
		T out{};

		copy(attribute, &out, sizeof(out));
		return out;
	}

private:
	void copy(int attribute, void *to, std::size_t size) const;

	std::vector<nlattr *> table_;
};

/** An attribute's payload as text, up to its NUL or its end */
std::string text_of(const nlattr *attribute);

/** A request under construction */
class Message
{
public:
	/** A message of @p type with @p flags (NLM_F_*) and no payload yet */
	Message(int type, int flags);
	/** A generic netlink request: @p command of @p family */
	static Message generic(int family, std::uint8_t command,
			       std::uint8_t version, int flags);

	void put_u8(int attribute, std::uint8_t value);
	void put_string(int attribute, const std::string &value);
	/** Everything that @p fill puts goes into a nest */
	void put_nest(int attribute, const std::function<void()> &fill);

	/** Append a family's fixed header */
	template <typename Header> void append(const Header &header)
	{
		static_assert(std::is_trivially_copyable_v<Header>);
		append_bytes(&header, sizeof(header));
	}

	nl_msg *get() const noexcept
	{
		return msg_.get();
	}

private:
	struct Free {
		void operator()(nl_msg *msg) const noexcept;
	};
	explicit Message(nl_msg *msg);
	void append_bytes(const void *data, std::size_t size);

	std::unique_ptr<nl_msg, Free> msg_;
};

/** A connected netlink socket of the caller's network namespace */
class Socket
{
public:
	using Handler = std::function<void(nlmsghdr *)>;

	/** @throw SystemError */
	explicit Socket(int protocol);

	/**
	 * Send @p request and hand each answer to @p handler until the kernel
	 * says that it is done.
	 *
	 * @param operation names request and object in errors
	 * @throw SystemError with the kernel's errno and extack text, or what
	 *        @p handler throws
	 */
	void transact(const std::string &operation, const Message &request,
		      const Handler &handler = {});

	nl_sock *get() const noexcept
	{
		return sock_.get();
	}

private:
	struct Free {
		void operator()(nl_sock *sock) const noexcept;
	};

	std::unique_ptr<nl_sock, Free> sock_;
};

} // namespace p2padm::netlink

#endif
