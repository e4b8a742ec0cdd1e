//! A mutant: an operation with one fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::Request;

use super::Fault;
use super::depart::depart;
use super::plan::Plan;
use crate::contract::Contract;
use crate::exchange::{Reply, TransportFailure};
use crate::mock::Mock;
use crate::model::{ConstraintId, Operation};
use crate::probe::Manner;
use crate::value::pointer;

/// A way in which the mock departs from the contract, on purpose.
#[derive(Debug)]
pub struct Mutant {
    /// The operation that is answered wrongly; all others are answered as the mock does.
    pub operation: Arc<Operation>,
    /// What is wrong.
    pub fault: Fault,
    about: Option<String>,
    unobservable: Option<String>,
    /// How many calls were taken for new ones: the state of a service that ignores idempotency tokens.
    calls: AtomicU64,
}

impl Mutant {
    /// Every mutant of an operation, in a stable order. `unbreakable` are the constraints that no request can break
    /// alone, with the reason, as generation knows them: their mutants are listed as not observable.
    #[must_use]
    pub fn all_of(
        contract: &Contract,
        operation: &Arc<Operation>,
        unbreakable: &[(ConstraintId, String)],
    ) -> Vec<Self> {
        Plan::new(contract, operation).mutants(unbreakable)
    }

    pub(super) fn new(operation: &Arc<Operation>, fault: Fault, unobservable: Option<String>) -> Self {
        let about = about(operation, &fault);
        Self { operation: Arc::clone(operation), fault, about, unobservable, calls: AtomicU64::new(0) }
    }

    /// The name, the same in every run: operation, what it is about, fault, as
    /// `ReplicateBackup/replicate/name#maxLength:not-enforced`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}:{}", self.operation.label, self.about.as_deref().unwrap_or_default(), self.fault.name())
    }

    /// The code of the check that must catch it.
    #[must_use]
    pub fn caught_by(&self) -> &'static str {
        self.fault.caught_by()
    }

    /// The id of the constraint, or the pointer of the output member, that it is about.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// Why no request can tell it from the unbroken mock, where that is so: such a mutant cannot be caught.
    #[must_use]
    pub fn unobservable(&self) -> Option<&str> {
        self.unobservable.as_deref()
    }

    /// Answers as the mutant does, at once: what a slow one would take is told, not waited for.
    ///
    /// # Errors
    /// [`TransportFailure::Closed`] when the fault is that the connection ends.
    pub fn answer(&self, mock: &Mock, request: &Request<Bytes>) -> Result<Reply, TransportFailure> {
        self.answer_as(mock, request, Manner::Plain)
    }

    /// Answers a request that came in another manner.
    ///
    /// # Errors
    /// As [`Mutant::answer`].
    pub fn answer_as(&self, mock: &Mock, request: &Request<Bytes>, manner: Manner) -> Result<Reply, TransportFailure> {
        depart(self, mock, request, manner)
    }

    /// A number that no call had before.
    pub(super) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn about(operation: &Operation, fault: &Fault) -> Option<String> {
    match fault {
        Fault::NotEnforced { constraint }
        | Fault::OtherCode { constraint, .. }
        | Fault::OtherStatus { constraint, .. } => Some(operation.input.constraints[*constraint].id.clone()),
        Fault::Dropped { member, .. } | Fault::Retyped { member, .. } => Some(written(member)),
        Fault::OutputRuleBroken { rule } => Some(format!("@{}", operation.output_rules[*rule].id)),
        Fault::OtherEnvelope { fact } => Some(format!("@{}", fact.name())),
        Fault::EchoedWrongly { echo } => Some(written(&operation.echo[*echo].to)),
        _ => None,
    }
}

/// A path as a pointer.
pub fn written(path: &[String]) -> String {
    let mut text = String::new();
    for segment in path {
        pointer::push(&mut text, segment);
    }
    text
}
