//! `accordant.toml`: options of subcommands, found upward from the working directory. Flags win over it.
//!
//! Each table is a subcommand, each key a long option of it, with underscores or hyphens:
//!
//! ```toml
//! [check]
//! target = "targets/staging.yaml"
//! cases = 500
//! operation = ["StartBackupJob"]
//! strict = true
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};
use toml::{Table, Value};

use super::Failure;

/// The file's name.
const NAME: &str = "accordant.toml";
/// Largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The command line with what `accordant.toml` says of the subcommand besides.
pub fn with_file(command: &Command, arguments: Vec<OsString>, from: &Path) -> Result<Vec<OsString>, Failure> {
    let Some(file) = find(from) else { return Ok(arguments) };
    let tables = read(&file)?;
    let known = |name: &str| command.find_subcommand(name);
    if let Some(name) = tables.keys().find(|name| known(name).is_none()) {
        let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        return Err(fault(&file, format!("[{name}] is no subcommand; there are {}", names.join(", "))));
    }
    let matches = match command.clone().try_get_matches_from(&arguments) {
        // The file may have it.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
            command.clone().ignore_errors(true).try_get_matches_from(&arguments)
        }
        matches => matches,
    };
    // What is wrong with the command line itself is told later.
    let Ok(matches) = matches else { return Ok(arguments) };
    let Some((name, given)) = matches.subcommand() else { return Ok(arguments) };
    let (Some(options), Some(subcommand)) = (tables.get(name), known(name)) else { return Ok(arguments) };
    let Value::Table(options) = options else { return Err(fault(&file, format!("{name} is no table"))) };
    let added = added(&file, subcommand, options, given)?;
    // Behind the subcommand's name, before everything that follows it.
    let at = arguments.iter().position(|argument| argument == name).map_or(arguments.len(), |at| at + 1);
    let mut all = arguments;
    all.splice(at..at, added);
    Ok(all)
}

/// The nearest file, from a directory upward.
fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors().map(|directory| directory.join(NAME)).find(|file| file.is_file())
}

fn read(file: &Path) -> Result<Table, Failure> {
    let what = || format!("cannot read {}", file.display());
    let size = std::fs::metadata(file).map_err(Failure::io(what()))?.len();
    if size > LARGEST {
        return Err(fault(file, format!("it is larger than {LARGEST} bytes")));
    }
    let text = std::fs::read_to_string(file).map_err(Failure::io(what()))?;
    text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Failure::Usage(format!("{}:{line}: {}", file.display(), error.message()))
    })
}

/// The arguments that options of the file stand for, without those that the command line gives.
fn added(file: &Path, command: &Command, options: &Table, given: &ArgMatches) -> Result<Vec<OsString>, Failure> {
    let mut added = Vec::new();
    for (key, value) in options {
        let long = key.replace('_', "-");
        let named = |argument: &&clap::Arg| {
            argument.get_long() == Some(&long) || argument.is_positional() && argument.get_id().as_str() == *key
        };
        let Some(argument) = command.get_arguments().find(named).filter(|argument| argument.get_id() != "help") else {
            let keys: Vec<&str> =
                command.get_arguments().filter_map(clap::Arg::get_long).filter(|key| *key != "help").collect();
            let name = command.get_name();
            return Err(fault(file, format!("[{name}] has no option {key}; there are {}", keys.join(", "))));
        };
        if given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine) {
            continue;
        }
        let switch = matches!(argument.get_action(), ArgAction::SetTrue);
        let texts =
            texts(value, switch).ok_or_else(|| fault(file, format!("{key} is no value that --{long} takes")))?;
        for text in texts {
            match (argument.is_positional(), switch) {
                (true, _) => added.push(text.into()),
                (false, true) => added.push(format!("--{long}").into()),
                (false, false) => added.push(format!("--{long}={text}").into()),
            }
        }
    }
    Ok(added)
}

