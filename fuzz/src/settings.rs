//! A relay's file with settings: it is taken, or every complaint names a line that is there; and what is printed of
//! settings that were taken is a file that says the same.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use relay::config::{LoadError, Loaded, load};

use crate::text::text;

const FILE: &str = "relay.toml";

fn read(text: &str) -> Result<Loaded, LoadError> {
    let argv = ["tabspace-relay", "--config", FILE].map(OsString::from);
    let file = |path: &Path| {
        assert_eq!(path, Path::new(FILE));
        Ok::<_, io::Error>(text.to_owned())
    };
    load(argv, |_| None, file)
}

fn settings(loaded: &Loaded) -> Vec<String> {
    loaded.settings.iter().map(ToString::to_string).collect()
}

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match read(text) {
        Ok(loaded) => {
            let table = loaded.table();
            let again = read(&table).unwrap_or_else(|error| panic!("{error}\nof\n{table}"));
            assert_eq!(settings(&again), settings(&loaded), "{table}");
        }
        Err(LoadError::Wrong(complaints)) => {
            assert!(!complaints.is_empty());
            for complaint in complaints {
                let told = complaint.to_string();
                let line = told
                    .strip_prefix("relay.toml:")
                    .and_then(|rest| rest.split(':').next());
                let line: Option<usize> = line.and_then(|line| line.parse().ok());
                let lines = text.split('\n').count();
                assert!(
                    line.is_some_and(|line| (1..=lines).contains(&line)),
                    "{told} of {lines} lines"
                );
            }
        }
        Err(LoadError::Usage(error)) => panic!("the command line was right: {error}"),
    }
}
