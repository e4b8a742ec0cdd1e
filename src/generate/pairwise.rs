//! Covering arrays: few rows of yes and no in which every two factors meet in every combination that can be.

/// Rows, and what no row can have.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// For each row, for each factor, whether it is present.
    pub rows: Vec<Vec<bool>>,
    /// Combinations of two factors that no row can have.
    pub impossible: usize,
}

/// Finds rows in which each pair of factors has each of its four combinations, as far as there is a row that fits.
pub fn rows(factors: usize, fits: &dyn Fn(&[bool]) -> bool) -> Rows {
    let mut found = Rows::default();
    let mut open = Open::new(factors);
    for factor in 0..factors {
        // With itself, a factor has two combinations: present and absent.
        for other in factor..factors {
            for (first, second) in [(true, true), (false, false), (true, false), (false, true)] {
                if !open.is(factor, first, other, second) {
                    continue;
                }
                match row(factors, (factor, first), (other, second), &open, fits) {
                    Some(row) => {
                        open.close(&row);
                        found.rows.push(row);
                    }
                    None => {
                        open.give_up(factor, first, other, second);
                        found.impossible += 1;
                    }
                }
            }
        }
    }
    if factors == 0 {
        found.rows.push(Vec::new());
    }
    found
}

/// A row with two given entries and as many open combinations besides as a greedy choice finds.
fn row(
    factors: usize,
    first: (usize, bool),
    second: (usize, bool),
    open: &Open,
    fits: &dyn Fn(&[bool]) -> bool,
) -> Option<Vec<bool>> {
    let fixed = |factor: usize| factor == first.0 || factor == second.0;
    let mut row = vec![false; factors];
    row[first.0] = first.1;
    row[second.0] = second.1;
    if !fits(&row) {
        // Some members go only with another one.
        let helper = (0..factors).filter(|factor| !fixed(*factor)).find(|factor| {
            row[*factor] = true;
            let helps = fits(&row);
            row[*factor] = helps;
            helps
        });
        helper?;
    }
    for factor in (0..factors).filter(|factor| !fixed(*factor)) {
        if row[factor] {
            continue;
        }
        let absent = open.gain(&row, factor);
        row[factor] = true;
        row[factor] = open.gain(&row, factor) > absent && fits(&row);
    }
    Some(row)
}

/// The combinations that no row has yet.
struct Open {
    factors: usize,
    open: Vec<bool>,
}

impl Open {
    fn new(factors: usize) -> Self {
        let mut open = Self { factors, open: vec![true; factors * factors * 4] };
        for factor in 0..factors {
            open.set(factor, true, factor, false, false);
            open.set(factor, false, factor, true, false);
        }
        open
    }

    fn at(&self, first: usize, first_is: bool, second: usize, second_is: bool) -> usize {
        (first * self.factors + second) * 4 + usize::from(first_is) * 2 + usize::from(second_is)
    }

    fn is(&self, first: usize, first_is: bool, second: usize, second_is: bool) -> bool {
        self.open[self.at(first, first_is, second, second_is)]
    }

    fn set(&mut self, first: usize, first_is: bool, second: usize, second_is: bool, open: bool) {
        let at = self.at(first, first_is, second, second_is);
        self.open[at] = open;
        let mirrored = self.at(second, second_is, first, first_is);
        self.open[mirrored] = open;
    }

    fn give_up(&mut self, first: usize, first_is: bool, second: usize, second_is: bool) {
        self.set(first, first_is, second, second_is, false);
    }

    fn close(&mut self, row: &[bool]) {
        for (first, first_is) in row.iter().enumerate() {
            for (second, second_is) in row.iter().enumerate().skip(first) {
                self.set(first, *first_is, second, *second_is, false);
            }
        }
    }

    /// How many open combinations a factor has with the others as they stand in the row.
    fn gain(&self, row: &[bool], factor: usize) -> usize {
        row.iter().enumerate().filter(|(other, is)| self.is(factor, row[factor], *other, **is)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(found: &Rows, factors: usize) -> usize {
        let mut count = 0;
        for first in 0..factors {
            for second in first + 1..factors {
                for wanted in [(true, true), (true, false), (false, true), (false, false)] {
                    count += usize::from(found.rows.iter().any(|row| (row[first], row[second]) == wanted));
                }
            }
        }
        count
    }

    #[test]
    fn every_two_factors_meet_in_every_way_in_few_rows() {
        for factors in [0, 1, 2, 3, 10, 60] {
            let found = rows(factors, &|_| true);
            assert_eq!(covered(&found, factors), factors * factors.saturating_sub(1) * 2, "{factors} factors");
            assert_eq!(found.impossible, 0);
        }
        assert_eq!(rows(0, &|_| true).rows, [Vec::<bool>::new()]);
        assert_eq!(rows(1, &|_| true).rows.len(), 2);
        assert!(rows(10, &|_| true).rows.len() <= 12, "{}", rows(10, &|_| true).rows.len());
        assert!(rows(60, &|_| true).rows.len() <= 24, "{}", rows(60, &|_| true).rows.len());
    }

    #[test]
    fn what_excludes_or_needs_another_is_respected() {
        // The first two exclude each other; the third goes only with the fourth.
        let fits = |row: &[bool]| !(row[0] && row[1]) && (!row[2] || row[3]);
        let found = rows(5, &fits);
        assert!(found.rows.iter().all(|row| fits(row)));
        assert_eq!(covered(&found, 5), 40 - 2, "all but two combinations");
        assert_eq!(found.impossible, 2);
    }
}
