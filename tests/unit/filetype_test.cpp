// SPDX-License-Identifier: GPL-2.0-only
#include <core/filetype.h>
#include <core/reading.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace
{

p2p_filetype type_of(const std::string &bytes, std::uint64_t offset = 0)
{
	return p2p_filetype_of({ reinterpret_cast<const u8 *>(bytes.data()), static_cast<u32>(bytes.size()) },
			    offset);
}

std::string text(const char *bytes, std::size_t n)
{
	return { bytes, n };
}

TEST(Filetype, HasAName)
{
	EXPECT_STREQ(p2p_filetype_name(P2P_FILETYPE_UNKNOWN), "unknown");
	EXPECT_STREQ(p2p_filetype_name(P2P_FILETYPE_SEVENZIP), "7z");
	EXPECT_STREQ(p2p_filetype_name(P2P_FILETYPE_COUNT), "unknown");
}

TEST(Filetype, EachIsFoundByItsMarks)
{
	struct Magic {
		p2p_filetype type;
		std::uint32_t at;
		std::string bytes;
		std::uint32_t and_at;
		std::string and_bytes;
	};
	const Magic magics[] = {
#define P2P_FILETYPE(id, name)
#define P2P_MAGIC(id, at, bytes, and_at, and_bytes)                                                \
	{ P2P_FILETYPE_##id, at, text(bytes, sizeof(bytes) - 1), and_at,                           \
	  text(and_bytes, sizeof(and_bytes) - 1) },
#include <core/filetype.def>
#undef P2P_FILETYPE
#undef P2P_MAGIC
	};

	for (const auto &magic : magics) {
		std::string file(40000, '\x7f');
		const auto end = std::max(magic.at + magic.bytes.size(),
					  magic.and_at + magic.and_bytes.size());

		file.replace(magic.at, magic.bytes.size(), magic.bytes);
		file.replace(magic.and_at, magic.and_bytes.size(), magic.and_bytes);
		EXPECT_EQ(type_of(file), magic.type) << magic.bytes;
		EXPECT_EQ(type_of(file.substr(0, end)), magic.type) << magic.bytes;
		EXPECT_EQ(type_of(file.substr(0, end - 1)), P2P_FILETYPE_UNKNOWN) << magic.bytes;
		EXPECT_EQ(type_of(file, 1), P2P_FILETYPE_UNKNOWN) << magic.bytes;
		// what is put together of a content's bytes has them all
		if (magic.at == P2P_READING_TAR)
			EXPECT_LE(end, std::size_t{P2P_READING_TAR + P2P_READING_HEAD - P2P_READING_FIRST});
		else
			EXPECT_LE(end, std::size_t{P2P_READING_FIRST});
		EXPECT_LE(end, std::size_t{P2P_FILETYPE_HEAD});
	}
}

TEST(Filetype, IsFoundWhereTheBytesBegin)
{
	EXPECT_EQ(type_of("ustar", 257), P2P_FILETYPE_TAR);
	EXPECT_EQ(type_of("xustar", 256), P2P_FILETYPE_TAR);
	EXPECT_EQ(type_of("ustar", 258), P2P_FILETYPE_UNKNOWN);
	EXPECT_EQ(type_of("MZ", std::uint64_t{ 1 } << 32), P2P_FILETYPE_UNKNOWN);
	EXPECT_EQ(type_of("RIFF....WAVE"), P2P_FILETYPE_WAV);
	EXPECT_EQ(type_of("RIFF....WEBP"), P2P_FILETYPE_UNKNOWN);
	EXPECT_EQ(type_of(""), P2P_FILETYPE_UNKNOWN);
}

} // namespace
