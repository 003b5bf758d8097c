// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <optional>

#include "finnr/base/mapped_file.h"
#include "finnr/flow/images.h"
#include "finnr/tensor/npy.h"

namespace finnr {
namespace fs = std::filesystem;

struct FrameSource::State {
  std::string file;
  std::string input;  ///< its name
  ElementType type;
  Shape shape;
  std::int64_t elements = 0;  ///< of a call
  std::int64_t calls = 0;
  bool exact = false;

  std::optional<MappedFile> mapped;
  std::optional<NpyHeader> npy;
  std::optional<Tensor> tensor;  ///< an array that does not lie in the order of its elements
  std::string unpacked;          ///< a compressed file
  std::vector<fs::path> images;
  std::size_t offset = 0;  ///< of bytes: the first frame's
  std::size_t record = 0;  ///< bytes from frame to frame
  bool cifar = false;

  [[nodiscard]] std::string_view bytes() const { return unpacked.empty() ? mapped->bytes() : std::string_view(unpacked); }
};

namespace {

Diagnostic wrong_shape(const std::string& file, const Value& input, const Shape& got) {
  std::string frames = to_text(input.shape);
  if (!input.shape.empty())
    frames = fmt::format("(N{})", [&] {
      std::string rest;
      for (std::size_t i = 1; i < input.shape.size(); ++i) rest += fmt::format(", {}", input.shape[i]);
      return rest;
    }());
  return Diagnostic(Code::kArrayShape, fmt::format("array '{}' of shape {} does not fit input '{}'", file, to_text(got), input.name))
      .at({file, "", ""})
      .because(fmt::format("the input takes {} for N frames, one frame a row, or exactly {}", frames, to_text(input.shape)))
      .fix("reshape the array");
}

/// Nothing when the array does not fit.
std::optional<std::int64_t> calls_of(const Shape& got, const Shape& shape) {
  if (got == shape) return 1;
  const bool fits = !got.empty() && !shape.empty() && shape[0] > 0 && got[0] % shape[0] == 0;
  const bool shaped = fits && got.size() == shape.size() && std::equal(got.begin() + 1, got.end(), shape.begin() + 1);
  const bool rows_of_frames = fits && got.size() == 2 && got[1] == count(shape) / shape[0];
  if (!shaped && !rows_of_frames) return std::nullopt;
  return got[0] / shape[0];
}

/// The elements lie in the file as the emulator takes them.
std::optional<ElementKind> direct_kind(const NpyHeader& header, bool is_float) {
  if (header.big_endian && header.bytes > 1) return std::nullopt;
  if (header.kind == 'u' && header.bytes == 1) return ElementKind::kUint8;
  if (header.kind == 'i' && header.bytes == 1) return ElementKind::kInt8;
  if (header.kind == 'i' && header.bytes == 8) return ElementKind::kInt64;
  if (header.kind == 'f' && header.bytes == 4 && is_float) return ElementKind::kFloat32;
  return std::nullopt;
}

}  // namespace

FrameSource::FrameSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameSource::~FrameSource() = default;
FrameSource::FrameSource(FrameSource&&) noexcept = default;

std::int64_t FrameSource::calls() const { return state_->calls; }
bool FrameSource::exact_shape() const { return state_->exact; }

Result<FrameSource> FrameSource::open(const std::string& file, const Value& input) {
  auto state = std::make_unique<State>();
  State& s = *state;
  s.file = file;
  s.input = input.name;
  s.type = input.type;
  s.shape = input.shape;
  s.elements = count(input.shape);
  const std::int64_t batch = input.shape.empty() ? 1 : input.shape[0];
  const auto by_bytes = [&](std::int64_t items, std::int64_t item_bytes) -> Status {
    if (batch == 0 || item_bytes * batch != s.elements || items % batch != 0) return wrong_shape(file, input, {items, item_bytes});
    s.calls = items / batch;
    return ok_status();
  };
  std::error_code error;
  if (fs::is_directory(file, error)) {
    s.images = images_of(file);
    if (s.images.empty())
      return Diagnostic(Code::kBadArray, fmt::format("folder '{}' holds no .pgm or .ppm images", file)).at({file, "", ""});
    if (batch != 1) return wrong_shape(file, input, {std::ssize(s.images)});
    s.calls = std::ssize(s.images);
    return FrameSource(std::move(state));
  }
  FINNR_ASSIGN(MappedFile mapped, MappedFile::open(file));
  s.mapped.emplace(std::move(mapped));
  if (is_compressed(s.bytes())) {
    FINNR_ASSIGN(s.unpacked, decompress(s.bytes(), file));
  }
  if (const auto idx = read_idx(s.bytes())) {
    s.offset = idx->offset;
    s.record = static_cast<std::size_t>(idx->item_bytes);
    FINNR_RETURN_IF_ERROR(by_bytes(idx->items, idx->item_bytes));
    return FrameSource(std::move(state));
  }
  const std::size_t size = s.bytes().size();
  if (fs::path(file).extension() == ".bin" && size > 0 && size % kCifarRecord == 0) {
    s.cifar = true;
    s.offset = 1;
    s.record = kCifarRecord;
    FINNR_RETURN_IF_ERROR(by_bytes(static_cast<std::int64_t>(size / kCifarRecord), kCifarRecord - 1));
    return FrameSource(std::move(state));
  }
  FINNR_ASSIGN(s.npy, read_npy_header(s.bytes(), file));
  const std::optional<std::int64_t> calls = calls_of(s.npy->shape, input.shape);
  if (!calls) return wrong_shape(file, input, s.npy->shape);
  s.calls = *calls;
  s.exact = s.npy->shape == input.shape;
  if (s.npy->fortran) {
    FINNR_ASSIGN(s.tensor, parse_npy(s.bytes(), file));
  }
  return FrameSource(std::move(state));
}

Tensor::Ints FrameSource::labels() const {
  Tensor::Ints labels;
  for (std::size_t i = 0; state_->cifar && i < state_->bytes().size(); i += kCifarRecord)
    labels.push_back(static_cast<unsigned char>(state_->bytes()[i]));
  return labels;
}

Result<FastInput> FrameSource::read(std::int64_t first, std::int64_t n, Room& room) const {
  const State& s = *state_;
  const IntType& type = s.type.ints;
  const auto outside = [&](const std::string& element) {
    return Diagnostic(Code::kValueOutOfRange, fmt::format("array '{}' holds {}, which input '{}' does not take", s.file, element, s.input))
        .at({s.file, "", ""})
        .because(fmt::format("the input takes {}", to_text(type)));
  };
  const auto elements = static_cast<std::size_t>(n * s.elements);
  const auto checked = [&](const auto* data, ElementKind kind) -> Result<FastInput> {
    const bool all = s.type.is_float || (kind == ElementKind::kUint8 && !type.bipolar && type.lo <= 0 && type.hi >= 255);
    for (std::size_t i = 0; !all && i < elements; ++i) {
      if (!type.contains(data[i])) return outside(fmt::format("{}", static_cast<std::int64_t>(data[i])));
    }
    return FastInput{data, kind};
  };
  if (!s.npy) {
    if (!s.images.empty()) {
      room.bytes.clear();
      for (std::int64_t i = first; i < first + n; ++i) {
        FINNR_ASSIGN(const std::string image, read_image(s.images[static_cast<std::size_t>(i)], s.shape));
        room.bytes += image;
      }
      return checked(reinterpret_cast<const std::uint8_t*>(room.bytes.data()), ElementKind::kUint8);
    }
    const std::size_t skipped = static_cast<std::size_t>(first) * s.record;
    if (!s.cifar) {
      const std::size_t items = static_cast<std::size_t>(first * s.elements);
      return checked(reinterpret_cast<const std::uint8_t*>(s.bytes().data()) + s.offset + items, ElementKind::kUint8);
    }
    room.bytes.clear();
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
      room.bytes += s.bytes().substr(skipped + i * s.record + s.offset, s.record - s.offset);
    return checked(reinterpret_cast<const std::uint8_t*>(room.bytes.data()), ElementKind::kUint8);
  }
  const std::int64_t start = first * s.elements;
  const auto kind = direct_kind(*s.npy, s.type.is_float);
  const auto* data =
      reinterpret_cast<const std::uint8_t*>(s.bytes().data()) + s.npy->offset + static_cast<std::size_t>(start) * s.npy->bytes;
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % s.npy->bytes == 0;
  if (kind && aligned && !s.tensor) {
    switch (*kind) {
      case ElementKind::kUint8:
        return checked(data, *kind);
      case ElementKind::kInt8:
        return checked(reinterpret_cast<const std::int8_t*>(data), *kind);
      case ElementKind::kInt64:
        return checked(reinterpret_cast<const std::int64_t*>(data), *kind);
      case ElementKind::kFloat32:
        return FastInput{data, *kind};
    }
  }
  if (s.tensor) {
    const auto from = static_cast<std::ptrdiff_t>(start);
    const auto to = from + static_cast<std::ptrdiff_t>(elements);
    const Shape row = {static_cast<std::int64_t>(elements)};
    if (s.tensor->is_float())
      room.numbers = Tensor(row, Tensor::Floats(s.tensor->floats().begin() + from, s.tensor->floats().begin() + to));
    if (!s.tensor->is_float()) room.numbers = Tensor(row, Tensor::Ints(s.tensor->ints().begin() + from, s.tensor->ints().begin() + to));
  } else {
    FINNR_ASSIGN(room.numbers, npy_elements(s.bytes(), *s.npy, start, static_cast<std::int64_t>(elements), s.file));
  }
  if (!room.numbers.is_float()) return checked(room.numbers.ints().data(), ElementKind::kInt64);
  if (s.type.is_float) return FastInput{room.numbers.floats().data(), ElementKind::kFloat32};
  for (const float x : room.numbers.floats()) {
    if (!(std::nearbyint(x) == x && std::abs(x) < 0x1p62F)) return outside(fmt::format("{}", x));
  }
  room.numbers = Tensor(room.numbers.shape(), as_ints(room.numbers));
  return checked(room.numbers.ints().data(), ElementKind::kInt64);
}

void FrameSource::let_go(std::int64_t end) const {
  const State& s = *state_;
  if (!s.mapped || !s.unpacked.empty()) return;
  const auto calls = static_cast<std::size_t>(end);
  const std::size_t bytes =
      s.npy ? s.npy->offset + calls * static_cast<std::size_t>(s.elements) * s.npy->bytes : s.offset + calls * s.record;
  s.mapped->let_go(bytes);
}

}  // namespace finnr
