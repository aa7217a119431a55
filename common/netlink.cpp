// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.hpp"

#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <linux/netlink.h>
#include <sys/socket.h>

#include <exception>
#include <new>

#include "error.hpp"

namespace p2padm::netlink
{

namespace
{

// libnl has codes of its own; those that stand for an errno, back to it.
int to_errno(int nl_error)
{
	switch (nl_error < 0 ? -nl_error : nl_error) {
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_PERM:
		return EPERM;
	case NLE_NOACCESS:
		return EACCES;
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
		return EPROTONOSUPPORT;
	case NLE_MSG_TRUNC:
	case NLE_MSG_TOOSHORT:
	case NLE_PARSE_ERR:
		return EBADMSG;
	default: // libnl's list is not ours and not closed
		return EIO;
	}
}

/** What the callbacks of one transaction share */
struct Transaction {
	const Socket::Handler *handler = nullptr;
	bool done = false;
	int error = 0; // positive errno
	std::string extack;
	std::exception_ptr thrown; // must not cross libnl's C frames
};

void take_extack(Transaction &t, const nlmsghdr *hdr, int offset)
{
	const int total = static_cast<int>(hdr->nlmsg_len) - NLMSG_HDRLEN;

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS) || offset > total)
		return;
	const auto *attrs = reinterpret_cast<const nlattr *>(
		reinterpret_cast<const char *>(hdr) + NLMSG_HDRLEN + offset);
	const nlattr *msg = nla_find(attrs, total - offset, NLMSGERR_ATTR_MSG);
	if (!msg)
		return;
	t.extack = text_of(msg);
}

int on_error(sockaddr_nl *, nlmsgerr *err, void *arg)
{
	auto &t = *static_cast<Transaction *>(arg);
	const auto *hdr = reinterpret_cast<const nlmsghdr *>(
		reinterpret_cast<const char *>(err) - NLMSG_HDRLEN);
	int offset = NLMSG_ALIGN(sizeof(*err));

	// uncapped: the request follows, then the attributes
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED) &&
	    err->msg.nlmsg_len >= NLMSG_HDRLEN)
		offset += NLMSG_ALIGN(err->msg.nlmsg_len - NLMSG_HDRLEN);
	t.error = -err->error;
	take_extack(t, hdr, offset);
	t.done = true;
	return NL_STOP;
}

int on_finish(nl_msg *msg, void *arg)
{
	auto &t = *static_cast<Transaction *>(arg);
	const nlmsghdr *hdr = nlmsg_hdr(msg);

	// a dump that failed half-way says so in its NLMSG_DONE
	if (nlmsg_datalen(hdr) >= static_cast<int>(sizeof(int))) {
		int result;

		memcpy(&result, nlmsg_data(hdr), sizeof(result));
		if (result < 0) {
			t.error = -result;
			take_extack(t, hdr, NLMSG_ALIGN(sizeof(int)));
		}
	}
	t.done = true;
	return NL_STOP;
}

int on_ack(nl_msg *, void *arg)
{
	static_cast<Transaction *>(arg)->done = true;
	return NL_STOP;
}

int on_valid(nl_msg *msg, void *arg)
{
	auto &t = *static_cast<Transaction *>(arg);

	if (t.thrown || !*t.handler)
		return NL_OK;
	try {
		(*t.handler)(nlmsg_hdr(msg));
	} catch (...) {
		t.thrown = std::current_exception();
	}
	return NL_OK;
}

struct FreeCallbacks {
	void operator()(nl_cb *cb) const noexcept
	{
		nl_cb_put(cb);
	}
};

void check_put(int result)
{
	if (result < 0)
		throw SystemError("composing a netlink message", EMSGSIZE);
}

} // namespace

std::string text_of(const nlattr *attribute)
{
	const auto *text = static_cast<const char *>(nla_data(attribute));

	return { text, strnlen(text, nla_len(attribute)) };
}

Attributes::Attributes(nlmsghdr *message, int header_size, int max)
	: table_(max + 1), first_(nlmsg_attrdata(message, header_size)),
	  length_(nlmsg_attrlen(message, header_size))
{
	if (nlmsg_parse(message, header_size, table_.data(), max, nullptr) < 0)
		throw SystemError("reading the kernel's answer", EBADMSG);
}

Attributes::Attributes(nlattr *nest, int max)
	: table_(max + 1), first_(nest ? static_cast<nlattr *>(nla_data(nest)) : nullptr),
	  length_(nest ? nla_len(nest) : 0)
{
	if (nest && nla_parse_nested(table_.data(), max, nest, nullptr) < 0)
		throw SystemError("reading the kernel's answer", EBADMSG);
}

