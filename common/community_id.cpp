// SPDX-License-Identifier: GPL-2.0-only
#include "community_id.hpp"

#include <arpa/inet.h>

#include <array>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>

namespace p2padm
{

namespace
{

/** An address and a port, network order; they compare as the algorithm orders them */
std::string end_of(const std::string &address, std::uint16_t port)
{
	std::array<char, 16> raw{};
	std::string out;

	if (inet_pton(AF_INET, address.c_str(), raw.data()) == 1)
		out.assign(raw.data(), 4);
	else if (inet_pton(AF_INET6, address.c_str(), raw.data()) == 1)
		out.assign(raw.data(), 16);
	else
		throw std::invalid_argument("no address: " + address);
	out += static_cast<char>(port >> 8);
	out += static_cast<char>(port & 0xff);
	return out;
}

std::string sha1_base64(const std::string &data)
{
	std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
	std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
	unsigned int size = 0;

	if (!EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha1(), nullptr))
		throw std::runtime_error("OpenSSL has no SHA-1");
	const int n = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
	return { reinterpret_cast<const char *>(text.data()), static_cast<std::size_t>(n) };
}

} // namespace

std::string community_id(const std::string &src, const std::string &dst, std::uint16_t sport,
			 std::uint16_t dport, std::uint8_t l4)
{
	std::string a = end_of(src, sport), b = end_of(dst, dport);

	if (a.size() != b.size())
		throw std::invalid_argument("addresses of two families: " + src + ", " + dst);
	if (b < a) // std::string compares as unsigned char
		std::swap(a, b);
	const std::size_t address = a.size() - 2;
	std::string data(2, '\0'); // the seed
	data += a.substr(0, address) + b.substr(0, address);
	data += static_cast<char>(l4);
	data += '\0';
	data += a.substr(address) + b.substr(address);
	return "1:" + sha1_base64(data);
}

} // namespace p2padm
