//! Recording: exchanges go out one after the other, and are held against what was approved.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use accordant::exchange::{Reply, TransportFailure};
use accordant::generate::{Phase, Plan};
use accordant::judge::{Inference, Support, Wire, infer, support};
use accordant::net::send::Client;
use accordant::snapshot::{Masks, Selected, Snapshot, phase_of, render, same, select};
use similar::TextDiff;

use super::folder::Group;
use super::{Options, say};
use crate::cli::Failure;

/// Most lines of a difference that are shown.
const LINES: usize = 120;
/// Longest time that the smallest difference is looked for: of long texts that have little in common, any will do.
const SEARCH: Duration = Duration::from_millis(500);

/// What became of exchanges.
#[derive(Debug, Default)]
pub struct Tally {
    /// Written as approved.
    pub recorded: usize,
    /// Like what was approved.
    pub same: usize,
    /// Unlike it.
    pub differ: usize,
    /// Of which nothing was approved.
    pub new: usize,
    /// Approved snapshots of exchanges that there are no more.
    pub gone: usize,
    /// Why nothing was recorded.
    pub lacking: Option<String>,
}

impl Tally {
    /// Counts others too.
    pub fn add(&mut self, other: &Self) {
        self.recorded += other.recorded;
        self.same += other.same;
        self.differ += other.differ;
        self.new += other.new;
        self.gone += other.gone;
    }

    /// What must be looked at.
    pub fn differences(&self) -> usize {
        self.differ + self.new + self.gone
    }

    /// In words.
    pub fn words(&self) -> String {
        let counts = [
            (self.recorded, "recorded"),
            (self.same, "the same"),
            (self.differ, "differ"),
            (self.new, "new"),
            (self.gone, "no more"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        self.lacking.iter().cloned().chain(counts).collect::<Vec<_>>().join(", ")
    }
}

/// Exchanges in a row without an answer in time before recording ends.
const SILENT: usize = 5;

/// Sends what is recorded, and keeps it.
pub struct Recorder<'o> {
    /// What was asked for.
    pub options: &'o Options,
    /// The way to the server.
    pub wire: Wire<Client>,
    /// The phases, in order.
    pub phases: Vec<Phase>,
}

impl Recorder<'_> {
    /// Sends what is recorded of an operation, one after the other, so that a server with a state is always met in the same.
    pub async fn operation(&self, plan: &Arc<Plan>, masks: &Masks, group: &Group) -> Result<Tally, Failure> {
        let selected = select(plan, &self.phases, self.options.seed, self.options.cases);
        let mut tally = Tally::default();
        let (mut waiting, mut silent) = (Vec::new(), 0);
        // Until an example shows that the server has the operation, nothing is kept.
        let mut doubt = selected.iter().any(is_example).then(|| "no example was answered".to_owned());
        if doubt.is_none() {
            match support(&self.wire, plan).await {
                Support::Ready | Support::Unknown => {}
                Support::Unreachable(why) => return Err(self.unreachable(&why)),
                other => return Ok(without(group, tally, &lack(other))),
            }
        }
        for one in &selected {
            if doubt.is_some() && !is_example(one) {
                break;
            }
            let judged = self.wire.judge(&one.case).await;
            let is_late = matches!(judged.reply, Err(TransportFailure::Timeout(_)));
            silent = if is_late { silent + 1 } else { 0 };
            if let Err(failure) = judged.reply.as_ref()
                && (failure.is_unreachable() || silent == SILENT)
            {
                return Err(self.unreachable(&failure.to_string()));
            }
            waiting.push((one, self.snapshot(plan, masks, one, &judged.reply)));
            if doubt.is_some() {
                doubt = match (&judged.reply, infer(&self.wire, &one.case, &judged.reply).await) {
                    (Err(failure), _) => Some(format!("no example was answered: {failure}")),
                    (Ok(_), Inference::Clear(Support::Ready | Support::Unknown)) => None,
                    (Ok(_), Inference::Clear(support)) => return Ok(without(group, tally, &lack(support))),
                    (Ok(_), Inference::Unclear(support)) => Some(lack(support)),
                };
            }
            if doubt.is_none() {
                for (one, snapshot) in waiting.drain(..) {
                    self.keep(group, &one.name, &snapshot, &mut tally)?;
                }
            }
        }
        match doubt {
            Some(why) => Ok(without(group, tally, &why)),
            None => self.unreferenced(group, &selected, tally),
        }
    }

