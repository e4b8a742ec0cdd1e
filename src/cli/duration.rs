//! Times, as flags have them.

use std::time::Duration;

/// Longest time that a flag may ask for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Reads a number with its unit: milliseconds, seconds or minutes.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    let fits = |duration: &Duration| !duration.is_zero() && *duration <= LONGEST;
    parsed.filter(fits).ok_or_else(|| "write a time up to a day with its unit, as 500ms, 30s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_with_their_units_only() {
        for (text, millis) in [("500ms", 500), ("30s", 30_000), ("1.5s", 1500), ("2m", 120_000), ("1440m", 86_400_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "0s", "-1s", "1h", "NaNs", "infs", "1e30s", "1441m"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
