//! Who watches a relay is not misled: every number is explained, and alerts and the dashboard ask for numbers that
//! there are.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; the lint does not see it outside of the functions that are"
)]

mod harness;

use std::collections::BTreeSet;
use std::path::Path;

use harness::{Place, Running, request};
use hyper::Method;
use serde_json::Value;

fn repository(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The numbers of a relay that answered a request.
async fn numbers_on(place: Place) -> String {
    let relay = Running::on(&place).await;
    let get = async |path: &str| request(&relay.address, Method::GET, path, &[], Vec::new()).await;
    get("/healthz").await;
    let answer = get("/metrics").await;
    relay.stop().await;
    String::from_utf8(answer.body.to_vec()).unwrap()
}

async fn numbers() -> String {
    numbers_on(Place::folder()).await
}

/// What a number without labels is.
fn value(numbers: &str, name: &str) -> Option<f64> {
    let told = numbers
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    told?.parse().ok()
}

/// The names that the relay tells the type of.
fn told(numbers: &str) -> BTreeSet<&str> {
    let types = numbers.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split(' ').next()).collect()
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Numbers in an expression, with what selects among them: `name` and `{label="value", …}`.
fn asked(text: &str) -> Vec<(&str, &str)> {
    let words = text.split(|character| !is_of_a_name(character));
    let ours = words.filter(|word| word.starts_with("tabspace_") || word.starts_with("process_"));
    ours.map(|name| {
        let behind = &text[name.as_ptr() as usize - text.as_ptr() as usize + name.len()..];
        let selector = behind.strip_prefix('{').and_then(|rest| rest.split('}').next());
        (name, selector.unwrap_or_default())
    })
    .collect()
}

/// Why a relay has nothing to say to this.
fn complaint(numbers: &str, name: &str, selector: &str) -> Option<String> {
    let told = told(numbers);
    let parts = ["_bucket", "_sum", "_count"];
    let base = parts.iter().find_map(|part| name.strip_suffix(part));
    if !told.contains(name) && !base.is_some_and(|base| told.contains(base)) {
        return Some(format!("{name} is not told by the relay"));
    }
    for pair in selector.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (label, values) = pair.split_once('=').unwrap();
        // Who scrapes adds these.
        if ["job", "instance"].contains(&label) {
            continue;
        }
        let values = values.trim_start_matches('~').trim_matches('"');
        for value in values.split('|') {
            let (line, labelled) = (format!("{name}{{"), format!("{label}=\"{value}\""));
            let mut lines = numbers.lines().filter(|told| told.starts_with(&line));
            if !lines.any(|told| told.contains(&labelled)) {
                return Some(format!("{name} has no {labelled}"));
            }
        }
    }
    None
}

#[tokio::test]
async fn alerts_and_the_dashboard_ask_for_numbers_that_there_are() {
    let numbers = numbers().await;
    let alerts = repository("deploy/prometheus/alerts.yml");
    let dashboard: Value = serde_json::from_str(&repository("deploy/grafana/relay.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array());
    let expressions = targets.flatten().map(|target| target["expr"].as_str().unwrap());
    let mut shown = BTreeSet::new();
    for text in expressions.chain([alerts.as_str()]) {
        for (name, selector) in asked(text) {
            assert_eq!(complaint(&numbers, name, selector), None, "{text}");
            shown.insert(name);
        }
    }
    assert!(shown.len() > 30, "something was found: {shown:?}");
    for (name, selector) in [
        ("tabspace_nothing", ""),
        ("tabspace_jobs_total", ""),
        ("tabspace_refusals_total", "code=~\"store_away|no_such_code\""),
    ] {
        assert!(complaint(&numbers, name, selector).is_some(), "{name} {selector}");
    }
}

#[tokio::test]
async fn it_is_told_what_the_database_takes_and_what_is_left_where_that_is_seen() {
    let on_sqlite = numbers().await;
    assert!(value(&on_sqlite, "tabspace_database_bytes") > Some(0.0));
    assert!(value(&on_sqlite, "tabspace_disk_free_bytes") > Some(0.0));
    let on_postgres = numbers_on(Place::postgres()).await;
    assert!(value(&on_postgres, "tabspace_database_bytes") > Some(0.0));
    assert_eq!(value(&on_postgres, "tabspace_disk_free_bytes"), None);
    for numbers in [on_sqlite, on_postgres] {
        // Some time after 2020, before now.
        assert!(value(&numbers, "process_start_time_seconds") > Some(1.6e9));
    }
}

#[tokio::test]
async fn every_number_is_explained_and_nothing_else() {
    let numbers = numbers().await;
    let operations = repository("docs/operations.md");
    let rows = operations.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split('`').next());
    let explained: BTreeSet<&str> = names
        .filter(|name| name.starts_with("tabspace_") || name.starts_with("process_"))
        .collect();
    assert_eq!(explained, told(&numbers));
}
