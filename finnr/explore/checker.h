// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "finnr/explore/certificate.h"

namespace finnr {

// The checker shares no code with the search: it reads the problem as the certificate states it, adds up costs anew, and follows
// for itself what the prices leave open.

/// What is wrong with a certificate: "" if the choice has the interval and keeps the budgets that it is said to, and every claim
/// holds. `at_most` beginnings are followed at once; a claim that takes more is not accepted.
std::string check(const Certificate& certificate, std::size_t at_most = 200'000);

}  // namespace finnr
