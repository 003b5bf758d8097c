// SPDX-License-Identifier: Apache-2.0
//
// Drives all cases of one group of the parameter sweep (make_sweep.py) and compares every output element with the naive
// models below and in sweep_models.h. Every case runs
//   free     no stalls: outputs, and the interval between frames, which must equal the formula to the cycle;
//   blocked  the sinks take nothing at first: outputs must become valid all the same, buffers must hold what they promise;
//   stall-*  random stalls on every stream, with rates drawn per case.
// In all phases: data stays stable while valid and not ready, and nothing follows the last frame.
//
// Usage: sweep TABLE [--module NAME] [--case N] [--seed S] [--frames F]

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "Vfinnr_sweep.h"
#include "sweep_case.h"
#include "sweep_models.h"
#include "sweep_window.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

namespace {

using Beat = std::vector<Raw>;  // the elements of a beat, lane 0 first

// The signals of one stream at the top.
struct Port {
  CData* valid;
  CData* ready;
  void* data;
  std::size_t bytes;
};

}  // namespace

#include "sweep_ports.h"

namespace {

Shape ShapeOf(const Case& c) {
  Shape s;
  const auto lanes = [](Value n, Value bits) { return std::vector<Value>(static_cast<std::size_t>(n), bits); };
  if (c.module == "finnr_fifo") {
    s.in_bits = s.out_bits = lanes(1, c["Width"]);
    s.interval = c["Depth"] == 1 ? 2 : 1;
    s.capacity = c["Depth"] + (c["Style"] >= 2 && c["Depth"] >= 2 ? 1 : 0);
  } else if (c.module == "finnr_width") {
    s.in_bits = lanes(c["InLanes"], c["ElementBits"]);
    s.out_bits = lanes(c["OutLanes"], c["ElementBits"]);
    s.in_beats = std::max<Value>(1, c["OutLanes"] / c["InLanes"]);
    s.out_beats = std::max<Value>(1, c["InLanes"] / c["OutLanes"]);
    s.interval = std::max(s.in_beats, s.out_beats);
  } else if (c.module == "finnr_rom") {
    Value addr = 1;
    while ((Value{1} << addr) < c["Depth"]) ++addr;
    s.in_bits = lanes(1, addr);
    s.out_bits = lanes(1, c["Width"]);
  } else if (c.module == "finnr_replay") {
    s.in_bits = s.out_bits = lanes(1, c["Width"]);
    s.in_beats = c["Words"];
    s.out_beats = s.interval = c["Words"] * c["Passes"];
    if (c["Passes"] > 1) s.capacity = c["Words"] * std::max<Value>(2, (8 + c["Words"] - 1) / c["Words"]);
  } else if (c.module == "finnr_fork") {
    s.in_bits = s.out_bits = lanes(1, c["Width"]);
  } else if (c.module == "finnr_table" || c.module == "finnr_threshold") {
    s.in_bits = lanes(c["Pe"], c["XBits"]);
    s.out_bits = lanes(c["Pe"], c["OutBits"]);
    s.in_beats = s.out_beats = s.interval = c["Channels"] / c["Pe"];
  } else if (c.module == "finnr_top_k") {
    s.in_bits = lanes(c["Lanes"], c["XBits"]);
    s.out_bits = lanes(1, c["IndexBits"]);
    s.in_beats = c["Labels"] / c["Lanes"];
    s.out_beats = c["K"];
    s.interval = std::max(s.in_beats, s.out_beats);
  } else if (c.module == "finnr_dot") {
    s.in_bits = lanes(c["Simd"], c["XBits"]);
    for (Value k = 0; k < c["Simd"]; ++k) s.in_bits.push_back(c["WBits"]);
    s.out_bits = lanes(1, c["OutBits"]);
  } else if (c.module == "finnr_mvu") {
    s.in_bits = lanes(c["Simd"], c["XBits"]);
    s.out_bits = lanes(c["Pe"], c["OutBits"]);
    s.in_beats = c["Groups"] * (c["Mw"] / c["Simd"]);
    s.out_beats = c["Groups"] * (c["Mh"] / c["Pe"]);
    s.interval = s.in_beats * (c["Mh"] / c["Pe"]);
  } else if (c.module == "finnr_window") {
    s.in_bits = lanes(c["Lanes"], c["ElementBits"]);
    s.out_bits = lanes(c["Lanes"] * c["TileH"] * c["TileW"], c["ElementBits"]);
    s.in_beats = finnr::in_beats(WindowOf(c));
    s.out_beats = finnr::out_beats(WindowOf(c));
    s.interval = finnr::window_interval(WindowOf(c), c["Rows"]);
    s.settles = true;
  } else if (!MoreShape(c, s)) {
    std::cerr << "unknown module " << c.module << "\n";
    std::exit(2);
  }
  return s;
}

// The elements of an output frame from the elements of an input frame.
std::vector<Raw> Model(const Case& c, const Shape& s, const std::vector<Raw>& in) {
  std::vector<Raw> out;
  if (c.module == "finnr_fifo" || c.module == "finnr_width" || c.module == "finnr_fork") {
    out = in;
  } else if (c.module == "finnr_rom") {
    out.push_back(static_cast<Raw>(c.data.at("word")[in[0]]));
  } else if (c.module == "finnr_replay") {
    for (Value pass = 0; pass < c["Passes"]; ++pass) out.insert(out.end(), in.begin(), in.end());
  } else if (c.module == "finnr_table") {
    for (std::size_t i = 0; i < in.size(); ++i) {
      out.push_back(static_cast<Raw>(c.data.at("table")[((c["PerChannel"] ? i : 0) << c["XBits"]) + in[i]]));
    }
  } else if (c.module == "finnr_threshold") {
    for (std::size_t i = 0; i < in.size(); ++i) {
      out.push_back(static_cast<Raw>(Threshold(c, i, Decode(in[i], c["XBits"], c["XSigned"]))));
    }
  } else if (c.module == "finnr_top_k") {
    std::vector<std::size_t> order(in.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return Decode(in[a], c["XBits"], c["XSigned"]) > Decode(in[b], c["XBits"], c["XSigned"]);
    });
    for (Value k = 0; k < c["K"]; ++k) out.push_back(order[static_cast<std::size_t>(k)]);
  } else if (c.module == "finnr_dot") {
    const auto simd = static_cast<std::size_t>(c["Simd"]);
    Value sum = 0;
    for (std::size_t k = 0; k < simd; ++k) {
      const Value x = Decode(in[k], c["XBits"], c["XKind"]);
      const Value w = Decode(in[simd + k], c["WBits"], c["WKind"]);
      sum += c["XKind"] == kBipolar && c["WKind"] == kBipolar ? x == w : x * w;
    }
    out.push_back(static_cast<Raw>(sum));
  } else if (c.module == "finnr_window") {
    out = WindowModel(c, in);
  } else if (c.module != "finnr_mvu") {
    out = MoreModel(c, in);
  } else {
    const bool xnor = c["XKind"] == kBipolar && c["WKind"] == kBipolar;
    for (Value row = 0; row < c["Groups"] * c["Mh"]; ++row) {
      const Value first = row / c["Mh"] * c["Mw"];  // of the group's vector
      Value sum = 0;
      Value equal = 0;
      for (Value i = 0; i < c["MwReal"]; ++i) {
        const Value x = Decode(in[static_cast<std::size_t>(first + i)], c["XBits"], c["XKind"]);
        const Value w = c.data.at("weight")[static_cast<std::size_t>(row * c["Mw"] + i)];
        sum += x * w;
        equal += x == w;
      }
      if (c["NumThresholds"] > 0) sum = Threshold(c, static_cast<std::size_t>(row), xnor ? equal : sum);
      out.push_back(static_cast<Raw>(sum));
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] &= Mask(s.out_bits[i % s.out_bits.size()]);
  return out;
}

std::vector<Input> InputsOf(const Shape& s) {
  std::vector<Input> inputs{{s.in_bits, s.in_beats}};
  inputs.insert(inputs.end(), s.more.begin(), s.more.end());
  return inputs;
}

using Random = std::mt19937_64;

// A frame of random elements; some frames and elements are extreme or next to a threshold.
std::vector<Raw> MakeFrame(const Case& c, const Shape& s, Random& random) {
  std::vector<Value> widths;  // of all elements
  for (const Input& input : InputsOf(s)) {
    for (Value beat = 0; beat < input.beats; ++beat) widths.insert(widths.end(), input.bits.begin(), input.bits.end());
  }
  const std::size_t count = widths.size();
  std::vector<Raw> frame(count);
  const auto form = random() % 8;
  for (std::size_t i = 0; i < count; ++i) {
    const Value bits = widths[i];
    const Raw top = Raw{1} << (bits - 1);
    Raw v = random();
    if (form == 0) v = 0;
    if (form == 1) v = ~Raw{0};
    if (form == 2) v = top;
    if (form == 3) v = top - 1;
    if (form == 4) v = (random() & 1) ? top : top - 1;
    if (form == 5) v = random() % 3;  // many equal values
    if (form == 6 && c.module == "finnr_dot") v = i < count / 2 ? top : top - 1;
    if (form >= 6 && c.module == "finnr_threshold") {
      const auto k_count = static_cast<std::size_t>(c["NumThresholds"]);
      const auto t = c.data.at("thr")[i * k_count + random() % k_count];
      v = static_cast<Raw>(t + static_cast<Value>(random() % 3) - 1);
    }
    v &= Mask(bits);
    if (c.module == "finnr_rom") v %= static_cast<Raw>(c["Depth"]);
    if (c.module == "finnr_mvu" && static_cast<Value>(i) % c["Mw"] >= c["MwReal"]) v = 0;
    if (c.module == "finnr_vvu" && static_cast<Value>(i) / c["Pe"] % c["K"] >= c["KReal"]) v = 0;
    frame[i] = v;
  }
  return frame;
}

std::vector<Case> ReadTable(const std::string& path) {
  std::ifstream file(path);
  std::vector<Case> cases;
  std::string line;
  std::size_t source = 0;
  std::size_t sink = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "case") {
      Case c;
      c.index = static_cast<int>(cases.size());
      c.source = source;
      c.sink = sink;
      words >> c.module >> c.sources >> c.sinks;
      source += c.sources;
      sink += c.sinks;
      while (words >> word) {
        const auto at = word.find('=');
        c.params[word.substr(0, at)] = std::stoll(word.substr(at + 1));
      }
      cases.push_back(c);
    } else if (word == "data") {
      words >> word;
      auto& values = cases.back().data[word];
      // Full 64-bit words do not fit a signed number.
      while (words >> line) {
        values.push_back(line[0] == '-' ? std::stoll(line) : static_cast<Value>(std::stoull(line)));
      }
    }
  }
  return cases;
}

