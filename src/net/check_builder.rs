//! The judge as a sentence: what is judged, how, and against which server.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use url::Url;

use super::send::{Client, ClientError, SendLimits};
use crate::contract::Contract;
use crate::generate::{Adjustments, Case, Phase, Plan};
use crate::judge::target::DEFAULT_REGION;
use crate::judge::{
    Credentials, CredentialsError, GivenFailed, PinError, Progress, Run, Set, Settings, Signer, Target, Unique, Wire,
    run_givens,
};
use crate::model::{Dialect, Operation};
use crate::report::{Baseline, BaselineError, Report};
use crate::spec::{ContractError, SourceText};

/// A server that is to be judged, and how: [`Contract::check`] begins one, [`run`](Self::run) judges.
#[derive(Clone)]
#[must_use = "nothing is judged until it runs"]
pub struct CheckBuilder {
    contract: Contract,
    url: String,
    operations: Vec<String>,
    dialect: Option<Dialect>,
    settings: Settings,
    concurrency: Option<usize>,
    timeout: Option<Duration>,
    credentials: Credentials,
    region: Option<String>,
    headers: Vec<(String, String)>,
    sets: Vec<(String, Value)>,
    uniques: Vec<String>,
    target: Option<String>,
    givens: Vec<String>,
    baseline: Option<String>,
}

/// Why a server cannot be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The server's URL is none.
    #[error("the URL cannot be read ({0}): write it as http://localhost:5000")]
    Url(#[from] url::ParseError),
    /// Nothing can be sent to the URL.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is no such operation, or a text about the target is broken.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The region is none.
    #[error("region {region}: {source}")]
    Region {
        /// The region.
        region: String,
        /// What is wrong with it.
        source: CredentialsError,
    },
    /// A member cannot be set or made fresh.
    #[error("{member}: {source}")]
    Member {
        /// The member.
        member: String,
        /// What is wrong with it.
        source: PinError,
    },
    /// A header cannot be sent. Its value is not repeated.
    #[error("{0:?} is not a header's name, or its value is none that a header can have")]
    Header(String),
    /// The baseline is broken.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// A request that valid cases need was not answered with a success.
    #[error(transparent)]
    Given(#[from] GivenFailed),
    /// No operation is left to be judged.
    #[error("no operation is selected in the {dialect} dialect; there are {known}")]
    Nothing {
        /// The dialect.
        dialect: &'static str,
        /// The operations of the dialect.
        known: String,
    },
}

impl Contract {
    /// Begins to judge a server that implements the contract, as `http://127.0.0.1:5000`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), accordant::net::CheckError> {
    /// use accordant::Contract;
    /// use accordant::generate::Phase;
    ///
    /// let contract = Contract::builtin();
    /// # let server = contract.mock_server().await;
    /// # let uri = server.uri();
    /// let judging = contract.check(uri).operations(["ReplicateBackup"]).phases([Phase::Random]).cases(20);
    /// judging.run().await?.assert_conforming();
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self, url: impl Into<String>) -> CheckBuilder {
        CheckBuilder {
            contract: self.clone(),
            url: url.into(),
            operations: Vec::new(),
            dialect: None,
            settings: Settings::default(),
            concurrency: None,
            timeout: None,
            credentials: Credentials::dummy(),
            region: None,
            headers: Vec::new(),
            sets: Vec::new(),
            uniques: Vec::new(),
            target: None,
            givens: Vec::new(),
            baseline: None,
        }
    }
}

impl CheckBuilder {
    /// Random cases for each operation; 300 without it.
    pub fn cases(mut self, cases: u64) -> Self {
        self.settings.cases = cases;
        self
    }

    /// The seed of the random cases: the same seed has the same cases. 0 without it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Only these phases; all of them without it.
    pub fn phases(mut self, phases: impl IntoIterator<Item = Phase>) -> Self {
        let wanted: Vec<Phase> = phases.into_iter().collect();
        self.settings.phases = Phase::ALL.into_iter().filter(|phase| wanted.contains(phase)).collect();
        self
    }

