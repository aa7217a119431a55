// SPDX-License-Identifier: GPL-2.0-only
#include "recorder.hpp"

#include <fmt/format.h>

#include "error.hpp"

namespace p2padm
{

Recorder::Recorder(Write write, InterfaceName name, Log log, EventPlace last)
	: write_(std::move(write)), name_(std::move(name)), log_(std::move(log)),
	  sequence_(last), written_(last)
{
}

void Recorder::resume()
{
	sequence_.away();
}

void Recorder::put(const Heard &what, Batch &batch)
{
	if (const auto *event = std::get_if<Event>(&what)) {
		const EventPlace place{ event->gateway, event->seq };

		if (!batch.first.seq)
			batch.first = place;
		for (const auto &lost : sequence_.next(place)) {
			batch.lines += eve_line(eve_record(lost, eve_now()));
			batch.events += lost.events;
		}
		batch.lines += eve_line(eve_record(*event, name_));
		batch.events++;
		return;
	}
	const EventPlace last = sequence_.last();
	const Lost lost{ Lost::Why::overrun, 0, last.gateway, last.seq, 0 };
	batch.lines += eve_line(eve_record(lost, eve_now()));
}

void Recorder::heard(const std::vector<Heard> &some)
{
	Batch batch;

	for (const auto &what : some)
		put(what, batch);
	flush(batch);
}

void Recorder::retry()
{
	if (failing_)
		flush({});
}

void Recorder::flush(const Batch &batch)
{
	std::string text;

	if (unwritten_) {
		const EventPlace last = sequence_.last();
		const EventPlace next = batch.first.seq ?
						batch.first :
						EventPlace{ last.gateway, last.seq + 1 };
		// numbers of another gateway have none before them here
		const std::uint64_t after =
			written_.gateway == next.gateway ? written_.seq : 0;
		const Lost lost{ Lost::Why::write, unwritten_, next.gateway, after, next.seq };

		text = eve_line(eve_record(lost, eve_now()));
	}
	text += batch.lines;
	if (text.empty())
		return;
	try {
		write_(text);
	} catch (const SystemError &error) {
		if (!failing_) // once, not for each event
			log_(std::string("events are lost: ") + error.what());
		unwritten_ += batch.events;
		failing_ = true;
		return;
	}
	if (failing_)
		log_(fmt::format("events are written again; {} were not", unwritten_));
	written_ = sequence_.last();
	unwritten_ = 0;
	failing_ = false;
}

} // namespace p2padm