struct Phase {
  std::uint64_t number;
  std::string name;
  bool stalls = false;
  bool blocked = false;
};

// One random stream of stalls: active with a rate, or in bursts.
class Stall {
 public:
  void Start(bool on, Random& random) {
    on_ = on;
    burst_ = random() % 3 == 0;
    rate_ = static_cast<unsigned>(random() % 8) + 1;  // eighths; 8: never stalls
    left_ = 0;
  }
  bool Go(Random& random) {
    if (!on_) return true;
    if (!burst_) return random() % 8 < rate_;
    if (left_ == 0) {
      left_ = static_cast<int>(random() % 24) + 1;
      go_ = !go_;
    }
    --left_;
    return go_;
  }

 private:
  bool on_ = false;
  bool burst_ = false;
  bool go_ = false;
  unsigned rate_ = 8;
  int left_ = 0;
};

struct SourceState {
  Stall stall;
  Input input;
  std::vector<Raw> elements;  // of the phase
  std::size_t beat = 0;       // beats sent
  std::size_t beats = 0;
  bool valid = false;
};

struct SinkState {
  Stall stall;
  std::size_t beat = 0;  // beats taken
  std::vector<std::uint64_t> frame_cycles;
  bool held = false;  // valid and not ready in the last cycle
  std::vector<std::uint8_t> held_data;
};

