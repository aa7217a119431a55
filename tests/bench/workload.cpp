// SPDX-License-Identifier: GPL-2.0-only
#include "workload.hpp"

#include <algorithm>
#include <deque>
#include <string_view>

namespace bench
{

namespace
{

std::vector<std::uint8_t> text(std::string_view s)
{
	return { s.begin(), s.end() };
}

std::vector<std::uint8_t> operator+(std::vector<std::uint8_t> a,
				    const std::vector<std::uint8_t> &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

/** The first 68 bytes of a peer connection (BEP 3). */
Payload handshake(std::uint64_t seed)
{
	using namespace std::literals;
	Random random(seed);

	return Payload(text("\x13" "BitTorrent protocol\0\0\0\0\0\x10\0\x05"sv) +
		       random.bytes(40));
}

/** Begins like a TLS record: a hello of @type (1 client, 2 server). */
Payload hello(std::uint8_t type, std::size_t len)
{
	Random random(type);
	const auto rest = static_cast<std::uint8_t>((len - 9) & 0xff);
	std::vector<std::uint8_t> head{ 22, 3, 1, 1, static_cast<std::uint8_t>(rest + 4),
					type, 0, 1, rest, 3, 3 };

	return Payload(head + random.bytes(len - head.size()));
}

/** A message header of BEP 3: length, id, index, begin. */
std::vector<std::uint8_t> message(std::uint32_t len, std::uint8_t id, std::uint8_t index)
{
	return { 0, 0, static_cast<std::uint8_t>(len >> 8), static_cast<std::uint8_t>(len),
		 id, 0, 0, 0, index, 0, 0, 0x40, 0 };
}

/** Bytes of payload in a full segment on the wire. */
constexpr std::uint16_t full = 1448;

/** One TCP connection's frames, with the sequence numbers that they need. */
class Stream
{
public:
	explicit Stream(const Tuple &tuple) : tuple_(tuple) {}

	Frame segment(Side from, std::uint8_t flags, const Payload &payload)
	{
		auto &seq = seq_[static_cast<int>(from)];
		const Frame frame = tcp(tuple_, from, flags, seq,
					seq_[static_cast<int>(other(from))], payload);

		seq += static_cast<std::uint32_t>(payload.bytes().size()) +
		       (flags & (SYN | FIN) ? 1 : 0);
		return frame;
	}
	Frame data(Side from, const Payload &payload)
	{
		return segment(from, ACK | PSH, payload);
	}
	Frame plain(Side from, std::uint8_t flags) { return segment(from, flags, none_); }
	/** As a network card and GRO hand it on. */
	Frame merged(Side from, const Payload &payload)
	{
		auto &seq = seq_[static_cast<int>(from)];
		const Frame frame = tcp_merged(tuple_, from, ACK, seq,
					       seq_[static_cast<int>(other(from))], payload, full);

		seq += static_cast<std::uint32_t>(payload.bytes().size());
		return frame;
	}
	/** The first of a side, with what TCP agrees on then. */
	Frame begin(Side from, std::uint8_t flags)
	{
		return tcp_begin(tuple_, from, flags, seq_[static_cast<int>(from)]++,
				 seq_[static_cast<int>(other(from))]);
	}

private:
	static inline const Payload none_;
	Tuple tuple_;
	std::uint32_t seq_[2] = { 0x10000000, 0x20000000 };
};

/* -- settled -------------------------------------------------------------- */

class Settled : public Workload
{
public:
	explicit Settled(const Shape &shape)
		: shape_(shape), seq_(shape.flows), client_(hello(1, 64)),
		  data_(Random(7).bytes(shape.payload))
	{
	}

	std::uint32_t units() const override { return batch; }

	std::vector<Frame> setup() override
	{
		std::vector<Frame> syns, answers, hellos;

		for (; begun_ < shape_.flows && syns.size() < batch; begun_++) {
			Stream stream(tuple(begun_));

			syns.push_back(stream.plain(Side::a, SYN));
			answers.push_back(stream.plain(Side::b, SYN | ACK));
			hellos.push_back(stream.data(Side::a, client_));
		}
		std::ranges::copy(answers, std::back_inserter(syns));
		std::ranges::copy(hellos, std::back_inserter(syns));
		return syns;
	}

	/* Bursts from either side, every packet of another flow. */
	std::vector<Frame> next() override
	{
		std::vector<Frame> frames;

		for (std::uint32_t i = 0; i < batch; i++) {
			const Side from = i / burst % 2 ? Side::b : Side::a;
			auto &seq = seq_[at_];

			frames.push_back(tcp(tuple(at_), from, ACK,
					     0x30000000 + seq, 0x30000000 + seq, data_));
			seq += shape_.payload;
			/* a prime step: every flow once before any twice */
			at_ = static_cast<std::uint32_t>((at_ + 7368787ull) % shape_.flows);
		}
		return frames;
	}

private:
	static constexpr std::uint32_t batch = 128, burst = 32;

	Tuple tuple(std::uint32_t index) const
	{
		return make_tuple(index, shape_.space, shape_.ipv6);
	}

	Shape shape_;
	std::vector<std::uint32_t> seq_;
	Payload client_, data_;
	std::uint32_t begun_ = 0, at_ = 0;
};

/* -- short connections ---------------------------------------------------- */

class Short : public Workload
{
public:
	Short(const Shape &shape, Payload client, Payload server)
		: shape_(shape), client_(std::move(client)), server_(std::move(server)),
		  full_(Random(8).bytes(shape.ipv6 ? 1428 : 1448)),
		  rest_(Random(9).bytes(2048 - full_.bytes().size()))
	{
	}

	std::string unit() const override { return "connection"; }
	std::uint32_t units() const override { return batch; }

	/* The connections of a batch go side by side, step by step. */
	std::vector<Frame> next() override
	{
		std::vector<std::vector<Frame>> all;
		std::vector<Frame> frames;

		for (std::uint32_t i = 0; i < batch; i++)
			all.push_back(connection(make_tuple(next_++, shape_.space, shape_.ipv6)));
		for (std::size_t step = 0; step < all[0].size(); step++)
			for (const auto &one : all)
				frames.push_back(one[step]);
		return frames;
	}

private:
	static constexpr std::uint32_t batch = 8;

	std::vector<Frame> connection(const Tuple &tuple) const
	{
		constexpr Side a = Side::a, b = Side::b;
		Stream s(tuple);

		/* in the order of the list: braces say so */
		return {
			s.plain(a, SYN),      s.plain(b, SYN | ACK),
			s.plain(a, ACK),      s.data(a, client_),
			s.plain(b, ACK),      s.data(b, server_),
			s.plain(a, ACK),      s.data(b, full_),
			s.data(b, rest_),     s.plain(a, ACK),
			s.plain(a, FIN | ACK), s.plain(b, FIN | ACK),
			s.plain(a, ACK),
		};
	}

	Shape shape_;
	Payload client_, server_, full_, rest_;
	std::uint32_t next_ = 0;
};

/* -- new flows ------------------------------------------------------------ */

class New : public Workload
{
public:
	explicit New(const Shape &shape) : shape_(shape) {}

	std::uint32_t units() const override { return batch; }

	std::vector<Frame> next() override
	{
		std::vector<Frame> frames;

		for (std::uint32_t i = 0; i < batch; i++)
			frames.push_back(Stream(make_tuple(next_++, shape_.space, shape_.ipv6))
						 .plain(Side::a, SYN));
		return frames;
	}

private:
	static constexpr std::uint32_t batch = 128;

	Shape shape_;
	std::uint32_t next_ = 0;
};

/* -- a swarm -------------------------------------------------------------- */

class Swarm : public Workload
{
public:
	explicit Swarm(const Shape &shape) : shape_(shape), actors_(actors) {}

	std::uint32_t units() const override { return batch; }

	/* A few turns over all actors, so that they are not in step. */
	std::vector<Frame> setup() override
	{
		return warm_++ < actors * 40 / batch ? next() : std::vector<Frame>{};
	}

	std::vector<Frame> next() override
	{
		std::vector<Frame> frames;

		while (frames.size() < batch) {
			Actor &actor = actors_[random_.below(actors)];

			if (actor.at == actor.script.size())
				actor = { begin(), 0 };
			frames.push_back(actor.script[actor.at++]);
		}
		return frames;
	}

private:
	static constexpr std::uint32_t batch = 128, actors = 64;
	static constexpr Side a = Side::a, b = Side::b;

	/** Whoever has frames to send, in order. */
	struct Actor {
		std::vector<Frame> script;
		std::size_t at = 0;
	};

	std::vector<Frame> begin()
	{
		const Tuple tuple = make_tuple(next_++, shape_.space, shape_.ipv6);

		switch (random_.below(4)) {
		case 0:
			return tcp_peer(tuple);
		case 1:
			return utp_peer(tuple);
		default:
			return dht(tuple);
		}
	}

	/* The opening, then blocks of 16 KiB: a request, twelve segments, ACKs. */
	std::vector<Frame> tcp_peer(const Tuple &tuple) const
	{
		Stream s(tuple);
		std::vector<Frame> out{
			s.plain(a, SYN),    s.plain(b, SYN | ACK), s.plain(a, ACK),
			s.data(a, handshake_), s.plain(b, ACK),    s.data(b, handshake_),
			s.data(b, bitfield_), s.plain(a, ACK),     s.data(a, interested_),
			s.data(b, unchoke_),
		};

		for (int block = 0; block < 12; block++) {
			out.push_back(s.data(a, request_));
			for (int i = 0; i < 12; i++) {
				out.push_back(s.data(b, i ? data_ : piece_));
				if (i % 2)
					out.push_back(s.plain(a, ACK));
			}
		}
		out.push_back(s.plain(a, FIN | ACK));
		out.push_back(s.plain(b, FIN | ACK));
		out.push_back(s.plain(a, ACK));
		return out;
	}

	std::vector<Frame> utp_peer(const Tuple &tuple) const
	{
		std::vector<Frame> out{
			udp(tuple, a, utp_syn_), udp(tuple, b, utp_answer_),
			udp(tuple, a, utp_hello_), udp(tuple, b, utp_hello_back_),
		};

		for (int i = 0; i < 100; i++) {
			out.push_back(udp(tuple, b, utp_data_));
			if (i % 2)
				out.push_back(udp(tuple, a, utp_ack_));
		}
		return out;
	}

	std::vector<Frame> dht(const Tuple &tuple) const
	{
		return { udp(tuple, a, query_), udp(tuple, b, reply_) };
	}

	/* BEP 29: type and version, extension, connection, time, difference, window,
	 * seq, ack. A sends on one connection more than it opened; a SYN has no
	 * difference and no ack yet.
	 */
	static Payload utp(std::uint8_t type, Side from, std::uint8_t ack,
			   const std::vector<std::uint8_t> &rest)
	{
		const std::uint8_t first = type == 4, difference = !first;
		const std::uint8_t connection = 0x34 + (from == Side::a && !first);

		return Payload(std::vector<std::uint8_t>{
				       static_cast<std::uint8_t>(type << 4 | 1), 0, 0x12, connection,
				       1, 2, 3, 4, 0, 0, difference, 0, 0, 16, 0, 0, 0, 7, 0, ack } +
			       rest);
	}

	Shape shape_;
	std::vector<Actor> actors_;
	Random random_{ 1 };
	std::uint32_t next_ = 0, warm_ = 0;

	const Payload handshake_ = handshake(3);
	const Payload bitfield_{ std::vector<std::uint8_t>{ 0, 0, 0, 65, 5 } + Random(4).bytes(64) };
	const Payload interested_{ { 0, 0, 0, 1, 2 } };
	const Payload unchoke_{ { 0, 0, 0, 1, 1 } };
	const Payload request_{ message(13, 6, 9) + std::vector<std::uint8_t>{ 0, 0, 0x40, 0 } };
	const Payload piece_{ message(0x4009, 7, 9) + Random(5).bytes(1448 - 13) };
	const Payload data_{ Random(6).bytes(1448) };
	const std::vector<std::uint8_t> hello_{ handshake_.bytes().begin(),
						handshake_.bytes().end() };
	const Payload utp_syn_ = utp(4, a, 0, {});
	const Payload utp_answer_ = utp(2, b, 7, {});
	const Payload utp_hello_ = utp(0, a, 7, hello_);
	const Payload utp_hello_back_ = utp(0, b, 7, hello_);
	const Payload utp_ack_ = utp(2, a, 7, {});
	const Payload utp_data_ = utp(0, b, 7, Random(10).bytes(1380));
	const Payload query_{ text("d1:ad2:id20:abcdefghij01234567899:info_hash20:"
				   "mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe") };
	const Payload reply_{ text("d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth"
				   "6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re") };
};

/* -- transfers ------------------------------------------------------------ */

/** One side's bytes of a transfer: blocks one behind the other, cut at no border of theirs. */
class Blocks
{
public:
	Payload next(std::size_t len)
	{
		std::vector<std::uint8_t> out;

		while (pending_.size() - at_ < len)
			add();
		out.assign(pending_.begin() + at_, pending_.begin() + at_ + static_cast<std::ptrdiff_t>(len));
		at_ += static_cast<std::ptrdiff_t>(len);
		return Payload(std::move(out));
	}

private:
	/* length, id, piece, begin: pieces of 256 KiB */
	void add()
	{
		static const auto block = Random(13).bytes(1 << 14);
		const std::uint32_t piece = n_ / 16, begin = n_ % 16 << 14;

		pending_.erase(pending_.begin(), pending_.begin() + at_);
		at_ = 0;
		word(0x4009);
		pending_.push_back(7);
		word(piece);
		word(begin);
		n_++;
		std::ranges::copy(block, std::back_inserter(pending_));
	}

	void word(std::uint32_t v)
	{
		for (int shift = 24; shift >= 0; shift -= 8)
			pending_.push_back(static_cast<std::uint8_t>(v >> shift));
	}

	std::vector<std::uint8_t> pending_;
	std::ptrdiff_t at_ = 0;
	std::uint32_t n_ = 0;
};

class Transfer : public Workload
{
public:
	Transfer(const Shape &shape, bool merged) : shape_(shape), merged_(merged) {}

	std::uint32_t units() const override { return batch; }

	std::vector<Frame> setup() override
	{
		std::vector<Frame> frames;

		if (!peers_.empty())
			return {};
		for (std::uint32_t i = 0; i < shape_.flows; i++) {
			Stream s(make_tuple(i, shape_.space, shape_.ipv6));

			for (const auto &frame : { s.begin(a, SYN), s.begin(b, SYN | ACK), s.plain(a, ACK),
						   s.data(a, handshake_), s.data(b, handshake_),
						   s.data(a, interested_), s.data(b, unchoke_),
						   s.plain(a, ACK) })
				frames.push_back(frame);
			peers_.push_back({ std::move(s), {}, 0 });
		}
		return frames;
	}

	/* Some transfers take turns: each sends two segments, then each is acknowledged. */
	std::vector<Frame> next() override
	{
		std::vector<Frame> frames;

		sent_.clear();
		while (frames.size() < batch) {
			for (std::uint32_t i = 0; i < turn; i++)
				for (int n = 0; n < 2; n++)
					frames.push_back(data(peers_[(at_ + i) % peers_.size()]));
			for (std::uint32_t i = 0; i < turn; i++)
				frames.push_back(answer(peers_[(at_ + i) % peers_.size()]));
			at_ += turn;
		}
		return frames;
	}

private:
	static constexpr std::uint32_t turn = 8, batch = turn * 3 * 5;
	static constexpr Side a = Side::a, b = Side::b;

	struct Peer {
		Stream stream;
		Blocks blocks;
		std::uint32_t bytes; /* since the last request */
	};

	/* A frame's payload must outlive it. */
	Frame data(Peer &peer)
	{
		sent_.push_back(peer.blocks.next(shape_.payload));
		peer.bytes += shape_.payload;
		return segment(peer, b, sent_.back());
	}

	/* An acknowledgement, which asks for another block for each that is through */
	Frame answer(Peer &peer)
	{
		const std::size_t blocks = peer.bytes >> 14;

		peer.bytes &= (1 << 14) - 1;
		std::vector<std::uint8_t> asked;
		for (std::size_t i = 0; i < blocks; i++)
			std::ranges::copy(request_, std::back_inserter(asked));
		sent_.emplace_back(std::move(asked));
		return segment(peer, a, sent_.back());
	}

	Frame segment(Peer &peer, Side from, const Payload &payload) const
	{
		return merged_ ? peer.stream.merged(from, payload) :
				 peer.stream.segment(from, payload.bytes().empty() || from == b ?
								   ACK : ACK | PSH, payload);
	}

	Shape shape_;
	bool merged_;
	std::vector<Peer> peers_;
	std::deque<Payload> sent_;
	std::size_t at_ = 0;
	const Payload handshake_ = handshake(3);
	const Payload interested_{ { 0, 0, 0, 1, 2 } };
	const Payload unchoke_{ { 0, 0, 0, 1, 1 } };
	const std::vector<std::uint8_t> request_ =
		message(13, 6, 9) + std::vector<std::uint8_t>{ 0, 0, 0x40, 0 };
};

} // namespace

std::unique_ptr<Workload> make_workload(const Shape &shape)
{
	if (shape.workload == "settled")
		return std::make_unique<Settled>(shape);
	if (shape.workload == "bt")
		return std::make_unique<Short>(shape, handshake(1), handshake(2));
	if (shape.workload == "tls")
		return std::make_unique<Short>(shape, hello(1, 68), hello(2, 68));
	if (shape.workload == "random")
		return std::make_unique<Short>(shape, Payload(Random(11).bytes(68)),
					       Payload(Random(12).bytes(68)));
	if (shape.workload == "new")
		return std::make_unique<New>(shape);
	if (shape.workload == "swarm")
		return std::make_unique<Swarm>(shape);
	if (shape.workload == "transfer")
		return std::make_unique<Transfer>(shape, false);
	if (shape.workload == "merged")
		return std::make_unique<Transfer>(shape, true);
	return nullptr;
}

} // namespace bench
