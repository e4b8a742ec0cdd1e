//! `accordant.toml`: options of subcommands, from the working directory up to the root of the repository that it is in.
//! Flags win over it.
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
//!
//! The file may name a command to run and a server that is sent credentials. So it counts only where it and its folder
//! belong to the user, as git has it with `safe.directory`; another one is an error, since a run without its options would
//! say something else. A value is given to its option as a default, so none is ever read as a flag.

mod file;

use std::any::TypeId;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Id};
use toml::{Table, Value};

use super::Failure;
use file::File;

/// A command line that knows what the file says.
#[derive(Debug)]
pub struct Configured {
    /// The command, in which options that the command line does not give have the file's values.
    pub command: Command,
    /// The file, where anything of it counts.
    pub file: Option<PathBuf>,
}

/// An option's values, as the command line would have them.
type Setting = (Id, Vec<OsString>);

/// The program's command with what `accordant.toml` says of the subcommand that the arguments ask for.
pub fn configured(command: Command, arguments: &[OsString], from: &Path) -> Result<Configured, Failure> {
    match Said::of(&command, arguments, from)? {
        Some(Said { names, path, settings }) => {
            let file = (!settings.is_empty()).then_some(path);
            Ok(Configured { command: with_defaults(command, &names, &settings), file })
        }
        None => Ok(Configured { command, file: None }),
    }
}

/// Gives a subcommand's options their defaults.
fn with_defaults(command: Command, names: &[String], settings: &[Setting]) -> Command {
    match names.split_first() {
        Some((name, below)) => command.mut_subcommand(name, |command| with_defaults(command, below, settings)),
        // One after the other would change their order, by which arguments without a name are told apart.
        None => command.mut_args(|argument| match settings.iter().find(|(id, _)| id == argument.get_id()) {
            Some((_, values)) => argument.required(false).default_values(values.clone()),
            None => argument,
        }),
    }
}

/// What a file says of the subcommand that is asked for.
struct Said {
    /// The subcommand's names, from the outermost.
    names: Vec<String>,
    /// The file.
    path: PathBuf,
    settings: Vec<Setting>,
}

impl Said {
    /// Nothing where no subcommand is asked for, or no file has a table for it.
    fn of(command: &Command, arguments: &[OsString], from: &Path) -> Result<Option<Self>, Failure> {
        // What is wrong with the command line itself is told later, and what the file has is not missing.
        let lenient = command.clone().ignore_errors(true);
        let Ok(matches) = lenient.try_get_matches_from(arguments) else { return Ok(None) };
        let asked = Asked::of(command, &matches);
        if asked.names.is_empty() || asked.command.has_subcommands() {
            return Ok(None);
        }
        let Some(file) = File::find(from)? else { return Ok(None) };
        let Some(options) = file.options(command, &asked.names)? else { return Ok(None) };
        let settings = file.settings(&asked, options)?;
        let names = asked.names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Some(Self { names, path: file.path, settings }))
    }
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
        let mut given = self.command.get_arguments().filter(|other| self.gives(other));
        given.any(|other| other.get_id() == argument.get_id() || self.exclude_each_other(other, argument))
    }

    fn exclude_each_other(&self, one: &Arg, other: &Arg) -> bool {
        let excludes = |one: &Arg, other: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|conflict| conflict.get_id() == other.get_id())
        };
        excludes(one, other) || excludes(other, one)
    }
}

/// What the file says of one subcommand.
impl File {
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

    /// What the file sets, but for what the command line overrules.
    fn settings(&self, asked: &Asked<'_>, options: &Table) -> Result<Vec<Setting>, Failure> {
        let mut named: Vec<&Arg> = Vec::new();
        let mut settings = Vec::new();
        for (key, value) in options {
            let at = [&asked.names[..], &[key]].concat();
            let argument = self.argument(asked, key)?;
            let other = named.iter().find(|other| other.get_id() == argument.get_id());
            if other.is_some() {
                let name = name_of(argument);
                return Err(self.fault(&at, &format!("{name} is there twice, with hyphens and with underscores")));
            }
            if let Some(other) = named.iter().find(|other| asked.exclude_each_other(other, argument)) {
                return Err(self.fault(&at, &format!("{key} cannot stand beside {}: keep one", name_of(other))));
            }
            named.push(argument);
            let values = self.values(argument, value).ok_or_else(|| self.fault(&at, &untaken(argument, key)))?;
            let setting = (argument.get_id().clone(), values);
            self.check(asked, &setting, &at)?;
            if !asked.overrules(argument) {
                settings.push(setting);
            }
        }
        Ok(settings)
    }

