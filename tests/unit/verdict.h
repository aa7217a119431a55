// SPDX-License-Identifier: GPL-2.0-only
// A flow that is read by content rules, and what they said of it.
#pragma once

#include <algorithm>
#include <optional>

#include "core/reading.h"
#include "told.h"

namespace p2p {

/// Rules of one term each, in this order: an id, an extension, a size; and an observing one: a type
class ContentRules {
public:
	enum { BY_ID, BY_EXTENSION, BY_SIZE, BY_TYPE, RULES };
	static constexpr std::uint64_t size = 4711;

	explicit ContentRules(p2p_id kind, const Octets &id)
	{
		content_.rules = content_.terms = RULES;
		for (unsigned n = 0; n < RULES; n++) {
			rule_[n].need[0] = 1u << n;
			rule_[n].verdict = n == BY_ID ? P2P_VERDICT_RESET : P2P_VERDICT_DROP;
			rule_[n].observes = n == BY_TYPE;
		}
		content_.rule = rule_;
		content_.term[BY_ID] = P2P_FACT_ID;
		content_.term[BY_EXTENSION] = P2P_FACT_NAME;
		content_.term[BY_SIZE] = P2P_FACT_SIZE;
		content_.term[BY_TYPE] = P2P_FACT_TYPE;
		id_.kind = std::uint8_t(kind);
		std::copy(id.begin(), id.end(), id_.bytes);
		id_.term = BY_ID;
		content_.id = &id_;
		std::copy_n("exe", 3, extension_.text);
		extension_.term = BY_EXTENSION;
		content_.extension = &extension_;
		size_ = {size, size, BY_SIZE};
		content_.size = &size_;
		type_ = {std::uint64_t{1} << P2P_FILETYPE_EXE | std::uint64_t{1} << P2P_FILETYPE_TAR, BY_TYPE};
		content_.type = &type_;
		content_.ids = content_.extensions = content_.sizes = content_.types = 1;
		std::uint32_t at;
		ready_ = p2p_content_prepare(&content_, &at) == P2P_CONTENT_OK;
	}
	ContentRules(const ContentRules &) = delete;

	const p2p_content *content() const { return ready_ ? &content_ : nullptr; }

private:
	p2p_content content_{};
	p2p_content_rule rule_[RULES]{};
	p2p_content_id id_{};
	p2p_extension extension_{};
	p2p_sizes size_{};
	p2p_typeset type_{};
	bool ready_;
};

/// What a rule said, and of what
struct Found {
	unsigned rule, facts, kind;
	Octets id;

	explicit Found(const p2p_found &f)
		: rule{f.rule}, facts{f.facts}, kind{f.kind}, id(f.id, f.id + p2p_id_size(f.kind))
	{
	}
	bool operator==(const Found &) const = default;
};

class Reading {
public:
	/// @p passes: what nobody needs to see is not fed
	Reading(p2p_proto proto, const p2p_content *content, bool passes = false)
		: env_{content, event, ruled, this, !passes}, passes_{passes}
	{
		p2p_reading_init(&r_, proto);
	}
	Reading(const Reading &) = delete;

	/// Everything said, in pieces of at most @p most bytes
	p2p_inspected hear(const Flow &flow, std::size_t most = 65536)
	{
		p2p_inspected out = P2P_CLEARED;
		for (const auto &said : flow) {
			if (said.lost)
				p2p_reading_skip(&r_, &env_, said.dir, said.lost);
			for (std::size_t at = 0; at < said.bytes.size();) {
				// of the exact size: the sanitizer then sees every read behind it
				const auto piece = prefix(suffix(said.bytes, at), std::min(most, said.bytes.size() - at));
				std::uint32_t unseen = 0;
				out = p2p_reading_feed(&r_, &env_, said.dir, view(piece), &unseen);
				data_ += unseen;
				at += piece.size();
				at += pass(said.dir, said.bytes.size() - at);
			}
		}
		return out;
	}
	void renew(const p2p_content *content)
	{
		env_.content = content;
		p2p_reading_renew(&r_, &env_);
	}

	unsigned verdict() const { return r_.verdict; }
	/// What it was given for; none while it passes
	std::optional<Found> found() const
	{
		return r_.verdict == P2P_VERDICT_PASS ? std::nullopt : std::optional{Found{p2p_reading_found(&r_)}};
	}
	/// As it was told: the decision, and what observing rules would have decided
	const std::vector<Found> &decided() const { return decided_; }
	const std::vector<Found> &would() const { return would_; }
	/// DATA, all of its bytes
	std::uint64_t data() const { return data_; }

private:
	std::size_t pass(unsigned dir, std::size_t len)
	{
		const auto n = passes_ ? p2p_reading_pass(&r_, env_.content, dir, std::uint32_t(len)) : 0;
		data_ += n;
		return n;
	}
	static void event(void *ctx, const p2p_event *e)
	{
		if (e->type == P2P_EVENT_DATA)
			static_cast<Reading *>(ctx)->data_ += e->object.bytes.len;
	}
	static void ruled(void *ctx, const p2p_found *found, bool would)
	{
		auto *self = static_cast<Reading *>(ctx);
		(would ? self->would_ : self->decided_).emplace_back(*found);
	}

	p2p_reading r_;
	p2p_reading_env env_;
	bool passes_;
	std::vector<Found> decided_, would_;
	std::uint64_t data_ = 0;
};

} // namespace p2p
