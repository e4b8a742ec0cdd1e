//! `accordant.toml`: options of subcommands, found upward from the working directory. Flags win over it.
//!
//! Each table is a subcommand, each key a long option of it, with underscores or hyphens, or what its help lists as an
//! argument. Files are named as seen from where `accordant.toml` is:
//!
//! ```toml
//! [check]
//! url = "http://localhost:5000"
//! target = "targets/staging.yaml"
//! cases = 500
//! operation = ["StartBackupJob"]
//! strict = true
//!
//! [spec.lint]
//! documents = "documents"
//! ```

use std::any::TypeId;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::Failure;

/// The file's name.
const NAME: &str = "accordant.toml";
/// Largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The command line with what `accordant.toml` says of the subcommand besides.
pub fn with_file(command: &Command, arguments: Vec<OsString>, from: &Path) -> Result<Vec<OsString>, Failure> {
    // What is wrong with the command line itself is told later, and what the file has is not missing.
    let lenient = command.clone().ignore_errors(true);
    let Ok(matches) = lenient.try_get_matches_from(&arguments) else { return Ok(arguments) };
    let asked = Asked::of(command, &matches);
    if asked.names.is_empty() || asked.command.has_subcommands() {
        return Ok(arguments);
    }
    let Some(file) = File::find(from)? else { return Ok(arguments) };
    let Some(options) = file.options(command, &asked.names)? else { return Ok(arguments) };
    let (before, last) = added(&file, &asked, options)?;
    Ok(merged(arguments, &asked.names, before, last))
}

/// Puts options behind the subcommand's name, before everything that follows it, and last arguments at the end.
fn merged(mut all: Vec<OsString>, names: &[&str], before: Vec<OsString>, last: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    for name in names {
        at = all.iter().skip(at).position(|argument| argument == name).map_or(all.len(), |found| at + found + 1);
    }
    all.splice(at..at, before);
    if !last.is_empty() && !all.iter().any(|argument| argument == "--") {
        all.push("--".into());
    }
    all.extend(last);
    all
}

/// The subcommand that the command line asks for, and what it gives it.
struct Asked<'c> {
    /// Its names, from the outermost.
    names: Vec<&'c str>,
    command: &'c Command,
    given: &'c ArgMatches,
}

impl<'c> Asked<'c> {
    fn of(command: &'c Command, given: &'c ArgMatches) -> Self {
        let mut asked = Self { names: Vec::new(), command, given };
        while let Some((name, given)) = asked.given.subcommand()
            && let Some(command) = asked.command.find_subcommand(name)
        {
            asked.names.push(name);
            (asked.command, asked.given) = (command, given);
        }
        asked
    }

    fn gives(&self, argument: &Arg) -> bool {
        self.given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    }

    /// Whether the command line gives an argument, or another one that it cannot stand beside.
    fn overrules(&self, argument: &Arg) -> bool {
        let excludes = |one: &Arg, other: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|conflict| conflict.get_id() == other.get_id())
        };
        let mut given = self.command.get_arguments().filter(|other| self.gives(other));
        given.any(|other| other.get_id() == argument.get_id() || excludes(argument, other) || excludes(other, argument))
    }
}

/// A file that was found and read.
struct File {
    path: PathBuf,
    text: String,
    tables: Table,
    /// What goes before the names of files in it; nothing where it is in the working directory.
    folder: PathBuf,
}

impl File {
    /// The nearest file, from a directory upward.
    fn find(from: &Path) -> Result<Option<Self>, Failure> {
        let found = from.ancestors().map(|directory| directory.join(NAME)).find(|file| file.is_file());
        let Some(path) = found else { return Ok(None) };
        let what = || format!("cannot read {}", path.display());
        let size = std::fs::metadata(&path).map_err(Failure::io(what()))?.len();
        if size > LARGEST {
            return Err(Failure::Usage(format!("{} is larger than {LARGEST} bytes", path.display())));
        }
        let text = std::fs::read_to_string(&path).map_err(Failure::io(what()))?;
        let tables = text.parse::<Table>().map_err(|error| {
            let line = line_at(&text, error.span().map_or(0, |span| span.start));
            Failure::Usage(format!("{}:{line}: {}", path.display(), error.message()))
        })?;
        let folder = path.parent().filter(|folder| *folder != from).map(Path::to_owned).unwrap_or_default();
        Ok(Some(Self { path, text, tables, folder }))
    }

