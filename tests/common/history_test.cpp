// SPDX-License-Identifier: GPL-2.0-only
#include "policy_history.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "policy.hpp"

namespace p2padm
{
namespace
{

class History : public ::testing::Test
{
protected:
	History()
	{
		std::string name = std::filesystem::temp_directory_path() / "kp2padm-history-XXXXXX";

		directory = std::string(mkdtemp(name.data())) + "/policies";
	}
	~History() override
	{
		std::filesystem::remove_all(directory.parent_path());
	}
	std::filesystem::path directory;
};

TEST_F(History, KeepsTheLastTenByteForByte)
{
	PolicyHistory history(directory);

	EXPECT_TRUE(history.entries().empty());
	for (int i = 0; i < 15; i++)
		history.add("# " + std::to_string(i) + "\r\n\t\xff");
	const auto entries = history.entries();
	ASSERT_EQ(entries.size(), PolicyHistory::kept);
	for (std::size_t i = 0; i < entries.size(); i++)
		EXPECT_EQ(history.text(entries[i]), "# " + std::to_string(i + 5) + "\r\n\t\xff");
	const auto found = history.find(policy_id(history.text(entries[3])));
	ASSERT_TRUE(found);
	EXPECT_EQ(found->sequence, entries[3].sequence);
	EXPECT_FALSE(history.find(policy_id("# 0\r\n\t\xff")));
}

TEST_F(History, TheNewestIsNotAddedAgain)
{
	PolicyHistory history(directory);

	history.add("a");
	history.add("a");
	EXPECT_EQ(history.entries().size(), 1u);
	history.add("b");
	history.add("a");
	EXPECT_EQ(history.entries().size(), 3u);
}

TEST_F(History, NobodyElseReadsIt)
{
	PolicyHistory history(directory);
	struct stat st {};

	umask(0);
	history.add("a");
	for (const auto &file : std::filesystem::directory_iterator(directory)) {
		ASSERT_EQ(stat(file.path().c_str(), &st), 0);
		EXPECT_EQ(st.st_mode & 077, 0u) << file.path();
	}
}

TEST_F(History, OtherFilesDoNotMatter)
{
	PolicyHistory history(directory);

	history.add("a");
	for (const char *name : { "README", "1", "x-y.toml", ".tmp", "99999999999999999999-00.toml" })
		std::ofstream(directory / name) << "rubbish";
	std::filesystem::create_directory(directory / "7-00.toml");
	history.add("b");
	ASSERT_EQ(history.entries().size(), 2u);
	EXPECT_EQ(history.text(history.entries()[1]), "b");
}

TEST_F(History, ATextThatWasChangedIsNotTheOneAdded)
{
	PolicyHistory history(directory);

	history.add("a");
	const auto entry = history.entries().at(0);
	std::ofstream(directory / entry.file_name()) << "b";
	EXPECT_ANY_THROW(history.text(entry));
}

} // namespace
TEST_F(History, KnowsWhatWasOnTrialOnly)
{
	PolicyHistory history(directory);

	history.add("good");
	history.add("tried", true);
	EXPECT_TRUE(history.tried(*history.find(policy_id("tried"))));
	EXPECT_FALSE(history.tried(*history.find(policy_id("good"))));
	EXPECT_EQ(history.text(*history.last_good()), "good");
	history.add("good", true); // again, but it was good before
	EXPECT_EQ(history.text(*history.last_good()), "good");
	history.confirm(policy_id("tried"));
	EXPECT_FALSE(history.tried(*history.find(policy_id("tried"))));
	EXPECT_EQ(history.text(*history.last_good()), "tried");
}

} // namespace p2padm
