//! Which cases are recorded, and what each is called: by what it is about, so that a new one renames no other.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::generate::{Case, Expected, Phase, Plan, Variation, Verdict};

/// Longest part of a name that says what a case is about, in bytes.
const LONGEST: usize = 120;

/// A case that is recorded.
#[derive(Debug, Clone)]
pub struct Selected {
    /// What it is called: a file's name on every system.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// What the contract demands.
    pub expected: String,
    /// The case.
    pub case: Case,
}

/// The cases of an operation that are recorded: its examples; of each constraint the first boundary and the first
/// break; as many random cases as asked for.
#[must_use]
pub fn select(plan: &Plan, phases: &[Phase], seed: u64, random: u64) -> Vec<Selected> {
    let mut names = HashSet::new();
    let mut about = HashSet::new();
    let mut selected = Vec::new();
    for phase in phases {
        for index in 0..plan.count(*phase, random) {
            let Some(Ok(case)) = plan.case(*phase, seed, index) else { continue };
            let Some(words) = words(plan, *phase, index, &case) else { continue };
            if about.insert(words.clone()) {
                let name = named(&words, &mut names);
                let expected = expected(&case);
                selected.push(Selected { name, title: words.join(" "), expected, case });
            }
        }
    }
    selected
}

/// The phase of the cases that are called so.
#[must_use]
pub fn phase_of(name: &str) -> Option<Phase> {
    match name.split('_').next()? {
        "example" => Some(Phase::Examples),
        "boundary" | "invalid" => Some(Phase::Coverage),
        "random" => Some(Phase::Random),
        _ => None,
    }
}

/// What a case is about; nothing for those that are not recorded.
fn words(plan: &Plan, phase: Phase, index: u64, case: &Case) -> Option<Vec<String>> {
    let about = match (phase, case.verdict) {
        (Phase::Examples, _) => {
            let example = plan.operation().examples.get(usize::try_from(index).ok()?)?;
            return Some(vec!["example".to_owned(), example.name.clone()]);
        }
        (Phase::Random, _) => return Some(vec!["random".to_owned(), case.token.seed.to_string(), index.to_string()]),
        (Phase::Coverage, Verdict::Valid { boundary: Some(constraint) } | Verdict::Invalid { constraint }) => {
            constraint
        }
        (Phase::Coverage | Phase::Probes, _) => return None,
    };
    let id = case.operation.input.constraints[about].id.clone();
    (case.variation == Variation::Plain).then(|| vec![case.kind().name().to_owned(), id])
}

/// A name that no file system mistakes for another one of them.
fn named(words: &[String], taken: &mut HashSet<String>) -> String {
    let text = words.join("_");
    let mut name: String = text.chars().map(plain).collect();
    name = name.replace("_.", "_");
    let lossless = text.chars().all(|character| plain(character) != '-' || character == '-');
    name.truncate(LONGEST);
    if !lossless || name.len() == LONGEST || taken.contains(&name.to_ascii_lowercase()) {
        name = format!("{name}-{:08x}", xxh3_64(text.as_bytes()) & 0xffff_ffff);
    }
    taken.insert(name.to_ascii_lowercase());
    name
}

/// A character of a constraint's id as file names can have it.
fn plain(character: char) -> char {
    match character {
        '/' | '#' => '.',
        '*' => '+',
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '.' => character,
        _ => '-',
    }
}

fn expected(case: &Case) -> String {
    match case.expected() {
        Expected::Success { status } => format!("{status}"),
        Expected::Refusal(refusal) => refusal.to_string(),
        Expected::Unknown => "not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;
    use crate::model::Dialect;

    #[test]
    fn names_are_unique_on_every_file_system() {
        for operation in Contract::builtin().operations() {
            let plan = Plan::new(operation, Dialect::Native);
            let selected = select(&plan, &Phase::ALL, 7, 3);
            let names: HashSet<String> = selected.iter().map(|one| one.name.to_lowercase()).collect();
            assert_eq!(names.len(), selected.len());
            assert!(selected.iter().all(|one| phase_of(&one.name) == Some(one.case.token.phase)));
            assert!(
                names.iter().all(|name| name.len() < 140 && !name.contains(['/', ':', '\\', '*', ' '])),
                "{names:?}"
            );
            assert!(names.contains("random_7_2") && names.iter().any(|name| name.starts_with("boundary_")));
        }
    }

    #[test]
    fn names_that_would_be_one_are_told_apart() {
        let mut taken = HashSet::new();
        let mut name = |id: &str| named(&["invalid".to_owned(), id.to_owned()], &mut taken);
        assert_eq!(name("/Tags/*/Key#minLength"), "invalid_Tags.+.Key.minLength");
        let others = [name("/tags/*/key#minlength"), name("/Tags.+.Key#minLength"), name("/a b#x"), name("/a:b#x")];
        let all: HashSet<String> = others.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(all.len(), 4, "{others:?}");
        assert!(name(&"x".repeat(500)).len() < 140);
    }
}