    /// The table of a subcommand.
    fn options(&self, root: &Command, names: &[&str]) -> Result<Option<&Table>, Failure> {
        let (mut command, mut table) = (root, &self.tables);
        for (depth, name) in names.iter().enumerate() {
            self.check_tables(command, table, &names[..depth])?;
            let (Some(below), Some(value)) = (command.find_subcommand(name), table.get(*name)) else {
                return Ok(None);
            };
            let at = &names[..=depth];
            let Value::Table(inner) = value else {
                return Err(self.fault(at, &format!("{name} is a table: write [{}]", at.join("."))));
            };
            (command, table) = (below, inner);
        }
        Ok(Some(table))
    }

    fn check_tables(&self, command: &Command, table: &Table, at: &[&str]) -> Result<(), Failure> {
        let Some(unknown) = table.keys().find(|name| command.find_subcommand(name).is_none()) else { return Ok(()) };
        let named = |name: &str| format!("[{}]", [at, &[name]].concat().join("."));
        let known: Vec<String> = command.get_subcommands().map(|command| named(command.get_name())).collect();
        let message = format!("{} is no subcommand; there are {}", named(unknown), known.join(", "));
        Err(self.fault(&[at, &[unknown]].concat(), &message))
    }

    /// The argument that a key stands for.
    fn argument<'c>(&self, asked: &Asked<'c>, key: &str) -> Result<&'c Arg, Failure> {
        let long = key.replace('_', "-");
        let found = asked.command.get_arguments().find(|argument| name_of(argument) == long);
        found.ok_or_else(|| {
            let known: Vec<String> = asked.command.get_arguments().map(name_of).collect();
            let others = if known.is_empty() {
                ", nor any other".to_owned()
            } else {
                format!("; there are {}", known.join(", "))
            };
            let message = format!("[{}] has no option {key}{others}", asked.names.join("."));
            self.fault(&[&asked.names[..], &[key]].concat(), &message)
        })
    }

    /// The words that a key and its value are on the command line.
    fn words(&self, argument: &Arg, value: &Value) -> Option<Vec<OsString>> {
        let long = name_of(argument);
        if matches!(argument.get_action(), ArgAction::SetTrue) {
            return value.as_bool().map(|on| if on { vec![format!("--{long}").into()] } else { Vec::new() });
        }
        let is_path = argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let word = |text: String| {
            let text = if is_path { self.folder.join(text).into_os_string() } else { text.into() };
            if argument.is_positional() {
                return text;
            }
            let mut word = OsString::from(format!("--{long}="));
            word.push(text);
            word
        };
        Some(texts(value)?.into_iter().map(word).collect())
    }

    /// Refuses words that the subcommand would not take, while it is known where they come from.
    fn check_words(&self, asked: &Asked<'_>, argument: &Arg, words: &[OsString], at: &[&str]) -> Result<(), Failure> {
        let dashes = argument.is_last_set().then(|| OsString::from("--"));
        let line = dashes.iter().chain(words);
        let taken = asked.command.clone().no_binary_name(true).try_get_matches_from(line);
        match taken {
            Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => {
                let told = error.to_string();
                let first: Vec<&str> = told.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
                Err(self.fault(at, first.join(" ").trim_start_matches("error: ")))
            }
            _ => Ok(()),
        }
    }

    fn fault(&self, at: &[&str], message: &str) -> Failure {
        Failure::Usage(format!("{}:{}: {message}", self.path.display(), self.line(at)))
    }

    /// The line of a key, in a table within tables.
    fn line(&self, keys: &[&str]) -> usize {
        let Ok(parsed) = DeTable::parse(&self.text) else { return 1 };
        let (mut table, mut start) = (parsed.get_ref(), 0);
        for key in keys {
            let Some((found, value)) = table.iter().find(|(known, _)| known.get_ref() == key) else { break };
            start = found.span().start;
            let DeValue::Table(inner) = value.get_ref() else { break };
            table = inner;
        }
        line_at(&self.text, start)
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// What an argument is called in the file: its long option, else its own name.
fn name_of(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| argument.get_id().as_str().replace('_', "-"), str::to_owned)
}

/// The words that options of the file stand for, without those that the command line overrules: those of the
/// subcommand, and those that follow `--`.
fn added(file: &File, asked: &Asked<'_>, options: &Table) -> Result<(Vec<OsString>, Vec<OsString>), Failure> {
    let (mut before, mut last) = (Vec::new(), Vec::new());
    let mut named = Vec::new();
    for (key, value) in options {
        let at = [&asked.names[..], &[key]].concat();
        let argument = file.argument(asked, key)?;
        if named.contains(&argument.get_id()) {
            return Err(
                file.fault(&at, &format!("{} is there twice, with hyphens and with underscores", name_of(argument)))
            );
        }
        named.push(argument.get_id());
        let words = file.words(argument, value).ok_or_else(|| file.fault(&at, &untaken(argument, key)))?;
        file.check_words(asked, argument, &words, &at)?;
        if !asked.overrules(argument) {
            if argument.is_last_set() { last.extend(words) } else { before.extend(words) }
        }
    }
    Ok((before, last))
}