std::string Attributes::string(int attribute) const
{
	const nlattr *attr = (*this)[attribute];

	return attr ? text_of(attr) : std::string();
}

std::vector<std::string> Attributes::strings(int attribute) const
{
	std::vector<std::string> out;
	nlattr *at;
	int left;

	nla_for_each_attr(at, first_, length_, left)
		if (nla_type(at) == attribute)
			out.push_back(text_of(at));
	return out;
}

std::size_t Attributes::size(int attribute) const
{
	const nlattr *attr = (*this)[attribute];

	return attr ? static_cast<std::size_t>(nla_len(attr)) : 0;
}

void Attributes::copy(int attribute, void *to, std::size_t size) const
{
	const nlattr *attr = (*this)[attribute];

	if (attr && static_cast<std::size_t>(nla_len(attr)) >= size)
		std::memcpy(to, nla_data(attr), size);
}

void Message::Free::operator()(nl_msg *msg) const noexcept
{
	nlmsg_free(msg);
}

Message::Message(nl_msg *msg) : msg_(msg)
{
	if (!msg)
		throw std::bad_alloc();
}

Message::Message(int type, int flags) : Message(nlmsg_alloc_simple(type, flags))
{
}

Message Message::generic(int family, std::uint8_t command, std::uint8_t version,
			 int flags, std::size_t room)
{
	Message message(nlmsg_alloc_size(room));

	if (!genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
			 flags, command, version))
		throw std::bad_alloc();
	return message;
}

void Message::put_u8(int attribute, std::uint8_t value)
{
	check_put(nla_put_u8(get(), attribute, value));
}

void Message::put_string(int attribute, const std::string &value)
{
	check_put(nla_put_string(get(), attribute, value.c_str()));
}

void Message::put_nest(int attribute, const std::function<void()> &fill)
{
	nlattr *nest = nla_nest_start(get(), attribute | NLA_F_NESTED);

	check_put(nest ? 0 : -NLE_NOMEM);
	fill();
	nla_nest_end(get(), nest);
}

void Message::put_flag(int attribute)
{
	check_put(nla_put_flag(get(), attribute));
}

void Message::put_bytes(int attribute, const void *data, std::size_t size)
{
	static constexpr std::size_t longest = 0xffff - NLA_HDRLEN;

	check_put(size > longest ? -NLE_NOMEM :
				   nla_put(get(), attribute, static_cast<int>(size), data));
}

std::size_t Message::size() const
{
	return nlmsg_hdr(get())->nlmsg_len;
}

void Message::append_bytes(const void *data, std::size_t size)
{
	check_put(nlmsg_append(get(), const_cast<void *>(data), size, NLMSG_ALIGNTO));
}

void Socket::Free::operator()(nl_sock *sock) const noexcept
{
	nl_socket_free(sock);
}

Socket::Socket(int protocol) : sock_(nl_socket_alloc())
{
	const int on = 1;

	if (!sock_)
		throw std::bad_alloc();
	if (const int rc = nl_connect(get(), protocol); rc < 0)
		throw SystemError("opening a netlink socket",
				  errno ? errno : to_errno(rc));
	// old kernels know no extack: errors are then only shorter
	setsockopt(nl_socket_get_fd(get()), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
}

void Socket::transact(const std::string &operation, const Message &request,
		      const Handler &handler)
{
	Transaction t;
	std::unique_ptr<nl_cb, FreeCallbacks> cb(nl_cb_alloc(NL_CB_DEFAULT));

	if (!cb)
		throw std::bad_alloc();
	t.handler = &handler;
	nl_cb_err(cb.get(), NL_CB_CUSTOM, on_error, &t);
	nl_cb_set(cb.get(), NL_CB_FINISH, NL_CB_CUSTOM, on_finish, &t);
	nl_cb_set(cb.get(), NL_CB_ACK, NL_CB_CUSTOM, on_ack, &t);
	nl_cb_set(cb.get(), NL_CB_VALID, NL_CB_CUSTOM, on_valid, &t);

	if (const int rc = nl_send_auto(get(), request.get()); rc < 0)
		throw SystemError(operation, to_errno(rc));
	while (!t.done) {
		const int rc = nl_recvmsgs(get(), cb.get());

		// an interrupted dump goes on: what changes meanwhile is
		// allowed to be missed
		if (rc < 0 && rc != -NLE_DUMP_INTR && !t.done)
			throw SystemError(operation, to_errno(rc));
	}
	if (t.thrown)
		std::rethrow_exception(t.thrown);
	if (t.error)
		throw SystemError(operation, t.error, t.extack);
}

} // namespace p2padm::netlink