struct Driver {
  const Case* c = nullptr;
  Shape shape;
  Random random;
  std::size_t frames = 0;
  std::vector<Raw> want;  // all elements of an output
  std::size_t out_beats = 0;
  std::vector<SourceState> sources;
  std::vector<SinkState> sinks;
  std::size_t blocked_cycles = 0;
  std::size_t taken_while_blocked = 0;  // of the first source
  bool failed = false;
  bool done = false;
};

class Bench {
 public:
  Bench(Vfinnr_sweep& top, std::uint64_t seed, std::string command) : top_(top), seed_(seed), command_(std::move(command)) {
    BindPorts(top, sources_, sinks_);
  }

  bool Run(const std::vector<const Case*>& cases, std::size_t frames) {
    bool good = true;
    for (const Phase& phase : {Phase{0, "free", false, false}, Phase{1, "blocked", false, true}, Phase{2, "stall-1", true, false},
                               Phase{3, "stall-2", true, false}, Phase{4, "stall-3", true, false}}) {
      good = RunPhase(phase, cases, frames) && good;
    }
    return good;
  }

  std::uint64_t checked() const { return checked_; }
  std::uint64_t cycles() const { return cycle_; }

 private:
  void Fail(Driver& d, const Phase& phase, const std::string& what) {
    if (d.failed) return;
    d.failed = true;
    std::cout << "FAIL case " << d.c->index << " " << d.c->Text() << " phase=" << phase.name << " seed=" << seed_ << ": " << what
              << "\n  reproduce: " << command_ << " --case " << d.c->index << " --seed " << seed_ << "\n";
  }

