//! What `check` and `snapshot` share: where the server is, what is known of it, and who asks.

#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "what is said of options is their help, which is no Markdown"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use accordant::file::read_text;
use accordant::generate::{Adjustments, Plan};
use accordant::judge::{Credentials, GivenFailed, GivenFailure, Set, Signer, Target, Unique, Wire, run_givens};
use accordant::mock::DEFAULT_REGION;
use accordant::model::Dialect;
use accordant::net::send::{Client, SendLimits};
use accordant::spec::SourceText;
use accordant::{Contract, ContractError};
use clap::Args;
use http::{HeaderName, HeaderValue};
use url::Url;

use super::Failure;
use super::duration::parse_duration;
use super::selection::{DialectFlag, Selection};

/// Where credentials are looked for when no flag has them.
const CREDENTIALS: &str = "ACCORDANT_CREDENTIALS";
/// Largest file of a target or of givens, in bytes.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;
/// Largest file of credentials, in bytes.
const LARGEST_CREDENTIALS: u64 = 64 * 1024;

/// Where the server is, what is known of it, and who asks.
#[derive(Debug, Args)]
pub struct Reach {
    /// Where the server is, as http://localhost:5000
    pub url: Option<String>,
    /// A file that describes the server: URL, headers, givens, sets, uniques; flags go before it
    #[arg(long, value_name = "FILE.yaml")]
    pub target: Option<PathBuf>,
    /// Longest time for an answer, as 500ms, 30s or 2m [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Which protocol is spoken [default: native]
    #[arg(long, value_enum)]
    pub dialect: Option<DialectFlag>,
    /// A header for every request; may be given several times
    #[arg(long, value_name = "K: V", value_parser = parse_header)]
    pub header: Vec<(HeaderName, HeaderValue)>,
    /// Credentials, which everybody on this machine may see: the environment's ACCORDANT_CREDENTIALS and
    /// --credentials-file are better places. Without any, dummy ones are sent
    #[arg(long, value_name = "KEY:SECRET[:TOKEN]", conflicts_with = "credentials_file")]
    pub credentials: Option<String>,
    /// A file with KEY:SECRET[:TOKEN]
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    /// The region that requests are signed for [default: us-east-1]
    #[arg(long)]
    pub region: Option<String>,
    /// A file with requests that are sent first, in order, so that what valid cases need exists
    #[arg(long, value_name = "FILE.yaml")]
    pub given: Option<PathBuf>,
    /// Sets an input member in every case: [OPERATION:]/POINTER=VALUE; may be given several times
    #[arg(long, value_name = "POINTER=VALUE")]
    pub set: Vec<Set>,
    /// Makes an input member fresh in every case: [OPERATION:]/POINTER; may be given several times
    #[arg(long, value_name = "POINTER")]
    pub unique: Vec<Unique>,
}

impl Reach {
    /// The target as the file has it, with what flags say besides.
    pub fn target(&self, contract: &Contract) -> Result<Target, Failure> {
        let environment = |name: &str| std::env::var(name).ok();
        let mut target = match &self.target {
            Some(file) => Target::parse(source(file)?, contract, environment).map_err(ContractError::Broken)?,
            None => Target::default(),
        };
        if let Some(file) = &self.given {
            target.add_givens(source(file)?, contract, environment).map_err(ContractError::Broken)?;
        }
        for (name, value) in &self.header {
            target.headers.insert(name.clone(), value.clone());
        }
        for set in &self.set {
            let mut set = set.clone();
            set.fit(contract).map_err(|error| Failure::Usage(format!("--set: {error}")))?;
            target.sets.push(set);
        }
        for unique in &self.unique {
            unique.fit(contract).map_err(|error| Failure::Usage(format!("--unique: {error}")))?;
            target.uniques.push(unique.clone());
        }
        Ok(target)
    }

    /// The plans of what is selected: by flags, else by the target's file.
    pub fn plans(
        &self,
        selection: &Selection,
        contract: &Contract,
        target: &Target,
    ) -> Result<Vec<Arc<Plan>>, Failure> {
        let dialect = self.dialect.map(Dialect::from).or(target.dialect).unwrap_or(Dialect::Native);
        let mut selection = selection.clone();
        if selection.operation.is_empty() && selection.service.is_empty() {
            selection.operation.clone_from(&target.operations);
            selection.service.clone_from(&target.services);
        }
        let plans = selection.plans(contract, dialect)?.into_iter().map(|plan| {
            let operation = Arc::clone(plan.operation());
            let adjustments =
                Adjustments { sets: target.sets_for(&operation), uniques: target.uniques_for(&operation) };
            Arc::new(plan.adjusted(&adjustments))
        });
        Ok(plans.collect())
    }

    /// Credentials of the flags, else of the environment, else dummy ones.
    pub fn signer(&self, target: &Target) -> Result<Signer, Failure> {
        let (text, place) = match (&self.credentials, &self.credentials_file) {
            (Some(text), _) => (Some(text.clone()), "--credentials"),
            (None, Some(file)) => (Some(read_text(file, LARGEST_CREDENTIALS)?.trim().to_owned()), "--credentials-file"),
            (None, None) => (std::env::var(CREDENTIALS).ok(), CREDENTIALS),
        };
        let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{place}: {error}"));
        let credentials = text.map_or(Ok(Credentials::dummy()), |text| text.parse()).map_err(|error| usage(&error))?;
        let region = self.region.as_deref().or(target.region.as_deref()).unwrap_or(DEFAULT_REGION);
        Signer::new(credentials, region).map_err(|error| Failure::Usage(format!("--region {region}: {error}")))
    }

    /// The wire to a server, once what valid cases need was sent over it.
    pub async fn wire(
        &self,
        url: &str,
        signer: Signer,
        contract: &Contract,
        target: &Target,
    ) -> Result<Wire<Client>, Failure> {
        let url = Url::parse(url)
            .map_err(|error| Failure::Usage(format!("{url} is no URL ({error}): write it as http://localhost:5000")))?;
        let limits = SendLimits::default();
        let timeout = self.timeout.or(target.timeout).unwrap_or(limits.timeout);
        let limits = SendLimits { timeout, connect_timeout: limits.connect_timeout.min(timeout), ..limits };
        let client = Client::new(&url, limits).map_err(|error| Failure::Usage(error.to_string()))?;
        let signer = signer.below(client.prefix());
        run_givens(&client, contract, &signer, target, client.host()).await.map_err(given_failed)?;
        let host = client.host().to_owned();
        Ok(Wire::new(client, host, signer, target))
    }
}

fn given_failed(failed: GivenFailed) -> Failure {
    match &failed.reason {
        GivenFailure::Unanswered(failure) if failure.is_unreachable() => Failure::Unreachable(failed.to_string()),
        _ => Failure::Usage(failed.to_string()),
    }
}

fn source(file: &Path) -> Result<Arc<SourceText>, Failure> {
    Ok(Arc::new(SourceText { name: file.display().to_string(), text: read_text(file, LARGEST_FILE)? }))
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name = name.trim().parse().map_err(|_| "the name is no header's name")?;
    let mut value: HeaderValue = value.trim().parse().map_err(|_| "the value is none that a header can have")?;
    value.set_sensitive(true);
    Ok((name, value))
}
