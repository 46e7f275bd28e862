//! Dates, as far as a baseline needs them: today, and whether a date is over.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    year: u64,
    month: u64,
    day: u64,
}

impl Date {
    /// Returns today's date in UTC. The variable `SOURCE_DATE_EPOCH` sets another time, as it does for many tools that
    /// build things reproducibly.
    pub(super) fn today() -> Self {
        let set = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let now = set.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        Self::of_day(now.as_secs() / 86_400)
    }

    /// Returns the date of a number of days after 1 January 1970.
    fn of_day(days: u64) -> Self {
        // Years begin in March here, so that the day that not every year has is the last one; 1 March of the year 0
        // is 719,468 days before 1970, and the calendar repeats itself every 146,097 days.
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self { year: era * 400 + year_of_era + u64::from(month <= 2), month, day }
    }
}

impl From<toml::value::Date> for Date {
    fn from(date: toml::value::Date) -> Self {
        Self { year: date.year.into(), month: date.month.into(), day: date.day.into() }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        // As `date -u -d @SECONDS +%F` says.
        let dates = [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_786, "2026-11-29")];
        for (day, date) in dates {
            assert_eq!(Date::of_day(day).to_string(), date);
        }
    }
}
