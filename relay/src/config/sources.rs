//! Each setting from the place that comes first: flag, environment, file, default.
//!
//! Every value goes through clap's check of its flag, wherever it stands, so that what is wrong is said in
//! the same way everywhere. What comes from the environment or a file is then given to clap as the default of
//! the flag.

use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use url::Url;

use super::args::{Action, Args, Cli};
use super::file::{self, Entry};

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// This environment variable.
    Environment(String),
    /// This line of the file.
    File(PathBuf, usize),
    /// Nobody set it.
    Default,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The long name of its flag.
    pub name: String,
    /// Its values, secrets masked; none when it is not set.
    pub values: Vec<String>,
    /// Whether it may have several.
    pub list: bool,
    /// Where it comes from.
    pub source: Source,
}

/// What the program was asked for.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub args: Args,
    /// What to do.
    pub action: Action,
    /// All settings with where they come from, in the order in which `--help` lists them.
    pub settings: Vec<Setting>,
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    place: String,
    problem: String,
    right: Option<String>,
}

impl Complaint {
    pub(super) fn new(place: String, problem: String) -> Self {
        Self {
            place,
            problem,
            right: None,
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)?;
        match &self.right {
            Some(right) => write!(f, "\n    {right}"),
            None => Ok(()),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug)]
pub enum LoadError {
    /// The command line is not understood, or asks for help.
    Usage(Box<clap::Error>),
    /// Values or names are wrong.
    Wrong(Vec<Complaint>),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => error.fmt(f),
            Self::Wrong(complaints) => {
                f.write_str("the settings are wrong")?;
                complaints
                    .iter()
                    .try_for_each(|complaint| write!(f, "\n{complaint}"))
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Reads the settings: the command line (the program's name first), the environment and a file if one is named.
/// `files` reads a file's text.
///
/// # Errors
/// [`LoadError`]; everything that is wrong with the environment and the file at once.
pub fn load(
    argv: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
    files: impl Fn(&Path) -> io::Result<String>,
) -> Result<Loaded, LoadError> {
    let argv: Vec<OsString> = argv.into_iter().collect();
    let shown = command();
    // The environment is read here, not by clap.
    let bare = shown.clone().mut_args(|arg| arg.env(Resettable::Reset));
    let flags = bare
        .clone()
        .try_get_matches_from(&argv)
        .map_err(|error| flag_error(&shown, &argv, error))?;
    let mut complaints = Vec::new();
    let mut layers: Vec<(&Arg, Vec<OsString>, Source)> = Vec::new();
    for setting in settings(&shown) {
        if is_flag(&flags, setting) {
            continue;
        }
        if let Some((name, value)) = from_environment(setting, &environment) {
            let values = vec![value];
            let place = format!("environment variable {name}");
            complaints.extend(check(&bare, setting, &values, place).err());
            layers.push((setting, values, Source::Environment(name)));
        }
    }
    if let Some(path) = path_of_file(&shown, &flags, &environment) {
        for entry in file::read(&path, files).map_err(LoadError::Wrong)? {
            let place = format!("{}:{}", path.display(), entry.line);
            let Some(setting) = settings(&shown).find(|arg| arg.get_long() == Some(&entry.name)) else {
                complaints.push(unknown(&bare, &entry, place));
                continue;
            };
            // What is overridden is checked too: it may come to count tomorrow.
            complaints.extend(check(&bare, setting, &entry.values, place).err());
            let overridden = layers.iter().any(|(arg, ..)| arg.get_id() == setting.get_id());
            if !overridden && !is_flag(&flags, setting) {
                layers.push((setting, entry.values, Source::File(path.clone(), entry.line)));
            }
        }
    }
    if !complaints.is_empty() {
        return Err(LoadError::Wrong(complaints));
    }
    let layered = layers.iter().fold(bare, |command, (setting, values, _)| {
        command.mut_arg(setting.get_id(), |arg| arg.default_values(values.iter().cloned()))
    });
    let usage = |error| LoadError::Usage(Box::new(error));
    let matches = layered.try_get_matches_from(&argv).map_err(usage)?;
    let source = |setting: &Arg| {
        let layer = layers.iter().find(|(arg, ..)| arg.get_id() == setting.get_id());
        match layer {
            _ if is_flag(&matches, setting) => Source::Flag,
            Some((.., source)) => source.clone(),
            None => Source::Default,
        }
    };
    let settings = settings(&shown)
        .map(|setting| Setting {
            name: setting.get_long().unwrap_or_default().to_owned(),
            values: raw_values(&matches, setting)
                .map(|value| masked(setting, &value))
                .collect(),
            list: setting.get_value_delimiter().is_some(),
            source: source(setting),
        })
        .collect();
    let cli = Cli::from_arg_matches(&matches).map_err(usage)?;
    Ok(Loaded {
        args: cli.args,
        action: cli.action.unwrap_or(Action::Serve),
        settings,
    })
}

/// The command line, every flag of which may stand behind a command too.
fn command() -> Command {
    Cli::command().mut_args(|arg| arg.global(true))
}

/// Every flag that is a setting.
fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some_and(|name| name != "config"))
}

fn is_flag(matches: &ArgMatches, setting: &Arg) -> bool {
    matches.value_source(setting.get_id().as_str()) == Some(ValueSource::CommandLine)
}

fn raw_values(matches: &ArgMatches, setting: &Arg) -> impl Iterator<Item = String> {
    let values = matches.try_get_raw(setting.get_id().as_str()).ok().flatten();
    values
        .into_iter()
        .flatten()
        .map(|value| value.to_string_lossy().into_owned())
}

fn from_environment(
    arg: &Arg,
    environment: &impl Fn(&str) -> Option<OsString>,
) -> Option<(String, OsString)> {
    let name = arg.get_env()?.to_str()?;
    Some((name.to_owned(), environment(name)?))
}

fn path_of_file(
    shown: &Command,
    flags: &ArgMatches,
    environment: &impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    flags.get_one::<PathBuf>("config").cloned().or_else(|| {
        let arg = shown.get_arguments().find(|arg| arg.get_id() == "config")?;
        Some(from_environment(arg, environment)?.1.into())
    })
}

/// Whether values may stand behind a flag.
fn check(bare: &Command, setting: &Arg, values: &[OsString], place: String) -> Result<(), Complaint> {
    let name = setting.get_long().unwrap_or_default();
    let error = if setting.get_action().takes_values() {
        let argv = values.iter().map(|value| {
            let mut argument = OsString::from(format!("--{name}="));
            argument.push(value);
            argument
        });
        let tried = bare.clone().no_binary_name(true).try_get_matches_from(argv);
        let Err(error) = tried else { return Ok(()) };
        why(&error)
    } else if values.len() == 1 && (values[0] == "true" || values[0] == "false") {
        return Ok(());
    } else {
        "true or false is right".to_owned()
    };
    let shown: Vec<String> = values
        .iter()
        .map(|value| format!("{:?}", masked(setting, &value.to_string_lossy())))
        .collect();
    Err(Complaint {
        place,
        problem: format!("`{name}` cannot be {}: {error}", shown.join(", ")),
        right: right(setting),
    })
}

/// What is right for a setting.
fn right(setting: &Arg) -> Option<String> {
    let help = setting.get_help()?;
    let defaults = setting.get_default_values();
    let example = defaults.first().map_or_else(String::new, |value| {
        format!(" (if nothing is said: {})", value.display())
    });
    Some(format!(
        "{}: {help}{example}",
        setting.get_long().unwrap_or_default()
    ))
}

fn why(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::ArgumentConflict {
        return "it takes one value".to_owned();
    }
    if let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue)
        && !valid.is_empty()
    {
        return format!("one of {} is right", valid.join(", "));
    }
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => "the value is not valid".to_owned(),
    }
}

