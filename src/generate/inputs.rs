//! Inputs of an operation as proptest strategies, for properties of other people's code.

use std::sync::Arc;

use proptest::strategy::Strategy;
use serde_json::Value;

use super::{Case, CaseKind, Cases, Plan};
use crate::model::{Dialect, Operation};

impl Operation {
    /// A proptest strategy of inputs that keep the contract, those on the boundary of a constraint among them. They
    /// shrink towards the contract's examples and stay valid.
    ///
    /// ```
    /// use accordant::Contract;
    /// use proptest::strategy::{Strategy, ValueTree};
    /// use proptest::test_runner::TestRunner;
    ///
    /// let contract = Contract::builtin();
    /// let operation = contract.operation("ReplicateBackup")?;
    /// let tree = operation.valid_inputs().new_tree(&mut TestRunner::default()).expect("there are such inputs");
    /// assert!(operation.input.judge(&tree.current()).is_empty());
    /// # Ok::<(), accordant::ContractError>(())
    /// ```
    pub fn valid_inputs(self: &Arc<Self>) -> impl Strategy<Value = Value> + Clone + use<> {
        self.cases(&[CaseKind::Valid, CaseKind::Boundary]).prop_map(|case| case.input)
    }

    /// A proptest strategy of inputs that break exactly one constraint, each with the constraint's id, as
    /// `/replicate/name#maxLength`. They shrink towards the contract's examples and break the same constraint.
    ///
    /// ```
    /// use accordant::Contract;
    /// use proptest::prelude::*;
    ///
    /// let contract = Contract::builtin();
    /// let operation = contract.operation("ReplicateBackup")?;
    /// proptest!(|((input, constraint) in operation.invalid_inputs())| {
    ///     let violations = operation.input.judge(&input);
    ///     prop_assert_eq!(violations.len(), 1);
    ///     prop_assert_eq!(&operation.input.constraints[violations[0].constraint].id, &constraint);
    /// });
    /// # Ok::<(), accordant::ContractError>(())
    /// ```
    pub fn invalid_inputs(self: &Arc<Self>) -> impl Strategy<Value = (Value, String)> + Clone + use<> {
        self.cases(&[CaseKind::Invalid]).prop_map(|case| {
            let id = broken(&case).to_owned();
            (case.input, id)
        })
    }

    fn cases(self: &Arc<Self>, kinds: &[CaseKind]) -> Cases {
        let plan = Arc::new(Plan::new(self, Dialect::Native));
        Cases::of_kinds(&plan, kinds)
    }
}

/// The constraint that a case breaks. Random cases are refused for nothing else.
fn broken(case: &Case) -> &str {
    case.verdict.constraint().map_or("", |constraint| &case.operation.input.constraints[constraint].id)
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::Contract;

    fn broken_by(operation: &Operation, input: &Value) -> Vec<String> {
        let violations = operation.input.judge(input).into_iter();
        let mut ids: Vec<String> =
            violations.map(|violation| operation.input.constraints[violation.constraint].id.clone()).collect();
        ids.dedup();
        ids
    }

    #[test]
    fn inputs_are_what_they_are_called_and_stay_so_when_they_shrink() {
        let (contract, mut runner) = (Contract::builtin(), TestRunner::deterministic());
        let mut shrunk = 0;
        for operation in contract.operations() {
            let (valid, invalid) = (operation.valid_inputs(), operation.invalid_inputs());
            for _ in 0..20 {
                let mut tree = valid.new_tree(&mut runner).expect("valid inputs");
                let first = tree.current();
                while tree.simplify() {}
                let last = tree.current();
                for input in [&first, &last] {
                    assert_eq!(broken_by(operation, input), Vec::<String>::new(), "{input}");
                }
                let mut tree = invalid.new_tree(&mut runner).expect("invalid inputs");
                let (first, constraint) = tree.current();
                while tree.simplify() {}
                let (last, still) = tree.current();
                assert_eq!(constraint, still);
                for input in [&first, &last] {
                    assert_eq!(broken_by(operation, input), [constraint.as_str()], "{input}");
                }
                shrunk += usize::from(first != last);
            }
        }
        assert!(shrunk > 50, "{shrunk} of 100 became smaller");
    }
}