    /// Only these operations; all that the target names, else all of the contract, without it.
    pub fn operations<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.operations = names.into_iter().map(Into::into).collect();
        self
    }

    /// The dialect that is spoken; what the SDKs speak without it.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// The credentials of requests; dummy ones without it, which emulators take.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// The region that requests are signed for; `us-east-1` without it.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// A header of every request. What it says is shown nowhere.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets an input member in every case: `/BackupVaultName`, or `StartBackupJob:/BackupVaultName`.
    pub fn set(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.sets.push((member.into(), value.into()));
        self
    }

    /// Makes an input member fresh in every case: `/Name`, or `StartBackupJob:/Name`.
    pub fn unique(mut self, member: impl Into<String>) -> Self {
        self.uniques.push(member.into());
        self
    }

    /// The text of a target file: headers, givens, sets, uniques and what else it may hold, but for its URL. What is
    /// asked for by methods goes before it.
    pub fn target(mut self, text: impl Into<String>) -> Self {
        self.target = Some(text.into());
        self
    }

    /// Requests that go first, in order, so that what valid cases need exists: the YAML text of a list of them.
    pub fn given(mut self, text: impl Into<String>) -> Self {
        self.givens.push(text.into());
        self
    }

    /// The TOML text of a baseline: findings that are known and accepted, until a date, do not fail the run.
    pub fn baseline(mut self, text: impl Into<String>) -> Self {
        self.baseline = Some(text.into());
        self
    }

    /// Lets notes fail the run too.
    pub fn strict(mut self) -> Self {
        self.settings.strict = true;
        self
    }

    /// Requests on the way at a time, at least one; 16 without it.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = Some(requests);
        self
    }

    /// Longest time for an answer; 30 seconds without it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends the cases and reports what departs from the contract. It needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`CheckError`] when the server cannot be judged as is asked for. A server that cannot be reached is reported,
    /// and is no error.
    pub async fn run(self) -> Result<Report, CheckError> {
        let ready = self.prepare(None).await?;
        let plans = ready.plans.clone();
        Ok(ready.judge(plans, Vec::new()).await)
    }

    /// Makes all that is needed for judging, and sends what goes first. Of the operations that are asked for, only some may
    /// be needed, since a plan takes time.
    pub(crate) async fn prepare(self, needed: Option<BTreeSet<String>>) -> Result<Ready, CheckError> {
        let target = self.read_target()?;
        let dialect = self.dialect.or(target.dialect).unwrap_or(Dialect::Native);
        let plans = self.plans(&target, dialect, needed.as_ref())?;
        let baseline = self.baseline.as_ref().map(|text| Baseline::parse("baseline", text, &self.contract));
        let baseline = baseline.transpose()?.unwrap_or_default();
        let region = self.region.as_deref().or(target.region.as_deref()).unwrap_or(DEFAULT_REGION);
        let signer = Signer::new(self.credentials, region)
            .map_err(|source| CheckError::Region { region: region.to_owned(), source })?;
        let limits = SendLimits::default();
        let timeout = self.timeout.or(target.timeout).unwrap_or(limits.timeout);
        let limits = SendLimits { timeout, connect_timeout: limits.connect_timeout.min(timeout), ..limits };
        let client = Client::new(&Url::parse(&self.url)?, limits)?;
        let signer = signer.below(client.prefix());
        run_givens(&client, &self.contract, &signer, &target, client.host()).await?;
        let mut settings = self.settings;
        settings.concurrency = self.concurrency.or(target.concurrency).unwrap_or(settings.concurrency);
        Ok(Ready { plans, client, signer, target, settings, baseline, url: self.url })
    }

    /// The target as its text has it, with what methods say besides.
    fn read_target(&self) -> Result<Target, CheckError> {
        let environment = |name: &str| std::env::var(name).ok();
        let source = |name: &str, text: &String| Arc::new(SourceText { name: name.into(), text: text.clone() });
        let mut target = match &self.target {
            Some(text) => Target::parse(source("target", text), &self.contract, environment).map_err(broken)?,
            None => Target::default(),
        };
        for text in &self.givens {
            target.add_givens(source("given", text), &self.contract, environment).map_err(broken)?;
        }
        for (name, value) in &self.headers {
            let (Ok(known), Ok(mut value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) else {
                return Err(CheckError::Header(name.clone()));
            };
            value.set_sensitive(true);
            target.headers.insert(known, value);
        }
        for (member, value) in &self.sets {
            let with = |Unique { operation, pointer }| Ok(Set { operation, pointer, value: value.clone() });
            let mut set = pinned(member, with)?;
            set.fit(&self.contract).map_err(|source| CheckError::Member { member: member.clone(), source })?;
            target.sets.push(set);
        }
        for member in &self.uniques {
            let unique = pinned(member, |unique| unique.fit(&self.contract).map(|()| unique))?;
            target.uniques.push(unique);
        }
        Ok(target)
    }

    /// The plans of the operations: those that are asked for, else those that the target names.
    fn plans(
        &self,
        target: &Target,
        dialect: Dialect,
        needed: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Arc<Plan>>, CheckError> {
        let contract = &self.contract;
        let (names, services) = if self.operations.is_empty() {
            (&target.operations, &target.services[..])
        } else {
            (&self.operations, &[][..])
        };
        let mut wanted = Vec::new();
        for name in names {
            // What is asked for by name is not left out in silence.
            contract.operation(name)?;
            wanted.push(contract.row(name)?);
        }
        let index = contract.index();
        let is_spoken = |row: &usize| dialect == Dialect::Native || index.operations[*row].documented.is_some();
        let spoken = || (0..index.operations.len()).filter(is_spoken);
        let selected = spoken().filter(|row| {
            let service = &index.services[index.operations[*row].service].name;
            (wanted.is_empty() || wanted.contains(row)) && (services.is_empty() || services.contains(service))
        });
        let selected: Vec<&Arc<Operation>> = selected.filter_map(|row| contract.operation_at(row).ok()).collect();
        if selected.is_empty() {
            let known = spoken().map(|row| index.label(row)).collect::<Vec<_>>().join(", ");
            return Err(CheckError::Nothing { dialect: dialect.name(), known });
        }
        let needed = |operation: &&Arc<Operation>| needed.is_none_or(|needed| needed.contains(&operation.label));
        let plans = selected.into_iter().filter(needed).map(|operation| {
            let adjustments = Adjustments { sets: target.sets_for(operation), uniques: target.uniques_for(operation) };
            Arc::new(Plan::new(operation, dialect).adjusted(&adjustments))
        });
        Ok(plans.collect())
    }
}

/// What is made of a member that a text names.
fn pinned<T>(member: &str, make: impl FnOnce(Unique) -> Result<T, PinError>) -> Result<T, CheckError> {
    member.parse().and_then(make).map_err(|source| CheckError::Member { member: member.to_owned(), source })
}

fn broken(problems: Vec<crate::spec::SpecProblem>) -> CheckError {
    CheckError::Contract(ContractError::Broken(problems))
}

/// Headers, sets and givens may be secrets.
impl fmt::Debug for CheckBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, dialect, settings, .. } = self;
        let mut shown = f.debug_struct("CheckBuilder");
        let shown = shown.field("operations", operations).field("dialect", dialect).field("settings", settings);
        shown.finish_non_exhaustive()
    }
}