    fn snapshot(
        &self,
        plan: &Plan,
        masks: &Masks,
        selected: &Selected,
        reply: &Result<Reply, TransportFailure>,
    ) -> Snapshot {
        Snapshot {
            description: format!("{}, {}: {}", plan.operation().label, plan.dialect().name(), selected.title),
            expected: selected.expected.clone(),
            contents: render(&self.wire, plan, masks, &selected.case, reply).trim_end().to_owned(),
        }
    }

    /// Holds an exchange against what was approved.
    fn keep(&self, group: &Group, name: &str, snapshot: &Snapshot, tally: &mut Tally) -> Result<(), Failure> {
        match group.approved().get(name) {
            Some(approved) if same(&approved.contents, &snapshot.contents) => {
                tally.same += 1;
                group.settle(name)
            }
            Some(approved) => {
                tally.differ += 1;
                let file = group.pend(name, snapshot)?;
                say(format_args!("differs  {}", file.display()))?;
                if self.options.check { show(&group.file(name), approved, snapshot) } else { Ok(()) }
            }
            None if !self.options.check && is_first(group, name) => {
                tally.recorded += 1;
                group.approve(name, snapshot)
            }
            None => {
                tally.new += 1;
                say(format_args!("new      {}", group.pend(name, snapshot)?.display()))
            }
        }
    }

    /// Names the approved snapshots of exchanges that there are no more.
    fn unreferenced(&self, group: &Group, selected: &[Selected], mut tally: Tally) -> Result<Tally, Failure> {
        // Of random cases there are always more.
        let all =
            |name: &str| phase_of(name).is_some_and(|phase| phase != Phase::Random && self.phases.contains(&phase));
        for name in group.approved().keys().filter(|name| all(name)) {
            if !selected.iter().any(|one| one.name == *name) {
                tally.gone += 1;
                say(format_args!("no more  {}: remove it", group.file(name).display()))?;
            }
        }
        Ok(tally)
    }

    fn unreachable(&self, failure: &str) -> Failure {
        let folder = self.options.dir.display();
        Failure::Unreachable(format!("{failure}; what was recorded until now stays in {folder}"))
    }
}

/// Whether nothing of the phase was ever approved.
fn is_first(group: &Group, name: &str) -> bool {
    !group.approved().keys().any(|known| phase_of(known) == phase_of(name))
}

fn is_example(selected: &Selected) -> bool {
    selected.case.token.phase == Phase::Examples
}

fn lack(support: Support) -> String {
    match support {
        Support::Lacking(why) => format!("the server does not have the operation ({why})"),
        Support::CredentialsRefused(why) => format!("the server does not take the credentials ({why})"),
        Support::Unreachable(why) => why,
        Support::Ready | Support::Unknown => String::new(),
    }
}

/// The server does not have the operation.
fn without(group: &Group, mut tally: Tally, why: &str) -> Tally {
    tally.gone += group.approved().len();
    tally.lacking = Some(format!("nothing is recorded: {why}"));
    tally
}

/// Shows how an exchange differs from what was approved.
fn show(file: &Path, approved: &Snapshot, snapshot: &Snapshot) -> Result<(), Failure> {
    let (old, new) = (format!("{}\n", approved.contents), format!("{}\n", snapshot.contents));
    let difference = TextDiff::configure().timeout(SEARCH).diff_lines(&old, &new);
    let text =
        difference.unified_diff().context_radius(3).header(&file.display().to_string(), "answered now").to_string();
    let more = text.lines().count().saturating_sub(LINES);
    let shown: Vec<&str> = text.lines().take(LINES).collect();
    say(format_args!("{}", shown.join("\n")))?;
    if more == 0 { Ok(()) } else { say(format_args!("… and {more} lines more")) }
}
