//! Laws of generation: cases are what their verdict says, the same for the same seed, and shards add up.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use accordant::Contract;
use accordant::generate::{
    Adjustments, Case, CaseKind, Cases, Phase, Plan, ReplayError, Shard, Shrinking, Token, Variation, Verdict,
};
use accordant::model::Dialect;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::approved;

static PLANS: LazyLock<Vec<Arc<Plan>>> = LazyLock::new(|| plans(&Contract::builtin(), Dialect::Native));

fn plans(contract: &Contract, dialect: Dialect) -> Vec<Arc<Plan>> {
    let spoken =
        contract.operations().iter().filter(|operation| dialect == Dialect::Native || operation.documented.is_some());
    spoken.map(|operation| Arc::new(Plan::new(operation, dialect))).collect()
}

/// The phases whose cases are inputs, rather than questions about the protocol.
const OF_INPUTS: [Phase; 3] = [Phase::Examples, Phase::Coverage, Phase::Random];

/// All cases of those phases, with so many random ones per operation.
fn all(plans: &[Arc<Plan>], random: u64, seed: u64) -> Vec<Case> {
    let mut cases = Vec::new();
    for plan in plans {
        for phase in OF_INPUTS {
            let numbers = 0..plan.count(phase, random);
            cases.extend(numbers.filter_map(|index| plan.case(phase, seed, index).expect("a case").ok()));
        }
    }
    cases
}

/// What a server sees of a case.
fn bytes(case: &Case) -> Vec<u8> {
    let request = &case.request;
    let mut bytes = format!("{} {} {:?}\n", request.method(), request.uri(), request.headers()).into_bytes();
    bytes.extend_from_slice(request.body());
    bytes
}

/// The input of a request, as a server reads it, and the constraints that it breaks.
fn judged(case: &Case) -> (Value, Vec<usize>) {
    let decoded = case.codec().decode_request(&case.operation, &case.request).expect("the codec reads what it wrote");
    let violations = case.operation.input.judge(&decoded.input);
    (decoded.input, violations.into_iter().map(|violation| violation.constraint).collect())
}

#[test]
fn each_case_is_what_its_verdict_says() {
    let mut kinds = HashSet::new();
    for dialect in [Dialect::Native, Dialect::Documented] {
        for case in all(&plans(&Contract::builtin(), dialect), 200, 3) {
            let (input, broken) = judged(&case);
            assert_eq!(input, case.input, "{}", case.token);
            match case.verdict {
                Verdict::Invalid { constraint } => {
                    // Others only by the same value, and none in random cases.
                    let member = |id: usize| &case.operation.input.constraints[id].member;
                    let may_be = |id: usize| case.token.phase == Phase::Coverage && member(id) == member(constraint);
                    assert!(broken.contains(&constraint), "{}: {input}", case.token);
                    let all = broken.iter().all(|id| *id == constraint || may_be(*id));
                    assert!(all, "{}: {input}", case.token);
                }
                Verdict::Valid { .. } | Verdict::Refused { .. } => {
                    assert!(broken.is_empty(), "{}: {input}", case.token);
                }
                Verdict::Probe { .. } => panic!("{}: of another phase", case.token),
            }
            kinds.insert(case.kind());
        }
    }
    assert_eq!(kinds.len(), 3);
}

#[test]
fn credentials_are_never_generated() {
    for case in all(&PLANS, 100, 1) {
        assert!(case.input.get("X-Auth-Token").is_none() && !case.request.headers().contains_key("authorization"));
    }
}

/// The same seed has the same cases, byte for byte, on every platform: this is their hash.
#[test]
fn the_cases_of_a_seed_are_these() {
    let hash = |seed| xxhash_rust::xxh3::xxh3_64(&all(&PLANS, 100, seed).iter().flat_map(bytes).collect::<Vec<u8>>());
    let text = [0, 7].map(|seed| format!("seed {seed}: {:016x}\n", hash(seed))).concat();
    approved(|| insta::assert_snapshot!("cases_of_seeds", text));
}

#[test]
fn coverage_is_the_same_for_every_seed_and_random_cases_are_not() {
    for plan in PLANS.iter() {
        for phase in [Phase::Examples, Phase::Coverage] {
            let one = plan.case(phase, 1, 0).expect("a case").expect("is sent");
            let other = plan.case(phase, 2, 0).expect("a case").expect("is sent");
            assert_eq!((bytes(&one), &one.token), (bytes(&other), &other.token));
        }
        let random = |seed| -> Vec<_> {
            (0..20).filter_map(|index| plan.case(Phase::Random, seed, index)?.ok()).map(|case| bytes(&case)).collect()
        };
        assert_ne!(random(1), random(2));
    }
}

