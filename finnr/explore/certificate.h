// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/explore/problem.h"
#include "finnr/explore/search.h"

namespace finnr {

/// A problem, what was chosen, and what is claimed of everything that was not: enough to check an answer without asking how it
/// was found.
struct Certificate {
  std::string subject;  ///< what the problem was made from, for people
  Problem problem;
  std::optional<Choice> choice;
  std::int64_t interval = 0;    ///< of the choice
  std::vector<Budget> budgets;  ///< that the choice keeps
  std::vector<Claim> claims;
};

/// JSON.
std::string to_json(const Certificate& certificate);

/// Reads it back. Fails with kBadCertificate when it is not one; whether it holds is for check() to say.
Result<Certificate> read_certificate(const std::string& text, const std::string& path);

}  // namespace finnr
