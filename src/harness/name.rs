//! Names of tests: what they are about, in the words of the contract, spelled as Rust spells names.

use std::collections::HashSet;

use crate::model::{Constraint, Operation};
use crate::value::pointer;

/// Stands for any item of a list or value of a map.
const EACH: &str = "each";

/// The tests of an operation's constraints: names, and the ids they are about.
pub(super) fn of_constraints(operation: &Operation, taken: &mut HashSet<String>) -> Vec<(String, String)> {
    let mut known = HashSet::new();
    let constraints = operation.input.constraints.iter().filter(|constraint| known.insert(&constraint.id));
    let prefix = prefix(operation);
    constraints.map(|constraint| (unique(path(&prefix, constraint), taken), constraint.id.clone())).collect()
}

/// What the names of an operation's tests begin with: `service::operation` where several services have the operation.
pub(super) fn prefix(operation: &Operation) -> String {
    operation.label.split('/').map(snake).collect::<Vec<_>>().join("::")
}

fn path(prefix: &str, constraint: &Constraint) -> String {
    let mut path = prefix.to_owned();
    for segment in pointer::segments(&constraint.member).chain([constraint.keyword.clone()]) {
        path.push_str("::");
        path.push_str(&if segment == "*" { EACH.to_owned() } else { snake(&segment) });
    }
    path
}

/// The name, or the first one with a number that is free.
pub(super) fn unique(name: String, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
    free.unwrap_or(name)
}

/// `CopyDBClusterSnapshot` as `copy_db_cluster_snapshot`; what is neither letter nor digit parts words too.
pub(super) fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            part(&mut snake);
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let ends_small = before.is_some_and(|before| before.is_lowercase() || before.is_numeric());
        let ends_capitals = before.is_some_and(|before| before.is_uppercase())
            && characters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if character.is_uppercase() && (ends_small || ends_capitals) {
            part(&mut snake);
        }
        snake.extend(character.to_lowercase());
    }
    snake.trim_matches('_').to_owned()
}

fn part(snake: &mut String) {
    if !snake.is_empty() && !snake.ends_with('_') {
        snake.push('_');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    #[test]
    fn spells_the_names_of_apis() {
        for (name, expected) in [
            ("ReplicateBackup", "replicate_backup"),
            ("StartDBInstanceAutomatedBackupsReplication", "start_db_instance_automated_backups_replication"),
            ("RestoreDBClusterFromS3", "restore_db_cluster_from_s3"),
            ("S3BucketName", "s3_bucket_name"),
            ("X-Auth-Token", "x_auth_token"),
            ("maxLength", "max_length"),
            ("delete-at-least-90-days", "delete_at_least_90_days"),
            ("KMSKeyId", "kms_key_id"),
            ("__x", "x"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn names_are_unique_and_say_what_they_are_about() {
        let (contract, mut taken) = (Contract::builtin(), HashSet::new());
        let mut names = Vec::new();
        for operation in contract.operations() {
            names.extend(of_constraints(operation, &mut taken).into_iter().map(|(name, _)| name));
        }
        for name in [
            "replicate_backup::replicate::name::max_length",
            "copy_db_cluster_snapshot::tags::each::key::max_length",
            "start_backup_job::resource_arn::required",
        ] {
            assert!(names.iter().any(|known| known == name), "{name} is not among {names:#?}");
        }
        assert_eq!(names.len(), taken.len());
        let numbered: Vec<&String> = names.iter().filter(|name| name.ends_with("_2")).collect();
        assert!(numbered.is_empty(), "{numbered:?}");
        assert_eq!(unique("a".into(), &mut HashSet::from(["a".into(), "a_2".into()])), "a_3");
    }
}
