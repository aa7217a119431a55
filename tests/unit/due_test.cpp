// SPDX-License-Identifier: GPL-2.0-only
// Who waits until when.
#include "core/due.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace {

TEST(Due, NobodyWaits)
{
	p2p_due *first = nullptr;
	p2p_due one{};
	p2p_due_add(&first, &one);
	EXPECT_EQ(first, &one);
	p2p_due_remove(&first, &one);
	EXPECT_EQ(first, nullptr);
}

TEST(Due, TheSoonestIsFirstWhoeverComesAndGoes)
{
	std::mt19937_64 random(3);
	for (int round = 0; round < 200; round++) {
		std::vector<std::unique_ptr<p2p_due>> in;
		p2p_due *first = nullptr;
		for (int step = 0; step < 600; step++) {
			if (in.empty() || random() % 5 < (step < 300 ? 3u : 2u)) {
				in.push_back(std::make_unique<p2p_due>());
				in.back()->when = random() % 100;
				p2p_due_add(&first, in.back().get());
			} else {
				const auto least = [](auto& a, auto& b) { return a->when < b->when; };
				const auto gone = random() % 3 ? in.begin() + static_cast<long>(random() % in.size())
											   : std::find_if(in.begin(), in.end(), [&](auto& d) { return d.get() == first; });
				ASSERT_NE(gone, in.end());
				ASSERT_EQ(first->when, (*std::min_element(in.begin(), in.end(), least))->when);
				p2p_due_remove(&first, gone->get());
				in.erase(gone);
			}
			ASSERT_EQ(first == nullptr, in.empty());
		}
		u64 last = 0;
		for (; first; in.pop_back()) {
			ASSERT_FALSE(in.empty());
			ASSERT_GE(first->when, last);
			last = first->when;
			const auto self = std::find_if(in.begin(), in.end(), [&](auto& d) { return d.get() == first; });
			p2p_due_remove(&first, self->get());
			std::swap(*self, in.back());
		}
		ASSERT_TRUE(in.empty());
	}
}

} // namespace
