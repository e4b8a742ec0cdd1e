//! Everything that keeps the contract is read and written without loss; what breaks it in one place is refused for that place.

use std::sync::{Arc, LazyLock};

use accordant::{Contract, Operation};
use proptest::prelude::*;
use replica_reader::{Replica, Wrong};

static REPLICATE_BACKUP: LazyLock<Arc<Operation>> =
    LazyLock::new(|| Arc::clone(Contract::builtin().operation("ReplicateBackup").expect("it is built in")));

proptest! {
    #[test]
    fn valid_inputs_are_read_and_written_without_loss(input in REPLICATE_BACKUP.valid_inputs()) {
        let members = input["replicate"].as_object().expect("it is required");
        let written = Replica::read(members).map(|replica| replica.write());
        prop_assert_eq!(written.as_ref(), Ok(members));
    }

    #[test]
    fn a_wrong_member_is_named((input, constraint) in REPLICATE_BACKUP.invalid_inputs()) {
        // What is wrong outside of `replicate` is somebody else's.
        let Some(members) = input["replicate"].as_object() else { return Ok(()) };
        let Some(member) = constraint.strip_prefix("/replicate/") else { return Ok(()) };
        let member = member.split('#').next().unwrap_or_default();
        let refused = Replica::read(members);
        let is_named = matches!(&refused, Err(Wrong(name)) if *name == member);
        prop_assert!(is_named, "{} is broken, and {:?} is said", constraint, refused);
    }
}
