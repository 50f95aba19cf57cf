#include "core/time.h"

#include <stdio.h>
#include <time.h>

static bool digits(struct str s, size_t at, size_t n, int *out);
static bool zone(struct str s, int64_t *offset_ms);
static int month_days(int64_t year, int month);

int64_t
mono_ms(void)
{
	return mono_us() / 1000;
}

int64_t
mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *
time_format(int64_t ms, char out[TIME_TEXT_SIZE])
{
	int64_t days = ms / 86400000, rest = ms % 86400000, year;
	int month, day;

	if (rest < 0) {
		rest += 86400000;
		days--;
	}
	time_civil(days, &year, &month, &day);
	snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)(year % 1000000),
	    month, day, (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
	    (int)(rest % 1000));
	return out;
}

int
time_parse(struct str s, int64_t *ms, struct err *e)
{
	int year, month, day, hour, minute, second, fraction = 0;
	int64_t offset = 0;
	size_t end = 19;
	bool ok;

	ok = s.n >= 20 && digits(s, 0, 4, &year) && s.p[4] == '-' && digits(s, 5, 2, &month) &&
	     s.p[7] == '-' && digits(s, 8, 2, &day) &&
	     (s.p[10] == 'T' || s.p[10] == 't' || s.p[10] == ' ') && digits(s, 11, 2, &hour) &&
	     s.p[13] == ':' && digits(s, 14, 2, &minute) && s.p[16] == ':' &&
	     digits(s, 17, 2, &second) && month >= 1 && month <= 12 && day >= 1 &&
	     day <= month_days(year, month) && hour <= 23 && minute <= 59 && second <= 60;
	if (ok && s.p[19] == '.') {
		int scale = 100;

		for (end = 20; end < s.n && s.p[end] >= '0' && s.p[end] <= '9'; end++) {
			fraction += (s.p[end] - '0') * scale;
			scale /= 10;
		}
		ok = end > 20 && end <= 29;
	}
	ok = ok && zone(str_sub(s, end, s.n), &offset);
	if (!ok)
		return err_set(e, "MR400", "must be an instant as 2026-01-31T13:45:00.000Z");
	*ms = time_days(year, month, day) * 86400000 + (int64_t)hour * 3600000 +
	      (int64_t)minute * 60000 + (int64_t)second * 1000 + fraction - offset;
	return 0;
}

/* Both count years from March, so that the leap day is the last of its year. */
int64_t
time_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
time_civil(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = of_era + era * 400 + (*month <= 2);
}

static bool
digits(struct str s, size_t at, size_t n, int *out)
{
	int v = 0;

	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

static bool
zone(struct str s, int64_t *offset_ms)
{
	int hour, minute;

	if (str_is_ignoring_case(s, "Z")) {
		*offset_ms = 0;
		return true;
	}
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' ||
	    !digits(s, 1, 2, &hour) || !digits(s, 4, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*offset_ms = ((int64_t)hour * 60 + minute) * (s.p[0] == '-' ? -60000 : 60000);
	return true;
}

static int
month_days(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}