    /// The values of an option, as the command line would have them; nothing where it takes no such value.
    fn values(&self, argument: &Arg, value: &Value) -> Option<Vec<OsString>> {
        if matches!(argument.get_action(), ArgAction::SetTrue) {
            return value.as_bool().map(|on| vec![on.to_string().into()]);
        }
        let texts = texts(value)?;
        if texts.len() != 1 && takes_one(argument) {
            return None;
        }
        let is_path = argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let value = |text: String| if is_path { self.folder.join(text).into_os_string() } else { text.into() };
        Some(texts.into_iter().map(value).collect())
    }

    /// Refuses values that the option would not take, while it is known where they come from.
    fn check(&self, asked: &Asked<'_>, setting: &Setting, at: &[&str]) -> Result<(), Failure> {
        let alone = with_defaults(asked.command.clone(), &[], std::slice::from_ref(setting)).no_binary_name(true);
        match alone.try_get_matches_from([""; 0]) {
            Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => {
                let told = error.to_string();
                let first: Vec<&str> = told.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
                Err(self.fault(at, first.join(" ").trim_start_matches("error: ")))
            }
            _ => Ok(()),
        }
    }
}

/// What an argument is called in the file: its long option, else its own name.
fn name_of(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| argument.get_id().as_str().replace('_', "-"), str::to_owned)
}

/// Whether an option has one value at most.
fn takes_one(argument: &Arg) -> bool {
    let several = argument.get_num_args().is_some_and(|values| values.max_values() > 1);
    !several && matches!(argument.get_action(), ArgAction::Set)
}