/// A server that cases can be sent to.
#[derive(Debug)]
pub(crate) struct Ready {
    plans: Vec<Arc<Plan>>,
    client: Client,
    signer: Signer,
    target: Target,
    settings: Settings,
    baseline: Baseline,
    url: String,
}

impl Ready {
    /// The plan of an operation, unless it is not to be judged.
    #[cfg(feature = "harness")]
    pub(crate) fn plan(&self, operation: &str) -> Option<Arc<Plan>> {
        self.plans.iter().find(|plan| plan.operation().label == operation).cloned()
    }

    /// The cases of a plan that are wanted.
    #[cfg(feature = "harness")]
    pub(crate) fn cases(&self, plan: &Plan, wanted: impl Fn(&Case) -> bool) -> Vec<Case> {
        let Settings { phases, cases, seed, .. } = &self.settings;
        let numbers = phases.iter().flat_map(|phase| (0..plan.count(*phase, *cases)).map(move |index| (*phase, index)));
        let cases = numbers.filter_map(|(phase, index)| plan.case(phase, *seed, index)?.ok());
        cases.filter(wanted).collect()
    }

    /// Judges by these plans: all of their cases, or those that are given.
    pub(crate) async fn judge(&self, plans: Vec<Arc<Plan>>, cases: Vec<Case>) -> Report {
        let host = self.client.host().to_owned();
        let run = Run {
            plans,
            wire: Wire::new(self.client.clone(), host, self.signer.clone(), &self.target),
            settings: self.settings.clone(),
            replays: cases,
            target: self.url.clone(),
            url: self.url.clone(),
            progress: Arc::new(Progress::default()),
        };
        let mut report = run.run().await;
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        self.baseline.apply(&mut report, today);
        report
    }
}