  static void Pack(const Beat& beat, const std::vector<Value>& bits, const Port& port) {
    std::vector<std::uint8_t> bytes(port.bytes);
    std::size_t at = 0;
    for (std::size_t i = 0; i < beat.size(); ++i) {
      for (Value b = 0; b < bits[i]; ++b, ++at) bytes[at / 8] |= static_cast<std::uint8_t>((beat[i] >> b & 1) << (at % 8));
    }
    std::memcpy(port.data, bytes.data(), port.bytes);
  }

  static Beat Unpack(const Port& port, const std::vector<Value>& bits) {
    const auto* bytes = static_cast<const std::uint8_t*>(port.data);
    Beat beat;
    std::size_t at = 0;
    for (const Value width : bits) {
      Raw v = 0;
      for (Value b = 0; b < width; ++b, ++at) v |= static_cast<Raw>(bytes[at / 8] >> (at % 8) & 1) << b;
      beat.push_back(v);
    }
    return beat;
  }

  void Clock() {
    top_.clk_i = 1;
    top_.eval();
    top_.clk_i = 0;
    ++cycle_;
  }

  bool RunPhase(const Phase& phase, const std::vector<const Case*>& cases, std::size_t frames) {
    for (const Port& port : sources_) *port.valid = 0;
    for (const Port& port : sinks_) *port.ready = 0;
    top_.rst_ni = 0;
    for (int i = 0; i < 4; ++i) {
      top_.eval();
      Clock();
    }
    top_.rst_ni = 1;
    top_.eval();

    std::vector<Driver> drivers(cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      Driver& d = drivers[i];
      d.c = cases[i];
      d.shape = ShapeOf(*d.c);
      std::seed_seq mix{seed_, static_cast<std::uint64_t>(d.c->index), phase.number};
      d.random.seed(mix);
      for (const Input& input : InputsOf(d.shape)) d.sources.push_back({{}, input, {}});
      const Value longest = std::max(d.shape.interval, d.shape.in_beats);
      d.frames = frames ? frames : static_cast<std::size_t>(std::clamp<Value>(3000 / longest, 6, 300));
      if (d.shape.capacity > 0) d.frames = std::max(d.frames, static_cast<std::size_t>(3 * d.shape.capacity / 2 / d.shape.in_beats));
      for (std::size_t f = 0; f < d.frames; ++f) {
        const auto frame = MakeFrame(*d.c, d.shape, d.random);
        const auto out = Model(*d.c, d.shape, frame);
        auto from = frame.begin();
        for (SourceState& source : d.sources) {
          const auto to = from + source.input.beats * static_cast<std::ptrdiff_t>(source.input.bits.size());
          source.elements.insert(source.elements.end(), from, to);
          from = to;
        }
        d.want.insert(d.want.end(), out.begin(), out.end());
      }
      d.out_beats = d.want.size() / d.shape.out_bits.size();
      for (SourceState& source : d.sources) {
        source.beats = source.elements.size() / source.input.bits.size();
        source.stall.Start(phase.stalls, d.random);
      }
      d.sinks.resize(d.c->sinks);
      for (SinkState& sink : d.sinks) sink.stall.Start(phase.stalls, d.random);
      if (phase.blocked) d.blocked_cycles = static_cast<std::size_t>(40 + std::max(3 * longest, d.shape.capacity));
    }

    std::size_t left = drivers.size();
    std::uint64_t last_progress = cycle_;
    int drain = 30;
    while (left > 0 || drain-- > 0) {
      // Drive.
      for (Driver& d : drivers) {
        for (std::size_t k = 0; k < d.sources.size(); ++k) {
          SourceState& source = d.sources[k];
          if (source.valid) continue;
          source.valid = source.beat < source.beats && source.stall.Go(d.random);
          if (source.valid) {
            const std::size_t lanes = source.input.bits.size();
            const Beat beat(source.elements.begin() + static_cast<std::ptrdiff_t>(source.beat * lanes),
                            source.elements.begin() + static_cast<std::ptrdiff_t>((source.beat + 1) * lanes));
            Pack(beat, source.input.bits, sources_[d.c->source + k]);
          }
          *sources_[d.c->source + k].valid = source.valid;
        }
        for (std::size_t k = 0; k < d.c->sinks; ++k) {
          *sinks_[d.c->sink + k].ready = d.blocked_cycles == 0 && d.sinks[k].stall.Go(d.random);
        }
      }
      top_.eval();

      // Sample.
      for (Driver& d : drivers) {
        if (d.blocked_cycles > 0 && --d.blocked_cycles == 0) {
          if (d.shape.capacity >= 0 && d.taken_while_blocked != std::min(static_cast<std::size_t>(d.shape.capacity), d.sources[0].beats)) {
            Fail(d, phase,
                 "took " + std::to_string(d.taken_while_blocked) + " words while blocked, not " + std::to_string(d.shape.capacity));
          }
          for (std::size_t k = 0; k < d.c->sinks; ++k) {
            if (!*sinks_[d.c->sink + k].valid) Fail(d, phase, "valid waits for ready");
          }
        }
        for (std::size_t k = 0; k < d.sources.size(); ++k) {
          SourceState& source = d.sources[k];
          if (!source.valid || !*sources_[d.c->source + k].ready) continue;
          source.valid = false;
          ++source.beat;
          if (d.blocked_cycles > 0 && k == 0) ++d.taken_while_blocked;
          last_progress = cycle_;
        }
        bool complete = true;
        for (std::size_t k = 0; k < d.c->sinks; ++k) {
          SinkState& sink = d.sinks[k];
          const Port& port = sinks_[d.c->sink + k];
          const bool valid = *port.valid != 0;
          const bool ready = *port.ready != 0;
          if (sink.held && (!valid || std::memcmp(port.data, sink.held_data.data(), port.bytes) != 0)) {
            Fail(d, phase, "beat " + std::to_string(sink.beat) + " changed or was withdrawn before it was taken");
          }
          sink.held = valid && !ready;
          if (sink.held) {
            sink.held_data.resize(port.bytes);
            std::memcpy(sink.held_data.data(), port.data, port.bytes);
          }
          if (valid && ready) {
            if (sink.beat >= d.out_beats) {
              Fail(d, phase, "output after the last frame");
            } else {
              Check(d, phase, sink, Unpack(port, d.shape.out_bits));
            }
            ++sink.beat;
            last_progress = cycle_;
            if (sink.beat % static_cast<std::size_t>(d.shape.out_beats) == 0) sink.frame_cycles.push_back(cycle_);
          }
          complete = complete && sink.beat >= d.out_beats;
        }
        if (complete && !d.done) {
          d.done = true;
          --left;
        }
      }
      if (left > 0 && cycle_ - last_progress > 5000) {
        for (Driver& d : drivers) {
          if (!d.done) Fail(d, phase, "no progress: " + std::to_string(d.sinks[0].beat) + " of " + std::to_string(d.out_beats) + " beats");
        }
        break;
      }
      Clock();
    }

    bool good = true;
    for (Driver& d : drivers) {
      if (phase.name == "free") {
        for (const SinkState& sink : d.sinks) {
          for (std::size_t f = d.shape.settles ? d.frames / 2 : 1; f < sink.frame_cycles.size(); ++f) {
            const auto interval = sink.frame_cycles[f] - sink.frame_cycles[f - 1];
            if (interval != static_cast<std::uint64_t>(d.shape.interval)) {
              Fail(d, phase,
                   "interval of frame " + std::to_string(f) + " is " + std::to_string(interval) + " cycles, not " +
                       std::to_string(d.shape.interval));
              break;
            }
          }
        }
      }
      good = good && !d.failed;
    }
    return good;
  }