#[test]
fn coverage_breaks_every_constraint_or_says_why_not() {
    for plan in PLANS.iter() {
        let operation = plan.operation();
        let unbreakable: Vec<usize> = plan.coverage().unbreakable.iter().map(|(id, _)| *id).collect();
        for (id, constraint) in operation.input.constraints.iter().enumerate() {
            let broken = plan.breakable().contains(&id);
            assert_eq!(broken, !unbreakable.contains(&id), "{}{}", operation.name, constraint.id);
        }
    }
}

/// Of each two optional members at the top, all four combinations are sent, unless a rule is in the way.
#[test]
fn coverage_has_every_pair_of_optional_members() {
    let plan = PLANS.iter().find(|plan| plan.operation().name == "StartBackupJob").expect("built in");
    let inputs: Vec<Value> = (0..plan.count(Phase::Coverage, 0))
        .filter_map(|index| plan.case(Phase::Coverage, 0, index)?.ok())
        .filter(|case| case.verdict == Verdict::Valid { boundary: None } && case.variation == Variation::Plain)
        .map(|case| case.input)
        .collect();
    let root = plan.operation().input.root();
    let optional: Vec<&String> = root.properties.keys().filter(|name| !root.limits.required.contains(name)).collect();
    for (position, first) in optional.iter().enumerate() {
        for second in &optional[position + 1..] {
            for wanted in [(true, true), (true, false), (false, true), (false, false)] {
                let has = |name: &str, input: &Value| input.get(name).is_some();
                let met = inputs.iter().any(|input| (has(first, input), has(second, input)) == wanted);
                assert!(met, "{first} and {second} {wanted:?}");
            }
        }
    }
}

#[test]
fn tokens_recreate_their_cases_and_only_those_of_this_contract() {
    let everyone = all(&PLANS, 20, 5);
    for case in everyone.iter().step_by(7) {
        let token: Token = case.token.to_string().parse().expect("a token");
        let plan = PLANS.iter().find(|plan| plan.operation().name == token.operation).expect("its plan");
        assert_eq!(bytes(&plan.replay(&token).expect("the case")), bytes(case), "{token}");
        let other = Token { contract: token.contract ^ 1, ..token.clone() };
        assert!(matches!(plan.replay(&other), Err(ReplayError::OtherContract(..))));
        let past = Token { index: u64::MAX, phase: Phase::Coverage, ..token };
        assert!(matches!(plan.replay(&past), Err(ReplayError::NoSuchCase(_))));
    }
    let tokens: HashSet<String> = everyone.iter().map(|case| case.token.to_string()).collect();
    assert_eq!(tokens.len(), everyone.len(), "no two cases have one token");
}

#[test]
fn adjustments_hold_in_every_valid_case_and_keep_breaks_exact() {
    let path = |text: &str| accordant::value::pointer::segments(text).collect::<Vec<_>>();
    let contract = Contract::builtin();
    let operation = contract.operation("CopyDBClusterSnapshot").expect("built in");
    let adjustments = Adjustments {
        sets: vec![(path("/SourceDBClusterSnapshotIdentifier"), Value::from("pinned"))],
        uniques: vec![path("/TargetDBClusterSnapshotIdentifier")],
    };
    let plan = Arc::new(Plan::new(operation, Dialect::Native).adjusted(&adjustments));
    let cases = all(&[plan], 200, 0);
    let mut names = HashSet::new();
    for case in &cases {
        let (_, broken) = judged(case);
        match case.verdict {
            Verdict::Invalid { constraint } => assert!(broken.contains(&constraint)),
            _ => {
                assert_eq!(case.input["SourceDBClusterSnapshotIdentifier"], "pinned");
                let about = case.verdict.constraint().map(|id| operation.input.constraints[id].member.as_str());
                if about != Some("/TargetDBClusterSnapshotIdentifier") && case.variation == Variation::Plain {
                    assert!(names.insert(case.input["TargetDBClusterSnapshotIdentifier"].clone()), "{}", case.token);
                }
            }
        }
    }
    assert!(names.len() > 100);
}

