// SPDX-License-Identifier: GPL-2.0-only
/** What kmod/stream.c does with a TCP flow, in a program: the same core over copies. */
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>

#include "core/decode.h"
#include "core/match.h"
#include "core/reading.h"

namespace bench
{

/** What was done, over all flows. */
struct Tally {
	std::uint64_t bytes_read = 0; /* in order */
	std::uint64_t ordered = 0;    /* segments that were the next */
	std::uint64_t other = 0;      /* all others with payload */
	std::uint64_t dropped = 0;
	std::uint64_t named = 0;
};

/** A packet at hand. */
struct Packet {
	const p2p_pkt &pkt;
	std::span<const std::uint8_t> bytes; /* from the network header on */
};

class UserFlow
{
public:
	UserFlow(const p2p_content *content, Tally &tally, unsigned first);
	UserFlow(const UserFlow &) = delete;
	~UserFlow();

	/** Does it pass? */
	bool packet(const Packet &packet);

private:
	friend struct Callbacks;
	enum class State { undecided, read, unread };

	void note_syn(const Packet &packet);
	void note_ack(const Packet &packet);
	void classify(const Packet &packet);
	void begin_reading(p2p_proto proto);
	p2p_reasm_env env();

	const p2p_content *content_;
	Tally &tally_;
	unsigned first_; /* direction of the first packet */
	unsigned dir_ = 0; /* that is inspected: 0 for @first_ */
	const Packet *at_hand_ = nullptr;
	State state_ = State::undecided;
	p2p_inspect inspect_;
	p2p_reading reading_;
	struct {
		p2p_reasm queue;
		std::uint8_t scale = 14;
	} side_[2];
};

/** All flows of a program. */
class UserTable
{
public:
	explicit UserTable(const p2p_content *content) : content_(content) {}

	/** Does it pass? What is not TCP does. */
	bool packet(std::uint16_t ethertype, std::span<const std::uint8_t> bytes);
	const Tally &tally() const { return tally_; }

private:
	struct Hash {
		std::size_t operator()(const p2p_key &key) const;
	};
	struct Equal {
		bool operator()(const p2p_key &a, const p2p_key &b) const
		{
			return p2p_key_equal(&a, &b);
		}
	};

	const p2p_content *content_;
	Tally tally_;
	std::unordered_map<p2p_key, std::unique_ptr<UserFlow>, Hash, Equal> flows_;
};

} // namespace bench
