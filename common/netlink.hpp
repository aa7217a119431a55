// SPDX-License-Identifier: GPL-2.0-only
/**
 * RAII over libnl: a message, a socket, one request and its answers.
 *
 * libnl 3.7 turns the kernel's errno into its own codes and drops extack, so
 * both are taken from the error message here.
 */
#ifndef P2PADM_COMMON_NETLINK_HPP
#define P2PADM_COMMON_NETLINK_HPP

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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
	/** Of an attribute that is repeated, each */
	std::vector<std::string> strings(int attribute) const;
	/** An array of numbers or fixed structs; what is left of a whole one is left out */
	template <typename T> std::vector<T> array(int attribute) const
	{
		static_assert(std::is_trivially_copyable_v<T>);
		std::vector<T> out(size(attribute) / sizeof(T));

		if (!out.empty())
			copy(attribute, out.data(), out.size() * sizeof(T));
		return out;
	}
	/** A number or fixed struct, nothing where it is absent */
	template <typename T> std::optional<T> maybe(int attribute) const
	{
		if (!(*this)[attribute])
			return std::nullopt;
		return value<T>(attribute);
	}
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
	std::size_t size(int attribute) const;

	std::vector<nlattr *> table_;
	nlattr *first_;
	int length_;
};

/** An attribute's payload as text, up to its NUL or its end */
std::string text_of(const nlattr *attribute);

/** A request under construction */
class Message
{
public:
	/** A message of @p type with @p flags (NLM_F_*) and no payload yet */
	Message(int type, int flags);
	/** A generic netlink request: @p command of @p family; @p room: bytes it may have */
	static Message generic(int family, std::uint8_t command, std::uint8_t version,
			       int flags, std::size_t room = 4096);

	void put_u8(int attribute, std::uint8_t value);
	/** A number or fixed struct */
	template <typename T> void put(int attribute, const T &value)
	{
		static_assert(std::is_trivially_copyable_v<T>);
		put_bytes(attribute, &value, sizeof(value));
	}
	/** An array of them; nothing where it is empty */
	template <typename T> void put_array(int attribute, std::span<const T> values)
	{
		static_assert(std::is_trivially_copyable_v<T>);
		if (!values.empty())
			put_bytes(attribute, values.data(), values.size_bytes());
	}
	void put_flag(int attribute);
	void put_string(int attribute, const std::string &value);
	/** Everything that @p fill puts goes into a nest */
	void put_nest(int attribute, const std::function<void()> &fill);

	/** Append a family's fixed header */
	template <typename Header> void append(const Header &header)
	{
		static_assert(std::is_trivially_copyable_v<Header>);
		append_bytes(&header, sizeof(header));
	}

	/** Bytes it has by now */
	std::size_t size() const;

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
	void put_bytes(int attribute, const void *data, std::size_t size);

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