#[test]
fn shrinking_ends_at_something_small_of_the_same_kind_and_its_token_recreates_it() {
    let plan = PLANS.iter().find(|plan| plan.operation().name == "RestoreDBClusterFromS3").expect("built in");
    let cases = (0..20).filter_map(|index| plan.case(Phase::Random, 9, index)?.ok());
    for case in cases {
        let verdict = case.verdict;
        let mut tree = Shrinking::new(plan, case);
        let mut steps = 0;
        while tree.simplify() {
            steps += 1;
            assert!(steps < 500, "there is no end to it");
        }
        let best = tree.best().clone();
        assert_eq!(best.verdict, verdict);
        let replayed = plan.replay(&best.token).expect("the shrunk case");
        assert_eq!(bytes(&replayed), bytes(&best), "{}", best.token);
    }
}

#[test]
fn strategies_shrink_to_the_smallest_counterexample() {
    let plan = PLANS.iter().find(|plan| plan.operation().name == "ReplicateBackup").expect("built in");
    let mut runner = TestRunner::new_with_rng(
        ProptestConfig { failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    // "No name is longer than twenty characters" is wrong, and the smallest that shows it has one more.
    let failed = runner.run(&Cases::new(plan, CaseKind::Valid), |case| {
        let name = case.input["replicate"]["name"].as_str().unwrap_or_default();
        prop_assert!(name.chars().count() <= 20);
        Ok(())
    });
    let Err(proptest::test_runner::TestError::Fail(_, case)) = failed else { panic!("no counterexample: {failed:?}") };
    assert_eq!(case.input["replicate"]["name"], "a".repeat(21));
    assert!(case.input["replicate"].get("description").is_none(), "{}", case.input);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the seed and the number of shards: they add up to the whole, and no case is in two of them.
    #[test]
    fn shards_add_up(seed: u64, of in 1u64..9, start in 0u64..1000) {
        let plan = &PLANS[1];
        let whole: Vec<u64> = (start..start + 60).collect();
        let draw = |index: &u64| plan.case(Phase::Random, seed, *index).and_then(Result::ok).map(|case| bytes(&case));
        let mut parts: Vec<(u64, Option<Vec<u8>>)> = (1..=of)
            .flat_map(|number| {
                let shard = Shard { number, of };
                whole.iter().filter(move |index| shard.has(**index)).map(|index| (*index, draw(index))).collect::<Vec<_>>()
            })
            .collect();
        parts.sort();
        let expected: Vec<(u64, Option<Vec<u8>>)> = whole.iter().map(|index| (*index, draw(index))).collect();
        prop_assert_eq!(parts, expected);
    }
}

/// The lines that the program prints of cases.
fn printed(more: &[&str]) -> Vec<String> {
    let arguments = [&["cases", "--operation", "ReplicateBackup"], more].concat();
    let output = crate::support::command(&arguments).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn the_ways_of_each_constraint_are_stated() {
    let lines = printed(&["--count", "--verbose"]);
    let at = lines.iter().position(|line| line == "  /replicate/name#pattern").expect("the constraint");
    let (broken, kept) = (&lines[at + 1], &lines[at + 2]);
    assert!(broken.starts_with("    broken: ") && broken.contains("a line break"), "{broken}");
    assert!(kept.starts_with("    sat on: ") && kept.contains("an end of a class"), "{kept}");
}

#[test]
fn shards_of_any_number_of_random_cases_are_the_whole() {
    let mut whole = printed(&["-n", "7"]);
    let shards = ["1/3", "2/3", "3/3"].map(|shard| printed(&["-n", "7", "--shard", shard]));
    let mut parts: Vec<String> = shards.into_iter().flatten().collect();
    whole.sort();
    parts.sort();
    assert!(whole == parts, "{} cases, and {} in shards", whole.len(), parts.len());
    assert_eq!(printed(&["-n", "7", "--phase", "random"]).len(), 7);
    // The number is one of random cases, as with `check`.
    assert_eq!(printed(&["-n", "1", "--phase", "coverage"]), printed(&["--phase", "coverage"]));
}

#[test]
fn more_cases_than_can_be_numbered_are_refused() {
    for command in ["cases", "check"] {
        let ended = crate::support::run(&[command, "-n", "9223372036854775808"]);
        assert!(ended.code == Some(2) && ended.stderr.contains("cannot be numbered"), "{ended:?}");
    }
}
