/*
 * def.h: the few attributes and macros that every file may use.
 */
#ifndef MR_CORE_DEF_H
#define MR_CORE_DEF_H

#define mr_must_check __attribute__((warn_unused_result))
#define mr_printf(fmt, first) __attribute__((format(printf, fmt, first)))
#define mr_noreturn __attribute__((noreturn))
#define countof(array) (sizeof(array) / sizeof((array)[0]))

#endif
