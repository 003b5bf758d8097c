// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample to the nearest element: a fixed choice of elements along each axis. Positions are computed in float32,
// as the usual runtimes do.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

constexpr std::string_view kTransforms[] = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",  "align_corners",
                                            "asymmetric", "tf_crop_and_resize",   "tf_half_pixel_for_nn"};
constexpr std::string_view kNearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
constexpr std::string_view kPolicies[] = {"stretch", "not_larger", "not_smaller"};

/// One axis: `size` elements become `length`.
struct AxisScale {
  std::int64_t size = 1;
  std::int64_t length = 1;
  float scale = 1;
  float start = 0;  ///< of the region, for tf_crop_and_resize, as a part of the axis
  float end = 1;
};

struct ResizeAttributes {
  std::string transform;
  std::string nearest;
  std::string policy;
  bool by_direction = false;  ///< opset 10: down to the next element when it grows, up when it shrinks
};

template <std::size_t kSize>
Result<std::string> one_of(NodeImport& node, std::string_view name, const std::string_view (&known)[kSize], std::string_view otherwise) {
  FINNR_ASSIGN(std::string given, node.text(name, std::string(otherwise)));
  if (std::ranges::find(known, given) != std::end(known)) return given;
  return NodeImport::attribute_error(Code::kBadAttribute, name, fmt::format("{} {} does not exist", name, printable(given)));
}

Status check_mode(NodeImport& node) {
  FINNR_ASSIGN(const std::string mode, node.text("mode", "nearest"));
  if (mode == "nearest") return ok_status();
  return NodeImport::attribute_error(Code::kBadAttribute, "mode",
                                     fmt::format("{} with mode {} is not supported", node.node().type, printable(mode)))
      .because("it computes new elements between the old ones; finnr takes the nearest")
      .fix("use mode nearest in training, or a transposed convolution");
}

Result<ResizeAttributes> read_resize(NodeImport& node) {
  FINNR_RETURN_IF_ERROR(check_mode(node));
  ResizeAttributes result;
  result.by_direction = node.opset() < 11;
  FINNR_ASSIGN(result.transform,
               one_of(node, "coordinate_transformation_mode", kTransforms, result.by_direction ? "asymmetric" : "half_pixel"));
  FINNR_ASSIGN(result.nearest, one_of(node, "nearest_mode", kNearest, "round_prefer_floor"));
  FINNR_ASSIGN(result.policy, one_of(node, "keep_aspect_ratio_policy", kPolicies, "stretch"));
  return result;
}

/// Where the element at position x of the result stands among the elements of the axis.
float origin(const std::string& transform, const AxisScale& axis, std::int64_t position) {
  const auto x = static_cast<float>(position);
  const auto size = static_cast<float>(axis.size);
  const auto length = static_cast<float>(axis.length);
  const float centered = (x + 0.5F) / axis.scale - 0.5F;
  if (transform == "asymmetric") return x / axis.scale;
  if (transform == "align_corners") return axis.length == 1 ? 0.0F : x * (size - 1) / (length - 1);
  if (transform == "pytorch_half_pixel") return axis.length > 1 ? centered : 0.0F;
  if (transform == "tf_half_pixel_for_nn") return (x + 0.5F) / axis.scale;
  if (transform == "half_pixel_symmetric") {
    const float adjustment = length / (axis.scale * size);
    return size / 2 * (1 - adjustment) + centered;
  }
  if (transform == "tf_crop_and_resize") {
    if (axis.length == 1) return 0.5F * (axis.start + axis.end) * (size - 1);
    return axis.start * (size - 1) + x * (axis.end - axis.start) * (size - 1) / (length - 1);
  }
  return centered;
}

float nearest(const ResizeAttributes& given, const AxisScale& axis, float x) {
  if (given.by_direction) return axis.scale < 1 ? std::ceil(x) : std::floor(x);
  if (given.nearest == "floor") return std::floor(x);
  if (given.nearest == "ceil") return std::ceil(x);
  const float below = std::floor(x);
  if (x - below == 0.5F) return given.nearest == "round_prefer_ceil" ? below + 1 : below;
  return std::round(x);
}

Result<Operand> resized(NodeImport& node, const ResizeAttributes& given, Operand x, const std::vector<AxisScale>& axes) {
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const AxisScale& axis = axes[a];
    if (axis.scale == 1 && axis.length == axis.size && given.transform != "tf_crop_and_resize") continue;
    FINNR_RETURN_IF_ERROR(node.charge(axis.length));
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < axis.length; ++i) {
      const float at = origin(given.transform, axis, i);
      if (given.transform == "tf_crop_and_resize" && (at < 0 || at > static_cast<float>(axis.size - 1)))
        return NodeImport::error(Code::kBadAttribute, "the region of Resize lies partly outside the image")
            .because("finnr takes elements of the image only");
      const float chosen = std::clamp(nearest(given, axis, at), 0.0F, static_cast<float>(axis.size - 1));
      indices.push_back(static_cast<std::int64_t>(chosen));
    }
    FINNR_ASSIGN(x, take_step(node, x, static_cast<int>(a), std::move(indices)));
  }
  return x;
}

