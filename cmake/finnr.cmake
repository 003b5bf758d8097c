# SPDX-License-Identifier: Apache-2.0
# Flags that every target of the project gets, and the one form of a library.

add_library(finnr_flags INTERFACE)
target_compile_features(finnr_flags INTERFACE cxx_std_20)
target_include_directories(finnr_flags INTERFACE ${PROJECT_SOURCE_DIR})
# One machine, one answer: no fused multiply-add is ever contracted, no fast-math (docs/exactness.md).
target_compile_options(finnr_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror -ffp-contract=off
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized>)  # false alarms of GCC 12 in its own library (GCC bug 105651)
if(FINNR_SANITIZE)
  target_compile_options(finnr_flags INTERFACE -fsanitize=${FINNR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(finnr_flags INTERFACE -fsanitize=${FINNR_SANITIZE})
endif()

# finnr_library(base SOURCES a.cpp b.cpp LINKS tensor ...): the static library finnr_base of folder finnr/base.
# LINKS repeats the table of docs/architecture.md: what this folder may include.
function(finnr_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(finnr_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(finnr_${name} PUBLIC finnr_flags ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

# finnr_embed(generate library_files finnr/generate/library.h a.sv b.sv): adds to library finnr_generate a source that
# defines library_files(), the embedded texts.
function(finnr_embed library function header)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DHEADER=${header} -DFUNCTION=${function} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake ${ARGN}
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(finnr_${library} PRIVATE ${out})
endfunction()
