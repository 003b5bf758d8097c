// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/certificate.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<Budget>& budgets) {
  Json list = Json::array();
  for (const Budget& b : budgets) list.push_back({{"name", b.name}, {"weights", b.weights}, {"limit", b.limit}});
  return list;
}

std::vector<Budget> read_budgets(const Json& list) {
  std::vector<Budget> budgets;
  for (const Json& b : list) {
    budgets.push_back(
        {b.at("name").get<std::string>(), b.at("weights").get<std::vector<std::int64_t>>(), b.at("limit").get<std::int64_t>()});
  }
  return budgets;
}

Certificate read(const Json& json) {
  Certificate certificate;
  certificate.subject = json.at("subject").get<std::string>();
  certificate.problem.resources = json.at("resources").get<std::vector<std::string>>();
  for (const Json& d : json.at("decisions")) {
    Decision decision{d.at("name").get<std::string>(), {}};
    for (const Json& o : d.at("options")) decision.options.push_back({o.at(0).get<std::int64_t>(), o.at(1).get<Bill>()});
    certificate.problem.decisions.push_back(std::move(decision));
  }
  for (const Json& c : json.at("couplings")) {
    certificate.problem.couplings.push_back(
        {c.at("from").get<std::size_t>(), c.at("to").get<std::size_t>(), c.at("from_class").get<std::vector<std::size_t>>(),
         c.at("to_class").get<std::vector<std::size_t>>(), c.at("cost").get<std::vector<std::vector<Bill>>>()});
  }
  if (!json.at("choice").is_null()) certificate.choice = json.at("choice").get<Choice>();
  certificate.interval = json.at("interval").get<std::int64_t>();
  certificate.budgets = read_budgets(json.at("budgets"));
  for (const Json& c : json.at("claims")) {
    certificate.claims.push_back({c.at("interval").get<std::int64_t>(), read_budgets(c.at("budgets")),
                                  c.at("prices").get<std::vector<std::vector<std::int64_t>>>()});
  }
  return certificate;
}

}  // namespace

std::string to_json(const Certificate& certificate) {
  Json decisions = Json::array();
  for (const Decision& d : certificate.problem.decisions) {
    Json options = Json::array();
    for (const Option& o : d.options) options.push_back(Json::array({o.interval, o.cost}));
    decisions.push_back({{"name", d.name}, {"options", std::move(options)}});
  }
  Json couplings = Json::array();
  for (const Coupling& c : certificate.problem.couplings) {
    couplings.push_back({{"from", c.from}, {"to", c.to}, {"from_class", c.from_class}, {"to_class", c.to_class}, {"cost", c.cost}});
  }
  Json claims = Json::array();
  for (const Claim& c : certificate.claims) {
    claims.push_back({{"interval", c.interval}, {"budgets", to_json(c.budgets)}, {"prices", c.prices}});
  }
  const Json json = {{"subject", certificate.subject},
                     {"resources", certificate.problem.resources},
                     {"decisions", std::move(decisions)},
                     {"couplings", std::move(couplings)},
                     {"choice", certificate.choice ? Json(*certificate.choice) : Json()},
                     {"interval", certificate.interval},
                     {"budgets", to_json(certificate.budgets)},
                     {"claims", std::move(claims)}};
  return json.dump() + "\n";
}

Result<Certificate> read_certificate(const std::string& text, const std::string& path) {
  const auto bad = [&](const std::string& why) {
    return Diagnostic(Code::kBadCertificate, fmt::format("'{}' is no certificate", path))
        .at({path, "", ""})
        .because(why)
        .fix("take a file that 'finnr explore --certificates DIR' wrote");
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return bad("it is not a JSON object");
  Certificate certificate;
  try {
    certificate = read(json);
  } catch (const nlohmann::json::exception& error) {
    return bad(error.what());
  }
  std::string flaw = flaw_of(certificate.problem);
  const std::size_t resources = certificate.problem.resources.size();
  const auto budgets_fit = [&](const std::vector<Budget>& budgets) {
    for (const Budget& b : budgets) {
      if (b.weights.size() != resources) flaw = fmt::format("budget '{}' has not one weight a resource", b.name);
      for (const std::int64_t w : b.weights) {
        if (w < 0 || w > 1'000'000'000) flaw = fmt::format("a weight of budget '{}' is out of range", b.name);
      }
    }
  };
  budgets_fit(certificate.budgets);
  for (const Claim& claim : certificate.claims) {
    budgets_fit(claim.budgets);
    for (const std::vector<std::int64_t>& prices : claim.prices) {
      if (prices.size() != claim.budgets.size()) flaw = "a claim has not one price a budget";
      for (const std::int64_t price : prices) {
        if (price < 0) flaw = "a price is negative";
      }
    }
  }
  if (certificate.choice) {
    bool fits = certificate.choice->size() == certificate.problem.decisions.size();
    for (std::size_t i = 0; fits && i < certificate.choice->size(); ++i)
      fits = (*certificate.choice)[i] < certificate.problem.decisions[i].options.size();
    if (!fits) flaw = "the choice does not take one option of every decision";
  }
  if (!flaw.empty()) return bad(flaw);
  return certificate;
}

}  // namespace finnr
