use super::*;
use crate::config::LogFormat;

fn try_load(flags: &[&str], environment: &[(&str, &str)]) -> Result<Loaded, String> {
    let argv = ["tabspace-relay"].iter().chain(flags).map(OsString::from);
    let environment = |name: &str| {
        let found = environment.iter().find(|(each, _)| *each == name);
        found.map(|(_, value)| OsString::from(value))
    };
    load(argv, environment, |path| std::fs::read_to_string(path)).map_err(|error| error.to_string())
}

fn loaded(flags: &[&str], environment: &[(&str, &str)]) -> Loaded {
    try_load(flags, environment).unwrap_or_else(|error| panic!("{error}"))
}

/// A file of settings, which is there as long as the value.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let (_folder, path) = file(
        "listen = \"127.0.0.1:1\"\ndata = \"from-file\"\npublic-url = \"https://file.example\"\n\
         stun = [\"stun:a\", \"stun:b\"]\nlog-format = \"json\"\n",
    );
    let environment = [
        ("TABSPACE_CONFIG", path.as_str()),
        ("TABSPACE_LISTEN", "127.0.0.1:2"),
        ("TABSPACE_DATA", "from-environment"),
    ];
    let loaded = loaded(&["--listen", "127.0.0.1:3"], &environment);
    assert_eq!(loaded.action, Action::Serve);
    assert_eq!(loaded.args.listen.port(), 3);
    assert_eq!(loaded.args.data, Path::new("from-environment"));
    assert_eq!(
        loaded.args.public_url.as_ref().map(Url::as_str),
        Some("https://file.example/")
    );
    assert_eq!(loaded.args.stun, ["stun:a", "stun:b"]);
    assert_eq!(loaded.args.log_format, LogFormat::Json);
    let sources: Vec<(String, String)> = loaded
        .settings
        .iter()
        .map(|setting| (setting.to_string(), setting.source.to_string()))
        .collect();
    let is = |line: &str, source: &str| {
        assert!(
            sources.contains(&(line.to_owned(), source.to_owned())),
            "{line} # {source} is not in {sources:#?}"
        );
    };
    is("listen = \"127.0.0.1:3\"", "flag");
    is(
        "data = \"from-environment\"",
        "environment variable TABSPACE_DATA",
    );
    is("public-url = \"https://file.example\"", &format!("{path}:3"));
    is("stun = [\"stun:a\", \"stun:b\"]", &format!("{path}:4"));
    is("# database-url is not set", "default");
    is("log = \"info,sqlx=warn\"", "default");
}

#[test]
fn flags_may_stand_before_and_behind_a_command() {
    for flags in [["--data", "x", "rebuild"], ["rebuild", "--data", "x"]] {
        let loaded = loaded(&flags, &[("TABSPACE_DATA", "y")]);
        assert_eq!(loaded.action, Action::Rebuild);
        assert_eq!(loaded.args.data, Path::new("x"));
        let data = loaded.settings.iter().find(|setting| setting.name == "data");
        assert_eq!(data.map(|setting| &setting.source), Some(&Source::Flag));
    }
}

#[test]
fn everything_wrong_in_file_and_environment_is_named_at_once_with_its_place() {
    let (_folder, path) =
        file("listen = 12\n\npublic_url = \"https://x.example\"\n[log]\nformat = \"xml\"\n");
    let environment = [("TABSPACE_LISTEN", "nowhere"), ("RUST_LOG", "info")];
    let wrong = try_load(&["--config", &path], &environment).unwrap_err();
    for expected in [
        "environment variable TABSPACE_LISTEN: `listen` cannot be \"nowhere\": invalid socket address syntax"
            .to_owned(),
        format!(
            "{path}:1: `listen` cannot be \"12\": invalid socket address syntax\n    listen: Where to listen"
        ),
        format!("{path}:3: there is no setting `public_url`\n    is `public-url` meant?"),
        format!("{path}:5: `log-format` cannot be \"xml\": one of pretty, json is right"),
    ] {
        assert!(wrong.contains(&expected), "{expected}\nis not in\n{wrong}");
    }
    let flag = try_load(&["--listen", "12"], &[]).unwrap_err();
    assert!(
        flag.contains("flag --listen: `listen` cannot be \"12\": invalid socket address syntax"),
        "{flag}"
    );
    let twice = file("data = [\"a\", \"b\"]\nwhatever = 1\n");
    let wrong = try_load(&["--config", &twice.1], &[]).unwrap_err();
    assert!(
        wrong.contains("`data` cannot be \"a\", \"b\": it takes one value"),
        "{wrong}"
    );
    assert!(wrong.contains("there is no setting `whatever`"), "{wrong}");
    let missing = try_load(&["--config", "/nowhere/relay.toml"], &[]).unwrap_err();
    assert!(missing.contains("/nowhere/relay.toml: the file"), "{missing}");
    assert!(try_load(&["--nonsense"], &[]).unwrap_err().contains("--nonsense"));
}

#[test]
fn the_password_of_the_database_is_never_shown() {
    for address in [
        "postgres://relay:hunter2@db.example/tabs",
        "postgres://db.example/tabs?user=relay&password=hunter2",
        // Wrong ones, too.
        "mysql://relay:hunter2@db.example/tabs",
        "postgres://relay:hunter2@db.example:no/tabs",
    ] {
        let (_folder, path) = file(&format!("database-url = \"{address}\"\n"));
        for shown in [
            try_load(&[], &[("DATABASE_URL", address)]),
            try_load(&["--database-url", address], &[]),
            try_load(&["--config", &path], &[]),
        ] {
            let right = address.starts_with("postgres") && !address.contains(":no");
            assert_eq!(shown.is_ok(), right, "{address}");
            let shown = shown.map_or_else(|error| error, |loaded| loaded.table());
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains(MASK), "{shown}");
        }
    }
}

#[test]
fn what_is_printed_can_be_read_again() {
    let before = loaded(
        &["--stun", "stun:a:1,stun:b:2", "--data", "a \"quoted\" \\ folder"],
        &[("PUBLIC_URL", "https://tabs.example")],
    );
    let (_folder, path) = file(&before.table());
    let after = loaded(&["--config", &path], &[]);
    assert_eq!(after.args.stun, before.args.stun);
    assert_eq!(after.args.data, before.args.data);
    assert_eq!(after.args.public_url, before.args.public_url);
    let lines =
        |loaded: &Loaded| -> Vec<String> { loaded.settings.iter().map(ToString::to_string).collect() };
    assert_eq!(lines(&after), lines(&before));
}

#[test]
fn every_setting_has_a_variable_and_stands_in_the_manual() {
    let manual =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap();
    let command = command();
    let rows: Vec<String> = settings(&command)
        .map(|setting| {
            let default = setting.get_default_values().first();
            let default = default.map_or_else(String::new, |value| format!("`{}`", value.display()));
            format!(
                "| `{}` | `{}` | {default} |",
                setting.get_long().unwrap_or_default(),
                setting
                    .get_env()
                    .expect("every setting can stand in the environment")
                    .display(),
            )
        })
        .collect();
    let start = |line: &str| {
        line.match_indices('|')
            .nth(3)
            .map(|(at, _)| line[..=at].to_owned())
    };
    let table = manual
        .lines()
        .skip_while(|line| !line.starts_with("| setting |"))
        .skip(2);
    let told: Vec<String> = table
        .take_while(|line| line.starts_with('|'))
        .filter_map(start)
        .collect();
    assert_eq!(
        told, rows,
        "the table in docs/operations.md should begin its rows like this"
    );
}