/// The values of an option as the command line would have them; nothing when it cannot have such a value.
fn texts(value: &Value, switch: bool) -> Option<Vec<String>> {
    match (value, switch) {
        (Value::Boolean(true), true) => Some(vec![String::new()]),
        (Value::Boolean(false), true) => Some(Vec::new()),
        (_, true) => None,
        (Value::String(text), false) => Some(vec![text.clone()]),
        (Value::Integer(_) | Value::Float(_), false) => Some(vec![value.to_string()]),
        (Value::Array(items), false) => items.iter().map(|item| texts(item, false)?.pop()).collect(),
        (Value::Boolean(_) | Value::Datetime(_) | Value::Table(_), false) => None,
    }
}

fn fault(file: &Path, message: String) -> Failure {
    Failure::Usage(format!("{}: {message}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn command() -> Command {
        let check = Command::new("check")
            .arg(Arg::new("url"))
            .arg(Arg::new("cases").long("cases").short('n'))
            .arg(Arg::new("operation").long("operation").action(ArgAction::Append))
            .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue))
            .arg(Arg::new("update_baseline").long("update-baseline").action(ArgAction::SetTrue));
        let proxy = Command::new("proxy")
            .arg(Arg::new("url").required(true))
            .arg(Arg::new("dir").long("dir").required(true))
            .arg(Arg::new("command").last(true).action(ArgAction::Append));
        Command::new("accordant").subcommand(check).subcommand(Command::new("mock")).subcommand(proxy)
    }

    fn merged(text: &str, arguments: &[&str]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(NAME), text).expect("is written");
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).expect("is made");
        let arguments = std::iter::once(&"accordant").chain(arguments).map(OsString::from).collect();
        let merged = with_file(&command(), arguments, &below).map_err(|failure| failure.to_string())?;
        Ok(merged.into_iter().map(|argument| argument.into_string().expect("text")).collect())
    }

    #[test]
    fn options_of_the_file_come_first_and_flags_win() {
        let text = "[check]\nurl = 'http://a'\ncases = 7\noperation = ['A', 'B']\nstrict = true\nupdate_baseline = false\n[mock]\n";
        let all = ["accordant", "check", "--cases=7", "--operation=A", "--operation=B", "--strict", "http://a"];
        assert_eq!(merged(text, &["check"]).as_deref(), Ok(&all.map(str::to_owned)[..]));
        let some = merged(text, &["check", "http://b", "-n", "9", "--operation", "C"]).expect("merges");
        assert_eq!(some, ["accordant", "check", "--strict", "http://b", "-n", "9", "--operation", "C"]);
        assert_eq!(merged(text, &["mock"]).expect("merges"), ["accordant", "mock"]);
    }

    #[test]
    fn what_is_required_may_stand_in_the_file() {
        let text = "[proxy]\nurl = 'http://a'\ndir = 'b'\n";
        let merged = |arguments: &[&str]| merged(text, arguments).expect("merges").join(" ");
        assert_eq!(merged(&["proxy", "--", "c", "--dir"]), "accordant proxy --dir=b http://a -- c --dir");
        assert_eq!(merged(&["proxy", "--dir", "c"]), "accordant proxy http://a --dir c");
        assert_eq!(merged(&["proxy", "--help"]), "accordant proxy --help");
    }

    #[test]
    fn what_nobody_knows_is_named() {
        for (text, says) in [
            ("[check]\ncase = 7\n", "no option case; there are cases"),
            ("[nothing]\n", "[nothing] is no subcommand; there are check, mock, proxy"),
            ("check = 7\n", "no table"),
            ("[check]\nstrict = 'yes'\n", "strict is no value"),
            ("[check]\ncases = true\n", "cases is no value"),
            ("[check]\ncases = \n", "accordant.toml:2"),
        ] {
            let error = merged(text, &["check"]).expect_err(text);
            assert!(error.contains(says), "{error}");
        }
    }
}