fn untaken(argument: &Arg, key: &str) -> String {
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        format!("{key} is true or false")
    } else {
        format!("{key} is a text, a number, or a list of them")
    }
}

/// The texts of a value; nothing when it is none that the command line could have.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Integer(_) | Value::Float(_) => Some(vec![value.to_string()]),
        Value::Array(items) => items.iter().map(|item| texts(item)?.pop()).collect(),
        Value::Boolean(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn command() -> Command {
        let check = Command::new("check")
            .arg(Arg::new("url"))
            .arg(Arg::new("cases").long("cases").short('n').value_parser(clap::value_parser!(u64)))
            .arg(Arg::new("operation").long("operation").action(ArgAction::Append))
            .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue))
            .arg(Arg::new("baseline").long("baseline").value_parser(clap::value_parser!(PathBuf)))
            .arg(Arg::new("secret").long("secret").conflicts_with("secret_file"))
            .arg(Arg::new("secret_file").long("secret-file"))
            .arg(Arg::new("update_baseline").long("update-baseline").action(ArgAction::SetTrue).requires("baseline"));
        let client = Command::new("client")
            .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue))
            .arg(Arg::new("command").last(true).required(true).num_args(1..));
        let show = Command::new("show").arg(Arg::new("operation").required(true));
        let spec = Command::new("spec").subcommand_required(true).subcommand(show).subcommand(Command::new("list"));
        Command::new("accordant").subcommands([check, client, spec])
    }

    fn merged(text: &str, arguments: &[&str]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(NAME), text).expect("is written");
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).expect("is made");
        let arguments = std::iter::once(&"accordant").chain(arguments).map(OsString::from).collect();
        let merged = with_file(&command(), arguments, &below).map_err(|failure| failure.to_string())?;
        let folder = folder.path().to_str().expect("text");
        let words = merged.into_iter().map(|argument| argument.into_string().expect("text"));
        Ok(words.skip(1).map(|word| word.replace(folder, "FOLDER")).collect())
    }

    /// What the command line becomes, in one line.
    fn line(text: &str, arguments: &[&str]) -> String {
        merged(text, arguments).expect("it merges").join(" ")
    }

    #[test]
    fn options_of_the_file_come_first_and_flags_win() {
        let text = "[check]\nurl = 'http://a'\ncases = 7\noperation = ['A', 'B']\nstrict = true\nupdate_baseline = false\n[client]\n";
        let all = "check --cases=7 --operation=A --operation=B --strict http://a";
        assert_eq!(line(text, &["check"]), all);
        let some = line(text, &["check", "http://b", "-n", "9", "--operation", "C"]);
        assert_eq!(some, "check --strict http://b -n 9 --operation C");
        assert_eq!(line(text, &["client", "--", "x"]), "client -- x");
    }

    #[test]
    fn what_only_the_file_gives_is_not_missing() {
        let text = "[client]\ncommand = ['sh', '-c', 'x']\nstrict = true\n";
        assert_eq!(line(text, &["client"]), "client --strict -- sh -c x");
        assert_eq!(line(text, &["client", "--"]), "client --strict -- sh -c x");
        assert_eq!(line(text, &["client", "--", "check"]), "client --strict -- check");
        assert_eq!(line("[spec.show]\noperation = 'A'\n", &["spec", "show"]), "spec show A");
        assert_eq!(line("[spec.show]\noperation = 'A'\n", &["spec", "list"]), "spec list");
        let updated = line("[check]\nbaseline = 'b.toml'\n", &["check", "--update-baseline"]);
        assert_eq!(updated, "check --baseline=FOLDER/b.toml --update-baseline");
    }

    #[test]
    fn a_flag_wins_over_what_it_cannot_stand_beside() {
        assert_eq!(line("[check]\nsecret = 'a'\n", &["check", "--secret-file=b"]), "check --secret-file=b");
        assert_eq!(line("[check]\nsecret-file = 'a'\n", &["check", "--secret=b"]), "check --secret=b");
    }

    #[test]
    fn files_are_seen_from_where_the_file_is() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(NAME), "[check]\nbaseline = 'b.toml'\n").expect("is written");
        let found = File::find(folder.path()).expect("it is read").expect("it is there");
        assert_eq!(found.folder, PathBuf::new());
        assert_eq!(line("[check]\nbaseline = '/b.toml'\n", &["check"]), "check --baseline=/b.toml");
    }

    #[test]
    fn what_nobody_knows_is_named_on_its_line() {
        for (text, says) in [
            ("[check]\nstrict = true\ncase = 7\n", ":3: [check] has no option case; there are url, cases, operation,"),
            ("[check]\nhelp = true\n", ":2: [check] has no option help"),
            ("\n[nothing]\n", ":2: [nothing] is no subcommand; there are [check], [client], [spec]"),
            ("strict = true\n", ":1: [strict] is no subcommand"),
            ("check = 7\n", ":1: check is a table: write [check]"),
            ("[check]\nstrict = 'yes'\n", ":2: strict is true or false"),
            ("[check]\ncases = true\n", ":2: cases is a text, a number, or a list"),
            ("[check]\ncases = 2026-01-01\n", ":2: cases is a text, a number, or a list"),
            ("[check]\noperation = [['A']]\n[check.more]\n", ":3: [check] has no option more"),
            ("[check]\n\ncases = 'many'\n", ":3: invalid value 'many' for '--cases <cases>': invalid digit"),
            ("[check]\ncases = [1, 2]\n", ":2: the argument '--cases <cases>' cannot be used multiple times"),
            ("[check]\ncases = \n", "accordant.toml:2: "),
            ("[check]\nsecret_file = 'a'\nsecret-file = 'a'\n", ":2: secret-file is there twice"),
        ] {
            let error = merged(text, &["check", "--cases=1"]).expect_err(text);
            assert!(error.contains(says), "{error}");
        }
        let error = merged("[spec]\nshow = {}\nshwo = {}\n", &["spec", "list"]).expect_err("no such subcommand");
        assert!(error.contains(":3: [spec.shwo] is no subcommand; there are [spec.show], [spec.list]"), "{error}");
        let error = merged("[spec.list]\nlong = 1\n", &["spec", "list"]).expect_err("no such option");
        assert!(error.contains(":2: [spec.list] has no option long, nor any other"), "{error}");
    }

    #[test]
    fn help_needs_no_file_that_can_be_read() {
        for arguments in [&["--help"][..], &["check", "--help"], &["help", "spec"], &["spec"], &["unknown"], &[]] {
            assert_eq!(line("= broken\n", arguments), arguments.join(" "));
        }
    }

    /// Each way to the arguments of the program.
    fn walk<'c>(command: &'c Command, names: &mut Vec<&'c str>, see: &mut impl FnMut(&[&str], &Command)) {
        see(names, command);
        for below in command.get_subcommands() {
            names.push(below.get_name());
            walk(below, names, see);
            names.pop();
        }
    }

    /// A file with one option, of which the program takes some value.
    fn taken(root: &Command, names: &[&str], argument: &Arg) -> bool {
        let samples = ["true", "'1'", "'30s'", "'a: b'", "'/a=1'", "'/a'", "'A.coverage.0.1.00000000'"];
        let possible = argument.get_possible_values();
        let samples = samples.map(str::to_owned).into_iter();
        let defaults = argument.get_default_values().iter().filter_map(|value| value.to_str()).map(str::to_owned);
        let known = possible.iter().map(|value| value.get_name().to_owned()).chain(defaults);
        let mut samples = samples.chain(known.map(|value| format!("'{value}'")));
        let folder = tempfile::tempdir().expect("a folder");
        samples.any(|sample| {
            let text = format!("[{}]\n{} = {sample}\n", names.join("."), name_of(argument));
            std::fs::write(folder.path().join(NAME), text).expect("is written");
            let line = std::iter::once("accordant").chain(names.iter().copied()).map(OsString::from).collect();
            let Ok(line) = with_file(root, line, folder.path()) else { return false };
            let Ok(mut matches) = root.clone().ignore_errors(true).try_get_matches_from(line) else { return false };
            for name in names {
                matches = matches.subcommand_matches(name).expect("it is asked for").clone();
            }
            matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
        })
    }

    #[test]
    fn every_option_of_the_program_has_a_key() {
        let root = crate::cli::Cli::command();
        let (mut seen, mut without) = (0, Vec::new());
        walk(&root, &mut Vec::new(), &mut |names, command| {
            for argument in command.get_arguments() {
                seen += 1;
                if !taken(&root, names, argument) {
                    without.push(format!("{} {}", names.join(" "), name_of(argument)));
                }
            }
        });
        assert!(seen > 50, "only {seen} options");
        assert!(without.is_empty(), "no key, or no sample here that the option takes: {without:?}");
    }
}
