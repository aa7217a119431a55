// SPDX-License-Identifier: GPL-2.0-only
#include "log.hpp"

#include <iostream>
#include <sstream>

#include "text.hpp"

namespace p2padm
{

void log_line(const std::string &text)
{
	std::istringstream in(text);
	std::string out;

	for (std::string line; std::getline(in, line);)
		out += "p2padm-helper: " + escape(line) + '\n';
	std::cerr << out << std::flush;
}

} // namespace p2padm
