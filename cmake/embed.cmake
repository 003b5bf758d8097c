# SPDX-License-Identifier: Apache-2.0
# Turns text files into one C++ source, so that the binary needs nothing beside itself:
#   cmake -DOUT=x.cpp -DHEADER=finnr/generate/library.h -DFUNCTION=library_files -P embed.cmake FILE...
# defines `std::span<const EmbeddedFile> FUNCTION()` with the name and text of each file, in the given order.
set(entries "")
math(EXPR last "${CMAKE_ARGC} - 1")
set(files FALSE)
foreach(i RANGE ${last})
  if(files)
    get_filename_component(name "${CMAKE_ARGV${i}}" NAME)
    file(READ "${CMAKE_ARGV${i}}" text)
    string(APPEND entries "    {\"${name}\", R\"~finnr~(${text})~finnr~\"},\n")
  elseif("${CMAKE_ARGV${i}}" MATCHES "embed.cmake$")
    set(files TRUE)
  endif()
endforeach()
file(WRITE "${OUT}" "// Made by cmake/embed.cmake.\n#include \"${HEADER}\"\n\nnamespace finnr {\n\nstd::span<const EmbeddedFile> ${FUNCTION}() {\n  static constexpr EmbeddedFile kFiles[] = {\n${entries}  };\n  return kFiles;\n}\n\n}  // namespace finnr\n")