Result<std::vector<float>> numbers_parameter(NodeImport& node, std::size_t i, std::string_view what) {
  FINNR_ASSIGN(const std::shared_ptr<const Tensor> tensor, node.parameter(i, what));
  return as_floats(*tensor);
}

/// Scales for the listed axes; the result's sizes follow.
Status set_scales(const std::vector<float>& scales, const std::vector<std::size_t>& listed, std::vector<AxisScale>& axes) {
  if (scales.size() != listed.size())
    return NodeImport::error(Code::kShapeMismatch, fmt::format("{} scales for {} axes", scales.size(), listed.size()));
  for (std::size_t i = 0; i < listed.size(); ++i) {
    AxisScale& axis = axes[listed[i]];
    const double length = std::floor(static_cast<double>(axis.size) * static_cast<double>(scales[i]));
    if (!(scales[i] > 0) || !(length >= 1) || length > static_cast<double>(kMaxElements))
      return NodeImport::error(Code::kBadAttribute, fmt::format("a scale of {} on an axis of {}", scales[i], axis.size))
          .because("scales are above 0 and leave at least one element");
    axis.scale = scales[i];
    axis.length = static_cast<std::int64_t>(length);
  }
  return ok_status();
}

/// Sizes for the listed axes; a policy other than stretch gives all of them one scale.
Status set_sizes(const std::vector<std::int64_t>& sizes, const std::vector<std::size_t>& listed, const std::string& policy,
                 std::vector<AxisScale>& axes) {
  if (sizes.size() != listed.size())
    return NodeImport::error(Code::kShapeMismatch, fmt::format("{} sizes for {} axes", sizes.size(), listed.size()));
  float common = 0;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    AxisScale& axis = axes[listed[i]];
    if (sizes[i] < 1 || sizes[i] > kMaxElements || axis.size < 1)
      return NodeImport::error(Code::kBadAttribute, fmt::format("Resize of an axis of {} to {}", axis.size, sizes[i]));
    axis.length = sizes[i];
    axis.scale = static_cast<float>(sizes[i]) / static_cast<float>(axis.size);
    const bool better = policy == "not_larger" ? axis.scale < common : axis.scale > common;
    if (i == 0 || better) common = axis.scale;
  }
  if (policy == "stretch") return ok_status();
  for (const std::size_t a : listed) {
    axes[a].scale = common;
    axes[a].length = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::round(common * static_cast<float>(axes[a].size))));
  }
  return ok_status();
}

Result<std::vector<std::size_t>> listed_axes(NodeImport& node, std::size_t rank) {
  std::vector<std::int64_t> given = all_indices(static_cast<std::int64_t>(rank));
  if (node.attribute("axes") != nullptr) {
    FINNR_ASSIGN(given, node.integers("axes"));
  }
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : given) {
    const std::optional<int> normal = normal_axis(axis, rank);
    if (!normal || std::ranges::find(axes, static_cast<std::size_t>(*normal)) != axes.end())
      return NodeImport::attribute_error(Code::kBadAttribute, "axes", fmt::format("axis {} does not exist or is listed twice", axis));
    axes.push_back(static_cast<std::size_t>(*normal));
  }
  return axes;
}

/// The region of tf_crop_and_resize: starts, then ends.
Status set_region(NodeImport& node, const std::vector<std::size_t>& listed, std::vector<AxisScale>& axes) {
  FINNR_ASSIGN(const std::vector<float> region, numbers_parameter(node, 1, "the region"));
  if (region.size() != 2 * listed.size())
    return node.input_error(Code::kShapeMismatch, 1, fmt::format("a region of {} numbers for {} axes", region.size(), listed.size()));
  for (std::size_t i = 0; i < listed.size(); ++i) {
    axes[listed[i]].start = region[i];
    axes[listed[i]].end = region[listed.size() + i];
  }
  return ok_status();
}

std::vector<AxisScale> axes_of(const Shape& shape) {
  std::vector<AxisScale> axes(shape.size());
  for (std::size_t a = 0; a < shape.size(); ++a) axes[a].size = axes[a].length = shape[a];
  return axes;
}

}  // namespace

