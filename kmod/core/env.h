/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's whole environment: fixed-width types, bool, memcpy, memcmp.
 *
 * Everything in core/ is built twice, into kp2padm.ko and into libp2pcore.a,
 * and this is the only file in it that may know which. Nothing here
 * allocates, locks, logs or reads a clock.
 */
#ifndef P2P_CORE_ENV_H
#define P2P_CORE_ENV_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
#endif

#ifdef __cplusplus
#define P2P_BEGIN_DECLS extern "C" {
#define P2P_END_DECLS }
#else
#define P2P_BEGIN_DECLS
#define P2P_END_DECLS
#endif

#define P2P_LIKELY(x) __builtin_expect(!!(x), 1)
#define P2P_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* What every packet runs, and what few do: kept in line, and out of the way */
#define P2P_HOT static inline __attribute__((__always_inline__))
#define P2P_COLD static __attribute__((__noinline__, __cold__))

/* What a pointer is need not be computed again where it is used again. */
#define P2P_ONCE(pointer) __asm__("" : "+r"(pointer))

/* For a variable that need not be zeroed where the compiler zeroes them all */
#ifdef __clang__
#define P2P_UNINITIALIZED __attribute__((__uninitialized__))
#elif defined(__GNUC__) && __GNUC__ >= 12 && !defined(__cplusplus)
#define P2P_UNINITIALIZED __attribute__((__uninitialized__))
#else
#define P2P_UNINITIALIZED
#endif

#endif
