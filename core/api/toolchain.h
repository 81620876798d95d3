// SPDX-License-Identifier: Apache-2.0
//
// The facts about a compilation that decide whether C++ objects may cross from
// one binary into another, as one string. Compared for equality, never parsed.
#pragma once

#define PARLEY_TEXT_(x) #x
#define PARLEY_TEXT(x) PARLEY_TEXT_(x)

#if defined(__clang__)
#define PARLEY_TOOLCHAIN_COMPILER "clang-" PARLEY_TEXT(__clang_major__)
#else
#define PARLEY_TOOLCHAIN_COMPILER "gcc-" PARLEY_TEXT(__GNUC__)
#endif

#if defined(_GLIBCXX_ASSERTIONS)
#define PARLEY_TOOLCHAIN_ASSERTIONS " glibcxx-assertions"
#else
#define PARLEY_TOOLCHAIN_ASSERTIONS ""
#endif

#if defined(_GLIBCXX_DEBUG)
#define PARLEY_TOOLCHAIN_DEBUG " glibcxx-debug"
#else
#define PARLEY_TOOLCHAIN_DEBUG ""
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PARLEY_ADDRESS_SANITIZER
#elif __has_feature(thread_sanitizer)
#define PARLEY_THREAD_SANITIZER
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(PARLEY_ADDRESS_SANITIZER)
#define PARLEY_TOOLCHAIN_SANITIZER " address-sanitizer"
#elif defined(__SANITIZE_THREAD__) || defined(PARLEY_THREAD_SANITIZER)
#define PARLEY_TOOLCHAIN_SANITIZER " thread-sanitizer"
#else
#define PARLEY_TOOLCHAIN_SANITIZER ""
#endif

#if defined(NDEBUG)
#define PARLEY_TOOLCHAIN_NDEBUG " ndebug"
#else
#define PARLEY_TOOLCHAIN_NDEBUG ""
#endif

#define PARLEY_TOOLCHAIN                                                            \
  PARLEY_TOOLCHAIN_COMPILER                                                         \
  " c++" PARLEY_TEXT(__cplusplus) " cxx11-abi-" PARLEY_TEXT(_GLIBCXX_USE_CXX11_ABI) \
      PARLEY_TOOLCHAIN_ASSERTIONS PARLEY_TOOLCHAIN_DEBUG PARLEY_TOOLCHAIN_SANITIZER \
          PARLEY_TOOLCHAIN_NDEBUG
