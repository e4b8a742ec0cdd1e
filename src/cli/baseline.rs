//! The baseline, as `check`, `client` and `proxy` take it.

use std::path::{Path, PathBuf};

use accordant::Contract;
use accordant::file::{self, Lock, read_text};
use accordant::report::{Baseline, Report};
use clap::Args;

use super::Failure;

/// Largest baseline that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Options about the baseline.
#[derive(Debug, Clone, Default, Args)]
pub struct BaselineOptions {
    /// A file of accepted findings: they do not fail the run, but entries that have expired or that nothing shows any more do
    #[arg(long, value_name = "FILE.toml")]
    baseline: Option<PathBuf>,
    /// Writes the findings of this run to the baseline; what it says of them already stays, and so do comments
    #[arg(long)]
    update_baseline: bool,
}

impl BaselineOptions {
    /// The file that is brought up to date.
    pub fn updated(&self) -> Option<&Path> {
        self.baseline.as_deref().filter(|_| self.update_baseline)
    }

    /// The baseline; empty where none is asked for, or where there is no file of it yet and one is to be written.
    pub fn read(&self, contract: &Contract) -> Result<Baseline, Failure> {
        let Some(file) = &self.baseline else {
            let nowhere = || Failure::Usage("--update-baseline needs a file: --baseline FILE.toml".to_owned());
            return if self.update_baseline { Err(nowhere()) } else { Ok(Baseline::default()) };
        };
        if self.update_baseline && !file.exists() {
            has_folder(file)?;
            return Ok(Baseline::default());
        }
        parse(file, &read_text(file, LARGEST)?, contract)
    }

    /// Takes accepted findings out of a report, after the baseline was brought up to date where that is asked for.
    pub fn accept(&self, contract: &Contract, baseline: &Baseline, report: &mut Report) -> Result<(), Failure> {
        let Some(file) = &self.baseline else { return Ok(()) };
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        if !self.update_baseline {
            baseline.apply(report, today);
            return Ok(());
        }
        // Another run may have brought it up to date since it was read.
        let _lock = Lock::of(file)?;
        let text = self.read(contract)?.updated(report, today);
        file::write(file, text.as_bytes())?;
        parse(file, &text, contract)?.apply(report, today);
        Ok(())
    }
}

/// Refuses a file that is to be written at the end of a run, and cannot be for want of its folder.
pub fn has_folder(file: &Path) -> Result<(), Failure> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        Some(folder) => {
            let (file, folder) = (file.display(), folder.display());
            Err(Failure::Usage(format!("{file} cannot be written: there is no folder {folder}")))
        }
        None => Ok(()),
    }
}

fn parse(file: &Path, text: &str, contract: &Contract) -> Result<Baseline, Failure> {
    Baseline::parse(&file.display().to_string(), text, contract).map_err(|error| Failure::Usage(error.to_string()))
}
