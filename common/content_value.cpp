// SPDX-License-Identifier: GPL-2.0-only
#include "content_value.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "automaton_build.hpp"
#include "text.hpp"

namespace p2padm
{

namespace
{

constexpr unsigned int base32_bits = 5;

/** A string of that many bytes that can be printed */
std::optional<std::string> read_text(TomlTable &table, std::string_view key, const toml::node &node,
				     std::size_t least, std::size_t most)
{
	auto text = table.value_of<std::string>(node, key, "a string");

	if (!text || (text->size() >= least && text->size() <= most && printable(*text)))
		return text;
	table.error(node, fmt::format("{}: '{}' must have {} to {} bytes that can be printed", key,
				      *text, least, most));
	return std::nullopt;
}

/** The value of a digit, or what is no digit's */
unsigned int digit(char c, unsigned int bits)
{
	static constexpr unsigned int none = 32;

	if (bits == base32_bits)
		return c >= 'a' && c <= 'z' ? c - 'a' : c >= '2' && c <= '7' ? c - '2' + 26 : none;
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : none;
}

/** Digits of @p bits each, in lower case; the last may say more than there are bytes, with 0 */
bool decode(std::string_view digits, unsigned int bits, std::uint8_t *out, std::size_t size)
{
	unsigned int held = 0, value = 0;

	for (const char c : digits) {
		const unsigned int more = digit(c, bits);

		if (more >> bits)
			return false;
		value = value << bits | more;
		held += bits;
		if (held >= 8 && size) {
			held -= 8;
			*out++ = static_cast<std::uint8_t>(value >> held);
			value &= (1u << held) - 1;
			size--;
		}
	}
	return !size && !value;
}

/** As long as the id is: which digits they are is told by how many they are */
bool decode_id(std::string_view digits, p2p_content_id &id)
{
	const std::size_t size = p2p_id_size(id.kind);

	if (digits.size() == 2 * size)
		return decode(digits, 4, id.bytes, size);
	if (digits.size() == (8 * size + base32_bits - 1) / base32_bits)
		return decode(digits, base32_bits, id.bytes, size);
	return false;
}

} // namespace

void read_glob(TomlTable &table, const toml::node &node, std::vector<p2p_glob> &out)
{
	const auto text = read_text(table, "name", node, 1, P2P_GLOB_MAX);
	p2p_glob glob{};

	if (!text)
		return;
	const std::string folded = fold_case(*text);
	std::copy(folded.begin(), folded.end(), glob.text);
	glob.len = static_cast<std::uint16_t>(folded.size());
	out.push_back(glob);
}

void read_extension(TomlTable &table, const toml::node &node, std::vector<p2p_extension> &out)
{
	const auto text = read_text(table, "extension", node, 1, P2P_EXTENSION_MAX);
	p2p_extension extension{};

	if (!text)
		return;
	if (text->find('.') != text->npos) {
		table.error(node, fmt::format("extension: '{}': it is what follows the last '.'; "
					      "for more there is name",
					      *text));
		return;
	}
	const std::string folded = fold_case(*text);
	std::copy(folded.begin(), folded.end(), extension.text);
	out.push_back(extension);
}

void read_keyword(TomlTable &table, std::string_view key, const toml::node &node,
		  std::vector<std::string> &out)
{
	if (const auto text = read_text(table, key, node, P2P_PATTERN_MIN, P2P_PATTERN_MAX))
		out.push_back(fold_case(*text));
}

void read_content_id(TomlTable &table, const toml::node &node, std::vector<p2p_content_id> &out)
{
	static constexpr struct {
		std::string_view begin;
		p2p_id kind;
	} urns[] = {
		{ "urn:btih:", P2P_ID_INFOHASH },
		{ "urn:ed2k:", P2P_ID_ED2K },
		{ "urn:sha1:", P2P_ID_SHA1 },
		{ "urn:tree:tiger:", P2P_ID_TTH },
	};
	const auto text = table.value_of<std::string>(node, "id", "a string");

	if (!text)
		return;
	const std::string folded = fold_case(*text);
	for (const auto &urn : urns) {
		p2p_content_id id{};

		id.kind = static_cast<std::uint8_t>(urn.kind);
		if (folded.starts_with(urn.begin) &&
		    decode_id(std::string_view(folded).substr(urn.begin.size()), id)) {
			out.push_back(id);
			return;
		}
	}
	table.error(node, fmt::format("id: '{}' is no urn:btih:, urn:ed2k:, urn:sha1: or "
				      "urn:tree:tiger: with its digits",
				      *text));
}

std::optional<std::uint64_t> read_size(TomlTable &table, std::string_view key)
{
	static const std::vector<std::string> units = { "B", "KiB", "MiB", "GiB", "TiB" };
	const toml::node *node = table.get(key);
	const auto text = node ? table.value_of<std::string>(*node, key, "a string") :
				 std::nullopt;
	std::uint64_t n = 0;

	if (!text)
		return std::nullopt;
	const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), n);
	const auto unit = std::find(units.begin(), units.end(),
				    std::string(end, text->data() + text->size()));
	const auto shift = 10 * (unit - units.begin());
	if (error == std::errc() && unit != units.end() && n <= UINT64_MAX >> shift)
		return n << shift;
	table.error(*node, fmt::format("{}: '{}' is not a number and one of {}", key, *text,
				       joined(units)));
	return std::nullopt;
}

} // namespace p2padm
