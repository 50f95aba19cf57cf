/*
 * value.h: reads values of a binary result. value_shape checks the columns once; the readers then
 * assert what only our own bug can break (a column of another type or length). Null must be asked
 * for first, except where said.
 */
#ifndef MR_DB_VALUE_H
#define MR_DB_VALUE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/json.h"
#include "core/str.h"
#include "core/uuid.h"
#include "db/array.h"

/* One letter a column: b bool, s int2, i int4, l int8, d float8, t text/name/json, j jsonb, y
 * bytea, u uuid, c tid, z timestamptz, * any. */
mr_must_check int value_shape(const PGresult *res, const char *letters, struct err *e);

bool value_is_null(const PGresult *res, int row, int col);
bool value_bool(const PGresult *res, int row, int col);
int16_t value_int2(const PGresult *res, int row, int col);
int32_t value_int4(const PGresult *res, int row, int col);
int64_t value_int8(const PGresult *res, int row, int col);
double value_float8(const PGresult *res, int row, int col);
struct uuid value_uuid(const PGresult *res, int row, int col);
struct tid value_tid(const PGresult *res, int row, int col);
int64_t value_timestamp_ms(const PGresult *res, int row, int col); /* ms since 1970 */

/* text, name, json, bytea, and jsonb without its version byte. Null: p NULL. Works on text results
 * too. */
struct str value_str(const PGresult *res, int row, int col);

/* Parses a json, jsonb or text column; null gives *out NULL. -1: MR500. */
mr_must_check int value_json(const PGresult *res, int row, int col, json_t **out, struct err *e);

#endif
