// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "finnr/base/files.h"
#include "finnr/hardware/bundle.h"

namespace finnr {

/// The head of a bundle whose only source is a module of this name, written for the test. Ports, taps and units are to be added.
inline Bundle hand_written(const std::string& name, std::int64_t interval) {
  Bundle bundle;
  bundle.name = bundle.top = name;
  bundle.interval = interval;
  bundle.sources = {"rtl/" + name + ".sv"};
  return bundle;
}

/// An accelerator folder with that module's text in it, and work/ to compile in.
inline ScratchFolder folder_of(const Bundle& bundle, std::string_view text) {
  Result<ScratchFolder> folder = ScratchFolder::make();
  EXPECT_TRUE(folder.ok());
  for (const char* name : {"rtl", "work"}) std::filesystem::create_directories(folder->path() / name);
  EXPECT_TRUE(write_file(folder->path() / bundle.sources[0], text).ok());
  return *std::move(folder);
}

}  // namespace finnr