  void Check(Driver& d, const Phase& phase, const SinkState& sink, const Beat& got) {
    for (std::size_t lane = 0; lane < got.size(); ++lane) {
      const Raw want = d.want[sink.beat * got.size() + lane];
      ++checked_;
      if (got[lane] != want) {
        const auto per_frame = static_cast<std::size_t>(d.shape.out_beats);
        std::ostringstream text;
        text << "frame " << sink.beat / per_frame << " beat " << sink.beat % per_frame << " lane " << lane << ": got 0x" << std::hex
             << got[lane] << ", want 0x" << want;
        Fail(d, phase, text.str());
      }
    }
  }

  Vfinnr_sweep& top_;
  std::vector<Port> sources_;  // of all cases, chosen or not
  std::vector<Port> sinks_;
  std::uint64_t seed_;
  std::string command_;
  std::uint64_t cycle_ = 0;
  std::uint64_t checked_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: sweep TABLE [--module NAME] [--case N] [--seed S] [--frames F]\n";
    return 2;
  }
  std::string module;
  int only = -1;
  std::uint64_t seed = 1;
  std::size_t frames = 0;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--module") module = argv[i + 1];
    if (flag == "--case") only = std::atoi(argv[i + 1]);
    if (flag == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (flag == "--frames") frames = std::strtoull(argv[i + 1], nullptr, 10);
  }
  const std::vector<Case> cases = ReadTable(argv[1]);
  std::vector<const Case*> chosen;
  for (const Case& c : cases) {
    if ((module.empty() || c.module == module) && (only < 0 || c.index == only)) chosen.push_back(&c);
  }
  if (chosen.empty()) {
    std::cout << "no case chosen of " << cases.size() << " in " << argv[1] << "\n";
    return 1;
  }
  // Registers without reset start random, so that nothing can rely on a zero.
  Verilated::randReset(2);
  Verilated::randSeed(static_cast<int>(seed));
  auto top = std::make_unique<Vfinnr_sweep>();
  Bench bench(*top, seed, std::string(argv[0]) + " " + argv[1]);
  const bool good = bench.Run(chosen, frames);
  top->final();
  std::cout << (good ? "passed " : "FAILED ") << chosen.size() << " cases" << (module.empty() ? "" : " of " + module) << ", "
            << bench.checked() << " elements compared, " << bench.cycles() << " cycles\n";
  return good ? 0 : 1;
}
