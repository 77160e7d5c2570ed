//! The order of things, from the system calls of the real relay: an op is read from its socket, what it changed
//! is written and synced, and only then does a word of it leave.

use std::collections::HashMap;
use std::path::Path;

use protocol::{ClientFrame, DeviceId, MessageId, Op, ServerFrame, SpaceId};
use tabspace_tests::light::Person;
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::wait::{PATIENCE, wait_for};
use tabspace_tests::{Failure, PrivatePostgres, Result};

use crate::diary::beginning;
use crate::{QUIET, assert_no_panic};

/// Ops that are sent, each alone.
const OPS: u64 = 5;
/// The calls that matter: all ways to read, write and sync.
const CALLS: &str = "trace=read,readv,recvfrom,recvmsg,pread64,write,writev,sendto,sendmsg,pwrite64,pwritev,\
                     fsync,fdatasync,sync_file_range";

/// A system call, from the line on which it began to the line on which it returned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    name: String,
    /// What the first argument, a descriptor, stands for: a path, or both ends of a connection.
    target: String,
    text: String,
    began: usize,
    returned: usize,
    result: i64,
}

impl Call {
    fn reads(&self) -> bool {
        matches!(self.name.as_str(), "read" | "readv" | "recvfrom" | "recvmsg") && self.result > 0
    }

    fn writes(&self) -> bool {
        matches!(
            self.name.as_str(),
            "write" | "writev" | "sendto" | "sendmsg" | "pwrite64" | "pwritev"
        )
    }

    fn syncs(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync") && self.result == 0
    }
}

/// Reads what `strace -f -yy -o` wrote. Calls that did not return are left out.
fn calls(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(beginning) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(thread, (at, beginning.trim_end().to_owned()));
            continue;
        }
        let (began, text) = match rest.strip_prefix("<... ") {
            Some(resumed) => {
                let Some((_, end)) = resumed.split_once(" resumed>") else {
                    continue;
                };
                let Some((began, beginning)) = begun.remove(thread) else {
                    continue;
                };
                (began, beginning + end)
            }
            None => (at, rest.to_owned()),
        };
        let Some((name, arguments)) = text.split_once('(') else {
            continue;
        };
        let target = arguments.split_once('<').map_or("", |(_, target)| target);
        let end = [">,", ">)", "> "].iter().filter_map(|end| target.find(end)).min();
        let target = target[..end.unwrap_or(0)].to_owned();
        let result = text
            .rsplit_once(" = ")
            .and_then(|(_, result)| result.split(' ').next()?.parse().ok());
        let Some(result) = result else { continue };
        calls.push(Call {
            name: name.to_owned(),
            target,
            began,
            returned: at,
            result,
            text,
        });
    }
    calls.sort_by_key(|call| call.began);
    calls
}

/// The read that brought an op, and the first write that tells of its event or its acknowledgement. On the wire a
/// client's frames are masked, so the read is known as the last one from that socket.
fn question_and_answer(calls: &[Call], n: u64) -> std::result::Result<(&Call, &Call), String> {
    let number = format!("\\\"n\\\":{n}");
    let tells = |call: &&Call| {
        let said = call.text.contains("op:accepted") || call.text.contains("space:events");
        call.writes() && call.target.contains("TCP") && said && call.text.contains(&number)
    };
    let answer = calls
        .iter()
        .find(tells)
        .ok_or(format!("nothing tells of op {n}"))?;
    let asked = |call: &&Call| call.reads() && call.target == answer.target && call.returned < answer.began;
    let question = calls
        .iter()
        .rfind(asked)
        .ok_or(format!("op {n} was never read"))?;
    Ok((question, answer))
}