fn unknown(bare: &Command, entry: &Entry, place: String) -> Complaint {
    let argument = format!("--{}=x", entry.name);
    let tried = bare.clone().no_binary_name(true).try_get_matches_from([argument]);
    let right = tried
        .err()
        .and_then(|error| match error.get(ContextKind::SuggestedArg) {
            Some(ContextValue::String(name)) => Some(name.trim_start_matches('-').to_owned()),
            _ => None,
        });
    let all = || {
        let names: Vec<&str> = settings(bare).filter_map(Arg::get_long).collect();
        format!("the settings are {}", names.join(", "))
    };
    Complaint {
        place,
        problem: format!("there is no setting `{}`", entry.name),
        right: Some(right.map_or_else(all, |name| format!("is `{name}` meant?"))),
    }
}

/// A wrong value of a flag is told like any other; everything else as clap does it.
fn flag_error(shown: &Command, argv: &[OsString], error: clap::Error) -> LoadError {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Again with the environment, whose variables the help names.
            let again = shown.clone().try_get_matches_from(argv);
            return LoadError::Usage(Box::new(again.err().unwrap_or(error)));
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {}
        _ => return LoadError::Usage(Box::new(error)),
    }
    let named = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(name)) => name.clone(),
        _ => String::new(),
    };
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.clone(),
        _ => String::new(),
    };
    let setting = settings(shown).find(|arg| {
        let long = arg.get_long().unwrap_or_default();
        named.trim_start_matches('-').split([' ', '=']).next() == Some(long)
    });
    let Some(setting) = setting else {
        return LoadError::Usage(Box::new(error));
    };
    let name = setting.get_long().unwrap_or_default();
    LoadError::Wrong(vec![Complaint {
        place: format!("flag --{name}"),
        problem: format!(
            "`{name}` cannot be {:?}: {}",
            masked(setting, &value),
            why(&error)
        ),
        right: right(setting),
    }])
}

/// A value as it may be shown: of a secret only what is none.
fn masked(setting: &Arg, value: &str) -> String {
    if !setting.is_hide_env_values_set() {
        return value.to_owned();
    }
    let Ok(mut url) = Url::parse(value) else {
        return MASK.to_owned();
    };
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    let secret = |name: &str| name.contains("password");
    if url.query_pairs().any(|(name, _)| secret(&name)) {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if secret(&name) { MASK.into() } else { value };
                (name.into_owned(), value.into_owned())
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.to_string()
}

impl Loaded {
    /// Every setting in force as a line of a file of settings, with where it comes from behind it.
    pub fn table(&self) -> String {
        let lines: Vec<(String, String)> = self
            .settings
            .iter()
            .map(|setting| (setting.to_string(), setting.source.to_string()))
            .collect();
        let width = lines
            .iter()
            .map(|(line, _)| line.chars().count())
            .max()
            .unwrap_or(0);
        lines.iter().fold(String::new(), |mut text, (line, source)| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{line:width$}  # {source}");
            text
        })
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |value: &String| {
            let plain = value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok();
            if plain { value.clone() } else { quote(value) }
        };
        let name = &self.name;
        match self.values.as_slice() {
            [] if self.list => write!(f, "{name} = []"),
            [] => write!(f, "# {name} is not set"),
            [value] if !self.list => write!(f, "{name} = {}", quoted(value)),
            values => {
                let values: Vec<String> = values.iter().map(quoted).collect();
                write!(f, "{name} = [{}]", values.join(", "))
            }
        }
    }
}

/// A text in TOML's quotes.
fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File(path, line) => write!(f, "{}:{line}", Path::display(path)),
            Self::Default => f.write_str("default"),
        }
    }
}

#[cfg(test)]
mod tests;