// Inputs: x, scales (opset 10); x, region, scales, sizes (since). An empty list counts as left out.
Status import_resize(NodeImport& node) {
  FINNR_ASSIGN(const ResizeAttributes given, read_resize(node));
  const std::size_t scales_at = node.opset() < 11 ? 1 : 2;
  std::vector<float> scales;
  if (node.has_input(scales_at)) {
    FINNR_ASSIGN(scales, numbers_parameter(node, scales_at, "the list of scales"));
  }
  FINNR_ASSIGN(Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  FINNR_ASSIGN(const std::vector<std::size_t> listed, listed_axes(node, shape.size()));
  std::vector<AxisScale> axes = axes_of(shape);
  if (!scales.empty()) {
    FINNR_RETURN_IF_ERROR(set_scales(scales, listed, axes));
  } else if (node.has_input(3)) {
    FINNR_ASSIGN(const std::vector<std::int64_t> sizes, node.integers_parameter(3, "the list of sizes"));
    FINNR_RETURN_IF_ERROR(set_sizes(sizes, listed, given.policy, axes));
  } else {
    return NodeImport::error(Code::kBadOperands, "Resize has neither scales nor sizes")
        .because("one of them says what becomes of each axis");
  }
  if (given.transform == "tf_crop_and_resize") FINNR_RETURN_IF_ERROR(set_region(node, listed, axes));
  return node.give(resized(node, given, std::move(x), axes));
}

Status import_upsample(NodeImport& node) {
  FINNR_RETURN_IF_ERROR(check_mode(node));
  std::vector<float> scales;
  if (const FileAttribute* list = node.attribute("scales")) {
    const auto* values = std::get_if<std::vector<float>>(&list->value);
    if (values == nullptr)
      return NodeImport::attribute_error(Code::kBadAttribute, "scales", "attribute 'scales' has the wrong type")
          .because("it must be a list of numbers");
    scales = *values;
  } else {
    FINNR_ASSIGN(scales, numbers_parameter(node, 1, "the list of scales"));
  }
  FINNR_ASSIGN(Operand x, node.operand(0));
  std::vector<AxisScale> axes = axes_of(node.shape(x));
  std::vector<std::size_t> listed;
  for (std::size_t a = 0; a < axes.size(); ++a) listed.push_back(a);
  FINNR_RETURN_IF_ERROR(set_scales(scales, listed, axes));
  return node.give(resized(node, {"asymmetric", "floor", "stretch", false}, std::move(x), axes));
}

namespace {

/// The edge of the block of DepthToSpace or SpaceToDepth, on a tensor [N,C,H,W].
Result<std::int64_t> read_block(NodeImport& node, const Shape& shape) {
  FINNR_ASSIGN(const std::int64_t block, node.integer("blocksize", 0));
  if (block < 1 || block > (1 << 15))
    return NodeImport::attribute_error(Code::kBadAttribute, "blocksize", fmt::format("a blocksize of {} is not valid", block));
  if (shape.size() != 4)
    return node.input_error(Code::kShapeMismatch, 0, fmt::format("{} of data of shape {}", node.node().type, to_text(shape)))
        .because("it needs four axes: samples, channels, rows and columns");
  return block;
}

Status moved(NodeImport& node, Operand x, Shape split, const std::vector<int>& perm, Shape result) {
  FINNR_ASSIGN(x, reshape_step(node, x, std::move(split)));
  FINNR_ASSIGN(x, transpose_step(node, x, perm));
  return node.give(reshape_step(node, x, std::move(result)));
}

}  // namespace

Status import_depth_to_space(NodeImport& node) {
  FINNR_ASSIGN(const std::string mode, node.text("mode", "DCR"));
  if (mode != "DCR" && mode != "CRD")
    return NodeImport::attribute_error(Code::kBadAttribute, "mode", fmt::format("DepthToSpace mode {} does not exist", printable(mode)));
  FINNR_ASSIGN(Operand x, node.operand(0));
  const Shape s = node.shape(x);
  FINNR_ASSIGN(const std::int64_t b, read_block(node, s));
  if (s[1] % (b * b) != 0)
    return node.input_error(Code::kShapeMismatch, 0, fmt::format("{} channels do not fill blocks of {}x{}", s[1], b, b));
  const std::int64_t c = s[1] / (b * b);
  const Shape result = {s[0], c, s[2] * b, s[3] * b};
  if (mode == "DCR") return moved(node, std::move(x), {s[0], b, b, c, s[2], s[3]}, {0, 3, 4, 1, 5, 2}, result);
  return moved(node, std::move(x), {s[0], c, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3}, result);
}

Status import_space_to_depth(NodeImport& node) {
  FINNR_ASSIGN(Operand x, node.operand(0));
  const Shape s = node.shape(x);
  FINNR_ASSIGN(const std::int64_t b, read_block(node, s));
  if (s[2] % b != 0 || s[3] % b != 0)
    return node.input_error(Code::kShapeMismatch, 0, fmt::format("an image of {}x{} is not made of blocks of {}x{}", s[2], s[3], b, b));
  return moved(node, std::move(x), {s[0], s[1], s[2] / b, b, s[3] / b, b}, {0, 3, 5, 1, 2, 4}, {s[0], s[1] * b * b, s[2] / b, s[3] / b});
}

}  // namespace finnr
