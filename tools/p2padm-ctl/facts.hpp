// SPDX-License-Identifier: GPL-2.0-only
/**
 * What doctor looks at: files below a root, and what only the kernel can say
 * of a link. Both have stand-ins in tests: another root, another LinkFacts.
 */
#ifndef P2PADM_CTL_FACTS_HPP
#define P2PADM_CTL_FACTS_HPP

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace p2padm
{

/** sysfs and procfs as seen from a root directory */
class FileTree
{
public:
	explicit FileTree(std::filesystem::path root);

	bool exists(const std::string &path) const;
	/**
	 * A small file's text, the last newline cut off
	 *
	 * Nothing when it does not exist or refuses to be read: many sysfs
	 * attributes answer with an error where they do not apply.
	 */
	std::optional<std::string> read(const std::string &path) const;
	/** The same as a decimal number */
	std::optional<long> number(const std::string &path) const;
	/** Names in a directory, sorted; none when it does not exist */
	std::vector<std::string> list(const std::string &path) const;

private:
	std::filesystem::path at(const std::string &path) const;

	std::filesystem::path root_;
};

/** A device's offloads, by their ethtool feature names; absent: no such one */
struct Offloads {
	std::optional<bool> gro;    ///< rx-gro
	std::optional<bool> lro;    ///< rx-lro
	std::optional<bool> gro_hw; ///< rx-gro-hw
	std::optional<bool> hw_tc;  ///< hw-tc-offload
};

/** A tc filter on ingress that takes packets away from the bridge */
struct TcFilter {
	std::string kind;   ///< flower, u32, bpf, ...
	std::string action; ///< redirect, bpf, or "" for none that matters
	bool in_hardware = false;
};

/** An nft flowtable */
struct Flowtable {
	std::string table;
	std::string name;
	std::vector<std::string> devices;
	bool hardware = false;
};

/** What the kernel says of links. All throw SystemError when it does not. */
class LinkFacts
{
public:
	virtual ~LinkFacts() = default;

	virtual Offloads offloads(const std::string &port) = 0;
	/** How an XDP program is attached: "driver", ...; "" for none */
	virtual std::string xdp(const std::string &port) = 0;
	virtual std::vector<TcFilter> tc_filters(const std::string &port) = 0;
	virtual std::vector<Flowtable> flowtables() = 0;
};

} // namespace p2padm

#endif