/// Whether op `n` was in the write-ahead log, and that synced, before anything was told of it.
fn synced_before_it_was_told(calls: &[Call], n: u64) -> std::result::Result<(), String> {
    let (question, answer) = question_and_answer(calls, n)?;
    let is_wal = |call: &&Call| call.target.ends_with(".sqlite-wal");
    let between = |call: &&Call| call.began > question.returned && call.began < answer.began;
    let wal: Vec<&Call> = calls.iter().filter(is_wal).filter(between).collect();
    let written = wal.iter().rfind(|call| call.writes());
    let written = written.ok_or(format!("op {n} was told without having been written"))?;
    let synced =
        |call: &&&Call| call.syncs() && call.began > written.returned && call.returned < answer.began;
    wal.iter().find(synced).map(|_| ()).ok_or(format!(
        "op {n} was written (line {}) and told (line {}) without a sync in between",
        written.returned + 1,
        answer.began + 1
    ))
}

/// Whether Postgres had answered the commit of op `n` before anything was told of it.
fn committed_before_it_was_told(calls: &[Call], n: u64) -> std::result::Result<(), String> {
    let (question, answer) = question_and_answer(calls, n)?;
    let asks = |call: &&Call| {
        call.writes()
            && call.text.contains("COMMIT")
            && call.began > question.returned
            && call.returned < answer.began
    };
    let asked = calls
        .iter()
        .find(asks)
        .ok_or(format!("op {n} was told without a commit"))?;
    // The tag of a command that was done (CommandComplete), from the same connection.
    let done = |call: &&Call| {
        call.reads()
            && call.target == asked.target
            && call.text.contains("COMMIT\\0")
            && call.returned > asked.began
            && call.returned < answer.began
    };
    calls.iter().find(done).map(|_| ()).ok_or(format!(
        "the commit of op {n} was asked for (line {}) and told (line {}) before Postgres answered",
        asked.began + 1,
        answer.began + 1
    ))
}

/// Runs a traced relay, sends it ops one by one, and returns what it asked of the system. At its start it has to
/// say that the database is as `durable` as this.
async fn trace_of(settings: &[(&str, &str)], durable: &[&str]) -> Result<Vec<Call>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("trace");
    let path = file.to_string_lossy().into_owned();
    let strace = [
        "strace",
        "-DD",
        "-f",
        "-yy",
        "-s",
        "65536",
        "-e",
        CALLS,
        "-e",
        "signal=none",
        "-o",
        &path,
    ];
    let started = RelayProcess::start_by(
        &strace,
        &[&QUIET, [("RUST_LOG", "info")].as_slice(), settings].concat(),
    );
    let mut relay = started.map_err(explain)?;
    let alice = Person::arrive(relay.url(), "Alice", DeviceId::from_bits(7)).await?;
    let space = SpaceId::from_bits(1);
    alice.share(space, beginning()).await?;
    let mut line = alice.live(space).await?;
    for n in 1..=OPS {
        let op = Op::MessageSent {
            message: MessageId::from_bits(n.into()),
            text: "When is it safe?".into(),
        };
        line.send(&ClientFrame::Submit { space, n, op }).await?;
        line.until(
            "the acknowledgement",
            |frame| matches!(frame, ServerFrame::Accepted { n: answered, .. } if *answered == n),
        )
        .await?;
    }
    relay.shut_down().await?;
    assert_no_panic(&relay);
    let output = relay.output();
    let said = output
        .lines()
        .find(|line| line.contains("durability: "))
        .unwrap_or_default();
    for setting in durable {
        assert!(
            said.contains(setting),
            "{setting} is not in force: {said}\n{output}"
        );
    }
    let trace = wait_for("the whole trace", PATIENCE, async || whole_trace(&file)).await?;
    Ok(calls(&trace))
}

/// What strace wrote, once it has written the end of the first process. Numbers are padded to one width.
fn whole_trace(file: &Path) -> Result<Option<String>> {
    let trace = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
    let first = trace.split(' ').next().unwrap_or_default();
    let ends = |line: &str| {
        let rest = line.strip_prefix(first);
        rest.is_some_and(|rest| rest.trim_start().starts_with("+++ exited"))
    };
    Ok(trace.lines().any(ends).then_some(trace))
}

