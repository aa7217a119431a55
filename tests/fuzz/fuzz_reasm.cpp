// SPDX-License-Identifier: GPL-2.0-only
// The dual queue beside its reference, driven by the input: segments in any order, cut
// anywhere, some of which say other things; losses behind the gateway; acknowledgements,
// verdicts that wait. What the receiver reads is what was inspected.
//
//	flags 1: bit 0 no fast pass, 1 verdicts wait, 2 few pieces
//	then operations, a hundred at most: kind 1, and what it needs
#include "input.h"
#include "../unit/reasm_model.h"

using namespace p2p;

namespace {

class Run {
public:
	Run(Input &in, unsigned flags)
		: in_{in}, gateway_{0xffffff80u, [this](std::uint64_t at, char) {
			  return at < until_ ? P2P_CLEARED : P2P_WAITS;
		  }}
	{
		gateway_.env().hold = flags & 1;
		until_ = flags & 2 ? 0 : ~0ull;
		gateway_.env().max_pieces = flags & 4 ? 12 : 4096;
	}
	void step()
	{
		unsigned kind = in_.u8();
		switch (kind & 7) {
		case 0:
			acknowledge();
			break;
		case 1:
			let_go(in_.u8());
			break;
		default:
			send(kind);
		}
		const auto &read = receiver_.read(), &seen = gateway_.seen();
		MUST(read.size() <= gateway_.cleared());
		MUST(seen.compare(0, read.size(), read) == 0);
	}

private:
	void send(unsigned kind)
	{
		Segment s{acked_ + in_.u8(), {}};
		std::size_t len = in_.u8() & 63;
		for (std::size_t i = 0; i < len; i++)
			s.bytes += char((s.at + i) * 37 >> 2);
		if (kind & 8 && len)
			s.bytes[len / 2] ^= 1;
		auto what = gateway_.send(s);
		reference_.check(s, what, gateway_.env().hold);
		if (p2p_segment_fate(what) == P2P_HOLD)
			held_.push_back(s);
		if (p2p_segment_fate(what) == P2P_FORWARD && !(kind & 16))
			receiver_.take(s);
		release();
	}
	void release()
	{
		std::erase_if(held_, [&](const Segment &s) {
			if (s.end() > gateway_.cleared())
				return false;
			receiver_.take(s);
			return true;
		});
	}
	void acknowledge()
	{
		acked_ = receiver_.read().size();
		auto what = gateway_.ack(acked_);
		MUST(what == P2P_ACK_OLD || what == P2P_ACK_NEW);
		reference_.acked(acked_);
	}
	void let_go(unsigned more)
	{
		if (until_ == ~0ull)
			return;
		until_ = gateway_.seen().size() + more;
		if (gateway_.resume() == P2P_CLEARED)
			reference_.released();
		release();
	}

	Input &in_;
	std::uint64_t until_ = 0;
	Gateway gateway_;
	Receiver receiver_;
	Reference reference_;
	std::vector<Segment> held_;
	std::uint64_t acked_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in{data, size};
	Run run{in, in.u8()};

	for (int n = 0; n < 100 && !in.empty(); n++)
		run.step();
	return 0;
}
