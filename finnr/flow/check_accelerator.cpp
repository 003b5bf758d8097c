// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/check_accelerator.h"

#include "finnr/base/files.h"
#include "finnr/flow/prepare.h"
#include "finnr/flow/run.h"

namespace finnr {
namespace {

Result<Verdict> check(const std::string& folder, const VerifyOptions& options) {
  FINNR_ASSIGN(const Accelerator accelerator, load_accelerator(folder));
  return verify_bundle(folder, accelerator.bundle, accelerator.network, options);
}

}  // namespace

std::optional<Verdict> check_accelerator(const std::string& folder, const VerifyOptions& options, Diagnostics& diagnostics) {
  Result<Verdict> verdict = check(folder, options);
  if (verdict.ok() && !verdict->good()) diagnostics.add(explain(*verdict, folder));
  if (verdict.ok()) {
    if (Status written = write_file(std::filesystem::path(folder) / kVerdictFile, to_json(*verdict)); !written.ok()) {
      diagnostics.add(std::move(written).error());
    }
  }
  report_failure(verdict, diagnostics, folder);
  return std::move(verdict).value_or_nothing();
}

}  // namespace finnr