fn untaken(argument: &Arg, key: &str) -> String {
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        format!("{key} is true or false")
    } else {
        let list = if takes_one(argument) { "" } else { ", or a list of them" };
        format!("{key} is a text or a number{list}")
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
    use std::fs;

    use clap::CommandFactory;

    use super::file::NAME;
    use super::*;

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

    /// What the options of the subcommand that is asked for come to.
    fn matched(root: Command, arguments: &[&str], from: &Path) -> Result<String, String> {
        let arguments: Vec<OsString> = std::iter::once(&"accordant").chain(arguments).map(OsString::from).collect();
        let configured = configured(root.clone(), &arguments, from).map_err(|failure| failure.to_string())?;
        let matches = configured.command.try_get_matches_from(&arguments).map_err(|error| error.to_string())?;
        let asked = Asked::of(&root, &matches);
        let mut words = asked.names.join(" ");
        for argument in asked.command.get_arguments() {
            let values = asked.given.get_raw(argument.get_id().as_str()).into_iter().flatten();
            let values: Vec<&str> =
                values.filter_map(|value| value.to_str()).filter(|value| *value != "false").collect();
            if !values.is_empty() {
                words = format!("{words} {}={}", argument.get_id(), values.join(","));
            }
        }
        Ok(words)
    }

    fn read(text: &str, arguments: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).expect("is made");
        fs::create_dir(folder.path().join(".git")).expect("is made");
        fs::write(folder.path().join(NAME), text).expect("is written");
        let read = matched(command(), arguments, &below)?;
        Ok(read.replace(folder.path().to_str().expect("text"), "FOLDER"))
    }

    /// What the options come to, in one line.
    fn line(text: &str, arguments: &[&str]) -> String {
        read(text, arguments).expect("it is read")
    }

    #[test]
    fn flags_win_over_the_file() {
        let text = "[check]\nurl = 'http://a'\ncases = 7\noperation = ['A', 'B']\nstrict = true\nupdate_baseline = false\n[client]\n";
        assert_eq!(line(text, &["check"]), "check url=http://a cases=7 operation=A,B strict=true");
        let some = line(text, &["check", "http://b", "-n", "9", "--operation", "C"]);
        assert_eq!(some, "check url=http://b cases=9 operation=C strict=true");
        assert_eq!(line(text, &["client", "--", "x"]), "client command=x");
    }

    #[test]
    fn what_only_the_file_gives_is_not_missing() {
        let text = "[client]\ncommand = ['sh', '-c', 'x']\nstrict = true\n";
        assert_eq!(line(text, &["client"]), "client strict=true command=sh,-c,x");
        assert_eq!(line(text, &["client", "--"]), "client strict=true command=sh,-c,x");
        assert_eq!(line(text, &["client", "--", "check"]), "client strict=true command=check");
        assert_eq!(line("[spec.show]\noperation = 'A'\n", &["spec", "show"]), "spec show operation=A");
        assert_eq!(line("[spec.show]\noperation = 'A'\n", &["spec", "list"]), "spec list");
    }

    #[test]
    fn a_value_is_no_flag() {
        let flag = "[check]\nurl = '--strict'\noperation = ['--strict', '--', '-n9']\n";
        assert_eq!(line(flag, &["check"]), "check url=--strict operation=--strict,--,-n9");
        let command = "[client]\ncommand = ['--strict']\n";
        assert_eq!(line(command, &["client"]), "client command=--strict");
    }

    #[test]
    fn a_flag_wins_over_what_it_cannot_stand_beside() {
        assert_eq!(line("[check]\nsecret = 'a'\n", &["check", "--secret-file=b"]), "check secret_file=b");
        assert_eq!(line("[check]\nsecret-file = 'a'\n", &["check", "--secret=b"]), "check secret=b");
    }

    #[test]
    fn files_are_seen_from_where_the_file_is() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(NAME), "[check]\nbaseline = 'b.toml'\n").expect("is written");
        assert_eq!(matched(command(), &["check"], folder.path()).expect("it is read"), "check baseline=b.toml");
        assert_eq!(line("[check]\nbaseline = 'b.toml'\n", &["check"]), "check baseline=FOLDER/b.toml");
        assert_eq!(line("[check]\nbaseline = '/b.toml'\n", &["check"]), "check baseline=/b.toml");
    }

    #[test]
    fn no_file_counts_above_the_repository() {
        let folder = tempfile::tempdir().expect("a folder");
        let repository = folder.path().join("repository");
        fs::create_dir_all(repository.join("a")).expect("is made");
        fs::write(folder.path().join(NAME), "[check]\ncases = 7\n").expect("is written");
        let read = |from: &Path| matched(command(), &["check"], from).expect("it is read");
        assert_eq!(read(folder.path()), "check cases=7");
        // Without a repository, a folder below is somebody else's already.
        assert_eq!(read(&repository), "check");
        fs::write(repository.join(".git"), "gitdir: elsewhere").expect("is written");
        assert_eq!(read(&repository.join("a")), "check");
        fs::write(repository.join(NAME), "[check]\ncases = 8\n").expect("is written");
        assert_eq!(read(&repository.join("a")), "check cases=8");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_another_user_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(NAME);
        fs::write(&file, "[client]\ncommand = ['evil']\n").expect("is written");
        // Only root can give a file away.
        if std::os::unix::fs::chown(&file, Some(4242), None).is_err() {
            return;
        }
        let error = matched(command(), &["client"], folder.path()).expect_err("it is theirs");
        assert!(error.contains("it belongs to another user (4242, and you are 0)"), "{error}");
        std::os::unix::fs::chown(&file, Some(0), None).expect("root may");
        std::os::unix::fs::chown(folder.path(), Some(4242), None).expect("root may");
        let error = matched(command(), &["client"], folder.path()).expect_err("its folder is theirs");
        assert!(error.contains("its folder belongs to another user"), "{error}");
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
            ("[check]\ncases = true\n", ":2: cases is a text or a number"),
            ("[check]\ncases = 2026-01-01\n", ":2: cases is a text or a number"),
            ("[check]\noperation = [['A']]\n[check.more]\n", ":3: [check] has no option more"),
            ("[check]\n\ncases = 'many'\n", ":3: invalid value 'many' for '--cases <cases>': invalid digit"),
            ("[check]\ncases = [1, 2]\n", ":2: cases is a text or a number"),
            (
                "[check]\nurl = 'a'\nstrict = true\nsecret = 'a'\nsecret_file = 'a'\n",
                ":5: secret_file cannot stand beside secret",
            ),
            ("[check]\ncases = \n", "accordant.toml:2: "),
            ("[check]\nsecret_file = 'a'\nsecret-file = 'a'\n", ":2: secret-file is there twice"),
        ] {
            let error = read(text, &["check", "--cases=1"]).expect_err(text);
            assert!(error.contains(says), "{error}");
        }
        let error = read("[spec]\nshow = {}\nshwo = {}\n", &["spec", "list"]).expect_err("no such subcommand");
        assert!(error.contains(":3: [spec.shwo] is no subcommand; there are [spec.show], [spec.list]"), "{error}");
        let error = read("[spec.list]\nlong = 1\n", &["spec", "list"]).expect_err("no such option");
        assert!(error.contains(":2: [spec.list] has no option long, nor any other"), "{error}");
    }

    #[test]
    fn help_needs_no_file_that_can_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(NAME), "= broken\n").expect("is written");
        for arguments in [&["--help"][..], &["check", "--help"], &["help", "spec"], &["spec"], &["unknown"], &[]] {
            let arguments: Vec<OsString> = std::iter::once(&"accordant").chain(arguments).map(OsString::from).collect();
            assert!(configured(command(), &arguments, folder.path()).expect("it is not read").file.is_none());
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
            fs::write(folder.path().join(NAME), text).expect("is written");
            let line: Vec<OsString> =
                std::iter::once("accordant").chain(names.iter().copied()).map(OsString::from).collect();
            let Ok(configured) = configured(root.clone(), &line, folder.path()) else { return false };
            let lenient = configured.command.ignore_errors(true);
            let Ok(mut matches) = lenient.try_get_matches_from(line) else { return false };
            for name in names {
                matches = matches.subcommand_matches(name).expect("it is asked for").clone();
            }
            let values = matches.get_raw(argument.get_id().as_str()).into_iter().flatten();
            values.eq([sample.trim_matches('\'')])
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