fn explain(failure: Failure) -> Failure {
    if failure.0.contains("ptrace") {
        return failure.during(
            "strace may not trace here, so nobody can see the order of system calls; allow ptrace \
             (in a container: --cap-add=SYS_PTRACE)",
        );
    }
    failure
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_syncs_an_op_before_it_tells_of_it_on_sqlite() -> Result<()> {
    let calls = trace_of(&[], &["journal_mode = wal", "synchronous = full"]).await?;
    for n in 1..=OPS {
        synced_before_it_was_told(&calls, n)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_has_committed_an_op_before_the_relay_tells_of_it() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    let database = postgres.fresh_database();
    let settings = [("DATABASE_URL", database.as_str())];
    let calls = trace_of(&settings, &["synchronous_commit = on"]).await?;
    for n in 1..=OPS {
        committed_before_it_was_told(&calls, n)?;
    }
    Ok(())
}

/// Puts lines of a made-up trace into an order.
#[cfg(test)]
fn made_up(lines: &[&str], order: &[usize]) -> Vec<Call> {
    let lines: Vec<&str> = order.iter().map(|at| lines[*at]).collect();
    calls(&lines.join("\n"))
}

#[test]
fn a_trace_in_the_wrong_order_is_seen_for_sqlite() {
    let lines = [
        r#"7 recvfrom(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\201\376", 4096, 0, NULL, NULL) = 80"#,
        r#"8 pwrite64(13</data/tabspace.sqlite-wal>, "\0\0", 4096, 0 <unfinished ...>"#,
        "7 read(4<anon_inode:[eventfd]>, 0x1, 8) = -1 EAGAIN (Resource temporarily unavailable)",
        "8 <... pwrite64 resumed>) = 4096",
        "8 fsync(13</data/tabspace.sqlite-wal> <unfinished ...>",
        "8 <... fsync resumed>) = 0",
        r#"7 writev(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base="{\"type\":\"op:accepted\",\"data\":{\"n\":1,", iov_len=9}], 1) = 9"#,
    ];
    let check = |order: &[usize]| synced_before_it_was_told(&made_up(&lines, order), 1);
    assert_eq!(check(&[0, 1, 2, 3, 4, 5, 6]), Ok(()));
    let wrong = [
        ("told while it is synced", [0, 1, 2, 3, 4, 6, 5].as_slice()),
        ("told before it is synced", &[0, 1, 3, 6, 4, 5]),
        ("never synced", &[0, 1, 3, 6]),
        ("synced before it is written", &[0, 4, 5, 1, 3, 6]),
        ("written before it is read", &[1, 3, 4, 5, 0, 6]),
        ("never told", &[0, 1, 3, 4, 5]),
    ];
    for (what, order) in wrong {
        assert!(check(order).is_err(), "{what}");
    }
    let failed = lines.map(|line| line.replace("fsync resumed>) = 0", "fsync resumed>) = -1 EIO (error)"));
    let failed: Vec<&str> = failed.iter().map(String::as_str).collect();
    let calls = made_up(&failed, &[0, 1, 3, 4, 5, 6]);
    assert!(synced_before_it_was_told(&calls, 1).is_err(), "the sync failed");
}

#[test]
fn a_trace_in_the_wrong_order_is_seen_for_postgres() {
    let lines = [
        r#"7 recvfrom(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\201\376", 4096, 0, NULL, NULL) = 80"#,
        r#"8 sendto(11<UNIX-STREAM:[5->6]>, "Q\0\0\0\vCOMMIT\0", 12, MSG_NOSIGNAL, NULL, 0) = 12"#,
        r#"8 recvfrom(11<UNIX-STREAM:[5->6]>, "C\0\0\0\vCOMMIT\0Z\0\0\0\5I", 8192, 0, NULL, NULL) = 18"#,
        r#"7 sendto(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "{\"type\":\"space:events\",\"data\":{\"n\":1}", 9, 0) = 9"#,
    ];
    let check = |order: &[usize]| committed_before_it_was_told(&made_up(&lines, order), 1);
    assert_eq!(check(&[0, 1, 2, 3]), Ok(()));
    for (what, order) in [
        ("told before the answer", [0, 1, 3, 2].as_slice()),
        ("told before the commit", &[0, 3, 1, 2]),
        ("answered only", &[0, 2, 3]),
        ("committed before it was read", &[1, 2, 0, 3]),
    ] {
        assert!(check(order).is_err(), "{what}");
    }
}
