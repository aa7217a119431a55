// SPDX-License-Identifier: GPL-2.0-only
#include "eve_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "directory.hpp"
#include "error.hpp"

using namespace p2padm;
using namespace p2padm::test;

namespace
{

TEST(EveFile, IsNotForEveryone)
{
	Directory dir;
	EveFile file(dir / "eve.json", {});
	struct stat st {};

	umask(0027);
	file.open();
	file.append("{}\n");
	ASSERT_EQ(stat((dir / "eve.json").c_str(), &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0640u);
}

TEST(EveFile, IsRotatedBySize)
{
	Directory dir;
	EveFile file(dir / "eve.json", { .size = 10, .kept = 2 });

	for (const char *lines : { "1111\n2222\n", "3333\n4444\n", "5555\n6666\n", "7\n" })
		file.append(lines);
	EXPECT_EQ(text_of(dir / "eve.json"), "7\n");
	EXPECT_EQ(text_of(dir / "eve.json.1"), "5555\n6666\n");
	EXPECT_EQ(text_of(dir / "eve.json.2"), "3333\n4444\n");
	EXPECT_FALSE(std::filesystem::exists(dir / "eve.json.3"));
}

TEST(EveFile, IsOneWritersAlone)
{
	Directory dir;
	EveFile file(dir / "eve.json", {}), other(dir / "eve.json", {});

	file.append("half a li");
	EXPECT_THROW(other.append("{}\n"), SystemError);
	file.append("ne\n");
	EXPECT_EQ(text_of(dir / "eve.json"), "half a line\n"); // not cut off
}

TEST(EveFile, KeepsNothingWhereNothingIsKept)
{
	Directory dir;
	EveFile file(dir / "eve.json", { .size = 4, .kept = 0 });

	file.append("1111\n");
	file.append("2\n");
	EXPECT_EQ(text_of(dir / "eve.json"), "2\n");
	EXPECT_FALSE(std::filesystem::exists(dir / "eve.json.1"));
}

TEST(EveFile, IsReopenedUnderItsName)
{
	Directory dir;
	EveFile file(dir / "eve.json", {});

	file.append("1\n");
	std::filesystem::rename(dir / "eve.json", dir / "old");
	file.append("2\n");
	file.open();
	file.append("3\n");
	EXPECT_EQ(text_of(dir / "old"), "1\n2\n");
	EXPECT_EQ(text_of(dir / "eve.json"), "3\n");
}

TEST(EveFile, TornLinesAreCutOff)
{
	Directory dir;
	EveFile file(dir / "eve.json", {});

	write(dir / "eve.json", "{\"a\":1}\n{\"b\":");
	file.append("{\"c\":3}\n");
	EXPECT_EQ(text_of(dir / "eve.json"), "{\"a\":1}\n{\"c\":3}\n");
}

TEST(EveFile, WritesAllOrNothing)
{
	Directory dir;
	EveFile file(dir / "eve.json", {});
	rlimit before{}, small{};

	signal(SIGXFSZ, SIG_IGN);
	file.append("whole\n");
	getrlimit(RLIMIT_FSIZE, &before);
	small = { 10, before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small); // a disk with room for four bytes more
	EXPECT_THROW(file.append("a line that is too long\n"), SystemError);
	EXPECT_EQ(text_of(dir / "eve.json"), "whole\n");
	setrlimit(RLIMIT_FSIZE, &before);
	file.append("again\n");
	EXPECT_EQ(text_of(dir / "eve.json"), "whole\nagain\n");
}

TEST(EveFile, RefusesWhatIsNoFile)
{
	Directory dir;

	ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
	EXPECT_THROW(EveFile(dir / "fifo", {}).open(), SystemError);
	write(dir / "target", "");
	std::filesystem::create_symlink(dir / "target", dir / "link");
	EXPECT_THROW(EveFile(dir / "link", {}).open(), SystemError);
	EXPECT_THROW(EveFile(dir / "none" / "eve.json", {}).open(), SystemError);
}

EventPlace last_of(const std::string &text)
{
	Directory dir;

	write(dir / "f", text);
	return last_place(dir / "f");
}

TEST(LastPlace, IsOfTheLastRecordThatHasOne)
{
	Directory dir;

	EXPECT_EQ(last_place(dir / "none"), EventPlace{});
	EXPECT_EQ(last_of("{\"kp2padm\":{\"gateway\":\"000000000000000a\",\"seq\":41}}\n"
			  "{\"kp2padm\":{\"gateway\":\"fedcba9876543210\",\"seq\":42}}\n"),
		  (EventPlace{ 0xfedcba9876543210, 42 }));
	EXPECT_EQ(last_of("{\"kp2padm\":{\"gateway\":\"a\",\"seq\":41}}\n"
			  "{\"kp2padm\":{\"gateway\":\"b\",\"reason\":\"write\",\"before\":50}}\n"),
		  (EventPlace{ 0xb, 49 }));
	EXPECT_EQ(last_of("{\"kp2padm\":{\"gateway\":\"a\",\"seq\":41}}\n"
			  "{\"kp2padm\":{\"gateway\":\"b\",\"reason\":\"gateway\",\"before\":null}}\n"
			  "\n{\"torn"),
		  (EventPlace{ 0xa, 41 }));
	EXPECT_EQ(last_of("{\"kp2padm\":{\"seq\":41}}\n"), (EventPlace{ 0, 41 }));
	EXPECT_EQ(last_of("{\"kp2padm\":{\"gateway\":7,\"seq\":41}}\n"), (EventPlace{ 0, 41 }));
	EXPECT_EQ(last_of("garbage\n\n[]\n"), EventPlace{});
}

} // namespace
